"""What a benchmark says."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from time import perf_counter


@dataclass(frozen=True, slots=True)
class Result:
    """One row. `ratio` is measured over yardstick unless `higher_is_better`, when it is yardstick over measured.

    `unit` is that of `measured` and `yardstick`. `cpu_ms` is the processor time of our side for one piece of work and
    `queries` what it asked of the database; None where the row has none.
    """

    name: str
    measured: float
    yardstick: float
    goal: float
    unit: str
    higher_is_better: bool = False
    cpu_ms: float | None = None
    queries: int | None = None
    most_queries: int | None = None
    note: str = ""

    @property
    def ratio(self) -> float:
        """Return the figure that the goal speaks of."""
        pair = (self.yardstick, self.measured) if self.higher_is_better else (self.measured, self.yardstick)
        return pair[0] / pair[1]

    @property
    def met(self) -> bool:
        """Whether the goal is met, the bound on queries included."""
        within = self.ratio >= self.goal if self.higher_is_better else self.ratio <= self.goal
        return within and (self.most_queries is None or self.queries is None or self.queries <= self.most_queries)

    def document(self) -> dict[str, object]:
        """Return the row as JSON holds it."""
        return asdict(self) | {"ratio": self.ratio, "met": self.met}


def seconds(work: Callable[[], object]) -> float:
    """Return how long one call takes, by the wall clock."""
    begun = perf_counter()
    work()
    return perf_counter() - begun


def in_turn(*works: Callable[[], object], rounds: int, warm_up: int = 1) -> list[float]:
    """Time several works in turn, A B A B ..., and return the median of each: a machine that drifts drifts for all."""
    for _ in range(warm_up):
        for work in works:
            work()
    times: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for kept, work in zip(times, works, strict=True):
            kept.append(seconds(work))
    return [median(kept) for kept in times]


def medians(times: Sequence[Sequence[float]]) -> list[float]:
    """Return the median of each list."""
    return [median(each) for each in times]
