"""Nudges about referrals: due soon, overdue, and triaged without an answer. They name a reference and nobody."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

from django.db import transaction
from django.urls import reverse

from huddles.lifecycle import ReferralState
from huddles.models import Referral
from huddles.queries import referrals as queries
from huddles.queries import workers
from nhc import audit, notices
from nhc.access import Permission
from nhc.actors import Actor
from nhc.formats import day_and_time
from nhc.notices import Reminder
from partners.queries import placements

OVERDUE, SOON = 0, 1
"""Stages of a notice: the second is given first, and each once."""


@transaction.atomic
def nudge_referrals(*, by: Actor, at: datetime) -> int:
    """Nudge whoever is responsible for what is due; return how many notices that made. Safe to repeat.

    The responsible team's people are told before triage is due, once it is overdue, and when an answer is missing a day
    after triage; the centre's managers once something is overdue.
    """
    made = notices.give(reminders=list(_reminders(queries.to_nudge(at), at)), at=at)
    if made:
        audit.record(
            by=by, at=at, verb="notices.given", subject="notices", subject_id=at.date(), details={"notices": made}
        )
    return made


def _reminders(referrals: Collection[Referral], at: datetime) -> Iterator[Reminder]:
    responsible = queries.teams_of(referrals)
    teams: dict[int, list[int]] = {}
    managers: dict[int, list[int]] = {}
    for referral in referrals:
        centre, team = referral.centre, responsible[referral.pk].pk
        if team not in teams:
            teams[team] = workers.of_team(centre, team, at)
        if centre.pk not in managers:
            managers[centre.pk] = placements.holders(Permission.MANAGE_CENTRE, centre, at)
        yield from _of_team(referral, teams[team], at)
        if _overdue(referral, at):
            # A manager outside the circle may not open the referral: the list says how many wait.
            path = reverse("huddles:referrals", args=[centre.slug])
            sentence = (
                f"Referral {referral.reference} has waited for triage since {day_and_time(referral.received_at)}. "
                f"{responsible[referral.pk].name} is responsible: see that somebody triages it."
            )
            for user in managers[centre.pk]:
                yield Reminder(user, "referral-overdue", f"referral:{referral.pk}", OVERDUE, sentence, path)


def _of_team(referral: Referral, users: Iterable[int], at: datetime) -> Iterator[Reminder]:
    path = reverse("huddles:referral", args=[referral.centre.slug, referral.reference])
    due = day_and_time(referral.due_at)
    if referral.state == ReferralState.TRIAGED:
        kind, stage = "referral-answer", OVERDUE
        sentence = f"Referral {referral.reference} is triaged, and whoever referred has no answer yet. Answer them."
    elif _overdue(referral, at):
        kind, stage = "referral", OVERDUE
        sentence = f"Referral {referral.reference} is overdue: triage was due on {due}. Triage it now."
    else:
        kind, stage = "referral", SOON
        sentence = f"Referral {referral.reference} waits for triage, which is due on {due}."
    for user in users:
        yield Reminder(user, kind, f"referral:{referral.pk}", stage, sentence, path)


def _overdue(referral: Referral, at: datetime) -> bool:
    return referral.state == ReferralState.RECEIVED and referral.due_at <= at
