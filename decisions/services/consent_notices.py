"""Reminders to those who speak for a partner that has not answered a round of consent yet."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.urls import reverse

from decisions.models import ConsentRound, Decision, Forum
from decisions.queries import rounds as queries
from nhc import audit, formats, notices
from nhc.access import ROLES, Permission
from nhc.actors import Actor
from nhc.clock import london_date
from nhc.notices import STAGES, Reminder, stage_of
from partners.queries import agreements, speakers

if TYPE_CHECKING:
    from partners.models import Centre

AT_ONCE = 365
"""The stage of what is told when it happens: no reminder has it."""


@transaction.atomic
def remind_silent(*, by: Actor, at: datetime) -> int:
    """Remind everybody who speaks for a silent partner, at most at 14, 7 and 1 days; return how many notices that made.

    Safe to repeat. A round leaves seven days or more, so that silence at its end comes after two reminders.
    """
    made = notices.give(reminders=list(_reminders(at)), at=at)
    if made:
        audit.record(
            by=by, at=at, verb="notices.given", subject="notices", subject_id=at.date(), details={"consent": made}
        )
    return made


def reminders_given(consent: ConsentRound) -> dict[str, int]:
    """Return how many times those who speak for each organisation were reminded of a round, by its code. One query."""
    given = notices.stages_given(kind="consent", prefix=_about(consent, ""))
    return {about.rpartition(":")[2]: len(stages & set(STAGES)) for about, stages in given.items()}


def tell_of_opening(consent: ConsentRound, at: datetime) -> None:
    """Tell those who speak for the partners that they are asked, where the first reminder comes only later."""
    if stage_of((queries.last_day(consent) - london_date(at)).days) is None:
        notices.give(reminders=list(_asking(consent, AT_ONCE, at)), at=at)


def tell_of_objection(consent: ConsentRound, group: Forum | None, at: datetime) -> None:
    """Tell those who change the grid that a round closed on an objection, and who decides about it now."""
    centre = consent.version.grid.centre
    next_step = (
        "Begin a partnership group among the forums and ask it, or take the grid back."
        if group is None
        else f"The {group.name} is asked."
    )
    sentence = f"The partners have answered about the decision-rights grid of {centre.name}, and an objection stands."
    _tell(_editors(centre, at), f"consent:{consent.pk}", f"{sentence} {next_step}", centre, at)


def tell_of_decision(consent: ConsentRound, decision: Decision, at: datetime) -> None:
    """Tell those who change the grid, and who speaks for a partner that objects, what the group made of it."""
    centre = consent.version.grid.centre
    objecting = [each.organisation for each in queries.objections_of(consent)]
    users = _editors(centre, at) | {user for _, user in speakers.speakers(centre, objecting, at)}
    next_step = "It can be published now." if decision.adopted else "Take the grid back and change it, or ask again."
    word = "adopted" if decision.adopted else "did not adopt"
    sentence = f"The {decision.forum.name} {word} the decision-rights grid of {centre.name} that was objected to."
    _tell(users, f"consent-decision:{decision.pk}", f"{sentence} {next_step}", centre, at)


def _editors(centre: "Centre", at: datetime) -> set[int]:
    codes = [role.code for role in ROLES.values() if Permission.EDIT_GRID in role.permissions]
    return {user.pk for user in agreements.holders(centre, codes, at)}


def _tell(users: set[int], about: str, sentence: str, centre: "Centre", at: datetime) -> None:
    path = reverse("decisions:consent", args=[centre.slug])
    told = [Reminder(user, "consent-objection", about, AT_ONCE, sentence, path) for user in sorted(users)]
    notices.give(reminders=told, at=at)


def _reminders(at: datetime) -> Iterator[Reminder]:
    for consent in queries.waiting(at):
        stage = stage_of((queries.last_day(consent) - london_date(at)).days)
        if stage is not None:
            yield from _asking(consent, stage, at)


def _asking(consent: ConsentRound, stage: int, at: datetime) -> Iterator[Reminder]:
    centre = consent.version.grid.centre
    for organisation, user_id in speakers.speakers(centre, queries.silent(consent, at), at):
        yield Reminder(
            user_id=user_id,
            kind="consent",
            about=_about(consent, organisation.code),
            stage=stage,
            sentence=f"{organisation.name} has not said what it thinks of the new decision-rights grid of "
            f"{centre.name}. Answer by {formats.full_date(queries.last_day(consent))}; silence blocks nothing.",
            path=reverse("decisions:consent", args=[centre.slug]),
        )


def _about(consent: ConsentRound, code: str) -> str:
    return f"consent:{consent.pk}:{code}"
