"""Addresses of referrals and of the public page on which people refer themselves. Nothing in them is about anybody."""

from django.urls import path

from huddles.views import referrals, self_referrals

_CENTRE = "centres/<slug:slug>/"

pages = [
    path(f"{_CENTRE}referrals/", referrals.inbox, name="referrals"),
    path(f"{_CENTRE}referrals/new/", referrals.Refer.as_view(), name="refer"),
    path(f"{_CENTRE}referrals/made/", referrals.made, name="referrals-made"),
    path(f"{_CENTRE}referrals/<str:referral>/", referrals.one_referral, name="referral"),
    path(f"{_CENTRE}referrals/<str:referral>/triage/", referrals.Triage.as_view(), name="referral-triage"),
    path(f"{_CENTRE}referrals/<str:referral>/answer/", referrals.Answer.as_view(), name="referral-answer"),
    path(f"{_CENTRE}referrals/<str:referral>/hand-back/", referrals.HandBack.as_view(), name="referral-hand-back"),
    path(f"{_CENTRE}refer-yourself/", self_referrals.advice, name="self-referral"),
    path(f"{_CENTRE}refer-yourself/form/", self_referrals.ReferOneself.as_view(), name="self-referral-form"),
    path(f"{_CENTRE}refer-yourself/sent/", self_referrals.sent, name="self-referral-sent"),
]
