"""What huddles count becomes figures of the backbone, for months that are over, and again where something changed."""

from datetime import UTC, date, datetime, timedelta

import pytest

from huddles.models import Huddle
from huddles.services import actions, closing, huddles, measures
from partners.models import Observation, Submission
from tests.huddles import boards
from tests.huddles.circle import MAKER, Circle

pytestmark = pytest.mark.django_db

MAY = datetime(2026, 5, 3, 9, tzinfo=UTC)


def held(circle: Circle, day: int, *lanes: str, minutes: int = 12) -> None:
    at = datetime(2026, 4, day, 9, tzinfo=UTC)
    huddle = boards.under_way(circle, at=at)
    for lane in lanes:
        huddles.open_lane(huddle=huddle, lane=lane, by=MAKER, at=at)
    closing.close_huddle(huddle=huddle, summary="", by=MAKER, at=at + timedelta(minutes=minutes))


def sent() -> dict[str, tuple[int, int]]:
    rows = Observation.objects.filter(closed_seq__isnull=True, period_start=date(2026, 4, 1))
    return {
        row.measure.code: (int(row.numerator or 0), int(row.denominator or 0)) for row in rows.select_related("measure")
    }


def test_a_month_that_is_over_is_sent_by_the_backbone(around: Circle) -> None:
    held(around, 7, "safety", "flow")
    held(around, 8, "safety", minutes=20)
    boards.scheduled(around.centre, at=datetime(2026, 4, 9, 6, 30, tzinfo=UTC))
    closing.record_missed(by=MAKER, at=datetime(2026, 4, 9, 12, tzinfo=UTC))
    done = boards.action(around, at=datetime(2026, 4, 7, 9, tzinfo=UTC))
    boards.action(around, "Not done", at=datetime(2026, 4, 7, 9, tzinfo=UTC))
    actions.finish_action(action=done, by=MAKER, at=datetime(2026, 4, 7, 10, tzinfo=UTC))
    assert measures.send_figures(by=MAKER, at=MAY) == 4
    assert sent() == {
        "huddles-held": (2, 3),
        "huddle-fidelity": (3, 16),
        "huddle-minutes": (32, 2),
        "huddle-actions-in-time": (1, 2),
    }
    assert {each.organisation.code[:5] for each in Submission.objects.select_related("organisation")} == {"LBACK"}


def test_nothing_is_sent_twice_and_a_late_change_is(around: Circle) -> None:
    held(around, 7, "safety")
    action = boards.action(around, at=datetime(2026, 4, 7, 9, tzinfo=UTC))
    measures.send_figures(by=MAKER, at=MAY)
    assert measures.send_figures(by=MAKER, at=MAY + timedelta(hours=6)) == 0
    at = datetime(2026, 4, 7, 10, tzinfo=UTC)
    actions.finish_action(action=action, by=MAKER, at=at + timedelta(days=6), done_at=at)
    assert measures.send_figures(by=MAKER, at=MAY + timedelta(hours=12)) == 1
    assert sent()["huddle-actions-in-time"] == (1, 1)


def test_a_month_is_sent_once_its_last_night_is_over(around: Circle) -> None:
    held(around, 7, "safety")
    assert measures.send_figures(by=MAKER, at=datetime(2026, 5, 1, 12, tzinfo=UTC)) == 0
    assert measures.send_figures(by=MAKER, at=datetime(2026, 5, 2, 12, tzinfo=UTC)) == 4


def test_a_huddle_after_midnight_on_the_last_of_a_month_counts_in_it(around: Circle) -> None:
    at = datetime(2026, 4, 30, 23, 30, tzinfo=UTC)
    huddle = boards.under_way(around, at=at)
    closing.close_huddle(huddle=huddle, summary="", by=MAKER, at=at + timedelta(minutes=10))
    assert Huddle.objects.get().operational_date == date(2026, 4, 30)
    measures.send_figures(by=MAKER, at=MAY)
    assert sent()["huddles-held"] == (1, 1)
