"""Addresses of a centre's induction and of the norms pulse."""

from django.urls import URLPattern, URLResolver, include, path

from partners.views import induction_packs, inductions, pulse

_induction = [
    path("", inductions.induction, name="induction"),
    path("begin/<slug:kind>/", inductions.begin, name="induction-begin"),
    path("<int:induction_id>/steps/<int:position>/", inductions.DoStep.as_view(), name="induction-step"),
    path("norms/", inductions.ConfirmNorms.as_view(), name="induction-norms"),
    path("people/", inductions.inducted, name="inducted"),
    path("people.csv", inductions.inducted_csv, name="inducted-csv"),
    path("packs/<slug:kind>/", induction_packs.pack, name="induction-pack"),
    path("packs/<slug:kind>/draft/", induction_packs.draft_pack, name="induction-draft"),
    path("packs/<slug:kind>/open/", induction_packs.OpenPack.as_view(), name="induction-open"),
    path("packs/<slug:kind>/add/", induction_packs.AddStep.as_view(), name="induction-add-step"),
    path("steps/<int:step_id>/edit/", induction_packs.EditStep.as_view(), name="induction-edit-step"),
    path("steps/<int:step_id>/change/", induction_packs.change_step, name="induction-change-step"),
]
pages: list[URLPattern | URLResolver] = [
    path("centres/<slug:slug>/induction/", include(_induction)),
    path("centres/<slug:slug>/pulse/", pulse.Pulse.as_view(), name="pulse"),
]
