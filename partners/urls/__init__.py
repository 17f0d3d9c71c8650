"""Addresses of the partners' pages, one module a noun; all of them are named in `partners:`."""

from django.urls import URLPattern, URLResolver, include, path

from partners.urls import directory, figures, people, rota

_pages: list[URLPattern | URLResolver] = [*figures.pages, *people.pages, *directory.pages, *rota.pages]

urlpatterns = [path("", include((_pages, "partners")))]
