"""XmR charts in batch against numpy computing means and moving ranges alone."""

import statistics

import numpy as np

from dashboard.spc_batch import IMPROVEMENT_CODES, xmr_batch
from tests.bench.arena import Arena
from tests.bench.results import Result, in_turn


def rows(_arena: Arena, *, full: bool) -> list[Result]:
    """Measure 10,000 series of 36 points, and hold the means against the standard library's bit for bit."""
    generator = np.random.default_rng(20_260_402)
    values = generator.normal(0.8, 0.05, (10_000, 36))
    codes = np.full(10_000, IMPROVEMENT_CODES["increase"], dtype=np.int8)
    target = np.full(10_000, 0.9)

    def floor() -> None:
        values.mean(axis=1)
        np.abs(np.diff(values, axis=1)).mean(axis=1)

    charted = xmr_batch(values, improvement=codes, target=target)
    for place in range(0, 10_000, 1 if full else 97):
        if charted.mean[place, 0] != statistics.mean(values[place].tolist()):
            raise AssertionError(f"The mean of series {place} is not statistics.mean's.")
    ours, yardstick = in_turn(lambda: xmr_batch(values, improvement=codes, target=target), floor, rounds=15, warm_up=3)
    return [
        Result(
            "xmr", ours * 1000, yardstick * 1000, 30.0, "milliseconds",
            note="10,000 series of 36 points; means equal statistics.mean bit for bit",
        )
    ]  # fmt: skip
