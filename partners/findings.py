"""Faults and warnings as senders read them: grouped by code with pointers, and one line each in errors.csv."""

import csv
import io
from collections.abc import Sequence

from defusedcsv import csv as safe_csv

from partners.formats import Batch, Fault
from partners.validation import DETAILS

type Group = dict[str, str | int | list[int] | list[str]]

SHOWN = 1_000
"""How many places of one code an answer names; errors.csv has every one."""


def grouped(faults: Sequence[Fault], batch: Batch) -> list[Group]:
    """Return one entry a code, in order of first occurrence.

    Each has `code`, `detail`, `occurrences`, `indexes` and `pointers`; line formats add `rows`, tables `cells`.
    """
    by_code: dict[str, list[Fault]] = {}
    for fault in faults:
        by_code.setdefault(fault.code, []).append(fault)
    return [_group(code, members, batch) for code, members in by_code.items()]


def _group(code: str, faults: list[Fault], batch: Batch) -> Group:
    shown = faults[:SHOWN]
    details = {fault.detail for fault in faults}
    indexes = [place for fault in shown for place in (fault.index, fault.also) if place is not None]
    group: Group = {
        "code": code,
        "detail": details.pop() if len(details) == 1 else DETAILS[code],
        "occurrences": len(faults),
        "indexes": sorted(set(indexes)),
        "pointers": list(dict.fromkeys(pointer for fault in shown for pointer in _pointers(fault))),
    }
    if batch.lines is not None:
        group["rows"] = sorted({line for fault in shown for line in _lines(fault, batch)})
    if batch.columns is not None:
        group["cells"] = list(dict.fromkeys(cell for fault in shown for cell in cells(fault, batch)))
    return group


def _pointers(fault: Fault) -> list[str]:
    name = "breakdown" if fault.field in {"dimension", "category"} else fault.field
    tail = "" if not name else "/" + name.replace("~", "~0").replace("/", "~1")
    if fault.index is None:
        return [tail]
    places = [fault.index] if fault.also is None else [fault.index, fault.also]
    return [f"/observations/{place}{tail}" for place in places]


def _lines(fault: Fault, batch: Batch) -> list[int]:
    if fault.index is None:
        return [] if fault.row is None else [fault.row]
    places = [fault.index] if fault.also is None else [fault.index, fault.also]
    return [line for place in places if (line := batch.line(place)) is not None]


def cells(fault: Fault, batch: Batch) -> list[str]:
    """Return the sender's own cells of a fault, like F6; the first column stands for a whole row."""
    columns = batch.columns or {}
    letters = columns.get(fault.field) or ("A" if not fault.field or fault.index is not None else "")
    if fault.field.isupper():
        letters = fault.field
    return [f"{letters}{line}" for line in _lines(fault, batch)] if letters else []


def csv_lines(faults: Sequence[Fault], batch: Batch) -> str:
    """Return errors.csv: index, row, column, code, detail; every fault, formulas made harmless."""
    out = io.StringIO()
    writer = safe_csv.writer(out, quoting=csv.QUOTE_MINIMAL)
    writer.writerow(["index", "row", "column", "code", "detail"])
    for fault in faults:
        for index in (fault.index, fault.also) if fault.also is not None else (fault.index,):
            line = fault.row if index is None else batch.line(index)
            writer.writerow(
                ["" if index is None else index, "" if line is None else line, fault.field, fault.code, fault.detail]
            )
    return out.getvalue()
