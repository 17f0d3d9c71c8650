"""Addresses of the REST API of what happens at a centre, below /api/v1/."""

from django.urls import path

from huddles.api import referrals

urlpatterns = [
    path("referrals/", referrals.Referrals.as_view(), name="api-referrals"),
    path("referrals/<str:reference>/", referrals.OneReferral.as_view(), name="api-referral"),
]
