"""Addresses of the partner REST API, below /api/v1/."""

from django.urls import path

from partners.api import contract, docs, openapi, submissions, templates

urlpatterns = [
    path("submissions/", submissions.Submissions.as_view(), name="api-submissions"),
    path("submissions/<uuid:submission_id>/", submissions.OneSubmission.as_view(), name="api-submission"),
    path(
        "submissions/<uuid:submission_id>/errors.csv",
        submissions.SubmissionErrors.as_view(),
        name="api-submission-errors",
    ),
    path(
        "submissions/<uuid:submission_id>/observations/",
        submissions.SubmissionObservations.as_view(),
        name="api-submission-observations",
    ),
    path("measures/", contract.Measures.as_view(), name="api-measures"),
    path("measures/<slug:code>/", contract.OneMeasure.as_view(), name="api-measure"),
    path("dimensions/", contract.Dimensions.as_view(), name="api-dimensions"),
    path("returns/", contract.Returns.as_view(), name="api-returns"),
    path(
        "templates/<slug:centre>/<str:period>.xlsx",
        templates.SpreadsheetTemplate.as_view(),
        name="api-template-spreadsheet",
    ),
    path("templates/<slug:centre>/<str:period>.csv", templates.CsvTemplate.as_view(), name="api-template-csv"),
    path("openapi.json", openapi.OpenApi.as_view(), name="api-openapi"),
    path("docs/", docs.Docs.as_view(), name="api-docs"),
]
