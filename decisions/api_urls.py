"""Addresses of the session API of decision rights, below /api/v1/."""

from django.urls import path

from decisions import api

urlpatterns = [
    path("scenarios/", api.Scenarios.as_view(), name="api-scenarios"),
    path("may-i/", api.MayI.as_view(), name="api-may-i"),
]
