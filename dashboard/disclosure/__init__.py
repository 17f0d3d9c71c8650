"""What of a figure may be shown to those who may not see it exactly: the rule for one cell, and for a whole table."""

from dashboard.disclosure.rule import CONFIDENTIAL, HIDDEN, NOTHING, Cell, Figures, apply, beside_own
from dashboard.disclosure.systems import Row, Table
from dashboard.disclosure.tables import Protection, Standing, protect, standing

__all__ = [
    "CONFIDENTIAL",
    "HIDDEN",
    "NOTHING",
    "Cell",
    "Figures",
    "Protection",
    "Row",
    "Standing",
    "Table",
    "apply",
    "beside_own",
    "protect",
    "standing",
]
