"""Addresses of the partners' pages, one module a noun; all of them are named in `partners:`."""

from django.urls import URLPattern, URLResolver, include, path

from partners.urls import agreements, directory, exceptions, figures, induction, people, rota, screens

_pages: list[URLPattern | URLResolver] = [
    *figures.pages,
    *people.pages,
    *directory.pages,
    *exceptions.pages,
    *rota.pages,
    *screens.pages,
    *agreements.pages,
    *induction.pages,
]

urlpatterns = [path("", include((_pages, "partners")))]
