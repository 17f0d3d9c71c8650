"""The finder, as plain rules: nobody decides, two decide, nobody is on for a rung, and the hours of the week."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from decisions.finder import Finding, Holder, Kind, Row, find, shared, week

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
END = MONDAY + timedelta(days=28)


def at(hours: float) -> datetime:
    """Return the instant some hours after the Monday."""
    return MONDAY + timedelta(hours=hours)


def holder(key: str, *on: tuple[float, float], wanted: tuple[tuple[float, float], ...] = ()) -> Holder:
    """Return somebody's duty with its hours counted from the Monday."""
    return Holder(key, key.capitalize(), tuple((at(a), at(b)) for a, b in wanted), tuple((at(a), at(b)) for a, b in on))


def found(rows: list[Row], *holders: Holder, until: float = 24) -> list[tuple[Kind, float, float]]:
    """Return what is found until some hours after the Monday, as kind and hours."""
    findings = find(rows, {each.key: each for each in holders}, MONDAY, at(until))
    return [(each.kind, _hours(each.starts_at), _hours(each.ends_at)) for each in findings]


def _hours(instant: datetime) -> float:
    return (instant - MONDAY) / timedelta(hours=1)


BED = Row("crisis-bed", "Crisis bed", ("lead",), ())
ROOM = Row("room", "Lend a room", ("lead",), ())


def test_a_scenario_that_names_nobody_is_always_undecided() -> None:
    row = Row("pause", "Pause the front door", (), ())
    findings = find([row], {}, MONDAY, END)
    assert [(each.kind, each.always, each.rows) for each in findings] == [(Kind.NOBODY_DECIDES, True, (row,))]


def test_nobody_decides_while_nobody_who_may_is_on() -> None:
    assert found([BED], holder("lead", (0, 8), (9, 24))) == [(Kind.NOBODY_DECIDES, 8, 9)]


def test_scenarios_that_lack_the_same_people_at_the_same_time_are_one_finding() -> None:
    findings = find([BED, ROOM], {"lead": holder("lead", (0, 8), (9, 24))}, MONDAY, at(24))
    assert [each.rows for each in findings] == [(BED, ROOM)]


def test_two_who_take_turns_do_not_decide_together() -> None:
    row = Row("advice", "Advice", ("gp", "out-of-hours"), ())
    assert found([row], holder("gp", (9, 17)), holder("out-of-hours", (0, 9), (17, 24))) == []


def test_two_decide_where_both_are_on() -> None:
    row = Row("advice", "Advice", ("gp", "out-of-hours"), ())
    both = found([row], holder("gp", (9, 17)), holder("out-of-hours", (0, 10), (16.5, 24)))
    assert both == [(Kind.TWO_DECIDE, 9, 10), (Kind.TWO_DECIDE, 16.5, 17)]


def test_two_who_decide_up_to_different_amounts_do_not_decide_the_same() -> None:
    both = (holder("lead", (0, 24)), holder("manager", (0, 24)))
    of_both = Row("taxi", "Taxi", ("lead", "manager"), (), (("manager", Decimal(500)),))
    same = Row("bed", "Bed", ("lead", "manager"), (), (("lead", Decimal(500)), ("manager", Decimal(500))))
    assert found([of_both], *both) == []
    assert found([same], *both) == [(Kind.TWO_DECIDE, 0, 24)]


def test_two_people_on_one_duty_are_one_who_decides() -> None:
    assert found([BED], holder("lead", (0, 14), (12, 24))) == []


def test_a_rung_is_empty_only_within_the_hours_of_its_duty() -> None:
    row = Row("walk-in", "Walk-in", ("lead",), ("door", "lead", "door"))
    door = holder("door", (8, 12), (13, 20), wanted=((8, 20),))
    assert found([row], holder("lead", (0, 24), wanted=((0, 24),)), door) == [(Kind.EMPTY_RUNG, 12, 13)]


def test_the_week_counts_dates_and_leaves_out_what_is_always_so() -> None:
    door = holder("door", wanted=((12, 13.5), (12 + 168, 13 + 168)))
    rows = [Row("walk-in", "Walk-in", ("lead",), ("door",)), Row("pause", "Pause", (), ())]
    hours = week(find(rows, {"lead": holder("lead", (0, 672)), "door": door}, MONDAY, END))
    assert {(each.weekday, each.hour): each.days for day in hours for each in day if each.days} == {
        (0, 12): 2,
        (0, 13): 1,
    }
    assert [len(day) for day in hours] == [24] * 7


def test_the_week_is_londons() -> None:
    """In summer the clock is an hour ahead; the night on which it goes back shows one hour twice, on one date."""
    late = datetime(2026, 10, 24, 23, 0, tzinfo=UTC)  # Sunday 00:00 in London
    row = Row("bed", "Bed", ("lead",), ())
    lead = Holder("lead", "Lead", (), ((late + timedelta(hours=4), late + timedelta(days=1)),))
    hours = week(find([row], {"lead": lead}, late, late + timedelta(days=1)))
    assert [(each.weekday, each.hour, each.days) for day in hours for each in day if each.days] == [
        (6, 0, 1),
        (6, 1, 1),
        (6, 2, 1),
    ]


spans = st.lists(
    st.tuples(st.integers(0, 90), st.integers(1, 12)).map(lambda each: (float(each[0]), float(each[0] + each[1]))),
    max_size=6,
)


def _on(holder: Holder, moment: datetime) -> bool:
    return any(start <= moment < end for start, end in holder.on)


@given(spans, spans)
def test_at_every_moment_the_finder_agrees_with_looking(
    gp: list[tuple[float, float]], night: list[tuple[float, float]]
) -> None:
    row = Row("advice", "Advice", ("gp", "night"), ())
    holders = {"gp": holder("gp", *gp), "night": holder("night", *night)}
    findings = find([row], holders, MONDAY, at(96))

    def says(kind: Kind, moment: datetime) -> bool:
        return any(_covers(each, kind, moment) for each in findings)

    for half in range(192):
        moment = at(half / 2)
        on = [_on(each, moment) for each in holders.values()]
        assert says(Kind.NOBODY_DECIDES, moment) == (not any(on))
        # Who is on before or after the time that is looked at matters only within it.
        assert says(Kind.TWO_DECIDE, moment) == all(on)


def _covers(finding: Finding, kind: Kind, moment: datetime) -> bool:
    return finding.kind is kind and finding.starts_at <= moment < finding.ends_at


def test_shared_time_is_whole_where_intervals_touch() -> None:
    assert shared([(at(0), at(4)), (at(4), at(8))], [(at(2), at(6))]) == [(at(2), at(6))]
