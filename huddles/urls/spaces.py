"""Addresses of rooms and their bookings, and of what a centre manager sets up for the flow of people."""

from django.urls import path

from huddles.views import flow, spaces

_CENTRE = "centres/<slug:slug>/"

pages = [
    path(f"{_CENTRE}rooms/", spaces.space_list, name="spaces"),
    path(f"{_CENTRE}rooms/book/", spaces.BookSpace.as_view(), name="space-book"),
    path(f"{_CENTRE}rooms/bookings/<int:booking_id>/end/", spaces.EndBooking.as_view(), name="booking-end"),
    path(f"{_CENTRE}rooms/bookings/<int:booking_id>/cancel/", spaces.CancelBooking.as_view(), name="booking-cancel"),
    path(f"{_CENTRE}flow/", flow.flow, name="flow"),
    path(f"{_CENTRE}flow/front-door/", flow.SetFrontDoor.as_view(), name="front-door"),
    path(f"{_CENTRE}flow/usual-streams/", flow.UsualStreams.as_view(), name="streams-usual"),
    path(f"{_CENTRE}flow/streams/add/", flow.AddStream.as_view(), name="stream-add"),
    path(f"{_CENTRE}flow/streams/<slug:code>/change/", flow.EditStream.as_view(), name="stream-edit"),
    path(f"{_CENTRE}flow/rooms/add/", flow.AddSpace.as_view(), name="space-add"),
    path(f"{_CENTRE}flow/rooms/<slug:code>/change/", flow.EditSpace.as_view(), name="space-edit"),
]
