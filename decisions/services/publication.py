"""Publication: a version takes the place of the one in force, and from then on nothing of it changes."""

from datetime import date, datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction

from decisions.lifecycle import RoundOutcome, VersionState
from decisions.models import ConsentRound, GridName, GridVersion, Right, Rung
from decisions.queries import cover
from decisions.queries import decisions as decision_queries
from decisions.queries import grids as queries
from decisions.queries import rounds as round_queries
from decisions.services import grids, scenarios
from nhc.actors import Actor
from nhc.clock import london_date
from partners.lifecycle import IllegalMoveError

if TYPE_CHECKING:
    from decisions.models import Decision

FIRST_REVIEW = 1
"""Months until the first version of a centre is reviewed; each review sets the next one a quarter on."""
_NAMED = 5


@transaction.atomic
def publish(*, version: GridVersion, decision: "Decision | None" = None, by: Actor, at: datetime) -> GridVersion:
    """Put a version in force from `at` on; the one before is superseded at that instant.

    `decision` is the partnership group's about the objections that stand; without any, nothing is cited. Raises
    IllegalMoveError unless the version is in consultation, and ValidationError while its round is open, for an
    objection that nobody has decided about, where a ladder ends with nobody to call at some hour of the next four
    weeks, and where it names what was retired since.
    """
    current = grids.locked(version)
    if current.state != VersionState.CONSULTING:
        raise IllegalMoveError(f"This version is {current.state}. Ask the partners about it first.")
    consent = _closed_round(current)
    cited = _cited(consent, decision)
    _check_ladders(current, at)
    scenarios.check_contents(current, at)
    before = queries.version_in_force(current.grid.centre, at)
    if before is not None:
        if before.published_at is not None and before.published_at >= at:
            raise ValidationError("Another version was published at this instant. Try again.")
        before.superseded_at = at
        grids.move(before, VersionState.SUPERSEDED, by, at)
    current.published_at, current.predecessor = at, before
    current.next_review_on = _next_review(before, london_date(at))
    current.cites_decision = cited
    _keep_names(current)
    grids.move(current, VersionState.PUBLISHED, by, at)
    grids.record("grid.published", current, by, at, round=consent.pk, decision=None if cited is None else cited.pk)
    return current


def _closed_round(version: GridVersion) -> ConsentRound:
    consent = round_queries.last_round(version)
    if consent is None or consent.closed_at is None or consent.outcome == RoundOutcome.WITHDRAWN:
        raise ValidationError("Partners are still answering. Publish when the round has closed.")
    return consent


def _cited(consent: ConsentRound, decision: "Decision | None") -> "Decision | None":
    """Return the decision that the version cites: one about these objections, none where no objection stands."""
    objections = round_queries.objections_of(consent)
    if not objections:
        return None
    if decision is None:
        names = ", ".join(each.organisation.name for each in objections)
        raise ValidationError(f"{names} objected. Name the partnership group's decision, or take the grid back.")
    if not decision_queries.citable(consent).filter(pk=decision.pk).exists():
        raise ValidationError(
            "Name what the partnership group of this centre adopted about these objections. Where it adopted nothing, "
            "take the grid back and change it."
        )
    return decision


def _keep_names(version: GridVersion) -> None:
    """Keep what the duty roles and teams of a version are called now, so that renaming one rewrites no version."""
    named: dict[tuple[int | None, int | None], str] = {}
    for scenario in queries.scenarios_of(version):
        cells: list[Right | Rung] = [*scenario.rights.all(), *scenario.rungs.all()]
        for each in cells:
            holder = each.duty_role or each.team
            if holder is not None:
                named[each.duty_role_id, each.team_id] = holder.name
    GridName.objects.bulk_create(
        GridName(version=version, duty_role_id=duty_role, team_id=team, name=name)
        for (duty_role, team), name in named.items()
    )


def _check_ladders(version: GridVersion, at: datetime) -> None:
    uncovered = cover.not_covered(version, at)
    if uncovered:
        named = ", ".join(scenario.title for scenario in uncovered[:_NAMED])
        more = f" and {len(uncovered) - _NAMED} more" if len(uncovered) > _NAMED else ""
        raise ValidationError(
            f"The ladder of {named}{more} ends with nobody to call. Let its last rung be a telephone number, or "
            "somebody who is on the rota at every hour of the next four weeks."
        )


def _next_review(before: GridVersion | None, today: date) -> date:
    """Return when a version is due for review: what was owed for the one before stays owed."""
    owed = None if before is None else queries.next_review_on(before)
    return owed or grids.months_after(today, FIRST_REVIEW)


__all__ = ["IllegalMoveError", "publish"]
