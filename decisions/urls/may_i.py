"""Addresses of "May I?"."""

from django.urls import URLPattern, URLResolver, path

from decisions.views import may_i, overrides

pages: list[URLPattern | URLResolver] = [
    path("may-i/", may_i.anywhere, name="may-i-anywhere"),
    path("centres/<slug:slug>/may-i/", may_i.search, name="may-i"),
    path("centres/<slug:slug>/may-i/<slug:code>/", may_i.answer, name="may-i-answer"),
    path("centres/<slug:slug>/may-i/<slug:code>/acted/", overrides.TellOfAct.as_view(), name="act-told"),
    path("centres/<slug:slug>/may-i/<slug:code>/override/", overrides.RecordOverride.as_view(), name="override-record"),
]
