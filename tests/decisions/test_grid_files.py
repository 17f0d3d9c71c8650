"""Grids as files: what is written is read again, and everything that is wrong in a file is told with its cell."""

import io
from decimal import Decimal

import openpyxl
import pytest

from decisions.contents import Cell, Content, Step
from decisions.formats.grids import Fault, Holder, UnreadableGridError, read, write_csv, write_xlsx

LEAD: Holder = ("duty_role", 1)
CRISIS: Holder = ("team", 2)
COLUMNS = {LEAD: "Shift lead", CRISIS: "Crisis team"}
HOLDERS = {"shift lead": LEAD, "shift-lead": LEAD, "crisis team": CRISIS}
TAXI = Content(
    "taxi",
    "Pay for a taxi",
    "cab lift",
    "=Up to the limit, in writing",
    Decimal("40.50"),
    "£",
    30,
    True,
    frozenset({Cell("decides", 1), Cell("carries_out", 1), Cell("is_told", team=2)}),
    (Step(10, 1), Step(5, telephone="01632 960 100")),
)
HOTEL = Content(
    "hotel",
    "Pay for a night",
    limit_unit="£",
    rights=frozenset({Cell("decides", 1, limit=Decimal("99.50")), Cell("decides", team=2, limit=Decimal(1000))}),
    ladder=(Step(10, 1),),
)
ROOM = Content("room", "Lend a room", "", "", None, "", 60, False, frozenset(), (Step(15, team=2),))
HEADER = "code,what may come up,other words,guardrail,limit,unit,time limit in minutes,act first,ladder,Shift lead"


def lines(*rows: str, header: str = HEADER) -> bytes:
    return "\n".join((header, *rows)).encode()


@pytest.mark.parametrize("write", [write_csv, write_xlsx])
def test_what_is_written_is_read_again(write: object) -> None:
    assert callable(write)
    entries, faults = read(write([TAXI, HOTEL, ROOM], COLUMNS), HOLDERS)
    assert faults == []
    assert entries == [TAXI, HOTEL, ROOM]


def test_no_cell_of_a_spreadsheet_is_a_formula() -> None:
    book = openpyxl.load_workbook(io.BytesIO(write_xlsx([TAXI], COLUMNS)))
    assert book["Grid"]["D2"].value == "'=Up to the limit, in writing"
    assert {cell.data_type for row in book["Grid"].iter_rows() for cell in row} <= {"s", "n"}


def test_a_code_is_made_of_the_title_where_there_is_none() -> None:
    entries, faults = read(lines(",Pay for a taxi!,,,,,30,,Shift lead 10,decides"), HOLDERS)
    assert (faults, entries[0].code, entries[0].rights) == ([], "pay-for-a-taxi", frozenset({Cell("decides", 1)}))


@pytest.mark.parametrize(
    ("said", "limit"),
    [("Decides up to 100", "100"), ("decides to £12.50", "12.50"), ("Decides up to £ 0, carries out", "0")],
)
def test_who_decides_may_have_a_limit_of_their_own(said: str, limit: str) -> None:
    entries, faults = read(lines(f'a,Taxi,,,,£,30,,Shift lead 10,"{said}"'), HOLDERS)
    assert faults == []
    assert Cell("decides", 1, limit=Decimal(limit)) in entries[0].rights


@pytest.mark.parametrize(
    ("row", "cell", "said"),
    [
        (",,,,,,30,,Shift lead 10,", "B2", "Say what may come up."),
        ("A B,Taxi,,,,,30,,Shift lead 10,", "A2", "lower-case letters, figures and hyphens"),
        ("a,Taxi,,,forty,£,30,,Shift lead 10,", "E2", "A limit is a number"),
        ("a,Taxi,,,40,,30,,Shift lead 10,", "E2", "what the limit counts"),
        ("a,Taxi,,,,£,30,,Shift lead 10,", "F2", "This unit has no limit"),
        ("a,Taxi,,,,,soon,,Shift lead 10,", "G2", "whole number of minutes"),
        ("a,Taxi,,,,,0,,Shift lead 10,", "G2", "whole number of minutes"),
        ("a,Taxi,,,,,30,perhaps,Shift lead 10,", "H2", "Write Yes or No."),
        ("a,Taxi,,,,,30,,,", "I2", "Name who is called"),
        ("a,Taxi,,,,,30,,Shift lead,", "I2", "Write 'Shift lead' as who and minutes"),
        ("a,Taxi,,,,,30,,Night owl 10,", "I2", "No duty role, team or telephone number here is called Night owl."),
        ("a,Taxi,,,,,30,,Shift lead 10,rules", "J2", "Write one of these, or nothing: Decides"),
        ("a,Taxi,,,,,30,,Shift lead 10,decides up to 5", "F2", "what the limits count"),
        ("a,Taxi,,,,£,30,,Shift lead 10,decides up to many", "J2", "A limit follows it: Decides up to 100."),
        ("a,Taxi,,,,£,30,,Shift lead 10,carries out up to 5", "J2", "Write one of these"),
        ('a,Taxi,,,,£,30,,Shift lead 10,"decides up to 5, decides"', "J2", "Write one of these"),
        (f"a,{'x' * 161},,,,,30,,Shift lead 10,", "B2", "Use 160 characters or fewer."),
    ],
)
def test_a_fault_names_the_cell_and_what_to_do(row: str, cell: str, said: str) -> None:
    entries, faults = read(lines(row), HOLDERS)
    assert entries == []
    assert [each.cell for each in faults] == [cell]
    assert said in faults[0].said


def test_all_faults_come_at_once_and_in_the_order_of_the_sheet() -> None:
    header = HEADER.replace("Shift lead", "Night owl")
    _, faults = read(lines("a,Taxi,,,x,£,x,,Shift lead 10,", "a,Room,,,,,9,,Shift lead 10,", header=header), HOLDERS)
    assert [each.cell for each in faults] == ["J1", "E2", "G2", "A3"]


def test_a_column_that_is_there_twice_is_told() -> None:
    _, faults = read(lines("a,Taxi,,,,,30,,Shift lead 10,,", header=f"{HEADER},shift-lead"), HOLDERS)
    assert faults == [Fault("K1", "The column shift-lead is there twice. Remove one of them.")]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "is empty"),
        (b"\xff\xfe\x00", "is not text"),
        (b"a\0b", "is not text"),
        (b"PK nonsense", "not a spreadsheet"),
        (b"code,guardrail\n", "no column named what may come up"),
        (b'"open', "could not be read"),
        (b"x" * 1_000_001, "smaller than 1MB"),
        (lines(*(f"a{n},T,,,,,30,,Shift lead 10," for n in range(501))), "500 scenarios or fewer"),
    ],
)
def test_what_is_no_grid_is_refused_in_a_sentence(body: bytes, said: str) -> None:
    with pytest.raises(UnreadableGridError, match=said):
        read(body, HOLDERS)
