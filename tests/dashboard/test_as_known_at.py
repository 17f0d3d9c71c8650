"""Series as they are and as they were: gaps filled, who is missing, and every past state again."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.queries import rollups
from dashboard.queries.audience import for_audience
from dashboard.queries.rollups import Entry, Series
from partners.models import Revision
from partners.permissions import Audience
from partners.queries import figures as figure_queries
from partners.services import contract
from tests import cast
from tests.cast import MAKER, NOW, Cast
from tests.conftest import Database
from tests.dashboard.figures import SEEN, VISITS, answer, ethnic_group, roll, seen, send, visits


def figures(series: Series) -> list[tuple[str, object, object, int, int]]:
    return [
        (entry.period.name, entry.numerator, entry.value, entry.expected, entry.reported) for entry in series.entries
    ]


@pytest.mark.django_db
def test_a_series_has_one_entry_a_period_and_says_who_was_missing(people: Cast) -> None:
    send(people.trust, visits("2025-12", 5), visits("2026-03", 7))
    send(people.charity, visits("2026-03", 1))
    roll()
    series = rollups.series(people.riverside, people.visits)
    assert figures(series) == [
        ("2025-12", 5, 5.0, 1, 1),
        ("2026-01", None, None, 2, 0),
        ("2026-02", None, None, 2, 0),
        ("2026-03", 8, 8.0, 2, 2),
    ]
    assert [entry.complete for entry in series.entries] == [True, False, False, True]


@pytest.mark.django_db
def test_bounds_are_the_periods_that_hold_the_days(people: Cast) -> None:
    send(people.trust, visits("2025-11", 5), visits("2026-01", 7))
    roll()
    bounded = rollups.series(people.riverside, people.visits, first=date(2025, 12, 31), last=date(2026, 2, 1))
    assert figures(bounded) == [
        ("2025-12", None, None, 0, 0),
        ("2026-01", 7, 7.0, 2, 1),
        ("2026-02", None, None, 2, 0),
    ]


@pytest.mark.django_db
def test_a_measure_that_nobody_sent_has_no_entries_without_bounds(people: Cast) -> None:
    assert rollups.series(people.riverside, people.visits).entries == ()
    asked = rollups.series(people.riverside, people.visits, first=date(2026, 1, 1), last=date(2026, 2, 28))
    assert figures(asked) == [("2026-01", None, None, 2, 0), ("2026-02", None, None, 2, 0)]


@pytest.mark.django_db
def test_a_breakdown_is_a_series_for_each_category_sent(people: Cast) -> None:
    send(people.trust, seen("2026-01", 3, 4, **ethnic_group("B")), seen("2026-02", 5, 6, **ethnic_group("A")))
    roll()
    series = rollups.series(people.riverside, people.seen, dimension="ethnic_group")
    assert [(entry.category, entry.period.name, entry.numerator) for entry in series.entries] == [
        ("A", "2026-01", None),
        ("A", "2026-02", 5),
        ("B", "2026-01", 3),
        ("B", "2026-02", None),
    ]
    only = rollups.series(people.riverside, people.seen, dimension="ethnic_group", category="B")
    assert {entry.category for entry in only.entries} == {"B"}
    assert rollups.series(people.riverside, people.seen, dimension="deprivation_quintile").entries == ()


@pytest.mark.django_db
def test_periods_follow_the_version_of_their_time(people: Cast) -> None:
    send(people.trust, visits("2025-11", 5))
    quarterly = replace(cast.VISITS, starts=date(2026, 2, 1), period_type="quarter")
    contract.add_measure_version(measure=people.visits, definition=quarterly, by=MAKER, at=NOW)
    roll()
    series = rollups.series(people.riverside, people.visits, last=date(2026, 9, 30))
    assert [entry.period.name for entry in series.entries] == ["2025-11", "2025-12", "2026-01", "2026-Q2", "2026-Q3"]


@pytest.mark.django_db
def test_the_overview_takes_three_queries_whatever_it_holds(people: Cast) -> None:
    send(people.trust, visits("2026-01", 5), seen("2026-01", 1, 2), seen("2026-02", 1, 2))
    roll()
    with CaptureQueriesContext(connection) as queries:
        overview = rollups.overview_series(people.riverside, [people.seen, people.visits])
    assert len(queries) == 3
    assert {measure: len(series.entries) for measure, series in overview.items()} == {
        people.seen.pk: 2,
        people.visits.pk: 1,
    }


def test_every_past_state_can_be_read_again(committed: Database) -> None:
    people = cast.gather()
    shown: dict[datetime, list[Entry]] = {}

    def now_shown() -> list[Entry]:
        return [
            entry
            for measure in (people.seen, people.visits)
            for dimension in ("", "ethnic_group")
            for entry in rollups.series(people.riverside, measure, dimension=dimension).entries
        ]

    for change in (
        [visits("2026-01", 5), seen("2026-01", 30, 40)],
        [visits("2026-01", 6), seen("2026-01", 3, 4, **ethnic_group("A"))],
        [answer(VISITS, "2026-01", "withdrawn"), visits("2026-02", 8)],
        [answer(VISITS, "2026-02", "withheld")],
        [seen("2026-01", 31, 40), visits("2026-01", 5)],
        [answer(SEEN, "2026-01", "none_offered")],
    ):
        send(people.trust, *change)
        roll()
        shown[Revision.objects.latest("seq").visible_at] = now_shown()
    assert len(shown) == 6
    for at, entries in shown.items():
        known = [
            entry
            for measure in (people.seen, people.visits)
            for dimension in ("", "ethnic_group")
            for entry in rollups.series(people.riverside, measure, dimension=dimension, as_known_at=at).entries
        ]
        assert known == entries
    before = min(shown) - timedelta(microseconds=1)
    assert rollups.series(people.riverside, people.visits, as_known_at=before).entries == ()


@pytest.mark.django_db
def test_members_see_exact_totals_and_small_cells_hidden(people: Cast) -> None:
    send(people.trust, seen("2026-01", 3, 41), seen("2026-01", 3, 24, **ethnic_group("A")))
    send(people.trust, seen("2026-01", 22, 42, **ethnic_group("B")))
    roll()
    totals = rollups.series(people.riverside, people.seen).entries
    cells = rollups.series(people.riverside, people.seen, dimension="ethnic_group").entries

    def as_seen(entries: tuple[Entry, ...], audience: Audience, *, own: bool = False) -> list[tuple[object, ...]]:
        shown = for_audience(entries, audience=audience, own=own)
        return [(each.numerator, each.denominator, each.value, each.flag) for each in shown]

    assert as_seen(totals, Audience.MEMBER) == [(3, 41, 3 / 41, None)]
    assert as_seen(totals, Audience.OUTSIDE) == [(None, None, None, "c")]
    assert as_seen(cells, Audience.MEMBER) == [(None, None, None, "c"), (20, 40, 0.5, None)]
    assert as_seen(cells, Audience.MEMBER) == as_seen(cells, Audience.OUTSIDE)
    assert as_seen(cells, Audience.OUTSIDE, own=True) == [(3, 24, 0.125, None), (22, 42, 22 / 42, None)]


@pytest.mark.django_db
def test_measures_published_nationally_are_exact_for_all(people: Cast) -> None:
    published = replace(cast.SEEN, starts=date(2026, 1, 1), disclosure="none")
    contract.add_measure_version(measure=people.seen, definition=published, by=MAKER, at=NOW)
    send(people.trust, seen("2025-12", 3, 41), seen("2026-01", 3, 41))
    roll()
    shown = for_audience(rollups.series(people.riverside, people.seen).entries, audience=Audience.OUTSIDE)
    assert [(each.period.name, each.numerator, each.flag) for each in shown] == [
        ("2025-12", None, "c"),
        ("2026-01", 3, None),
    ]


@pytest.mark.django_db
def test_revisions_after_the_instant_do_not_count(people: Cast) -> None:
    send(people.trust, visits("2026-01", 5))
    latest = Revision.objects.latest("seq")
    assert figure_queries.latest_revision(people.riverside, latest.visible_at) == latest.seq
    assert figure_queries.latest_revision(people.riverside, datetime(2020, 1, 1, tzinfo=UTC)) == 0
    assert figure_queries.latest_revision(people.hillside, latest.visible_at) == 0
