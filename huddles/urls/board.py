"""Addresses of the huddle, its board, what stands on it, and of what teams say ahead."""

from django.urls import path

from huddles.views import actions, cards, harms, history, huddle, lanes, late_actions, wall

_CENTRE = "centres/<slug:slug>/"
_HUDDLE = f"{_CENTRE}huddle/"

pages = [
    path(_HUDDLE, huddle.HuddlePage.as_view(), name="huddle"),
    path(f"{_HUDDLE}board/", huddle.board_part, name="board"),
    path(f"{_HUDDLE}live/", huddle.board_stream, name="board-live"),
    path(f"{_HUDDLE}start/", huddle.StartUnplanned.as_view(), name="huddle-start-now"),
    path(f"{_HUDDLE}<int:huddle_id>/start/", huddle.StartHuddle.as_view(), name="huddle-start"),
    path(f"{_HUDDLE}<int:huddle_id>/chair/", huddle.PassChair.as_view(), name="huddle-chair"),
    path(f"{_HUDDLE}<int:huddle_id>/lane/", huddle.OpenLane.as_view(), name="huddle-lane"),
    path(f"{_HUDDLE}<int:huddle_id>/present/", huddle.MarkPresent.as_view(), name="huddle-present"),
    path(f"{_HUDDLE}<int:huddle_id>/close/", huddle.CloseHuddle.as_view(), name="huddle-close"),
    path(f"{_HUDDLE}<int:huddle_id>/record/", history.record, name="huddle-record"),
    path(f"{_HUDDLE}earlier/", history.history, name="huddle-history"),
    path(f"{_HUDDLE}earlier/enter/", history.EnterLate.as_view(), name="enter-late"),
    path(f"{_HUDDLE}times/", history.schedule_list, name="schedules"),
    path(f"{_HUDDLE}times/set/", history.SetSchedule.as_view(), name="schedule-set"),
    path(f"{_HUDDLE}times/<int:schedule_id>/end/", history.EndSchedule.as_view(), name="schedule-end"),
    path(f"{_HUDDLE}thresholds/", lanes.thresholds, name="thresholds"),
    path(f"{_HUDDLE}thresholds/set/", lanes.SetThresholds.as_view(), name="thresholds-set"),
    path(f"{_HUDDLE}cards/", cards.card_list, name="cards"),
    path(f"{_HUDDLE}cards/enter/", cards.EnterLateCard.as_view(), name="card-late"),
    path(f"{_HUDDLE}cards/<int:card_id>/", cards.card, name="card"),
    path(f"{_HUDDLE}cards/<int:card_id>/change/", cards.EditCard.as_view(), name="card-edit"),
    path(f"{_HUDDLE}cards/<int:card_id>/close/", cards.CloseCard.as_view(), name="card-close"),
    path(f"{_HUDDLE}cards/<int:card_id>/reopen/", cards.ReopenCard.as_view(), name="card-reopen"),
    path(f"{_HUDDLE}cards/<int:card_id>/raise/", cards.RaiseCard.as_view(), name="card-raise"),
    path(f"{_HUDDLE}cards/<int:card_id>/actions/add/", cards.AddAction.as_view(), name="card-action-add"),
    path(f"{_HUDDLE}actions/", actions.action_list, name="actions"),
    path(f"{_HUDDLE}actions/enter/", late_actions.EnterLateAction.as_view(), name="action-late"),
    path(f"{_HUDDLE}actions/<int:action_id>/", actions.EditAction.as_view(), name="action"),
    path(f"{_HUDDLE}actions/<int:action_id>/done/", actions.FinishAction.as_view(), name="action-done"),
    path(f"{_HUDDLE}actions/<int:action_id>/done-then/", actions.FinishActionThen.as_view(), name="action-done-then"),
    path(f"{_HUDDLE}actions/<int:action_id>/drop/", actions.DropAction.as_view(), name="action-drop"),
    path(f"{_HUDDLE}actions/<int:action_id>/reopen/", actions.ReopenAction.as_view(), name="action-reopen"),
    path(f"{_HUDDLE}harms/", harms.harm_list, name="harms"),
    path(f"{_HUDDLE}harms/record/", harms.RecordHarm.as_view(), name="harm-record"),
    path(f"{_HUDDLE}harms/<int:harm_id>/withdraw/", harms.WithdrawHarm.as_view(), name="harm-withdraw"),
    path(f"{_CENTRE}today/", lanes.today, name="today"),
    path(f"{_CENTRE}today/<int:team_id>/", lanes.FillLane.as_view(), name="lane-fill"),
    path("wall/board/", wall.wall, name="wall"),
    path("wall/board/part/", wall.wall_part, name="wall-part"),
    path("wall/board/live/", wall.wall_stream, name="wall-live"),
]
