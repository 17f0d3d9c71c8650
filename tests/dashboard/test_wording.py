"""The sentences of charts, as people read them."""

from datetime import date

import pytest

from dashboard import wording
from dashboard.notation import Notation, notation
from dashboard.xmr_chart import Point, Rebase, Unit, XmRChart, values_for_statistics
from tests.dashboard.xmr_charts import IMPROVED, STEADY, charted

DAYS = Unit("mean", "days")
COUNT = Unit("count")
FALLING = (3.1, 3.4, 2.9, 3.3, 3.0, 3.2, 3.5, 3.1, 2.8, 3.6, 3.0, 2.9, 2.8, 2.7, 2.6, 2.5, 2.4)
VISITS = (1200.0, 1250, 1190, 1300, 1240, 1230, 1280, 1210, 1205, 1233, 1222, 1250, 1270, 1290, 1310)
RARE = (2.0, 0, 1, 3, 2, 1, 0, 2, 4, 1, 2, 0, 1, 2)


@pytest.mark.parametrize(
    ("unit", "places", "value", "written"),
    [
        (Unit("proportion", multiplier=100), 0, 0.88, "88%"),
        (Unit("proportion", multiplier=100), 0, 0.285, "29%"),
        (Unit("proportion", multiplier=100), 1, -0.05, "−5.0%"),
        (Unit("proportion"), 2, 0.881, "0.88"),
        (COUNT, 0, 1234.0, "1,234"),
        (COUNT, 1, 1234.0, "1,234"),
        (COUNT, 1, 2.44, "2.4"),
        (DAYS, 1, 3.44, "3.4 days"),
        (Unit("rate", multiplier=1000), 1, 0.0123, "12.3 per 1,000"),
        (Unit("rate", "visits", 1000), 1, 0.0123, "12.3 visits per 1,000"),
        (Unit("rate", "per 1,000 people", 1000), 1, 0.0123, "12.3 per 1,000 people"),
    ],
)
def test_a_value_is_written_as_its_unit_asks(unit: Unit, places: int, value: float, written: str) -> None:
    assert Notation(unit, places).value(value) == written


@pytest.mark.parametrize(
    ("values", "places"),
    [
        (IMPROVED, 0),
        ([0.97 + 0.002 * (at % 3) for at in range(20)], 1),
        ([0.97 + 0.0002 * (at % 3) for at in range(20)], 2),
    ],
)
def test_decimals_are_as_many_as_the_limits_need_to_differ(values: tuple[float, ...], places: int) -> None:
    assert notation(charted(values, target=None)).places == places


def test_a_value_just_short_of_its_target_is_never_written_like_it() -> None:
    chart = charted((*STEADY, 0.899))
    assert wording.summary(chart).startswith("February 2026: 89.9%.")


@pytest.mark.parametrize(
    ("chart", "said"),
    [
        (
            charted(),
            [
                "October 2026: 88%.",
                "Improving, 9 months in a row above the average of 79%.",
                "It will sometimes miss the 90% target: normal variation is 68% to 91%.",
            ],
        ),
        (
            charted(FALLING, unit=DAYS, target=4, improvement="decrease"),
            [
                "March 2026: 2.4 days.",
                "Improving, falling for 7 months in a row.",
                "It will reliably meet the target of 4 days: normal variation is 2.2 to 3.8 days.",
            ],
        ),
        (
            charted((*STEADY, 0.5), target=0.97),
            [
                "February 2026: 50%.",
                "Concern, below the lower limit of 62%.",
                "It will not meet the 97% target unless something changes: normal variation is 62% to 86%.",
            ],
        ),
        (
            charted(VISITS, unit=COUNT, target=None, improvement="neutral"),
            [
                "January 2026: 1,310.",
                "No significant change from the average of 1,245.",
                "There is no target.",
                "Normal variation is 1,142 to 1,348.",
            ],
        ),
        (
            charted(RARE, unit=COUNT, target=1, improvement="decrease", period_type="quarter"),
            [
                "January to March 2028: 2.",
                "No significant change from the average of 1.5.",
                "It will sometimes miss the target of 1: normal variation is up to 5.6.",
            ],
        ),
        (
            charted([1.0] * 20, target=0.95),
            [
                "June 2026: 100%.",
                "No change: every value is 100%.",
                "There are no limits, so nothing tells whether it will meet the 95% target.",
            ],
        ),
        (charted([None] * 5), ["There are no figures yet."]),
    ],
    ids=["improving", "trend", "concern", "no target", "below nought", "constant", "empty"],
)
def test_a_chart_says_what_it_shows(chart: XmRChart, said: list[str]) -> None:
    assert wording.sentences(chart) == said


def test_fewer_than_13_points_have_limits_but_no_icons_and_say_so() -> None:
    chart = charted(STEADY[:12])
    assert wording.variation_icon(chart) is None
    assert wording.assurance_icon(chart) is None
    assert wording.why_no_icons(chart) == "Too early: 12 months of 13"
    assert wording.sentences(chart) == [
        "October 2025: 75%.",
        "Too early for icons: there are 12 months with a figure, and 13 are needed.",
        "So far the average is 75% and normal variation is 61% to 90%.",
    ]


def test_a_new_step_starts_the_count_of_points_again() -> None:
    chart = charted(rebases=[Rebase(date(2026, 2, 1), "A new rota", "The board")])
    assert "there are 9 months with a figure since the new step of February 2026" in wording.summary(chart)


def test_a_last_incomplete_period_sets_no_icon_and_completes_no_run() -> None:
    six_above_and_one_to_come = (*[0.7, 0.8] * 7, 0.69, *[0.79, 0.78] * 3, 0.79)
    whole, partial = charted(six_above_and_one_to_come), charted(six_above_and_one_to_come, missing={21: 2})
    assert wording.VARIATION_WORDS[whole.signal.variation] == "Improving"
    assert wording.VARIATION_WORDS[partial.signal.variation] == "No significant change"
    assert wording.summary(partial).startswith("July 2026: 78%. No significant change")
    assert wording.summary(partial).endswith("August 2026 is not complete and sets no icon: 4 of 6 organisations sent.")
    assert wording.mark_words(partial, 21) == "Not complete yet"


def test_a_sum_that_lacks_a_partner_is_a_gap_and_a_ratio_is_not() -> None:
    points = [Point("One", date(2026, 1, 1), 5.0, complete=False), Point("Two", date(2026, 2, 1), 6.0)]
    assert values_for_statistics(points, summed=True) == [None, 6.0]
    assert values_for_statistics(points, summed=False) == [5.0, 6.0]


@pytest.mark.parametrize(
    ("values", "improvement", "target", "icons"),
    [
        (IMPROVED, "increase", 0.9, ("improvement", "H", "unsure", "?")),
        (IMPROVED, "decrease", 0.5, ("concern", "H", "concern", "F")),
        (IMPROVED, "neutral", 0.9, ("neutral", "H", "none", "–")),
        ([1 - value for value in IMPROVED], "decrease", 0.5, ("improvement", "L", "improvement", "P")),
        (STEADY, "increase", None, ("common", "", "none", "–")),
    ],
)
def test_icons_carry_a_letter(
    values: list[float], improvement: str, target: float | None, icons: tuple[str, ...]
) -> None:
    chart = charted(values, improvement=improvement, target=target)  # type: ignore[arg-type]  # parametrised
    change, met = wording.variation_icon(chart), wording.assurance_icon(chart)
    assert change is not None
    assert met is not None
    assert (change.kind, change.letter, met.kind, met.letter) == icons


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ({}, ""),
        ({21: 1}, "Data quality: 1 partner not sent for August 2026"),
        ({15: 1, 21: 3}, "Data quality: partners missing in 2 of the last 12 months"),
        ({3: 1}, ""),
    ],
)
def test_missing_partners_are_named_for_the_last_year(missing: dict[int, int], said: str) -> None:
    assert wording.data_quality(charted(missing=missing)) == said


def test_a_small_multiple_says_what_its_row_does_not() -> None:
    assert wording.alternative(charted(), last=24) == (
        "Chart from November 2024 until October 2026. Improving, 9 months in a row above the average of 79%."
    )


def test_a_target_says_its_direction_where_lower_is_better() -> None:
    assert wording.target_words(charted(target=0.925)) == "92.5%"
    assert wording.target_words(charted(RARE, unit=COUNT, target=40, improvement="decrease")) == "40 or less"
    assert wording.target_words(charted(target=None)) == "No target"
