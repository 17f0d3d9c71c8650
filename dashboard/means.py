"""Correctly rounded means of many columns at once.

A mean that is one unit in the last place away from its own constant series puts every point of that series
"above the mean" and so invents a shift. `statistics.mean` has no such error but takes one series at a time;
this gives the same answer, to the last bit, for all columns of an array.
"""

import statistics

import numpy as np
from numpy.typing import NDArray

type FloatArray = NDArray[np.float64]
type BooleanArray = NDArray[np.bool_]

_LOW_HALF = np.int64((1 << 27) - 1)
_MANTISSA = np.int64((1 << 52) - 1)


def column_means(values: FloatArray, present: BooleanArray | None = None) -> FloatArray:
    """The mean of each column of `values` (rows, columns), equal to `statistics.mean` bit for bit.

    `present` marks the entries that count (all, when absent); entries that do not count may hold anything. A
    column with no entry that counts gives NaN. Entries that count must not be NaN; infinite ones give what
    `statistics.mean` gives.
    """
    rows, columns = values.shape
    if present is None:
        counted, counts = values, np.full(columns, float(rows))
    else:
        counted, counts = np.where(present, values, 0.0), present.sum(axis=0).astype(np.float64)
    with np.errstate(over="ignore", under="ignore", invalid="ignore", divide="ignore"):
        means, certain = _quotients(*_sums(counted), counts)
    means[counts == 0] = np.nan
    for column in np.flatnonzero(~certain & (counts > 0)):
        entries = values[:, column] if present is None else values[present[:, column], column]
        means[column] = statistics.mean(entries.tolist())
    return means


def _two_sum(a: FloatArray, b: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The rounded sum and its exact rounding error (Knuth); the error is NaN where the sum overflows."""
    total = a + b
    b_part = total - a
    return total, (a - (total - b_part)) + (b - b_part)


def _sums(values: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Each column's sum as head + tail, and a bound on what the two leave out (nearly always zero).

    The rounding error of every addition is itself added up without error; only the errors of that second
    cascade are lost, and they are what the bound adds up.
    """
    head = np.zeros(values.shape[1])
    tail = np.zeros_like(head)
    lost = np.zeros_like(head)
    for row in values:
        head, error = _two_sum(head, row)
        tail, error = _two_sum(tail, error)
        lost += np.abs(error, out=error)
    head, tail = _two_sum(head, tail)
    return head, tail, lost


def _quotients(
    head: FloatArray, tail: FloatArray, lost: FloatArray, counts: FloatArray
) -> tuple[FloatArray, BooleanArray]:
    """(head + tail) / counts, and whether each is proved to be the correctly rounded one."""
    first = head / counts
    rest, _ = _remainders(first, head, tail, counts)
    quotient = first + rest / counts
    rest, slack = _remainders(quotient, head, tail, counts)
    slack += lost
    reach = np.abs(rest)
    # Only a slack above zero makes `reach` inexact; the factors outweigh the rounding of these very sums.
    reach = np.where(slack > 0, (reach + 2 * slack) * (1 + 2.0**-50), reach)

    # The quotient is right when the remainder is under half a step of the divisor. The step below a power of
    # two is half as wide; there the narrower one is asked for on both sides.
    bits = np.abs(quotient).view(np.int64)
    gap = counts * np.spacing(np.abs(quotient))
    power_of_two = bits & _MANTISSA == 0
    near = np.where(power_of_two, 4.0, 2.0) * reach < gap
    tie = (slack == 0) & (2 * reach == gap) & (bits & 1 == 0) & ~power_of_two
    return quotient, near | tie


def _remainders(
    quotient: FloatArray, head: FloatArray, tail: FloatArray, counts: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """head + tail - quotient * counts, and a bound on its error.

    The quotient is cut into two halves of at most 27 bits, so both products are exact for fewer than 2^26
    rows.
    """
    high = (quotient.view(np.int64) & ~_LOW_HALF).view(np.float64)
    rest, slack = _two_sum(head, -high * counts)
    slack = np.abs(slack)
    for term in (-(quotient - high) * counts, tail):
        rest, error = _two_sum(rest, term)
        slack += np.abs(error)
    return rest, slack
