"""Addresses of people, their episodes and what privacy officers review. A random reference is all they hold."""

from django.urls import path

from huddles.views import episodes, joins, opened, people

_CENTRE = "centres/<slug:slug>/"
_PERSON = f"{_CENTRE}people/<str:person_reference>/"
_JOIN = f"{_CENTRE}people/joins/<int:merge_id>/"
_EPISODE = f"{_CENTRE}episodes/<str:episode_reference>/"
_OPENED = f"{_CENTRE}opened-records/"

pages = [
    path(f"{_CENTRE}people/", people.people_list, name="people"),
    path(_JOIN, joins.join, name="join"),
    path(f"{_JOIN}confirm/", joins.Confirm.as_view(), name="join-confirm"),
    path(f"{_JOIN}refuse/", joins.Refuse.as_view(), name="join-refuse"),
    path(f"{_JOIN}ask-undo/", joins.AskUndo.as_view(), name="join-ask-undo"),
    path(f"{_JOIN}undo/", joins.Undo.as_view(), name="join-undo"),
    path(f"{_JOIN}keep/", joins.Keep.as_view(), name="join-keep"),
    path(_PERSON, people.person, name="person"),
    path(f"{_PERSON}change/", people.ChangePerson.as_view(), name="person-change"),
    path(f"{_PERSON}history/", people.history, name="person-history"),
    path(f"{_PERSON}sharing/", people.SetSharing.as_view(), name="person-sharing"),
    path(f"{_PERSON}join/", people.AskJoin.as_view(), name="person-join"),
    path(_EPISODE, episodes.episode, name="episode"),
    path(f"{_EPISODE}open/", episodes.BreakGlassOf.as_view(), name="episode-open"),
    path(f"{_EPISODE}key-worker/", episodes.NameKeyWorker.as_view(), name="episode-key-worker"),
    path(f"{_EPISODE}circle/add/", episodes.AddToCircle.as_view(), name="circle-add"),
    path(f"{_EPISODE}circle/<int:member_id>/end/", episodes.LeaveCircle.as_view(), name="circle-end"),
    path(f"{_EPISODE}waiting/", episodes.Waiting.as_view(), name="episode-waiting"),
    path(f"{_EPISODE}close/", episodes.CloseEpisode.as_view(), name="episode-close"),
    path(_OPENED, opened.queue, name="glass-queue"),
    path(f"{_OPENED}<int:glass_id>/review/", opened.Review.as_view(), name="glass-review"),
    path(f"{_OPENED}grants/", opened.grant_list, name="grants"),
    path(f"{_OPENED}grants/add/", opened.MakeGrant.as_view(), name="grant-make"),
    path(f"{_OPENED}grants/<int:grant_id>/end/", opened.EndGrant.as_view(), name="grant-end"),
]
