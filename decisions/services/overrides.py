"""Acts outside a guardrail: recorded by whoever acted, reviewed by somebody else, and perhaps made a proposal."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse

from decisions.lifecycle import VersionState
from decisions.models import GridVersion, Override
from decisions.queries import may_i as may_i_queries
from decisions.queries import overrides as queries
from decisions.queries import scenarios as scenario_queries
from decisions.queries.overrides import Told
from decisions.services import grids
from decisions.verdict import Facts, VerdictKind, judge
from nhc import audit, formats, notices
from nhc.actors import Actor
from nhc.clock import london_date
from nhc.notices import Reminder
from partners.queries import rota

if TYPE_CHECKING:
    from partners.models import Centre, Organisation, Team

ACTED_FIRST = "Acted first, then told: nobody who decides or must agree could be reached."
"""The reason of an act that the grid allowed before anybody was asked."""
TOLD_WITHIN = timedelta(days=1)
"""How long after an answer one can say by its button that one has acted."""


@transaction.atomic
def record_override(
    *,
    centre: "Centre",
    scenario_code: str,
    team: "Team",
    acted_at: datetime,
    reason: str,
    amount: Decimal | None = None,
    by: Actor,
    at: datetime,
) -> Override:
    """Record that one acted outside what the grid then in force allowed, for a team that one works in.

    `amount` is in the scenario's unit. The same act in the same words twice is one. Raises ValidationError where no
    grid with this scenario was in force, where the act lies ahead, and without a reason.
    """
    if by.user_id is None:
        raise ValidationError("A person acts.")
    if acted_at > at:
        raise ValidationError({"acted_at": "This time has not come yet. Give the time at which you acted."})
    scenario = scenario_queries.scenario_in_force(centre, scenario_code, acted_at)
    if scenario is None:
        raise ValidationError("The grid in force then had no such scenario.")
    if team.centre_id != centre.pk or not rota.works_at(by.user_id, team.pk, acted_at):
        raise ValidationError("You did not work in this team then.")
    if not reason.strip():
        raise ValidationError({"reason": "Say why, so that the weekly review can learn from it."})
    # One at a time, so that two presses of a button are one act. Another reason or amount is another act.
    grids.lock(scenario.grid_version.grid)
    again = Override.objects.filter(
        scenario=scenario, user_id=by.user_id, team=team, at=acted_at, amount=amount, reason=reason.strip()
    ).first()
    if again is not None:
        return again
    override = Override(
        scenario=scenario,
        user_id=by.user_id,
        team=team,
        organisation_id=team.organisation_id,
        at=acted_at,
        amount=amount,
        reason=reason.strip(),
        recorded_at=at,
    )
    override.full_clean()
    override.save(force_insert=True)
    _record("override.recorded", override, by, at)
    return override


@transaction.atomic
def tell_of_act(
    *,
    centre: "Centre",
    scenario_code: str,
    acted_at: datetime,
    amount: Decimal | None = None,
    by: Actor,
    at: datetime,
) -> list[Told]:
    """Record that one acted first, as the grid said at `acted_at`, and tell those who are to be told; return them.

    Such an act is read at the weekly review as others are. The same act twice is one, and nobody is told twice.
    Raises ValidationError where the answer then was another one, is a day old or lies ahead.
    """
    if not at - TOLD_WITHIN <= acted_at <= at:
        raise ValidationError("This answer is more than a day old. Ask again, or say there when and why you acted.")
    found = None
    if by.user_id is not None:
        found = may_i_queries.facts(by.user_id, centre, scenario_code, acted_at, amount=amount)
    verdict = None if found is None else judge(found)
    if found is None or verdict is None or verdict.kind is not VerdictKind.ACT_THEN_TELL:
        raise ValidationError("The grid did not say that you act first. Ask again, and do what the answer says now.")
    mine = next(each for each in found.on_duty if each.user_id == found.asker)
    team = next((team for team in rota.teams_of(found.asker, centre, acted_at) if team.pk == mine.team), None)
    if team is None:
        raise ValidationError("You did not work in this team then. Say from the answer when and why you acted.")
    override = record_override(
        centre=centre,
        scenario_code=scenario_code,
        team=team,
        acted_at=acted_at,
        reason=ACTED_FIRST,
        amount=amount,
        by=by,
        at=at,
    )
    told = queries.told_of_act(verdict, override.scenario, centre, acted_at, actor=found.asker)
    _tell(override, told, found, at)
    return told


def _tell(override: Override, told: list[Told], found: Facts, at: datetime) -> None:
    mine = next(each for each in found.on_duty if each.user_id == found.asker)
    call = f" Call {mine.team_name} on {mine.telephone}." if mine.telephone else f" Speak to {mine.team_name}."
    sentence = f"{mine.name} acted first, {formats.day_and_time(override.at)}: {found.row.title}.{call}"
    centre = override.scenario.grid_version.grid.centre
    path = f"{reverse('decisions:grid', args=[centre.slug])}#row-{found.row.row}"
    reminders = [Reminder(each.user_id, "act-first", f"act-first:{override.pk}", 0, sentence, path) for each in told]
    notices.give(reminders=reminders, at=at)


@transaction.atomic
def review_override(*, override: Override, words: str, by: Actor, at: datetime) -> Override:
    """Say what the weekly review made of an act; reviewed once, it stays so.

    Raises ValidationError without words, where it was reviewed, and for whoever acted: somebody else reviews it.
    """
    current = _locked(override)
    if current.reviewed_at is not None:
        raise ValidationError("This was reviewed already.")
    if by.user_id is None or by.user_id == current.user_id:
        raise ValidationError("Somebody other than the person who acted reviews it.")
    if not words.strip():
        raise ValidationError({"words": "Write what the review made of it."})
    current.reviewed_at, current.reviewed_by_id, current.review_words = at, by.user_id, words.strip()
    current.full_clean()
    current.save(update_fields=["reviewed_at", "reviewed_by", "review_words"])
    _record("override.reviewed", current, by, at)
    return current


@transaction.atomic
def propose_from_override(*, override: Override, organisation: "Organisation", by: Actor, at: datetime) -> GridVersion:
    """Mark the scenario in the draft of the grid, begun where there is none, with a comment that says what was done.

    Why it was done stays with those who review such acts: every partner reads the comment, and nobody can take it away.
    Once proposed, the same draft is returned. Raises ValidationError where the draft has the scenario no more, and
    while partners are asked about it: what is put to them stays as it is.
    """
    current = _locked(override)
    if current.proposal is not None:
        return current.proposal
    scenario = current.scenario
    draft = grids.start_draft(centre=scenario.grid_version.grid.centre, by=by, at=at)
    if draft.state != VersionState.DRAFT:
        raise ValidationError("Partners are being asked about the next grid. Propose this once that is over.")
    day = formats.full_date(london_date(current.at))
    amount = "" if current.amount is None else f", with {formats.with_unit(current.amount, scenario.limit_unit)}"
    grids.comment(
        version=draft,
        scenario_code=scenario.code,
        text=f"Somebody acted outside the guardrail on {day}{amount}. Those who review such acts can say why.",
        organisation=organisation,
        by=by,
        at=at,
    )
    current.proposal = draft
    current.save(update_fields=["proposal"])
    _record("override.proposed", current, by, at)
    return draft


def _locked(override: Override) -> Override:
    Override.objects.select_for_update(of=("self",)).get(pk=override.pk)
    current = queries.by_id(override.pk)
    if current is None:
        raise ValidationError("This is not there any more.")
    return current


def _record(verb: str, override: Override, by: Actor, at: datetime) -> None:
    version = override.scenario.grid_version
    audit.record(
        by=by,
        at=at,
        verb=verb,
        subject="override",
        subject_id=override.pk,
        details={"version": version.number, "scenario": override.scenario.code},
        centre=version.grid.centre.slug,
        organisation=override.organisation.code,
    )
