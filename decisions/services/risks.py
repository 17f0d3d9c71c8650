"""Shared risks: opened by a forum with the organisations that hold them, controlled, reviewed, closed, opened again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction

from decisions.lifecycle import RISK_MOVES, RiskState
from decisions.models import Forum, Risk, RiskControl, RiskHolder, RiskReview
from decisions.queries import risks as queries
from decisions.services.records import plain, record_event
from nhc.actors import Actor
from nhc.clock import london_date
from partners.lifecycle import check_move
from partners.queries import organisations as organisation_queries

if TYPE_CHECKING:
    from partners.models import Organisation


class Clash(ValidationError):
    """Somebody else has reviewed or changed the risk since: `risk` is how it stands now."""

    def __init__(self, risk: Risk) -> None:
        super().__init__("Somebody else has changed this risk since you opened it. Compare, then save again.")
        self.risk = risk


@dataclass(frozen=True, slots=True)
class Judgement:
    """How a risk stands: likelihood and impact from 1 to 5, why, and the day of the next look at it."""

    likelihood: int
    impact: int
    words: str
    review_on: date


@dataclass(frozen=True, slots=True)
class Holding:
    """An organisation that holds a risk, and what of it lands on them."""

    organisation: "Organisation"
    carries: str = ""


@transaction.atomic
def open_risk(
    *, forum: Forum, title: str, judgement: Judgement, holdings: Sequence[Holding], by: Actor, at: datetime
) -> Risk:
    """Put a risk on the register, owned by a forum and held by organisations; the judgement's words describe it.

    Raises ValidationError without a holder, for one that is no partner, and for a review that does not come later.
    """
    if not holdings:
        raise ValidationError({"organisations": "Say which organisations hold it together. A forum alone cannot."})
    _check_day(judgement, at)
    risk = Risk(
        forum=forum,
        title=title.strip(),
        words=plain(judgement.words),
        likelihood=judgement.likelihood,
        impact=judgement.impact,
        review_on=judgement.review_on,
        opened_by_id=by.user_id,
        opened_at=at,
    )
    risk.full_clean()
    risk.save(force_insert=True)
    for holding in holdings:
        _hold(risk, holding, at)
    _review(risk, "Opened.", by, at)
    codes = [holding.organisation.code for holding in holdings]
    record_event("risk.opened", risk, forum, by=by, at=at, score=risk.score, organisations=[*codes])
    return risk


@transaction.atomic
def review_risk(*, risk: Risk, judgement: Judgement, version: int, by: Actor, at: datetime) -> Risk:
    """Judge an open risk anew. Raises Clash for another version, ValidationError where it is closed."""
    locked = _locked(risk, version)
    if locked.state != RiskState.OPEN:
        raise ValidationError("This risk is closed. Open it again first.")
    _check_day(judgement, at)
    locked.likelihood, locked.impact = judgement.likelihood, judgement.impact
    locked.review_on = judgement.review_on
    _store(locked)
    _review(locked, judgement.words, by, at)
    record_event("risk.reviewed", locked, locked.forum, by=by, at=at, score=locked.score, version=locked.version)
    return locked


@transaction.atomic
def close_risk(*, risk: Risk, reason: str, by: Actor, at: datetime) -> Risk:
    """Close a risk that is none any more, with a reason. Raises IllegalMoveError where it is closed."""
    return _move(risk, RiskState.CLOSED, reason, by, at)


@transaction.atomic
def reopen_risk(*, risk: Risk, reason: str, review_on: date, by: Actor, at: datetime) -> Risk:
    """Put a closed risk back on the register, with a reason.

    Raises IllegalMoveError where it is open, ValidationError where nobody who holds it is a partner today.
    """
    if review_on <= london_date(at):
        raise ValidationError({"review_on": "The review comes after today."})
    if not queries.held_by_partners(_locked(risk), at):
        raise ValidationError("Nobody who held this risk is a partner today. Add who holds it, then open it again.")
    return _move(risk, RiskState.OPEN, reason, by, at, review_on=review_on)


@transaction.atomic
def add_holder(*, risk: Risk, holding: Holding, by: Actor, at: datetime) -> RiskHolder:
    """Let another organisation hold a risk too. Raises ValidationError where it does, or is no partner."""
    locked = _locked(risk)
    holder = _hold(locked, holding, at)
    _store(locked)
    code = holding.organisation.code
    record_event("risk.held", locked, locked.forum, by=by, at=at, organisation=code, version=locked.version)
    return holder


@transaction.atomic
def end_holder(*, holder: RiskHolder, by: Actor, at: datetime) -> RiskHolder:
    """Let an organisation hold an open risk no longer.

    Raises ValidationError for the last one that holds it, and for a closed risk: it keeps who held it.
    """
    risk = _locked(holder.risk)
    locked = RiskHolder.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=holder.pk)
    if locked.until_at is not None:
        return locked
    if risk.state != RiskState.OPEN:
        raise ValidationError("This risk is closed, and keeps who held it. Open it again first.")
    others = risk.holders.filter(until_at__isnull=True).exclude(pk=locked.pk)
    if not others.exists():
        raise ValidationError(f"{locked.organisation.name} alone holds this. Add who holds it instead, or close it.")
    locked.until_at = at
    locked.save(update_fields=["until_at"])
    _store(risk)
    code = locked.organisation.code
    record_event("risk.held_no_more", risk, risk.forum, by=by, at=at, organisation=code, version=risk.version)
    return locked


@transaction.atomic
def add_control(
    *,
    risk: Risk,
    words: str,
    organisation: "Organisation",
    due_on: date | None = None,
    in_place: bool = False,
    by: Actor,
    at: datetime,
) -> RiskControl:
    """Write down what an organisation does about a risk: already, or by a day."""
    locked = _locked(risk)
    _check_partner(locked, organisation, at)
    control = RiskControl(
        risk=locked,
        words=words.strip(),
        organisation=organisation,
        due_on=None if in_place else due_on,
        added_at=at,
        in_place_at=at if in_place else None,
    )
    control.full_clean()
    control.save(force_insert=True)
    _store(locked)
    record_event("risk.controlled", locked, locked.forum, by=by, at=at, organisation=organisation.code)
    return control


@transaction.atomic
def put_in_place(*, control: RiskControl, by: Actor, at: datetime) -> RiskControl:
    """Say that a planned control works now. Doing so twice changes nothing."""
    risk = _locked(control.risk)
    locked = RiskControl.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=control.pk)
    if locked.in_place_at is None and locked.ended_at is None:
        locked.in_place_at = at
        locked.save(update_fields=["in_place_at"])
        _store(risk)
        record_event("risk.control_in_place", risk, risk.forum, by=by, at=at, control=locked.pk)
    return locked


@transaction.atomic
def end_control(*, control: RiskControl, by: Actor, at: datetime) -> RiskControl:
    """Say that a control does not work any more or was given up. Doing so twice changes nothing."""
    risk = _locked(control.risk)
    locked = RiskControl.objects.select_for_update(of=("self",)).get(pk=control.pk)
    if locked.ended_at is None:
        locked.ended_at = at
        locked.save(update_fields=["ended_at"])
        _store(risk)
        record_event("risk.control_ended", risk, risk.forum, by=by, at=at, control=locked.pk)
    return locked


def _check_day(judgement: Judgement, at: datetime) -> None:
    if judgement.review_on <= london_date(at):
        raise ValidationError({"review_on": "The review comes after today."})


def _check_partner(risk: Risk, organisation: "Organisation", at: datetime) -> None:
    if not organisation_queries.is_partner(organisation, risk.forum.centre, london_date(at)):
        raise ValidationError({"organisation": f"{organisation.name} is not a partner of the centre today."})


def _hold(risk: Risk, holding: Holding, at: datetime) -> RiskHolder:
    _check_partner(risk, holding.organisation, at)
    holder = RiskHolder(risk=risk, organisation=holding.organisation, carries=holding.carries.strip(), since_at=at)
    if risk.holders.filter(organisation=holding.organisation, until_at__isnull=True).exists():
        raise ValidationError({"organisation": f"{holding.organisation.name} holds this risk already."})
    holder.full_clean()
    holder.save(force_insert=True)
    return holder


def _locked(risk: Risk, version: int | None = None) -> Risk:
    locked = Risk.objects.select_for_update(of=("self",)).select_related("forum__centre").get(pk=risk.pk)
    if version is not None and locked.version != version:
        raise Clash(locked)
    return locked


def _store(risk: Risk) -> None:
    risk.version += 1
    risk.full_clean()
    risk.save()


def _review(risk: Risk, words: str, by: Actor, at: datetime) -> None:
    review = RiskReview(
        risk=risk,
        state=risk.state,
        likelihood=risk.likelihood,
        impact=risk.impact,
        words=plain(words),
        user_id=by.user_id,
        reviewed_at=at,
    )
    if not review.words:
        raise ValidationError({"words": "Say why, for those who read this later."})
    review.full_clean()
    review.save(force_insert=True)


def _move(risk: Risk, state: RiskState, reason: str, by: Actor, at: datetime, *, review_on: date | None = None) -> Risk:
    locked = _locked(risk)
    check_move(RISK_MOVES, RiskState(locked.state), state)
    locked.state = state
    locked.review_on = review_on or locked.review_on
    _store(locked)
    _review(locked, reason, by, at)
    record_event(f"risk.{state}", locked, locked.forum, by=by, at=at, version=locked.version)
    return locked
