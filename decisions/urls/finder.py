"""The address of the finder."""

from django.urls import URLPattern, URLResolver, path

from decisions.views import finder

pages: list[URLPattern | URLResolver] = [path("centres/<slug:slug>/finder/", finder.finder, name="finder")]
