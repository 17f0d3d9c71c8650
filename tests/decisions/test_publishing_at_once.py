"""Two people at once: one publication, one draft, and one round's end, with real transactions side by side."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connections

from decisions.models import ConsentAnswer, GridVersion
from decisions.queries import grids as queries
from decisions.services import grids, publication, rounds, scenarios
from partners.lifecycle import IllegalMoveError
from tests.cast import NOW
from tests.conftest import Database
from tests.decisions.grids import MAKER, WEEK, Place, consulted, decided_by, drafted, make_place, scenario


@pytest.fixture
def place(committed: Database) -> Place:
    return make_place(at=NOW)


def both(act: Callable[[], object]) -> list[str]:
    """Do something twice at once; return how each ended."""

    def attempt(_: int) -> str:
        try:
            act()
        except (IllegalMoveError, ValidationError) as error:
            return type(error).__name__
        finally:
            connections.close_all()
        return "done"

    with ThreadPoolExecutor(2) as pool:
        return sorted(pool.map(attempt, range(2)))


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
