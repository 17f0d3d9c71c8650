"""The reference's own answers, read from `data/spc_vectors.json` (its source and licence stand beside it)."""

from datetime import date
from pathlib import Path

import msgspec

from dashboard.spc import Assurance, Improvement, PointType, XmR


class Input(msgspec.Struct):
    dates: list[date]
    values: list[float | None]
    improvement_direction: Improvement
    target: float | None
    rebase: list[date]
    fix_after_n_points: int | None
    screen_outliers: bool


class Points(msgspec.Struct):
    date: list[date]
    value: list[float | None]
    rebase_group: list[int]
    mr: list[float | None]
    mean: list[float | None]
    lpl: list[float | None]
    upl: list[float | None]
    nlpl: list[float | None]
    nupl: list[float | None]
    relative_to_mean: list[int | None]
    outside_limits: list[bool | None]
    close_to_limits: list[bool | None]
    special_cause_type: list[str]
    point_type: list[str]
    short_group_warning: list[bool]


class Summary(msgspec.Struct):
    variation_type: PointType
    assurance_type: Assurance | None


class Expected(msgspec.Struct):
    points: Points
    summary: Summary


class Case(msgspec.Struct):
    id: str
    input: Input
    expected: Expected


class _File(msgspec.Struct):
    count: int
    cases: list[Case]


def cases() -> list[Case]:
    file = Path(__file__).parent / "data" / "spc_vectors.json"
    vectors = msgspec.json.decode(file.read_bytes(), type=_File)
    assert len(vectors.cases) == vectors.count == 25
    return vectors.cases


def assert_matches(chart: XmR, expected: Expected) -> None:
    """Floats to 1e-9 relative, everything else exactly, null equal to None."""
    points = expected.points
    for name, ours, theirs in (
        ("values", chart.values, points.value),
        ("mean", chart.mean, points.mean),
        ("lower_limit", chart.lower_limit, points.lpl),
        ("upper_limit", chart.upper_limit, points.upl),
        ("near_lower_limit", chart.near_lower_limit, points.nlpl),
        ("near_upper_limit", chart.near_upper_limit, points.nupl),
        ("moving_range", chart.moving_range, points.mr),
    ):
        for position, (a, b) in enumerate(zip(ours, theirs, strict=True)):
            equal = a is b if a is None or b is None else abs(a - b) <= 1e-9 * max(1, abs(b))
            assert equal, f"{name}[{position}]: {a} is not {b}"
    assert chart.dates == tuple(points.date)
    assert chart.rebase_group == tuple(points.rebase_group)
    assert chart.relative_to_mean == tuple(points.relative_to_mean)
    assert chart.outside_limits == tuple(points.outside_limits)
    assert chart.close_to_limits == tuple(points.close_to_limits)
    assert chart.special_cause_type == tuple(points.special_cause_type)
    assert chart.point_type == tuple(points.point_type)
    assert chart.variation == expected.summary.variation_type
    assert chart.assurance == expected.summary.assurance_type
