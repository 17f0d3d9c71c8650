"""Two people at once: one publication, one draft, and one round's end, with real transactions side by side."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connections

from decisions.models import ConsentAnswer, GridVersion, Override
from decisions.queries import grids as queries
from decisions.services import grids, overrides, publication, rounds, scenarios
from nhc.actors import Actor
from partners.lifecycle import IllegalMoveError
from tests.cast import NOW
from tests.conftest import Database
from tests.decisions.grids import (
    MAKER,
    WEEK,
    Place,
    consulted,
    decided,
    decided_by,
    drafted,
    group,
    make_place,
    said,
    scenario,
    speaker,
)
from tests.decisions.grids import published as published_version


@pytest.fixture
def place(committed: Database) -> Place:
    return make_place(at=NOW)


def both(first: Callable[[], object], second: Callable[[], object] | None = None) -> list[str]:
    """Do two things at once, or one twice; return how each ended, in their order, or sorted where it is one."""

    def attempt(act: Callable[[], object]) -> str:
        try:
            act()
        except (IllegalMoveError, ValidationError) as error:
            return type(error).__name__
        finally:
            connections.close_all()
        return "done"

    with ThreadPoolExecutor(2) as pool:
        if second is None:
            return sorted(pool.map(attempt, (first, first)))
        return list(pool.map(attempt, (first, second)))


def test_one_of_two_publications_stands(place: Place) -> None:
    draft = drafted(place.centre, [decided_by(place.rota.lead)], at=NOW)
    rounds.close_round(consent=consulted(draft, at=NOW), by=MAKER, at=NOW + WEEK)
    ended = both(lambda: publication.publish(version=draft, by=MAKER, at=NOW + WEEK))
    assert ended == ["IllegalMoveError", "done"]
    assert [move.state for move in queries.moves_of(draft)] == ["draft", "consulting", "published"]


def test_two_who_begin_a_draft_share_it(place: Place) -> None:
    assert both(lambda: grids.start_draft(centre=place.centre, by=MAKER, at=NOW)) == ["done", "done"]
    assert GridVersion.objects.count() == 1


def test_two_sweeps_record_silence_once(place: Place) -> None:
    draft = drafted(place.centre, [decided_by(place.rota.lead)], at=NOW)
    consulted(draft, at=NOW)
    assert both(lambda: rounds.close_due_rounds(by=MAKER, at=NOW + WEEK)) == ["done", "done"]
    assert ConsentAnswer.objects.filter(answer="no_answer").count() == len(place.organisations)


def test_nothing_is_written_into_what_was_published_meanwhile(place: Place) -> None:
    draft = drafted(place.centre, [decided_by(place.rota.lead)], at=NOW)
    row = scenario(draft)
    rounds.close_round(consent=consulted(draft, at=NOW), by=MAKER, at=NOW + WEEK)

    def publish_or_write() -> None:
        publication.publish(version=draft, by=MAKER, at=NOW + WEEK)
        scenarios.edit_scenario(
            scenario=row, version=1, content=decided_by(place.rota.nights), by=MAKER, at=NOW + WEEK + timedelta(days=1)
        )

    assert both(publish_or_write) == ["IllegalMoveError", "IllegalMoveError"]
    assert scenario(draft).rights.get().duty_role == place.rota.lead


def test_an_objection_in_time_counts_however_the_sweep_falls(place: Place) -> None:
    consent = consulted(drafted(place.centre, [decided_by(place.rota.lead)], at=NOW), at=NOW)
    by = Actor.user(speaker(place.organisations[0]))
    answered, swept = both(
        lambda: rounds.answer(
            consent=consent,
            organisation=place.organisations[0],
            answer="object",
            reason="Too slow",
            by=by,
            at=consent.deadline - timedelta(seconds=1),
        ),
        lambda: rounds.close_due_rounds(by=MAKER, at=consent.deadline),
    )
    rounds.close_due_rounds(by=MAKER, at=consent.deadline)
    consent.refresh_from_db()
    # Whoever came second is refused in words or finds nothing to do; neither waits for the other for ever.
    assert (answered, swept, consent.outcome) in {
        ("done", "done", "objection"),
        ("IllegalMoveError", "done", "consent"),
    }


def test_no_grid_is_published_over_an_objection_that_is_being_lifted_or_made(place: Place) -> None:
    draft = drafted(place.centre, [decided_by(place.rota.lead)], at=NOW)
    consent = consulted(draft, at=NOW)
    said(consent, place.organisations[0], "object", at=NOW)
    rounds.close_round(consent=consent, by=MAKER, at=NOW + WEEK)
    by = Actor.user(speaker(place.organisations[0]))
    lifted, published = both(
        lambda: rounds.answer(
            consent=consent, organisation=place.organisations[0], answer="agree", by=by, at=NOW + WEEK
        ),
        lambda: publication.publish(version=draft, by=MAKER, at=NOW + WEEK),
    )
    assert lifted == "done"
    draft.refresh_from_db()
    assert (published, draft.state) in {("done", "published"), ("ValidationError", "consulting")}


def test_an_objection_made_again_does_not_race_past_publication(place: Place) -> None:
    group(place, at=NOW)
    draft = drafted(place.centre, [decided_by(place.rota.lead)], at=NOW)
    consent = consulted(draft, at=NOW)
    said(consent, place.organisations[0], "object", at=NOW)
    decision = decided(rounds.close_round(consent=consent, by=MAKER, at=NOW + WEEK), place.rota.ana, at=NOW + WEEK)
    by = Actor.user(speaker(place.organisations[0]))
    objected, published = both(
        lambda: rounds.answer(
            consent=consent, organisation=place.organisations[0], answer="object", reason="Anew", by=by, at=NOW + WEEK
        ),
        lambda: publication.publish(version=draft, decision=decision, by=MAKER, at=NOW + WEEK),
    )
    assert (objected, published) == ("IllegalMoveError", "done")


def test_one_press_of_two_stores_an_act(place: Place) -> None:
    published_version(place.centre, [decided_by(place.rota.lead)], at=NOW)

    def act() -> None:
        overrides.record_override(
            centre=place.centre,
            scenario_code="crisis-diversion",
            team=place.rota.crisis,
            acted_at=NOW,
            reason="It could not wait",
            by=Actor.user(place.rota.ana),
            at=NOW,
        )

    assert both(act) == ["done", "done"]
    assert Override.objects.count() == 1
