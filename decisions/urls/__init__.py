"""Addresses of the pages of grids, "May I?" and forums, one module a noun; all of them are named in `decisions:`."""

from django.urls import URLPattern, URLResolver, include, path

from decisions.urls import finder, forums, grids, may_i

_pages: list[URLPattern | URLResolver] = [*grids.pages, *may_i.pages, *finder.pages, *forums.pages]

urlpatterns = [path("", include((_pages, "decisions")))]
