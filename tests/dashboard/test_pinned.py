"""The signal that is pinned to the huddle's board: the first concern, as anybody may see it."""

from datetime import timedelta

import pytest

from dashboard.services import pinned
from huddles.models import PinnedSignal
from huddles.queries import board as board_queries
from tests.cast import MAKER, NOW, Cast
from tests.dashboard.figures import roll, seen, send

pytestmark = pytest.mark.django_db

MONTHS = [f"{year}-{month:02}" for year in (2024, 2025) for month in range(1, 13)]


def figures(people: Cast, numerators: list[int]) -> None:
    for month, numerator in zip(MONTHS, numerators, strict=False):
        send(people.trust, seen(month, numerator, 100))
    roll()


def test_a_concern_is_pinned_once(people: Cast) -> None:
    figures(people, [88, 90] * 8 + [60] * 8)
    assert pinned.pin_signals(by=MAKER, at=NOW) == 1
    assert pinned.pin_signals(by=MAKER, at=NOW + timedelta(hours=1)) == 0
    kept = PinnedSignal.objects.get()
    assert (kept.measure, kept.centre) == ("crisis-contacts-seen-in-4h", people.riverside)
    assert kept.sentence.startswith("Concern")
    assert kept.pictured["marks"]


def test_a_signal_that_has_passed_leaves_the_board(people: Cast) -> None:
    figures(people, [88, 90] * 8 + [60] * 8)
    pinned.pin_signals(by=MAKER, at=NOW)
    figures(people, [88, 90] * 12)
    assert pinned.pin_signals(by=MAKER, at=NOW + timedelta(hours=1)) == 1
    assert board_queries.board(people.riverside, NOW + timedelta(hours=1)).facts.signal is None
    assert pinned.pin_signals(by=MAKER, at=NOW + timedelta(hours=2)) == 0


def test_where_nothing_stands_out_nothing_is_pinned(people: Cast) -> None:
    figures(people, [88, 90] * 12)
    assert pinned.pin_signals(by=MAKER, at=NOW) == 0
