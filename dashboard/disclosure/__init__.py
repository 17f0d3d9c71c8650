"""What of a figure may be shown to those who may not see it exactly: the rule for one cell, and for a whole table."""

from dashboard.disclosure.rule import CONFIDENTIAL, HIDDEN, NOTHING, Cell, apply
from dashboard.disclosure.systems import Figures, Row, Table
from dashboard.disclosure.tables import Protection, as_shown, hides_total, protect

__all__ = [
    "CONFIDENTIAL",
    "HIDDEN",
    "NOTHING",
    "Cell",
    "Figures",
    "Protection",
    "Row",
    "Table",
    "apply",
    "as_shown",
    "hides_total",
    "protect",
]
