"""Addresses of a centre's directory."""

from django.urls import URLPattern, URLResolver, path

from partners.views import directory, teams

pages: list[URLPattern | URLResolver] = [
    path("centres/<slug:slug>/directory/", directory.directory, name="directory"),
    path("centres/<slug:slug>/directory/add/", teams.AddTeam.as_view(), name="team-add"),
    path("centres/<slug:slug>/directory/<int:team_id>/", directory.team, name="team"),
    path("centres/<slug:slug>/directory/<int:team_id>/edit/", directory.EditTeam.as_view(), name="team-edit"),
    path("centres/<slug:slug>/directory/<int:team_id>/close/", teams.CloseTeam.as_view(), name="team-close"),
]
