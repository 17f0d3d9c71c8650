"""What is hidden of a whole table so that no count from 1 to 7 can be worked out from what stands beside it."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import product

import pytest

from dashboard import disclosure
from dashboard.disclosure import Figures, Row, Table, protect

type Count = int | Decimal
type Pair = tuple[Count, Count]
type Sent = Mapping[tuple[str, str], Count | Pair]
type Published = tuple[object, ...]

TOTAL = ("", "")
TRUST, CHARITY, COUNCIL = 1, 2, 3


def rows(organisation: int, cells: Sent, *, since: int = 0, until: int | None = None) -> Iterator[Row]:
    for place, count in cells.items():
        yield Row(organisation, place, Figures(*count) if isinstance(count, tuple) else Figures(count), since, until)


def counts(total: Count, *dimensions: Iterable[Count]) -> dict[tuple[str, str], Count]:
    """Return a total and the categories of dimensions named 0, 1 and so on."""
    cells = {
        (str(number), str(category)): count
        for number, categories in enumerate(dimensions)
        for category, count in enumerate(categories)
    }
    return {TOTAL: total, **cells}


def table(*sent: Iterable[Row], own: int | None = None, exact_totals: bool = False, unit: str = "count") -> Table:
    return Table(
        tuple(row for some in sent for row in some),
        frozenset() if own is None else frozenset({own}),
        exact_totals=exact_totals,
        unit=unit,
    )


@pytest.mark.parametrize(
    ("cells", "unsafe"),
    [
        (counts(43, [12, 12, 12, 7]), {"0"}),  # 45 is at least 43, and three times 10 at most 36
        (counts(42, [12, 12, 12, 6]), set()),  # 40 is at least 38: 2 to 6
        (counts(37, [13, 23, 1]), {"0"}),  # 35 is at most 37, 15 and 25 at least 36
        (counts(39, [32, 7]), set()),  # 40 is at least 38: 6 or 7
        (counts(39, [32, 7], [13, 13, 13]), {"0"}),  # three times 15 is at least 39
        (counts(60, [40, 20]), set()),
        (counts(7, [7]), set()),
    ],
)
def test_an_outsider_is_left_with_more_than_one_value(cells: Sent, unsafe: set[str]) -> None:
    assert protect(table(rows(TRUST, cells))).dimensions == unsafe


@pytest.mark.parametrize(
    ("cells", "unsafe"),
    [
        (counts(19, [12, 7]), {"0"}),  # 19 less 8 to 12
        (counts(18, [12, 6]), {"0"}),  # 6 or 7: too few beside an exact total
        (counts(17, [12, 5]), set()),
        (counts(5, [5, 0]), {"0"}),  # a zero beside it gives it away
        (counts(2, [1, 1]), {"0"}),
        (counts(14, [13, 1]), {"0"}),
        (counts(21, [7, 7, 7]), {"0"}),
        (counts(21, [18, 2, 1]), {"0"}),  # 1 or 2; or it would say of 21 with all hidden that they are three times 7
        (counts(50, [12, 7]), set()),  # two organisations of three break nothing down
    ],
)
def test_a_member_is_too_with_an_exact_total_beside_it(cells: Sent, unsafe: set[str]) -> None:
    assert protect(table(rows(TRUST, cells), exact_totals=True)).dimensions == unsafe


def test_numerator_denominator_and_their_difference_are_judged_together() -> None:
    # Of the third group at least 53 - 22 - 22 = 9 were in contact and at most 22 - 13 - 8 = 1 was seen. Nobody of 9
    # or more would have been shown as zero: so it was 1.
    cells = {TOTAL: (22, 53), ("0", "a"): (13, 22), ("0", "b"): (8, 22), ("0", "c"): (1, 9)}
    assert protect(table(rows(TRUST, cells), unit="proportion")).dimensions == {"0"}
    # With fewer in contact nobody seen would have been hidden too.
    cells = {TOTAL: (22, 51), ("0", "a"): (13, 22), ("0", "b"): (8, 22), ("0", "c"): (1, 7)}
    assert protect(table(rows(TRUST, cells), unit="proportion")).dimensions == set()


def test_fractions_count_as_small_below_eight_and_are_worked_out_only_whole() -> None:
    whole = counts(Decimal("5.5"), [Decimal("5.5"), 0])
    parts = counts(Decimal("17.5"), [Decimal("10.5"), 7])
    for cells, unsafe in ((whole, {"0"}), (parts, set[str]())):
        asked = Table(tuple(rows(TRUST, cells)), exact_totals=True, unit="count", whole_numbers=False)
        assert protect(asked).dimensions == unsafe


def test_a_readers_own_figures_change_nothing_of_what_is_judged() -> None:
    others = list(rows(TRUST, counts(43, [12, 12, 12, 7]), since=1))
    padding = [row for at in range(2, 20) for row in rows(CHARITY, counts(at, [at]), since=at, until=at + 1)]
    for sent, unsafe in (([], set[str]()), (others, {"0"})):
        asked = table(sent, padding, own=CHARITY)
        assert protect(asked).dimensions == unsafe
        assert protect(asked, lineage=True).lineage - {""} == unsafe


@pytest.mark.parametrize(
    ("own", "others", "shown"),
    [
        ((41, 80), (7, 40), None),
        ((41, 80), (33, 40), None),
        ((41, 80), (0, 0), (40, 80)),
        ((3, 80), (0, 20), None),
        ((3, 80), (23, 40), (30, 120)),
        ((0, 0), (13, 21), (15, 20)),
        ((22, 62), (22, 62), (40, 120)),  # two roundings: 44 and 124
    ],
)
def test_ones_own_stand_beside_what_the_rule_shows_of_all_others(
    own: tuple[int, int], others: tuple[int, int], shown: tuple[int, int] | None
) -> None:
    cell = disclosure.beside_own(Figures(*own), Figures(*others), unit="proportion")
    assert (cell.numerator, cell.denominator) == (shown or (None, None))
    assert (cell.flag == "c") is (shown is None)


def test_the_organisations_of_a_lineage_are_judged_with_their_sum() -> None:
    sent = {TRUST: 13, CHARITY: 13, COUNCIL: 1}  # 25 altogether is at most 27, 15 at least 13
    tables = [
        table(*(rows(organisation, counts(count)) for organisation, count in sent.items()), exact_totals=exact)
        for exact in (False, True)
    ]
    assert [protect(each, lineage=True).lineage for each in tables] == [{""}, set()]


def test_what_stood_before_a_correction_is_remembered() -> None:
    # First 12 and 12 beside it: 4 at least. Then 8 beside it, as another count of them: 4 at most.
    first = rows(TRUST, counts(24, [12, 12]), since=1, until=2)
    second = rows(TRUST, counts(8, [8, 0]), since=2)
    unchanged = list(rows(CHARITY, counts(4, [0, 0, 4])))
    assert protect(table(first, unchanged)).dimensions == set()
    first = rows(TRUST, counts(24, [12, 12]), since=1, until=2)
    assert protect(table(first, second, unchanged)).dimensions == {"0"}


def test_a_long_history_hides_every_dimension_once_there_was_a_small_count() -> None:
    def history(*last: int) -> Table:
        old = [row for at in range(20) for row in rows(TRUST, counts(40 + at, [40, 8 + at]), since=at, until=at + 1)]
        return table(old, rows(TRUST, counts(sum(last), last), since=20))

    assert protect(history(40, 20)) == protect(history(40, 20), lineage=True) == disclosure.Protection()
    assert protect(history(40, 5), lineage=True) == disclosure.Protection(frozenset({"0"}), frozenset({"", "0"}))


def test_a_roll_up_that_is_behind_is_judged_with_what_stood_then() -> None:
    before = counts(43, [12, 12, 12, 7])
    after = counts(60, [40, 20])
    asked = table(rows(TRUST, before, since=1, until=2), rows(TRUST, after, since=2))
    shown = {place: Figures(count) for place, count in before.items() if place != TOTAL}
    stood = disclosure.standing(asked, shown)
    assert stood is not None
    assert (protect(stood.table).dimensions, protect(asked).dimensions) == (frozenset({"0"}), frozenset())
    assert disclosure.standing(asked, {("0", "0"): Figures(1)}) is None


def test_figures_that_are_not_added_up_are_judged_in_the_lineage_alone() -> None:
    sent = Table(tuple(rows(TRUST, counts(43, [12, 12, 12, 7]))), unit="count", added_up=False)
    assert protect(sent, lineage=True) == disclosure.Protection(frozenset(), frozenset({"0"}))


def published(asked: Table) -> Published:
    """Return all that a reader of the roll-up gets."""
    unsafe = protect(asked).dimensions
    shown: list[object] = []
    for row in asked.rows:
        figures = row.figures
        rule = "none" if asked.exact_totals and row.place == TOTAL else "hes"
        cell = disclosure.apply(figures.numerator, figures.denominator, unit=asked.unit, rule=rule)
        hidden = row.place[0] in unsafe or cell.flag
        shown.append("c" if hidden else (cell.numerator, cell.denominator))
    return tuple(shown)


def two_categories(most: int) -> Iterator[Sent]:
    return (counts(one + other, [one, other]) for one, other in product(range(most), repeat=2))


def three_categories(most: int) -> Iterator[Sent]:
    return (counts(sum(each), each) for each in product(range(most), repeat=3))


def two_dimensions(most: int) -> Iterator[Sent]:
    for total in range(most):
        for one, other in product(range(total + 1), repeat=2):
            yield counts(total, [one, total - one], [other, total - other])


@pytest.mark.parametrize("exact_totals", [True, False], ids=["member", "outsider"])
@pytest.mark.parametrize(
    ("every_table", "most", "judged"), [(two_categories, 34, 24), (three_categories, 20, 9), (two_dimensions, 26, 18)]
)
def test_nobody_who_knows_how_it_is_done_can_tell_either(
    every_table: Callable[[int], Iterator[Sent]], most: int, judged: int, *, exact_totals: bool
) -> None:
    """Whatever is published, some other table would have been published just so, for each small count in it."""
    alike: dict[Published, list[Sent]] = defaultdict(list)
    for cells in every_table(most):
        alike[published(table(rows(TRUST, cells), exact_totals=exact_totals))].append(cells)
    for tables in alike.values():
        places = tables[0].keys() - {TOTAL}
        if any(each[place] > judged for each in tables for place in places):  # type: ignore[operator]  # counts
            continue
        for place in places:
            values = {each[place] for each in tables}
            if len(values) == 1:
                assert not 1 <= values.pop() <= 7, tables  # type: ignore[operator]  # likewise
