"""Addresses of the rota."""

from django.urls import URLPattern, URLResolver, include, path

from partners.views import duty_roles, rota, rota_imports, shifts, swaps

_centre = [
    path("", rota.week, name="rota"),
    path("month/", rota.month, name="rota-month"),
    path("now/", rota.now, name="rota-now"),
    path("rota.csv", rota.csv_file, name="rota-csv"),
    path("teams/<int:team_id>/rota.ics", rota.team_calendar, name="rota-team-calendar"),
    path("shifts/add/", shifts.AddShift.as_view(), name="shift-add"),
    path("shifts/<int:shift_id>/", shifts.EditShift.as_view(), name="shift-edit"),
    path("shifts/<int:shift_id>/cover/", shifts.CoverShift.as_view(), name="shift-cover"),
    path("shifts/<int:shift_id>/cancel/", shifts.CancelShift.as_view(), name="shift-cancel"),
    path("duty-roles/", duty_roles.DutyRoles.as_view(), name="duty-roles"),
    path("duty-roles/<slug:code>/", duty_roles.EditDutyRole.as_view(), name="duty-role-edit"),
    path("duty-roles/<slug:code>/hours/", duty_roles.CoverHours.as_view(), name="duty-role-hours"),
    path("duty-roles/<slug:code>/retire/", duty_roles.RetireDutyRole.as_view(), name="duty-role-retire"),
    path("import/", rota_imports.ImportRota.as_view(), name="rota-import"),
    path("calendars/add/", rota_imports.AddFeed.as_view(), name="calendar-add"),
    path("calendars/<int:feed_id>/end/", rota_imports.EndFeed.as_view(), name="calendar-end"),
]
pages: list[URLPattern | URLResolver] = [
    path("centres/<slug:slug>/rota/", include(_centre)),
    path("my-shifts/", swaps.my_shifts, name="my-shifts"),
    path("my-shifts/my-shifts.ics", rota.own_calendar, name="my-calendar"),
    path("my-shifts/<int:shift_id>/swap/", swaps.AskSwap.as_view(), name="swap-ask"),
    path("swaps/<int:swap_id>/", swaps.AnswerSwap.as_view(), name="swap"),
]
