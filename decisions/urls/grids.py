"""Addresses of the grid, its draft, its rounds of consent and the acts outside it."""

from django.urls import URLPattern, URLResolver, include, path

from decisions.views import drafts, grids, overrides, rounds, scenarios

_draft = [
    path("", drafts.EditDraft.as_view(), name="grid-draft"),
    path("add/", scenarios.AddScenario.as_view(), name="scenario-add"),
    path("scenarios/<slug:code>/", scenarios.EditScenario.as_view(), name="scenario"),
    path("scenarios/<slug:code>/comments/", scenarios.CommentOnScenario.as_view(), name="scenario-comment"),
    path("scenarios/<slug:code>/remove/", scenarios.RemoveScenario.as_view(), name="scenario-remove"),
]
_consent = [
    path("", rounds.consent, name="consent"),
    path("open/", rounds.OpenRound.as_view(), name="consent-open"),
    path("answer/", rounds.AnswerRound.as_view(), name="consent-answer"),
    path("close/", rounds.CloseRound.as_view(), name="consent-close"),
    path("ask-group/", rounds.AskGroup.as_view(), name="consent-ask-group"),
    path("take-back/", rounds.TakeBack.as_view(), name="grid-take-back"),
    path("publish/", rounds.Publish.as_view(), name="grid-publish"),
]
_overrides = [
    path("", overrides.override_list, name="overrides"),
    path("<int:override_id>/review/", overrides.ReviewOverride.as_view(), name="override-review"),
    path("<int:override_id>/propose/", overrides.ProposeFromOverride.as_view(), name="override-propose"),
]
_grid: list[URLPattern | URLResolver] = [
    path("", grids.grid, name="grid"),
    path("begin/", grids.BeginGrid.as_view(), name="grid-begin"),
    path("draft/", include(_draft)),
    path("comments/<int:comment_id>/settle/", scenarios.ResolveComment.as_view(), name="comment-settle"),
    path("versions/", grids.versions, name="grid-versions"),
    path("versions/<int:number>/", grids.version, name="grid-version"),
    path("compare/<int:before>/<int:after>/", grids.compare, name="grid-compare"),
    path("import/", drafts.ImportGrid.as_view(), name="grid-import"),
    path("export.<slug:kind>", grids.export, name="grid-export"),
    path("consent/", include(_consent)),
    path("review/", rounds.ReviewGrid.as_view(), name="grid-review"),
    path("overrides/", include(_overrides)),
]

pages: list[URLPattern | URLResolver] = [path("centres/<slug:slug>/grid/", include(_grid))]
