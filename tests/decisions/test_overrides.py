"""Acts outside a guardrail: recorded by whoever acted, reviewed by somebody else, made a proposal in one go."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import Error, transaction

from decisions.models import Override
from decisions.queries import grids as grid_queries
from decisions.queries import overrides as queries
from decisions.services import overrides, rounds
from nhc.actors import Actor
from nhc.models import AuditEvent
from tests.decisions.grids import MAKER, WEEK, Place, consulted, decided_by, drafted, make_place, published

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def place() -> Place:
    made = make_place(at=NOW - timedelta(days=60))
    row = decided_by(made.rota.lead, limit=Decimal(100), limit_unit="pounds")
    published(made.centre, [row], at=NOW - WEEK)
    return made


def acted(place: Place, *, at: datetime = NOW - HOUR, reason: str = "The taxi cost more") -> Override:
    return overrides.record_override(
        centre=place.centre,
        scenario_code="crisis-diversion",
        team=place.rota.crisis,
        acted_at=at,
        amount=Decimal(180),
        reason=reason,
        by=Actor.user(place.rota.ana),
        at=NOW,
    )


def test_another_reason_is_another_act_and_none_is_lost(place: Place) -> None:
    first, second = acted(place), acted(place, reason="And a second taxi")
    assert {each.pk for each in queries.to_review(place.centre)} == {first.pk, second.pk}
    first.pk = None
    with pytest.raises(Error, match="override_of_one_act_once"), transaction.atomic():
        first.save(force_insert=True)


def test_while_partners_are_asked_nothing_is_proposed_and_afterwards_it_is(place: Place) -> None:
    override, by = acted(place), Actor.user(place.rota.ben)
    draft = drafted(place.centre, [decided_by(place.rota.lead)], at=NOW)
    consulted(draft, at=NOW)
    with pytest.raises(ValidationError, match="once that is over"):
        overrides.propose_from_override(override=override, organisation=place.organisations[0], by=by, at=NOW)
    with pytest.raises(Error, match=r"overrides are kept"), transaction.atomic():
        Override.objects.filter(pk=override.pk).update(proposal=draft)
    rounds.take_back(version=draft, reason="To change it", by=MAKER, at=NOW)
    again = overrides.propose_from_override(override=override, organisation=place.organisations[0], by=by, at=NOW)
    assert (again, len(grid_queries.comments_of(again))) == (draft, 1)


def test_an_act_waits_for_the_weekly_review_and_twice_is_once(place: Place) -> None:
    assert acted(place) == acted(place)
    assert [each.reason for each in queries.to_review(place.centre)] == ["The taxi cost more"]
    assert AuditEvent.objects.get(verb="override.recorded").details == {"version": 1, "scenario": "crisis-diversion"}


@pytest.mark.parametrize(
    ("at", "reason", "sentence"),
    [
        (NOW + HOUR, "So", "has not come yet"),
        (NOW - WEEK - HOUR, "So", "had no such scenario"),
        (NOW, " ", "Say why"),
    ],
)
def test_what_was_no_act_is_refused_in_words(place: Place, at: datetime, reason: str, sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        acted(place, at=at, reason=reason)


def test_one_acts_for_a_team_that_one_works_in(place: Place) -> None:
    with pytest.raises(ValidationError, match="did not work in this team"):
        overrides.record_override(
            centre=place.centre,
            scenario_code="crisis-diversion",
            team=place.rota.door,
            acted_at=NOW,
            reason="So",
            by=Actor.user(place.rota.ana),
            at=NOW,
        )


def test_somebody_else_reviews_it_once(place: Place) -> None:
    override, ben = acted(place), Actor.user(place.rota.ben)
    with pytest.raises(ValidationError, match="Somebody other than"):
        overrides.review_override(override=override, words="Fine", by=Actor.user(place.rota.ana), at=NOW)
    own = {"reviewed_at": NOW, "reviewed_by": place.rota.ana, "review_words": "Fine"}
    with pytest.raises(Error, match="override_reviewed_by_somebody_else"), transaction.atomic():
        Override.objects.filter(pk=override.pk).update(**own)
    overrides.review_override(override=override, words="Raise the limit", by=ben, at=NOW)
    with pytest.raises(ValidationError, match="reviewed already"):
        overrides.review_override(override=override, words="Again", by=ben, at=NOW)
    assert queries.to_review(place.centre) == []
    assert [each.review_words for each in queries.reviewed(place.centre)] == ["Raise the limit"]


def test_a_proposal_is_the_draft_marked_with_what_was_done_and_not_with_why(place: Place) -> None:
    override, by = acted(place), Actor.user(place.rota.ben)
    for _ in range(2):
        draft = overrides.propose_from_override(override=override, organisation=place.organisations[0], by=by, at=NOW)
    assert (draft.number, draft.state) == (2, "draft")
    (said,) = grid_queries.comments_of(draft)
    assert said.scenario_code == "crisis-diversion"
    assert "on 23 November 2026, with 180 pounds." in said.text
    assert "taxi" not in said.text


def test_acts_are_kept_as_they_were(place: Place) -> None:
    override = acted(place)
    overrides.review_override(override=override, words="Fine", by=Actor.user(place.rota.ben), at=NOW)
    kept = Override.objects.filter(pk=override.pk)
    for change in ({"reason": "Other"}, {"review_words": "Other"}, {"amount": None}):
        with pytest.raises(Error, match=r"overrides are kept|permission denied"), transaction.atomic():
            kept.update(**change)
    with pytest.raises(Error, match=r"overrides are kept|permission denied"), transaction.atomic():
        kept.delete()


def test_an_act_is_of_the_grid_in_force_then(place: Place) -> None:
    published(place.centre, [decided_by(place.rota.lead)], at=NOW - HOUR)
    before, after = acted(place, at=NOW - 2 * HOUR), acted(place, at=NOW - HOUR)
    assert [each.scenario.grid_version.number for each in (before, after)] == [1, 2]
    with pytest.raises(Error, match="grid in force at the act"), transaction.atomic():
        Override.objects.create(
            scenario=before.scenario,
            user=place.rota.ana,
            team=place.rota.crisis,
            organisation=place.organisations[0],
            at=NOW,
            reason="So",
            recorded_at=NOW,
        )
