"""What of a figure may be shown to those who may not see it exactly: the rule for one cell, and for a whole table."""

from dashboard.disclosure.rule import CONFIDENTIAL, HIDDEN, NOTHING, Cell, apply
from dashboard.disclosure.tables import Figures, Table, unsafe_dimensions, unsafe_lineage

__all__ = [
    "CONFIDENTIAL",
    "HIDDEN",
    "NOTHING",
    "Cell",
    "Figures",
    "Table",
    "apply",
    "unsafe_dimensions",
    "unsafe_lineage",
]
