"""The norms pulse: opened every month, answered without a trace to a person, and sent as the backbone's figures."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

import msgspec
import structlog
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from nhc import audit
from nhc.actors import Actor
from nhc.clock import LONDON, london_date
from nhc.models import User
from partners.models import PulseParticipation, PulseRound, PulseTally
from partners.models.pulse import CHOICES, QUESTIONS, no_answers
from partners.queries import pulse as queries
from partners.services import pulse_measure, submissions
from partners.services.pulse_measure import LEAST_PEOPLE
from partners.services.submissions import Upload

log = structlog.get_logger(__name__)

_NOBODY = Actor.system("pulse")
"""Whoever answers: the trail has no name for them."""


@transaction.atomic
def open_rounds(*, by: Actor, at: datetime) -> int:
    """Open this month's round at every centre with a norms charter; return how many. Safe to repeat.

    The first round of a centre sets up the measure that its figures are sent for.
    """
    month = london_date(at).replace(day=1)
    opened = 0
    for centre in queries.centres_with_norms(at):
        shown, new = PulseRound.objects.get_or_create(
            centre=centre, month=month, defaults={"opened_at": at, "closes_at": _midnight(_following(month))}
        )
        if new:
            PulseTally.objects.create(round=shown)
            _audit("pulse.opened", shown, by, at)
            opened += 1
        _set_up(shown, by=by, at=at)
    return opened


def _set_up(shown: PulseRound, *, by: Actor, at: datetime) -> None:
    """Have the figures collected. People are asked even where that goes wrong: somebody may put it right meanwhile."""
    try:
        pulse_measure.set_up(centre=shown.centre, month=shown.month, by=by, at=at)
    except ValidationError as error:
        log.error("pulse_not_set_up", centre=shown.centre.slug, reason="; ".join(error.messages))


@transaction.atomic
def answer(*, shown: PulseRound, user: User, choices: Sequence[int], by: Actor, at: datetime) -> None:
    """Count one person's choices, from 0 to 4 for each question, and that they have answered.

    The two are written apart, and the trail says that somebody answered, not who. Raises ValidationError where
    the round is over, was answered by them, or a choice is missing.
    """
    if len(choices) != QUESTIONS or any(not 0 <= choice < CHOICES for choice in choices):
        raise ValidationError("Answer all three questions.")
    tally = PulseTally.objects.select_for_update(of=("self",)).select_related("round__centre").get(round=shown)
    # Read after the lock on the tally, which the close takes too: nothing is counted after the figures were sent.
    tally.round.refresh_from_db(fields=["closed_at"])
    if tally.round.closed_at is not None or not tally.round.opened_at <= at < tally.round.closes_at:
        raise ValidationError("This month's pulse is over. The next one opens on the first of the month.")
    try:
        with transaction.atomic():
            PulseParticipation.objects.create(round=tally.round, user=user)
    except IntegrityError as error:
        raise ValidationError("You have answered this month. Nobody can tell or change what you answered.") from error
    counts = list(tally.counts)
    for question, choice in enumerate(choices):
        counts[question * CHOICES + choice] += 1
    tally.counts = counts
    tally.save(update_fields=["counts"])
    # Who answered is forgotten at the close, and the trail never forgets: where all agree, who answered is
    # what they answered. Nor does it keep the request, which the logs might lead to a person.
    with structlog.contextvars.bound_contextvars(request_id=""):
        _audit("pulse.answered", tally.round, _NOBODY, at)


def close_rounds(*, by: Actor, at: datetime) -> int:
    """Send the figures of every round that is over, and forget who answered; return how many. Safe to repeat."""
    over = PulseRound.objects.filter(closes_at__lte=at, closed_at__isnull=True).order_by("month", "pk")
    return sum(_close(identity, by=by, at=at) for identity in list(over.values_list("pk", flat=True)))


@transaction.atomic
def _close(identity: int, *, by: Actor, at: datetime) -> bool:
    shown = (
        # Without its key: who answers refers to the round while holding the tally for which this waits.
        PulseRound.objects.select_for_update(of=("self",), skip_locked=True, no_key=True)
        .select_related("centre")
        .filter(pk=identity, closed_at__isnull=True)
        .first()
    )
    if shown is None:
        return False
    tally = PulseTally.objects.select_for_update(of=("self",)).filter(round=shown).first()
    counts = no_answers() if tally is None else tally.counts
    _send(shown, counts, by=by, at=at)
    PulseParticipation.objects.filter(round=shown).delete()
    shown.closed_at = at
    shown.save(update_fields=["closed_at"])
    _audit("pulse.closed", shown, by, at)
    return True


def _send(shown: PulseRound, counts: Sequence[int], *, by: Actor, at: datetime) -> None:
    """Submit the figures as any partner does. Without somebody who owes them they stay here."""
    organisation = queries.sender(shown.centre, shown.month)
    if organisation is None:
        return
    people, agree, of = queries.agreeing(counts)
    figure: dict[str, object] = {"measure": queries.CODE, "period": f"{shown.month:%Y-%m}"}
    if people < LEAST_PEOPLE:
        figure |= {"state": "withheld", "reason": f"Fewer than {LEAST_PEOPLE} people answered"}
    elif agree in (0, of):
        figure |= {"state": "withheld", "reason": "Everybody answered alike"}
    else:
        figure |= {"numerator": agree, "denominator": of}
    body = {"centre": shown.centre.slug, "reason": "Norms pulse", "observations": [figure]}
    upload = Upload(organisation, "application/json", msgspec.json.encode(body))
    submission = submissions.receive(upload=upload, by=by, at=at).submission
    if submission.state != "accepted":
        log.error("pulse_not_accepted", submission=str(submission.pk), centre=shown.centre.slug)


def _following(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), LONDON)


def _audit(verb: str, shown: PulseRound, by: Actor, at: datetime) -> None:
    audit.record(
        by=by,
        at=at,
        verb=verb,
        subject="pulse",
        subject_id=shown.pk,
        details={"month": shown.month.isoformat()},
        centre=shown.centre.slug,
    )
