"""Addresses of the dashboard's pages."""

from django.urls import URLPattern, URLResolver, include, path, re_path

from dashboard.views import areas, centres, marks, measures, overview, runs

_measure = [
    path("", measures.measure, name="measure"),
    path("figures.csv", measures.measure_csv, name="measure-csv"),
    path("chart.svg", measures.measure_svg, name="measure-svg"),
    path("sources/<str:period>/", measures.sources, name="sources"),
    path("rebases/add/", marks.AddRebase.as_view(), name="rebase"),
    path("notes/add/", marks.AddAnnotation.as_view(), name="annotate"),
    re_path(r"^(?P<kind>rebases|notes)/(?P<mark>\d{1,18})/withdraw/$", marks.Withdraw.as_view(), name="withdraw"),
]

_pages: list[URLPattern | URLResolver] = [
    path("centres/<slug:slug>/", overview.overview, name="overview"),
    path("centres/<slug:slug>/overview.csv", overview.overview_csv, name="overview-csv"),
    path("centres/<slug:slug>/measures/<slug:code>/", include(_measure)),
    path("areas/<slug:code>/", areas.area, name="area"),
    path("runs/", runs.night_runs, name="runs"),
]

urlpatterns = [
    path("", centres.home, name="home"),
    path("centres/", centres.centres, name="centres"),
    path("", include((_pages, "dashboard"))),
]
