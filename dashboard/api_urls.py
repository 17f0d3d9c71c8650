"""Addresses of the dashboard's part of the REST API, below /api/v1/."""

from django.urls import path

from dashboard import api

urlpatterns = [
    path("rollups/", api.Rollups.as_view(), name="api-rollups"),
    path("rollups/lineage/", api.Lineage.as_view(), name="api-lineage"),
    path("spc/", api.Spc.as_view(), name="api-spc"),
]
