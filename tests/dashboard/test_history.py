"""Random submissions, corrections, withdrawals and changes of the contract: figures, their past, and their history."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.queries import rollups
from dashboard.services import rollup, shards
from nhc import clock
from nhc.actors import Actor
from partners.models import Organisation
from partners.services import contract, organisations
from tests import cast
from tests.cast import MAKER, NOW, Cast
from tests.dashboard.figures import SEEN, VISITS, answer, ethnic_group, roll, seen, send, stored, visits
from tests.factories import FIRST_DAY

pytestmark = pytest.mark.django_db

OPERATIONS_AN_EXAMPLE = 12
"""Hundreds of operations in every run of the tests, thousands under the profile `long`."""

type Sent = tuple[str, str, list[Mapping[str, object]]]

periods = st.sampled_from(["2026-01", "2026-02", "2026-03"])
cells = st.sampled_from([{}, {"breakdown": {"ethnic_group": "A"}}, {"breakdown": {"ethnic_group": "99"}}])
states = st.sampled_from(["none_offered", "not_collected", "withheld", "withdrawn"])


@st.composite
def observation(draw: st.DrawFn) -> Mapping[str, object]:
    period, kind = draw(periods), draw(st.integers(0, 9))
    if kind < 2:
        return answer(draw(st.sampled_from([SEEN, VISITS])), period, draw(states))
    if kind < 5:
        return visits(period, draw(st.integers(0, 40)))
    below = draw(st.integers(0, 60))
    return seen(period, draw(st.integers(0, below)), below, **draw(cells))


@st.composite
def operation(draw: st.DrawFn) -> Sent:
    """Draw who sends, how, and what: no key twice. A whole breakdown marks its slot, a few figures mark their cells."""
    sent = draw(st.lists(observation(), min_size=1, max_size=4))
    if draw(st.integers(0, 5)) == 0:
        period, above = draw(periods), draw(st.integers(0, 9))
        sent += [seen(period, above, 9, **ethnic_group(code)) for code in "ABCDEF"]
    once = {(str(each["measure"]), str(each["period"]), str(each.get("breakdown"))): each for each in sent}
    return (
        draw(st.sampled_from(["ZZ001", "ZZ002", "ZZ003"])),
        draw(st.sampled_from(["merge", "replace"])),
        [*once.values()],
    )


CHANGE = None
"""Instead of a submission: the next change of the contract."""

operations = st.lists(
    st.one_of(operation(), operation(), st.just(CHANGE)), min_size=OPERATIONS_AN_EXAMPLE, max_size=OPERATIONS_AN_EXAMPLE
)


def changes(people: Cast) -> Iterator[object]:
    """Change the contract step by step: a partner comes, owes, leaves and comes back; a sum is a ratio for a month."""
    join = partial(
        organisations.add_partnership, organisation=people.housing, centre=people.riverside, by=MAKER, at=NOW
    )
    version = partial(contract.add_measure_version, measure=people.visits, by=MAKER, at=NOW)
    owe = partial(contract.add_return, organisation=people.housing, centre=people.riverside, by=MAKER, at=NOW)
    february, march = date(2026, 2, 1), date(2026, 3, 1)
    yield join(from_date=FIRST_DAY, until_date=february)
    yield owe(measures=[people.visits, people.seen], from_date=date(2025, 6, 1))
    yield version(definition=replace(cast.SEEN, starts=february))
    again = join(from_date=february)
    yield again
    yield contract.end_return(owed=people.charity_return, until_date=march, by=MAKER, at=NOW)
    yield version(definition=replace(cast.VISITS, starts=march))
    yield organisations.end_partnership(partnership=again, until_date=march, by=MAKER, at=NOW)


def fitting(people: Cast, sent: Iterable[Mapping[str, object]]) -> list[Mapping[str, object]]:
    """Return observations as today's version takes them: with a denominator where the sum is a ratio."""
    versions = {version.starts: version.has_denominator for version in people.visits.versions.all()}
    return [
        {**each, "denominator": 40}
        if each["measure"] == VISITS and "numerator" in each and versions[max(in_force(versions, str(each["period"])))]
        else each
        for each in sent
    ]


def in_force(starts: Iterable[date], period: str) -> list[date]:
    return [start for start in starts if start <= date.fromisoformat(f"{period}-01")]


def history() -> dict[int, tuple[object, ...]]:
    """Return every row of history without the one column that may be set later."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, organisation_id, measure_id, version_id, period_start, dimension, category, state, numerator, "
            "denominator, reason, submission_id, opened_seq, closed_seq FROM partners_observation"
        )
        return {row[0]: tuple(row[1:]) for row in cursor.fetchall()}


def assert_only_closed(before: Mapping[int, tuple[object, ...]], after: Mapping[int, tuple[object, ...]]) -> None:
    """Every earlier row is still there with every value; what was open may have closed, what was closed stays."""
    for identity, (*values, closed) in before.items():
        *values_now, closed_now = after[identity]
        assert values_now == values
        assert closed is None or closed_now == closed


def database_time() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]  # type: ignore[no-any-return]  # a timestamp with time zone


def shown(people: Cast, *, as_known_at: datetime | None = None) -> list[rollups.Entry]:
    """Return what every page and API would read, totals and one breakdown."""
    return [
        entry
        for measure in (people.seen, people.visits)
        for dimension in ("", "ethnic_group")
        for entry in rollups.series(
            people.riverside, measure, first=NOW.date().replace(month=1, day=1), last=NOW.date(),
            dimension=dimension, as_known_at=as_known_at,
        ).entries
    ]  # fmt: skip


@given(operations)
@settings(deadline=None, suppress_health_check=[*HealthCheck])
def test_incremental_equals_full_and_the_past_stays_as_it_was_shown(todo: list[Sent | None]) -> None:
    with transaction.atomic():
        people = cast.gather()
        senders = {organisation.code: organisation for organisation in Organisation.objects.all()}
        contract_changes = changes(people)
        past: list[tuple[datetime, list[rollups.Entry]]] = []
        before: dict[int, tuple[object, ...]] = {}
        for number, each in enumerate(todo):
            if each is None:
                next(contract_changes, None)
                # The past is shown by today's contract.
                past.clear()
            else:
                code, mode, sent = each
                send(senders[code], *fitting(people, sent), mode=mode)
            after = history()
            assert_only_closed(before, after)
            before = after
            if number % 4 == 0:
                roll(at=NOW + timedelta(minutes=number))
                assert rollup.check(centre_id=people.riverside.pk).differences == 0
                past.append((database_time(), shown(people)))
        roll(at=NOW + timedelta(hours=2))
        incremental = stored()
        assert rollup.check(centre_id=people.riverside.pk).differences == 0
        shards.rebuild(by=Actor.system("test"), at=clock.now())
        assert stored() == incremental
        for instant, then in past:
            assert shown(people, as_known_at=instant) == then
        transaction.set_rollback(True)
