"""Addresses of exceptions for named people."""

from django.urls import URLPattern, URLResolver, path

from partners.views import exceptions

pages: list[URLPattern | URLResolver] = [
    path("centres/<slug:slug>/exceptions/", exceptions.exception_list, name="exceptions"),
    path("centres/<slug:slug>/exceptions/make/", exceptions.GrantException.as_view(), name="exception-make"),
    path("exceptions/<int:exception_id>/end/", exceptions.RevokeException.as_view(), name="exception-revoke"),
]
