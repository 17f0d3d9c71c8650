"""Nudges to those who have not answered a proposal, and reminders that a decision or a risk is due for review."""

from collections.abc import Iterator
from datetime import date, datetime

from django.db import transaction
from django.urls import reverse

from decisions.models import Forum
from decisions.queries import decisions as decision_queries
from decisions.queries import forums as forum_queries
from decisions.queries import proposals as proposal_queries
from decisions.queries import risks as risk_queries
from nhc import audit, formats, notices
from nhc.actors import Actor
from nhc.clock import london_date
from nhc.notices import Reminder, stage_of

OVERDUE = 0
"""The stage of a review whose day has come: said once."""


@transaction.atomic
def nudge_forums(*, by: Actor, at: datetime) -> int:
    """Nudge and remind whoever is due and was not told yet; return how many notices that made. Safe to repeat."""
    made = notices.give(reminders=[*_undecided(at), *_reviews(at)], at=at)
    if made:
        audit.record(
            by=by, at=at, verb="notices.given", subject="notices", subject_id=at.date(), details={"notices": made}
        )
    return made


def _undecided(at: datetime) -> Iterator[Reminder]:
    for proposal, silent in proposal_queries.undecided(at):
        stage = stage_of(proposal_queries.due_days(proposal, at))
        if stage is None:
            continue
        forum = proposal.forum
        sentence = (
            f"You have not answered a proposal to the {forum.name}. "
            f"Answer by {formats.deadline(proposal.deadline)}; after that it is decided without you."
        )
        path = reverse("decisions:forum-proposal", args=[forum.centre.slug, forum.code, proposal.pk])
        for user in silent:
            yield Reminder(user, "forum-proposal", f"forum-proposal:{proposal.pk}", stage, sentence, path)


def _reviews(at: datetime) -> Iterator[Reminder]:
    decisions, risks = decision_queries.due_for_review(at), risk_queries.due_for_review(at)
    owning = {decision.forum_id for decision in decisions} | {risk.forum_id for risk in risks}
    seated = forum_queries.people_in(owning, at)
    for decision in decisions:
        forum, day = decision.forum, decision_queries.due_on(decision)
        path = reverse("decisions:decision", args=[forum.centre.slug, forum.code, decision.pk])
        what = f"A decision of the {forum.name} is due for review on {formats.full_date(day)}."
        yield from _remind(forum, day, "decision-review", decision.pk, what, path, seated, at)
    for risk in risks:
        forum = risk.forum
        path = reverse("decisions:risk", args=[forum.centre.slug, risk.pk])
        what = f"A risk of the {forum.name} is due for review on {formats.full_date(risk.review_on)}."
        yield from _remind(forum, risk.review_on, "risk-review", risk.pk, what, path, seated, at)


def _remind(
    forum: Forum,
    day: date | None,
    kind: str,
    key: int,
    sentence: str,
    path: str,
    seated: dict[int, list[int]],
    at: datetime,
) -> Iterator[Reminder]:
    if day is None:
        return
    left = (day - london_date(at)).days
    stage = OVERDUE if left <= 0 else stage_of(left)
    if stage is not None:
        # Each review of a thing has reminders of its own, hence the day in what they are about.
        for user in seated[forum.pk]:
            yield Reminder(user, kind, f"{kind}:{key}:{day.isoformat()}", stage, sentence, path)
