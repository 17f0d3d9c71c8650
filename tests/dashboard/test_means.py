"""Means of many columns are those of `statistics.mean`, to the last bit."""

import math
import statistics

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from dashboard.means import BooleanArray, FloatArray, column_means

SHAPES = st.tuples(st.integers(1, 40), st.integers(1, 6))
WILD = st.floats(allow_nan=False, allow_infinity=False)
# Exponents far apart, cancelling signs and short mantissas: sums that round badly and means that fall on ties.
MIXED = st.builds(math.ldexp, st.integers(-(2**53), 2**53), st.integers(-120, 120))
TIES = st.builds(math.ldexp, st.integers(-7, 7), st.sampled_from([-1074, -1060, -53, -1, 0, 1, 52, 53, 1020]))
DECIMALS = st.integers(-(10**6), 10**6).map(lambda hundredths: hundredths / 100)


def assert_equal_bits(values: FloatArray, present: BooleanArray | None = None) -> None:
    means = column_means(values, present)
    for column, mean in enumerate(means.tolist()):
        entries = values[:, column] if present is None else values[present[:, column], column]
        expected = statistics.mean(entries.tolist()) if len(entries) else math.nan
        assert float(mean).hex() == float(expected).hex(), entries.tolist()


@pytest.mark.parametrize("entries", [WILD, MIXED, TIES, DECIMALS], ids=["wild", "mixed", "ties", "decimals"])
def test_means_equal_statistics_mean(entries: st.SearchStrategy[float]) -> None:
    @settings(max_examples=300, deadline=None)
    @given(SHAPES.flatmap(lambda shape: arrays.arrays(np.float64, shape, elements=entries, fill=st.nothing())))
    def holds(values: FloatArray) -> None:
        assert_equal_bits(values)
        assert_equal_bits(np.vstack([values, -values[::-1]]))

    holds()


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_entries_that_do_not_count_do_not_matter(data: st.DataObject) -> None:
    shape = data.draw(SHAPES)
    present = data.draw(arrays.arrays(np.bool_, shape))
    values = data.draw(arrays.arrays(np.float64, shape, elements=MIXED | DECIMALS))
    assert_equal_bits(np.where(present, values, np.nan), present)


@pytest.mark.parametrize("rows", [1, 2, 3, 16, 35, 36, 64])
@pytest.mark.parametrize("scale", [1e-320, 1e-300, 1e-12, 1.0, 1e12, 1e300])
def test_columns_full_of_bits(rows: int, scale: float) -> None:
    generator = np.random.default_rng(rows)
    assert_equal_bits(generator.normal(50, 20, (rows, 300)) * scale)
    assert_equal_bits(generator.normal(0, 1, (rows, 300)) * 10.0 ** generator.integers(-8, 8, (rows, 300)))


@pytest.mark.parametrize("hair", [0.0, 2.0**-110, -(2.0**-110)])
@pytest.mark.parametrize("half_step", [2.0**-54, 2.0**-53, 2.0**-52])
def test_means_a_hair_from_halfway_between_two_floats(half_step: float, hair: float) -> None:
    whole = np.arange(1, 33) / 16
    above = [4 * whole, np.full_like(whole, 4 * half_step), np.full_like(whole, 4 * hair), 0 * whole]
    assert_equal_bits(np.array(above))
    assert_equal_bits(np.array([above[0], -above[1], above[2], above[3]]))


def test_constant_columns_keep_their_value() -> None:
    values = np.tile(np.arange(1000) / 10, (12, 1))
    assert np.array_equal(column_means(values), values[0])


def test_sums_beyond_the_largest_float_still_have_a_mean() -> None:
    assert column_means(np.full((3, 2), 1.7e308)).tolist() == [1.7e308, 1.7e308]


def test_no_rows_give_nan_and_infinity_stays() -> None:
    assert np.isnan(column_means(np.empty((0, 2)))).all()
    assert column_means(np.array([[1.0, 2.0], [math.inf, 4.0]])).tolist() == [math.inf, 3.0]
