"""Figures as CSV. Formulas are made harmless; what is hidden on the page is hidden here."""

import io
from collections.abc import Iterable
from decimal import Decimal

from defusedcsv import csv

from dashboard import wording
from dashboard.queries.charts import Charted
from nhc import formats


def overview_csv(slug: str, found: Iterable[Charted]) -> str:
    """Return one row a measure: the latest value, its signal and its limits, as fractions and not per cent."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(
        ["centre", "measure", "title", "period", "value", "target", "variation", "assurance", "mean", "lower", "upper"]
    )
    for each in found:
        chart = each.chart
        at = None if chart is None else chart.signal.at
        if chart is None or at is None:
            writer.writerow(
                [slug, each.measure.code, each.version.title, "", "", each.version.target, "", "", "", "", ""]
            )
            continue
        shown = chart.signal.shown
        writer.writerow(
            [
                slug,
                each.measure.code,
                each.version.title,
                each.shown[at].period.name,
                chart.xmr.values[at],
                each.version.target,
                wording.VARIATION_WORDS[chart.signal.variation] if shown else "",
                wording.ASSURANCE_WORDS[chart.signal.assurance] if shown else "",
                chart.xmr.mean[at],
                chart.xmr.lower_limit[at],
                chart.xmr.upper_limit[at],
            ]
        )
    return out.getvalue()


def measure_csv(slug: str, found: Charted) -> str:
    """Return one row a period: figures, statistics and who has reported."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(
        [
            "centre",
            "measure",
            "period",
            "start",
            "end",
            "numerator",
            "denominator",
            "value",
            "flag",
            "mean",
            "lower_limit",
            "upper_limit",
            "signal",
            "organisations_expected",
            "organisations_reported",
            "complete",
        ]
    )
    chart = found.chart
    for at, each in enumerate(found.shown):
        statistics = ["", "", "", ""]
        if chart is not None:
            xmr = chart.xmr
            limits = (xmr.mean[at], xmr.lower_limit[at], xmr.upper_limit[at])
            statistics = [*("" if limit is None else str(limit) for limit in limits), wording.mark_words(chart, at)]
        writer.writerow(
            [
                slug,
                found.measure.code,
                each.period.name,
                each.period.start.isoformat(),
                each.period.end.isoformat(),
                _plain(each.numerator),
                _plain(each.denominator),
                each.value,
                each.flag or "",
                *statistics,
                each.expected,
                each.reported,
                "yes" if each.complete else "no",
            ]
        )
    return out.getvalue()


def _plain(number: int | Decimal | None) -> str:
    """Return a stored figure as it was sent: 41 and not 41.000000, and never with an exponent."""
    return "" if number is None else formats.figure(number).replace(",", "")
