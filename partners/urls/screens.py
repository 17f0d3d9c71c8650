"""Addresses of wall screens."""

from django.urls import URLPattern, URLResolver, path

from partners.views import screens

pages: list[URLPattern | URLResolver] = [
    path("wall/", screens.Wall.as_view(), name="wall"),
    path("centres/<slug:slug>/screens/", screens.screen_list, name="screens"),
    path("centres/<slug:slug>/screens/pair/", screens.PairScreen.as_view(), name="screen-pair"),
    path("centres/<slug:slug>/screens/<int:screen_id>/rename/", screens.RenameScreen.as_view(), name="screen-rename"),
    path("centres/<slug:slug>/screens/<int:screen_id>/revoke/", screens.RevokeScreen.as_view(), name="screen-revoke"),
]
