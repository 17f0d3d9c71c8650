"""What an attacker makes of what they read: all the tables that could stand behind it, and charts solved backwards.

This shares nothing with the product: neither how it rounds nor how it judges.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

type Pair = tuple[int, int]
"""A numerator and a denominator; a denominator of 0 where the measure has none."""
type Options = int
"""What a cell can be: a bit for each pair."""
type Read = Mapping[str, object]
"""One entry of an answer, with numerator, denominator and flag."""

SMALL = range(1, 8)
MOST = 75
"""As much as any count in these attacks."""
_WIDE = 256


def ruled(pair: Pair, *, rated: bool) -> Pair | None:
    """Return what the rule shows of a cell by itself; None where it hides it."""
    numerator, denominator = pair
    if any(count in SMALL for count in ((numerator, denominator, denominator - numerator) if rated else (numerator,))):
        return None
    return 5 * ((numerator + 2) // 5), 5 * ((denominator + 2) // 5)


def exactly(*pairs: Pair) -> Options:
    return sum(1 << (denominator * _WIDE + numerator) for numerator, denominator in set(pairs))


def _counts(*, rated: bool) -> list[Pair]:
    return [(some, of) for of in range(MOST + 1 if rated else 1) for some in range((of if rated else MOST) + 1)]


def _shown_as(*, rated: bool) -> dict[Pair | None, Options]:
    found: dict[Pair | None, list[Pair]] = {}
    for pair in _counts(rated=rated):
        found.setdefault(ruled(pair, rated=rated), []).append(pair)
    return {shown: exactly(*pairs) for shown, pairs in found.items()}


_SHOWN_AS = {rated: _shown_as(rated=rated) for rated in (False, True)}
ANYTHING = {rated: exactly(*_counts(rated=rated)) for rated in (False, True)}


def behind(entries: Iterable[Read], *, rated: bool) -> list[Options]:
    """Return what each cell can be. Where everything is hidden, that may be so for other reasons than the rule's."""
    shown = [None if entry["flag"] else (int(str(entry["numerator"] or 0)), _of(entry)) for entry in entries]
    if len(shown) > 1 and not any(shown):
        return [ANYTHING[rated]] * len(shown)
    return [_SHOWN_AS[rated][each] for each in shown]


def behind_ruled(pairs: Iterable[Pair], *, rated: bool) -> list[Options]:
    """Return what each cell could be if the rule, cell by cell, was all the protection there is."""
    return [_SHOWN_AS[rated][ruled(pair, rated=rated)] for pair in pairs]


def behind_beside_own(entry: Read, own: int) -> Options:
    """Return what a count with one's own in it can be: the others' is rounded, or hidden, before one's own is added."""
    shown = None if entry["flag"] else (int(str(entry["numerator"])), 0)
    others = [(count, ruled((count, 0), rated=False)) for count in range(MOST + 1 - own)]
    return exactly(
        *(
            (own + count, 0)
            for count, near in others
            if shown == (None if near is None else ruled((own + near[0], 0), rated=False))
        )
    )


def _of(entry: Read) -> int:
    return int(str(entry.get("denominator") or 0))


def pairs(options: Options) -> set[Pair]:
    return {(place % _WIDE, place // _WIDE) for place, bit in enumerate(reversed(f"{options:b}")) if bit == "1"}


def _added(parts: Sequence[Options]) -> Options:
    sums = exactly((0, 0))
    for part in parts:
        fewer, more = sorted((sums, part), key=int.bit_count)
        sums = 0
        for numerator, denominator in pairs(fewer):
            sums |= more << (denominator * _WIDE + numerator)
        sums &= ANYTHING[True] | ANYTHING[False]
    return sums


def solved(total: Options, *dimensions: Sequence[Options]) -> list[list[set[Pair]]]:
    """Return all that each cell of each dimension can be: every dimension adds up to the same total."""
    for parts in dimensions:
        total &= _added(parts)
    return [
        [
            {
                (numerator, denominator)
                for numerator, denominator in pairs(part)
                if (others << (denominator * _WIDE + numerator)) & total
            }
            for at, part in enumerate(parts)
            for others in [_added([*parts[:at], *parts[at + 1 :]])]
        ]
        for parts in dimensions
    ]


def recovered(truth: Pair, possible: Collection[Pair]) -> bool:
    """Whether a count from 1 to 7 of a cell is left with a single value."""
    assert truth in possible, "the attack itself is wrong"
    parts: list[Callable[[Pair], int]] = [lambda pair: pair[0], lambda pair: pair[1], lambda pair: pair[1] - pair[0]]
    return any(part(truth) in SMALL and len({part(pair) for pair in possible}) == 1 for part in parts)


def from_chart(points: Sequence[Mapping[str, object]], at: int) -> set[int]:
    """Return what a chart says of one point whose own value nobody looks at: by its mean and by its moving ranges."""
    values = [point["value"] for place, point in enumerate(points) if place != at]
    known = [value for value in values if isinstance(value, float)]
    found = {float(str(points[at]["mean"])) * (len(known) + 1) - sum(known)}
    for place, beside in ((at, at - 1), (at + 1, at + 1)):
        if not 0 <= beside < len(points):
            continue
        apart, value = points[place]["moving_range"], points[beside]["value"]
        if isinstance(apart, float) and isinstance(value, float):
            found |= {value - apart, value + apart}
    return {round(value) for value in found}


def plotted(svg: str) -> list[tuple[float, float]]:
    """Return the corners of the line through a chart's points, in the picture's own measure."""
    (line,) = re.findall(r'<path d="([^"]+)" fill="none" stroke="#768692" stroke-width="1.5"/>', svg)
    corners: list[tuple[float, float]] = []
    for part in str(line).split("M")[1:]:
        numbers = [float(each) for each in re.findall(r"-?\d+(?:\.\d+)?", part)]
        across, down = numbers[:2]
        corners.append((across, down))
        for right, below in zip(numbers[2::2], numbers[3::2], strict=True):
            across, down = across + right, down + below
            corners.append((across, down))
    return corners
