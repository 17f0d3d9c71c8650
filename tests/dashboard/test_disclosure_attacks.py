"""An outsider reads all that is open to them, in every way there is, and recovers no count from 1 to 7.

Each attack is also made on a reader who may see the figure, or on cells with nothing but the rule: there it succeeds.
"""

import csv
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise

import pytest
from django.test import Client

from dashboard.intervals import limits
from nhc.models import User
from partners.models import Measure, Revision
from partners.services import contract
from tests import cast
from tests.cast import MAKER, NOW, Cast
from tests.dashboard.attacks import (
    ANYTHING,
    MOST,
    SMALL,
    Pair,
    behind,
    behind_beside_own,
    behind_ruled,
    exactly,
    from_chart,
    pairs,
    plotted,
    recovered,
    solved,
)
from tests.dashboard.figures import roll, send
from tests.dashboard.pages import MONTHS, reader, words
from tests.factories import FIRST_DAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]

type Entry = Mapping[str, object]

DIMENSIONS = ("deprivation_quintile", "ethnic_group")
CATEGORIES = {"deprivation_quintile": "12345", "ethnic_group": "ABCDE"}

HELPED, HELPED_IN_TIME, HELP_RATE, PUBLISHED = "helped", "helped-in-time", "help-rate", "helped-published"
COUNT = replace(cast.VISITS, title="People helped", numerator_label="People", breakdowns=DIMENSIONS, imd_version="2025")
RATED = replace(cast.SEEN, title="People helped in time", numerator_label="In time", denominator_label="People")
MEASURES = {
    HELPED: COUNT,
    HELPED_IN_TIME: RATED,
    HELP_RATE: replace(RATED, title="Help rate", unit="rate", multiplier=1000, target=None),
    PUBLISHED: replace(COUNT, title="People helped, published", disclosure="none"),
}


@pytest.fixture
def measures(people: Cast) -> dict[str, Measure]:
    """Let Riverside collect measures of each kind that the rule knows."""
    made = {
        code: contract.add_measure(code=code, definition=definition, by=MAKER, at=NOW)
        for code, definition in MEASURES.items()
    }
    for measure in made.values():
        contract.collect_measure(centre=people.riverside, measure=measure, from_date=FIRST_DAY, by=MAKER, at=NOW)
    return made


@pytest.fixture
def centre(people: Cast, measures: dict[str, Measure]) -> Cast:
    """Return the cast of a centre that collects them."""
    assert measures
    return people


def figure(measure: str, period: str, pair: Pair, dimension: str = "", category: str = "") -> dict[str, object]:
    sent: dict[str, object] = {"measure": measure, "period": period, "numerator": pair[0]}
    if MEASURES[measure].denominator_label:
        sent["denominator"] = pair[1]
    return sent | ({"breakdown": {dimension: category}} if dimension else {})


def table(measure: str, period: str, *broken_down: Sequence[Pair]) -> list[dict[str, object]]:
    """Return a total and its categories, as they are sent."""
    numerators, denominators = zip(*broken_down[0], strict=True)
    sent = [figure(measure, period, (sum(numerators), sum(denominators)))]
    for dimension, cells in zip(DIMENSIONS, broken_down, strict=False):
        named = zip(cells, CATEGORIES[dimension], strict=False)
        sent += [figure(measure, period, pair, dimension, category) for pair, category in named]
    return sent


def counts(*some: int) -> list[Pair]:
    return [(count, 0) for count in some]


def api(person: User, door: str, measure: str, **more: str) -> dict[str, list[dict[str, object]]]:
    answer = reader(person).get(f"/api/v1/{door}/", {"centre": "riverside", "measure": measure, **more})
    assert answer.status_code == 200, answer.content
    found: dict[str, list[dict[str, object]]] = answer.json()
    return found


def cells(person: User, measure: str, period: str, dimension: str = "", **more: str) -> list[dict[str, object]]:
    """Return what the API shows of a period: its total, or the categories of a dimension."""
    asked = {"from": period, "to": period, **({"dimension": dimension} if dimension else {}), **more}
    return api(person, "rollups", measure, **asked)["results"]


def page(person: User, address: str) -> str:
    answer = reader(person).get(f"/centres/riverside/{address}")
    assert answer.status_code == 200, address
    return answer.content.decode()


@pytest.mark.parametrize("measure", [HELPED_IN_TIME, HELP_RATE])
@pytest.mark.parametrize("truth", [(4, 43), (38, 43), (3, 7), (31, 43)])
def test_value_and_limits_lead_back_to_no_count(centre: Cast, measure: str, truth: Pair) -> None:
    send(centre.trust, figure(measure, "2026-03", truth))
    roll()

    def inverted(person: User) -> set[Pair]:
        (read,) = cells(person, measure, "2026-03")
        wanted = tuple(read[name] for name in ("value", "lower", "upper"))
        every = [pair for pair in pairs(ANYTHING[True]) if pair[1]]
        made = {pair: limits(MEASURES[measure].unit, *pair) or (None, None) for pair in every}
        return {pair for pair, (low, high) in made.items() if wanted == (pair[0] / pair[1], low, high)}

    assert inverted(centre.alice) == {truth}
    assert inverted(centre.carol) == ({(30, 45)} if truth == (31, 43) else set())


def attack(person: User, measure: str, period: str, *broken_down: Sequence[Pair]) -> bool:
    """Whether a small count is recovered from all dimensions of a period and its total together."""
    rated = bool(MEASURES[measure].denominator_label)
    (total,) = behind(cells(person, measure, period), rated=rated)
    read = [behind(cells(person, measure, period, dimension), rated=rated) for dimension in DIMENSIONS]
    found = solved(total, *(parts for parts in read if parts))
    return _any_recovered(broken_down, found)


def attack_on_the_rule_alone(measure: str, *broken_down: Sequence[Pair]) -> bool:
    """Whether it is recovered where every cell is published for itself."""
    rated = bool(MEASURES[measure].denominator_label)
    numerators, denominators = zip(*broken_down[0], strict=True)
    (total,) = behind_ruled([(sum(numerators), sum(denominators))], rated=rated)
    return _any_recovered(broken_down, solved(total, *(behind_ruled(parts, rated=rated) for parts in broken_down)))


def _any_recovered(broken_down: Sequence[Sequence[Pair]], found: Sequence[Sequence[set[Pair]]]) -> bool:
    return any(
        recovered(truth, possible)
        for true, known in zip(broken_down, found, strict=True)
        for truth, possible in zip(true, known, strict=True)
    )


@pytest.mark.parametrize(
    ("broken_down", "would_be"),
    [
        ([counts(12, 12, 12, 7)], True),
        ([counts(13, 23, 1)], True),
        ([counts(7, 7, 7, 7)], True),
        ([counts(32, 7), counts(13, 13, 13)], True),
        ([counts(32, 7), counts(20, 19)], False),
        ([counts(12, 12, 12, 6)], False),
        ([counts(1, 1, 0, 0, 40)], False),
        ([counts(5, 0)], False),
    ],
)
def test_categories_taken_from_their_total_leave_no_count(
    centre: Cast, broken_down: list[list[Pair]], would_be: bool
) -> None:
    send(centre.trust, *table(HELPED, "2026-03", *broken_down))
    roll()
    assert attack_on_the_rule_alone(HELPED, *broken_down) is would_be
    for outsider in (centre.carol, centre.operator):
        assert not attack(outsider, HELPED, "2026-03", *broken_down)


@pytest.mark.parametrize(
    ("parts", "would_be"),
    [
        ([(13, 22), (8, 22), (1, 9)], True),
        ([(13, 22), (8, 22), (1, 7)], False),
        ([(10, 20), (3, 24)], False),
        ([(20, 20), (12, 16)], False),
    ],
)
def test_numerators_denominators_and_differences_leave_none_either(
    centre: Cast, parts: list[Pair], would_be: bool
) -> None:
    send(centre.trust, *table(HELPED_IN_TIME, "2026-03", parts))
    roll()
    assert attack_on_the_rule_alone(HELPED_IN_TIME, parts) is would_be
    assert not attack(centre.carol, HELPED_IN_TIME, "2026-03", parts)


def test_a_category_taken_from_exact_figures_is_recovered(centre: Cast) -> None:
    send(centre.trust, *table(PUBLISHED, "2026-03", counts(12, 12, 12, 7)))
    roll()
    (total,) = cells(centre.carol, PUBLISHED, "2026-03")
    *beside, _ = cells(centre.carol, PUBLISHED, "2026-03", DIMENSIONS[0])
    known = [exactly((int(str(each["numerator"])), 0)) for each in beside]
    (found,) = solved(exactly((int(str(total["numerator"])), 0)), [*known, ANYTHING[False]])
    assert found[-1] == {(7, 0)}


@pytest.mark.parametrize(
    ("trust", "charity", "council", "would_be"),
    [(13, 13, 1, True), (13, 40, 1, False), (3, 41, 0, False), (5, 40, 21, False), (23, 13, 7, False)],
)
def test_organisations_taken_from_the_figure_of_all_leave_no_count(
    centre: Cast, trust: int, charity: int, council: int, would_be: bool
) -> None:
    sent = {"ZZ001": trust, "ZZ002": charity, "ZZ003": council}
    for organisation in (centre.trust, centre.charity, centre.council):
        send(organisation, figure(HELPED, "2026-03", (sent[organisation.code], 0)))
    roll()
    truth = counts(*sent.values())
    assert attack_on_the_rule_alone(HELPED, truth) is would_be
    for person, own in ((centre.carol, "ZZ002"), (centre.operator, "ZZ003")):
        entries = cells(person, HELPED, "2026-03")
        total = behind_beside_own(entries[0], sent[own])
        lineage = api(person, "rollups/lineage", HELPED, period="2026-03")["results"]
        assert next(entry for entry in lineage if entry["organisation"] == own)["numerator"] == sent[own]
        others = [entry for entry in lineage if entry["organisation"] != own]
        (found,) = solved(total, [exactly((sent[own], 0)), *behind(others, rated=False)])
        truths = counts(*(sent[str(entry["organisation"])] for entry in others))
        assert not any(map(recovered, truths, found[1:]))


def _instants() -> list[str]:
    return [each.isoformat() for each in Revision.objects.order_by("seq").values_list("visible_at", flat=True)]


def test_figures_before_and_after_a_correction_leave_no_count(centre: Cast) -> None:
    unchanged = [figure(HELPED, "2026-03", (4, 0)), figure(HELPED, "2026-03", (4, 0), DIMENSIONS[0], "3")]
    send(centre.charity, *unchanged)
    states = [counts(12, 12, 4), counts(8, 0, 4)]
    for first, second, _ in states:
        send(centre.trust, *table(HELPED, "2026-03", [first, second]))
    roll()
    _, *instants = _instants()
    alone, read = set(range(MOST)), set(range(MOST))
    for instant, truth in zip(instants, states, strict=True):
        (total,) = behind(cells(centre.operator, HELPED, "2026-03", as_known_at=instant), rated=False)
        parts = behind(cells(centre.operator, HELPED, "2026-03", DIMENSIONS[0], as_known_at=instant), rated=False)
        read &= {count for count, _ in solved(total, parts)[0][2]}
        alone &= {count for count, _ in solved(total, behind_ruled(truth, rated=False))[0][2]}
    assert alone == {4}
    assert read > {4}


HIDDEN_MONTHS = ("2025-06", "2026-03")


@pytest.fixture
def charted(centre: Cast) -> Cast:
    """Send two years with 3 in two months, the last among them."""
    rising = {month: (3 if month in HIDDEN_MONTHS else 52 + number % 7, 0) for number, month in enumerate(MONTHS)}
    send(centre.trust, *(figure(HELPED, month, pair) for month, pair in rising.items()))
    roll()
    return centre


@pytest.mark.parametrize("month", HIDDEN_MONTHS)
def test_means_and_moving_ranges_lead_back_to_no_month(charted: Cast, month: str) -> None:
    exact, shown = (api(person, "spc", HELPED)["points"] for person in (charted.alice, charted.carol))
    assert 3 in from_chart(exact, MONTHS.index(month))
    assert shown[MONTHS.index(month)]["value"] is None
    assert not from_chart(shown, MONTHS.index(month)) & set(SMALL)


def _numbers(text: str) -> set[float]:
    return {float(each.replace(",", "")) for each in re.findall(r"\d[\d,]*(?:\.\d+)?", text)}


def _in_page(text: str, month: str) -> set[float]:
    """Return the numbers of a month's row in the table."""
    written = datetime.strptime(f"{month}-01+0000", "%Y-%m-%d%z").strftime("%B %Y")
    row = next(each for each in re.findall(r"(?s)<tr.*?</tr>", text) if f">{written}<" in each)
    return _numbers(words(" ".join(re.findall(r"(?s)<td.*?</td>", row)[:2])))


def _in_figure(text: str, month: str) -> set[float]:
    """Return the values of a month's points in the interactive figure."""
    found = re.search(r'(?s)<script type="application/json" id="measure-figure">(.*?)</script>', text)
    assert found is not None
    traces = [each for each in json.loads(found.group(1))["data"] if each.get("mode") == "markers"]
    points = [point for each in traces for point in zip(each["x"], each["y"], strict=True)]
    return {value for at, value in points if at == MONTHS.index(month) and value is not None}


def _in_picture(svg: str, month: str, shown: Mapping[str, float]) -> set[float]:
    """Return what can be measured in the chart at a month, given two values that are known."""
    corners = plotted(svg)
    step = min(later - earlier for (earlier, _), (later, _) in pairwise(corners) if later > earlier)
    down = {round((across - corners[0][0]) / step): below for across, below in corners}
    known = {MONTHS.index(each): value for each, value in shown.items() if each != month}
    (one, low), (other, high) = min(known.items(), key=_value), max(known.items(), key=_value)
    scale = (high - low) / (down[other] - down[one])
    at = MONTHS.index(month)
    return {round(low + (down[at] - down[one]) * scale)} if at in down else set()


def _value(item: tuple[int, float]) -> float:
    return item[1]


def doors(person: User, month: str, *, query: str = "") -> list[set[float]]:
    """Return what each door says of a month: API, chart's data, CSV, page, interactive figure, picture."""
    address = f"measures/{HELPED}/"
    (entry,) = cells(person, HELPED, month)
    point = next(each for each in api(person, "spc", HELPED)["points"] if each["period"] == month)
    rows = list(csv.DictReader(page(person, f"{address}figures.csv{query}").splitlines()))
    row = next(each for each in rows if each["period"] == month)
    text = page(person, f"{address}?rows=all")
    shown = {each["period"]: float(each["value"]) for each in rows if each["value"]}
    values = [{entry[name] for name in ("numerator", "value")}, {point["value"]}]
    return [
        *({float(str(value)) for value in some if value is not None} for some in values),
        _numbers(f"{row['numerator']} {row['value']}"),
        _in_page(text, month),
        _in_figure(text, month),
        _in_picture(page(person, f"{address}chart.svg{query}"), month, shown),
    ]


@pytest.mark.parametrize("month", HIDDEN_MONTHS)
def test_no_door_says_what_another_hides(charted: Cast, month: str) -> None:
    assert doors(charted.alice, month) == [{3.0}] * 6
    assert doors(charted.carol, month) == [set()] * 6


def test_every_door_rounds_alike_so_that_nothing_can_be_averaged(charted: Cast) -> None:
    for month in MONTHS[:4]:
        assert doors(charted.carol, month) == [{5 * round(52 / 5 + MONTHS.index(month) % 7 / 5)}] * 6


def test_what_is_made_for_publication_hides_from_members_too(charted: Cast) -> None:
    _, _, table_, _, _, picture = doors(charted.alice, "2026-03", query="?for=publication")
    assert (table_, picture) == (set(), set())


def test_headlines_and_the_overview_do_not_say_the_last_month(charted: Cast) -> None:
    said = {}
    for person in (charted.alice, charted.carol):
        described = re.findall(r"<desc[^>]*>(.*?)</desc>", page(person, f"measures/{HELPED}/chart.svg"))
        overview = csv.DictReader(page(person, "overview.csv").splitlines())
        last = next(row for row in overview if row["measure"] == HELPED)
        text = page(person, f"measures/{HELPED}/")
        headline = words(text).partition("March 2026:")[2][:40]
        said[person.name] = ["March 2026: 3" in str(described), last["value"] == "3.0", headline.startswith(" 3.")]
    assert said == {"Alice": [True, True, True], "Carol": [False, False, False]}


def test_the_key_of_another_centre_opens_no_door(charted: Cast) -> None:
    for key, status in ((charted.trust_key, 200), (charted.housing_key, 404)):
        client = Client(headers={"Authorization": f"Bearer {key}"})
        for door in ("rollups", "rollups/lineage", "spc"):
            asked = {"centre": "riverside", "measure": HELPED, "period": "2026-03"}
            assert client.get(f"/api/v1/{door}/", asked).status_code == status
