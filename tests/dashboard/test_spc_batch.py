"""Many series at once against the reference, and against the single form."""

import math
from collections import defaultdict
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from dashboard import spc
from dashboard.means import BooleanArray, FloatArray
from dashboard.spc_batch import ASSURANCES, IMPROVEMENT_CODES, POINT_TYPES, XmRBatch, xmr_batch
from tests.dashboard import spc_vectors

START = date(2024, 1, 1)
STEADY = st.integers(0, 9).map(float)
UNEVEN = st.floats(-1e6, 1e6) | st.sampled_from([0.1, 0.2, 0.3, 1e-300, 1e15])
EXTREME = st.floats(allow_nan=False, allow_infinity=False)


def number(value: float | None) -> float:
    return math.nan if value is None else value


def test_equals_the_reference_many_at_a_time() -> None:
    alike = defaultdict(list)
    for case in spc_vectors.cases():
        alike[len(case.input.dates), case.input.fix_after_n_points, case.input.screen_outliers].append(case)
    assert max(map(len, alike.values())) >= 5
    for (_, fix_after, screen_outliers), cases in alike.items():
        ordered = [dict(sorted(zip(case.input.dates, case.input.values, strict=True))) for case in cases]
        batch = xmr_batch(
            np.array([[number(value) for value in series.values()] for series in ordered]),
            improvement=np.array([IMPROVEMENT_CODES[case.input.improvement_direction] for case in cases]),
            target=np.array([number(case.input.target) for case in cases]),
            rebase=np.array(
                [[day in case.input.rebase for day in series] for case, series in zip(cases, ordered, strict=True)]
            ),
            fix_after=fix_after,
            screen_outliers=screen_outliers,
        )
        for index, (case, series) in enumerate(zip(cases, ordered, strict=True)):
            spc_vectors.assert_matches(batch.series(index, list(series)), case.expected)


@pytest.mark.parametrize("entries", [STEADY, UNEVEN, EXTREME], ids=["steady", "uneven", "extreme"])
@pytest.mark.parametrize("rebased", [False, True])
def test_every_series_equals_the_single_form(entries: st.SearchStrategy[float], *, rebased: bool) -> None:
    @settings(max_examples=150, deadline=None)
    @given(st.data())
    def holds(data: st.DataObject) -> None:
        shape = data.draw(st.tuples(st.integers(1, 5), st.integers(1, 40)))
        values = data.draw(arrays.arrays(np.float64, shape, elements=entries, fill=st.nothing()))
        values[data.draw(arrays.arrays(np.bool_, shape, elements=rarely(), fill=st.just(False)))] = np.nan
        rebase = data.draw(arrays.arrays(np.bool_, shape, elements=rarely())) if rebased else None
        targets = data.draw(arrays.arrays(np.float64, shape[:1], elements=entries | st.just(math.nan)))
        assert_batch_is_single(
            values,
            data.draw(arrays.arrays(np.int8, shape[:1], elements=st.sampled_from([-1, 0, 1]))),
            data.draw(st.sampled_from([None, targets])),
            rebase,
            data.draw(st.none() | st.integers(12, 30)),
            screen_outliers=data.draw(st.booleans()),
        )

    holds()


def rarely() -> st.SearchStrategy[bool]:
    return st.integers(0, 11).map(lambda roll: roll == 7)


@pytest.mark.parametrize("rows", [1, 6, 7, 8, 24, 36])
def test_walks_that_trend_and_shift_equal_the_single_form(rows: int) -> None:
    generator = np.random.default_rng(rows)
    walks = generator.integers(-2, 4, (200, rows)).cumsum(axis=1) / 10 + generator.choice([0, 0.01], (200, rows))
    walks[generator.random(walks.shape) < 0.02] = np.nan
    directions = generator.integers(-1, 2, 200)
    rebase = generator.random(walks.shape) < 0.04
    assert_batch_is_single(walks, directions, walks[:, 0], rebase, None, screen_outliers=True)
    assert_batch_is_single(walks, directions, None, None, 12, screen_outliers=True)


def assert_batch_is_single(
    values: FloatArray,
    directions: NDArray[np.integer],
    target: FloatArray | None,
    rebase: BooleanArray | None,
    fix_after: int | None,
    *,
    screen_outliers: bool,
) -> None:
    batch = xmr_batch(
        values,
        improvement=directions,
        target=target,
        rebase=rebase,
        fix_after=fix_after,
        screen_outliers=screen_outliers,
    )
    names = {code: name for name, code in IMPROVEMENT_CODES.items()}
    dates = [START + timedelta(days=day) for day in range(values.shape[1])]
    for index, series in enumerate(values.tolist()):
        goal = math.nan if target is None else float(target[index])
        single = spc.xmr(
            dates,
            [None if math.isnan(value) else value for value in series],
            improvement=names[int(directions[index])],
            target=None if math.isnan(goal) else goal,
            rebase=[] if rebase is None else [day for day, starts in zip(dates, rebase[index], strict=True) if starts],
            fix_after=fix_after,
            screen_outliers=screen_outliers,
        )
        assert batch.series(index, dates) == single
        assert bool(batch.icons_shown[index]) is spc.icons_shown(single)


def small(values: list[list[float]], **options: object) -> XmRBatch:
    arguments: dict[str, object] = {"improvement": np.ones(len(values), np.int8), **options}
    return xmr_batch(np.array(values), **arguments)  # type: ignore[arg-type]  # arguments by name, of every kind


def test_codes_have_names() -> None:
    batch = small([[1.0, 2.0] * 8 + [40.0], [5.0] * 17], target=np.array([60.0, math.nan]))
    assert [POINT_TYPES[code] for code in batch.variation] == ["special_cause_improvement", "common_cause"]
    assert [ASSURANCES[code] for code in batch.assurance] == ["consistent_fail", None]


def test_no_series_give_no_charts() -> None:
    assert xmr_batch(np.empty((0, 36)), improvement=np.empty(0, np.int8)).mean.shape == (0, 36)


@pytest.mark.parametrize(
    ("values", "options", "sentence"),
    [
        ([[]], {}, "at least one period"),
        ([1.0, 2.0], {}, "series by periods"),
        ([[math.inf]], {}, "value is infinite"),
        ([[1.0]], {"fix_after": 3}, "12 points or more"),
        ([[1.0]], {"improvement": np.array([2])}, "Improvement must be"),
        ([[1.0]], {"improvement": np.array([1, 1])}, "Improvement must be"),
        ([[1.0]], {"target": np.array([math.inf])}, "target must be a finite number"),
        ([[1.0]], {"target": np.array([1.0, 2.0])}, "target must be a finite number"),
        ([[1.0]], {"rebase": np.array([[True, False]])}, "rebases must be"),
        ([[1.0]], {"rebase": np.array([[1]])}, "rebases must be"),
    ],
)
def test_refuses_with_a_sentence(values: list[list[float]], options: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        small(values, **options)
