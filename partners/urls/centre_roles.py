"""Addresses of the roles of the whole centre."""

from django.urls import URLPattern, URLResolver, path

from partners.views import centre_roles

pages: list[URLPattern | URLResolver] = [
    path("centres/<slug:slug>/roles/", centre_roles.role_list, name="centre-roles"),
    path("centres/<slug:slug>/roles/give/", centre_roles.GiveRole.as_view(), name="centre-role-give"),
    path("centres/<slug:slug>/roles/<int:holding_id>/end/", centre_roles.EndRole.as_view(), name="centre-role-end"),
]
