"""Rounds of consent: a version put to the partners, their answers, and the end of the round."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction

from decisions.lifecycle import ConsentAnswerKind, RoundOutcome, VersionState
from decisions.models import ConsentAnswer, ConsentRound, Grid, GridVersion
from decisions.queries import decisions, forums
from decisions.queries import rounds as queries
from decisions.services import consent_notices, grids, proposals, scenarios
from nhc import audit
from nhc.actors import Actor
from nhc.audit import Detail
from nhc.clock import london_date
from partners.lifecycle import IllegalMoveError
from partners.queries import organisations

if TYPE_CHECKING:
    from decisions.models import Proposal
    from partners.models import Organisation

TIME_TO_ANSWER = timedelta(days=7)
"""The least, so that whoever is silent is reminded twice."""
LONGEST = timedelta(days=92)


@transaction.atomic
def open_round(
    *, version: GridVersion, edition: int, summary: str, deadline: datetime, by: Actor, at: datetime
) -> ConsentRound:
    """Put a draft to the partners until `deadline`. From now on nothing of it changes unless it is taken back.

    `summary` says in words what is new. Raises Clash where the draft was changed since `edition`, IllegalMoveError
    where it is no draft, and ValidationError for a draft without scenarios, one that names what was retired since,
    or a deadline that leaves no time.
    """
    draft = grids.locked(version, edition)
    if draft.state == VersionState.DRAFT:
        if not draft.scenarios.exists():
            raise ValidationError("The draft has no scenarios yet. Add one first.")
        scenarios.check_contents(draft, at)
    if deadline < at + TIME_TO_ANSWER:
        raise ValidationError({"deadline": f"Leave partners at least {TIME_TO_ANSWER.days} days to answer."})
    if deadline > at + LONGEST:
        raise ValidationError({"deadline": f"Choose a deadline within {LONGEST.days} days."})
    if not summary.strip():
        raise ValidationError({"summary": "Say what is new, so that partners know what they answer."})
    draft.summary, draft.consult_until = summary.strip(), deadline
    draft.full_clean()
    grids.move(draft, VersionState.CONSULTING, by, at)
    consent = ConsentRound(version=draft, opened_at=at, deadline=deadline)
    consent.full_clean()
    consent.save(force_insert=True)
    grids.record("grid.consulted", draft, by, at, round=consent.pk)
    consent_notices.tell_of_opening(consent, at)
    return consent


@transaction.atomic
def answer(
    *, consent: ConsentRound, organisation: "Organisation", answer: str, reason: str = "", by: Actor, at: datetime
) -> ConsentAnswer:
    """Say what a partner thinks of the version: agrees, can live with it, or objects and why. The newest answer counts.

    After the round has closed an objection may still be lifted, until the version is published, and nothing else be
    said: who could object anew after the group has decided would hold a veto. The same answer again is the one before.
    Raises IllegalMoveError and ValidationError.
    """
    current = _locked(consent)
    before = queries.newest_answers(current).get(organisation.pk)
    objected = before is not None and before.answer == ConsentAnswerKind.OBJECT
    over = _over(current, at)
    if current.version.state != VersionState.CONSULTING or (over and not objected):
        raise IllegalMoveError("The round has closed, so no answer can be added.")
    if answer not in set(ConsentAnswerKind) - {ConsentAnswerKind.NO_ANSWER}:
        raise ValidationError({"answer": "Choose whether your organisation agrees, can live with it or objects."})
    if answer == ConsentAnswerKind.OBJECT and not reason.strip():
        raise ValidationError({"reason": "Say why, so that the partnership group can decide."})
    if by.user_id is None:
        raise ValidationError("A person answers for an organisation.")
    if not organisations.is_partner(organisation, current.version.grid.centre, london_date(at)):
        raise ValidationError("Only partners of the centre answer.")
    if before is not None and (before.answer, before.reason, before.user_id) == (answer, reason.strip(), by.user_id):
        return before
    if over and answer == ConsentAnswerKind.OBJECT:
        raise IllegalMoveError("The round has closed. Your objection stands as you made it; it can only be lifted now.")
    said = ConsentAnswer(
        round=current,
        organisation=organisation,
        answer=answer,
        reason=reason.strip(),
        user_id=by.user_id,
        answered_at=at,
    )
    said.full_clean()
    said.save(force_insert=True)
    _record("consent.answered", current, by, at, organisation=organisation.code, answer=answer)
    if over and not queries.objections_of(current):
        proposals.withdraw_about(current, by, at)
    return said


@transaction.atomic
def close_round(*, consent: ConsentRound, by: Actor, at: datetime) -> ConsentRound:
    """End a round whose deadline has come, or in which every partner has answered.

    Whoever said nothing is recorded as no answer, which blocks nothing. Objections are put to the partnership group and
    those who change the grid are told. Raises IllegalMoveError where it was closed already, and ValidationError where
    partners still have time.
    """
    current = _locked(consent)
    if current.closed_at is not None:
        raise IllegalMoveError("The round was closed already.")
    silent = queries.silent(current, at)
    if at < current.deadline and silent:
        raise ValidationError("Partners still have time to answer. The round ends by itself at its deadline.")
    reminded = consent_notices.reminders_given(current)
    ConsentAnswer.objects.bulk_create(
        ConsentAnswer(
            round=current,
            organisation=each,
            answer=ConsentAnswerKind.NO_ANSWER,
            answered_at=at,
            reminders=reminded.get(each.code, 0),
        )
        for each in silent
    )
    objected = queries.objections_of(current)
    _close(current, RoundOutcome.OBJECTION if objected else RoundOutcome.CONSENT, at)
    _record("consent.closed", current, by, at, silent=len(silent), objections=len(objected))
    if objected:
        group = forums.group_of(current.version.grid.centre)
        if group is not None:
            proposals.put_objections(forum=group, consent=current, by=by, at=at)
        consent_notices.tell_of_objection(current, group, at)
    return current


@transaction.atomic
def ask_group(*, consent: ConsentRound, by: Actor, at: datetime) -> "Proposal":
    """Put the objections of a closed round to the partnership group: it was begun since, or did not adopt them before.

    Raises IllegalMoveError where no objection stands or the version is no longer in consultation, and ValidationError
    where the centre has no partnership group or the group is asked, or has adopted the version, already.
    """
    current = _locked(consent)
    if current.version.state != VersionState.CONSULTING or current.outcome != RoundOutcome.OBJECTION:
        raise IllegalMoveError("No round with an objection has closed, so there is nothing to decide.")
    if not queries.objections_of(current):
        raise IllegalMoveError("The objections were lifted. The grid can be published.")
    group = forums.group_of(current.version.grid.centre)
    if group is None:
        raise ValidationError("The centre has no partnership group yet. Begin one among the forums, then ask it.")
    if decisions.citable(current).exists():
        raise ValidationError("The partnership group has adopted it already. Publish the grid, citing its decision.")
    return proposals.put_objections(forum=group, consent=current, by=by, at=at)


def close_due_rounds(*, by: Actor, at: datetime) -> int:
    """End every round anywhere whose deadline has come; return how many. Safe to repeat and to run in two places."""
    closed = 0
    for consent in queries.due(at):
        with transaction.atomic():
            # The grid first, as every other act does: rounds and grids locked in two orders would wait for each other.
            free = Grid.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk=consent.version.grid_id)
            if free.exists() and ConsentRound.objects.filter(pk=consent.pk, closed_at__isnull=True).exists():
                close_round(consent=consent, by=by, at=at)
                closed += 1
    return closed


@transaction.atomic
def take_back(*, version: GridVersion, reason: str, by: Actor, at: datetime) -> GridVersion:
    """Make a version in consultation a draft again, to change it. Its round ends; a new one is needed.

    Raises IllegalMoveError where it is not in consultation, and ValidationError without a reason.
    """
    current = grids.locked(version)
    if not reason.strip():
        raise ValidationError({"reason": "Say why it is taken back, so that partners know."})
    if current.state == VersionState.CONSULTING:
        consent = queries.open_round(current)
        if consent is not None:
            _close(consent, RoundOutcome.WITHDRAWN, at)
        asked = queries.last_round(current)
        if asked is not None:
            proposals.withdraw_about(asked, by, at)
    current.consult_until = None
    grids.move(current, VersionState.DRAFT, by, at, reason.strip())
    grids.record("grid.taken_back", current, by, at)
    return current


def _locked(consent: ConsentRound) -> ConsentRound:
    """Lock the grid, then read the round as it stands."""
    grids.lock(consent.version.grid)
    return ConsentRound.objects.select_related("version__grid__centre").get(pk=consent.pk)


def _over(consent: ConsentRound, at: datetime) -> bool:
    return consent.closed_at is not None or at >= consent.deadline


def _close(consent: ConsentRound, outcome: RoundOutcome, at: datetime) -> None:
    consent.closed_at, consent.outcome = at, outcome
    consent.save(update_fields=["closed_at", "outcome"])


def _record(
    verb: str, consent: ConsentRound, by: Actor, at: datetime, *, organisation: str = "", **details: Detail
) -> None:
    audit.record(
        by=by,
        at=at,
        verb=verb,
        subject="consent",
        subject_id=consent.pk,
        details={"version": consent.version.number, **details},
        centre=consent.version.grid.centre.slug,
        organisation=organisation,
    )


__all__ = ["IllegalMoveError", "answer", "ask_group", "close_due_rounds", "close_round", "open_round", "take_back"]
