"""XmR charts as pictures: every coordinate worked out and every text written, so that templates are plain markup."""

from dashboard.charts.download import standalone
from dashboard.charts.large import NARROW, WIDE, Figure, figure
from dashboard.charts.small import SmallMultiple, small_multiple

__all__ = ["NARROW", "WIDE", "Figure", "SmallMultiple", "figure", "small_multiple", "standalone"]
