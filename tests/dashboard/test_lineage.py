"""From a figure to the submissions and people that made it."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.queries.audience import lineage_for_audience
from dashboard.queries.lineage import lineage
from partners.models import Revision
from partners.permissions import Audience
from tests import cast
from tests.cast import Cast
from tests.conftest import Database
from tests.dashboard.figures import VISITS, answer, ethnic_group, seen, send, visits

JANUARY = date(2026, 1, 1)


@pytest.mark.django_db
def test_lineage_names_each_submission_in_one_query(people: Cast) -> None:
    first = send(people.trust, visits("2026-01", 5), visits("2026-02", 9))
    second = send(people.charity, answer(VISITS, "2026-01", "not_collected", reason="group paused"))
    with CaptureQueriesContext(connection) as queries:
        sources = lineage(people.riverside, people.visits, JANUARY)
    assert len(queries) == 1
    assert [
        (source.organisation.code, source.submission, source.state, source.numerator, source.reason, source.sent_by)
        for source in sources
    ] == [
        ("ZZ001", first.pk, "reported", 5, "", "cast"),
        ("ZZ002", second.pk, "not_collected", None, "group paused", "cast"),
    ]


@pytest.mark.django_db
def test_lineage_may_be_asked_for_one_cell(people: Cast) -> None:
    send(people.trust, seen("2026-01", 30, 40), seen("2026-01", 3, 4, **ethnic_group("A")))
    send(people.trust, seen("2026-01", 9, 10, **ethnic_group("B")))
    assert [source.category for source in lineage(people.riverside, people.seen, JANUARY)] == ["", "A", "B"]
    (cell,) = lineage(people.riverside, people.seen, JANUARY, dimension="ethnic_group", category="A")
    assert cell.numerator == 3
    (total,) = lineage(people.riverside, people.seen, JANUARY, dimension="")
    assert total.numerator == 30


def test_lineage_of_a_past_instant_is_what_stood_then(committed: Database) -> None:
    people = cast.gather()
    first = send(people.trust, visits("2026-01", 5))
    then = Revision.objects.get().visible_at
    second = send(people.trust, visits("2026-01", 6))
    (was,) = lineage(people.riverside, people.visits, JANUARY, as_known_at=then)
    (now,) = lineage(people.riverside, people.visits, JANUARY)
    assert (was.submission, was.numerator) == (first.pk, Decimal(5))
    assert (now.submission, now.numerator) == (second.pk, Decimal(6))


@pytest.mark.django_db
def test_own_figures_are_exact_and_others_as_the_audience_may_see_them(people: Cast) -> None:
    send(people.trust, seen("2026-01", 3, 41))
    send(people.charity, seen("2026-01", 2, 41), seen("2026-01", 2, 11, **ethnic_group("A")))
    sources = lineage(people.riverside, people.seen, JANUARY)
    version = people.seen.versions.get()

    def shown(audience: Audience) -> list[tuple[str, str, bool, object, str | None]]:
        found = lineage_for_audience(
            sources,
            centre=people.riverside,
            measure=people.seen,
            period_start=JANUARY,
            version=version,
            audience=audience,
            own={people.trust.pk},
        )
        return [
            (each.source.organisation.code, each.source.category, each.own, each.figures.numerator, each.figures.flag)
            for each in found
        ]

    assert shown(Audience.OUTSIDE) == [
        ("ZZ001", "", True, 3, None),
        ("ZZ002", "", False, None, "c"),
        ("ZZ002", "A", False, None, "c"),
    ]
    assert shown(Audience.MEMBER) == [
        ("ZZ001", "", True, 3, None),
        ("ZZ002", "", False, 2, None),
        ("ZZ002", "A", False, None, "c"),
    ]
