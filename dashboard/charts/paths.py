"""Path data of SVG, as short as one decimal allows."""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from dashboard.wording import Mark

type Place = tuple[float, float]


@lru_cache(maxsize=32768)
def _tenths(tenths: int) -> str:
    """Write a number of tenths: 125 as "12.5", 120 as "12", -5 as "-.5"."""
    whole, rest = divmod(abs(tenths), 10)
    sign = "-" if tenths < 0 else ""
    if not rest:
        return f"{sign}{whole}"
    return f"{sign}{whole or ''}.{rest}"


def number(value: float) -> str:
    """Return a coordinate with at most one decimal."""
    return _tenths(round(value * 10))


def line(places: Sequence[Place | None]) -> str:
    """Return one path through the places in relative steps, broken at every None. A place alone draws nothing."""
    written: list[str] = []
    last: tuple[int, int] | None = None
    pending = ""
    for place in places:
        if place is None:
            last = None
            continue
        x, y = round(place[0] * 10), round(place[1] * 10)
        if last is None:
            pending = f"M{_tenths(x)}{_joined(y)}l"
        else:
            written.append(pending or " ")
            written.append(f"{_tenths(x - last[0])}{_joined(y - last[1])}")
            pending = ""
        last = x, y
    return "".join(written)


def _joined(tenths: int) -> str:
    """Write the second of a pair: a minus sign separates as well as a space."""
    text = _tenths(tenths)
    return text if tenths < 0 else f" {text}"


def level(stretches: Iterable[tuple[float, float, float]]) -> str:
    """Return one path of level lines, each from `x` to `x` at `y`."""
    return "".join(f"M{number(start)}{_joined(round(y * 10))}h{number(end - start)}" for start, end, y in stretches)


def upright(places: Iterable[float], top: float, bottom: float) -> str:
    """Return one path of lines from top to bottom."""
    return "".join(f"M{number(x)}{_joined(round(top * 10))}v{number(bottom - top)}" for x in places)


def boxes(stretches: Iterable[tuple[float, float]], top: float, bottom: float) -> str:
    """Return one path of filled columns from `x` to `x`."""
    height = number(bottom - top)
    return "".join(
        f"M{number(start)}{_joined(round(top * 10))}h{number(end - start)}v{height}h{number(start - end)}z"
        for start, end in stretches
    )


def marks(places: Iterable[Place], shape: Mark, radius: float) -> str:
    """Return one path of the shape at every place. All shapes are about as heavy as a circle of this radius."""
    (x_offset, y_offset), outline = _shape(shape, radius)
    return "".join(f"M{number(x + x_offset)}{_joined(round((y + y_offset) * 10))}{outline}" for x, y in places)


@lru_cache(maxsize=256)
def _shape(shape: Mark, radius: float) -> tuple[Place, str]:
    """Where a shape's outline begins, from its middle, and the outline in relative steps."""
    r, n = radius, number
    match shape:
        case "improvement-up":
            half, height = 1.5 * r, 2.7 * r
            return (0, -1.6 * r), f"l{n(half)}{_joined(round(height * 10))}h{n(-2 * half)}z"
        case "improvement-down":
            half, height = 1.5 * r, 2.7 * r
            return (0, 1.6 * r), f"l{n(half)}{n(-height)}h{n(-2 * half)}z"
        case "concern":
            side = 2 * r
            return (-r, -r), f"h{n(side)}v{n(side)}h{n(-side)}z"
        case "neutral":
            arm = 1.5 * r
            return (0, -arm), f"l{n(arm)} {n(arm)}{n(-arm)} {n(arm)}{n(-arm)}{n(-arm)}z"
    return (0, -r), f"a{n(r)} {n(r)} 0 1 1-.1 0z"
