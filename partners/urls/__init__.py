"""Addresses of the partners' pages, one module a noun; all of them are named in `partners:`."""

from django.urls import URLPattern, URLResolver, include, path

from partners.urls import agreements, centre_roles, directory, exceptions, figures, induction, people, rota, screens

_pages: list[URLPattern | URLResolver] = [
    *figures.pages,
    *people.pages,
    *directory.pages,
    *centre_roles.pages,
    *exceptions.pages,
    *rota.pages,
    *screens.pages,
    *agreements.pages,
    *induction.pages,
]

urlpatterns = [path("", include((_pages, "partners")))]
