"""Addresses of the pages of the day and of the people it is about, one module a noun; all are named in `huddles:`."""

from django.urls import URLPattern, URLResolver, include, path

from huddles.urls import board, people, referrals, spaces

_pages: list[URLPattern | URLResolver] = [*board.pages, *people.pages, *referrals.pages, *spaces.pages]

urlpatterns = [path("", include((_pages, "huddles")))]
