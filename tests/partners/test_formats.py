"""Every format reads into the same rows, and the quick way of JSON agrees with the slow one."""

import csv
import io
import json
import zipfile
from collections.abc import Callable, Sequence
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from partners import formats
from partners.formats import Batch, MalformedError, TooManyObservationsError, archives, objects
from partners.formats.reading import CSV, JSON, LINES, XLSX

text = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=12)
numbers = st.one_of(
    st.none(), st.integers(0, 2**53), st.floats(0, 1e6, allow_nan=False).map(lambda number: round(number, 6))
)
observations = st.lists(
    st.fixed_dictionaries(
        {"measure": text, "period": text},
        optional={
            "numerator": numbers,
            "denominator": numbers,
            "state": text,
            "reason": text,
            "breakdown": st.dictionaries(text, text, max_size=2),
        },
    ),
    max_size=5,
)


def plain(batch: Batch) -> list[tuple[object, ...]]:
    """Return rows in a comparable form: 9012.0, 9012 and Decimal("9012") are one number."""
    return [
        tuple(
            Decimal(str(value)) if isinstance(value, int | float | Decimal) and not isinstance(value, bool) else value
            for value in (getattr(row, name) for name in formats.Row.__struct_fields__)
        )
        for row in batch.rows
    ]


@given(observations)
def test_the_quick_and_the_slow_way_agree(sent: list[dict[str, object]]) -> None:
    body = json.dumps({"centre": "riverside", "observations": sent}, ensure_ascii=False).encode()
    slow = objects._batch_of(objects._parse(body), limit=100)
    assert plain(formats.read(body, JSON, limit=100)) == plain(slow)


@given(observations)
def test_lines_read_like_a_message(sent: list[dict[str, object]]) -> None:
    message = json.dumps({"observations": sent}).encode()
    lines = "\n".join(json.dumps(each) for each in sent).encode()
    assert plain(formats.read(lines, LINES, limit=100)) == plain(formats.read(message, JSON, limit=100))


@pytest.mark.parametrize(
    "body",
    [
        b'{"observations": [{"measure": "a", "measure": "b", "period": "2026-03", "numerator": 1}]}',
        b'{"observations": [{"measure": "a", "period": "2026-03", "numerator": 1, "numerator": 2}]}',
        b'{"observations": [], "observations": [{"measure": "a"}]}',
        b'{"observations": [{"breakdown": {"sex": "1", "sex": "2"}}]}',
        b'{"observations": [{"measure": "a", "reason": "x:y"}, {"period": "p", "period": "q"}]}',
        b'{"observations": [{"measure": "\\u003a", "period": "p", "period": "q"}]}',
    ],
)
def test_a_key_said_twice_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedError, match="occurs twice"):
        formats.read(body, JSON, limit=10)


@pytest.mark.parametrize(
    ("literal", "expected"),
    [
        ("9012.0", Decimal(9012)),
        ("9007199254740990.123456", Decimal("9007199254740990.123456")),
        ("0.1", Decimal("0.1")),
        ("1e3", Decimal(1000)),
        ("-0", Decimal(0)),
    ],
)
def test_numbers_keep_every_digit(literal: str, expected: Decimal) -> None:
    body = f'{{"observations": [{{"measure": "a", "period": "p", "numerator": {literal}}}]}}'.encode()
    assert plain(formats.read(body, JSON, limit=10))[0][3] == expected


def test_csv_takes_columns_in_any_order_and_a_byte_order_mark() -> None:
    body = "\ufeffNumerator, period ,measure\r\n41,2026-03,seen\r\n\r\n,,\r\n7,2026-02,seen\r\n".encode()
    batch = formats.read(body, CSV, limit=10)
    assert [(row.measure, row.period, row.numerator) for row in batch.rows] == [
        ("seen", "2026-03", 41),
        ("seen", "2026-02", 7),
    ]
    assert batch.lines == [2, 5]
    assert not batch.faults


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\n\n",
        b"measure,measure,period\n",
        b"\x00\x01",
        b'measure,period\n"never closed',
        "période".encode("utf-16"),
    ],
)
def test_what_is_no_table_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedError):
        formats.read(body, CSV, limit=10)


def sheet(*rows: Sequence[str | int | float | None], name: str = "Figures") -> bytes:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = name
    for row in rows:
        page.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_spreadsheet_reads_like_csv() -> None:
    header = ("measure", "period", "dimension", "category", "numerator", "denominator")
    rows: list[Sequence[str | int | float | None]] = [
        ("seen", "2026-03", None, None, 41, 52),
        ("seen", "2026-03", "sex", 1, 12.0, 14.5),
        ("seen", "2026-02", "", "", "x", None),
    ]
    out = io.StringIO()
    csv.writer(out).writerows([header, *rows])
    batch = formats.read(sheet(header, *rows), XLSX, limit=10)
    assert plain(batch) == plain(formats.read(out.getvalue().encode(), CSV, limit=10))
    assert batch.columns == {
        "measure": "A",
        "period": "B",
        "dimension": "C",
        "category": "D",
        "numerator": "E",
        "denominator": "F",
    }


def test_rows_are_counted_as_the_sender_sees_them() -> None:
    batch = formats.read(sheet((None,), ("measure", "period"), (None,), ("seen", "2026-03")), XLSX, limit=10)
    assert batch.lines == [4]


@pytest.mark.parametrize("read", [lambda: sheet(("measure", "period"), *[("a", "b")] * 11), lambda: b""])
def test_more_rows_than_allowed_are_refused(read: Callable[[], bytes]) -> None:
    body = read() or b"measure,period\n" + b"a,b\n" * 11
    with pytest.raises(TooManyObservationsError):
        formats.read(body, XLSX if body.startswith(b"PK") else CSV, limit=10)


def archive(*parts: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in parts:
            target.writestr(name, content)
    return out.getvalue()


@pytest.fixture
def small_limit(monkeypatch: pytest.MonkeyPatch) -> int:
    """Lower the bound on unpacked bytes, so that a test need not unpack 200 MB."""
    monkeypatch.setattr(archives, "EXPANDED_LIMIT", 3_000_000)
    return archives.EXPANDED_LIMIT


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"measure,period\n",
        b"PK\x03\x04 broken",
        archive(("hello.txt", b"hi")),
        archive(("xl/worksheets/sheet1.xml", b'<c r="A1"/><c r="XFD1048576"/>')),
        archive(("xl/worksheets/sheet1.xml", b'<c r="&#88;FD9"/>')),
        archive(*((f"{number}.xml", b"x") for number in range(300))),
    ],
    ids=["empty", "csv", "broken", "no workbook", "far corner", "disguised", "many parts"],
)
def test_what_is_no_spreadsheet_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedError):
        formats.read(body, XLSX, limit=10)


def test_a_bomb_is_refused_before_a_reader_unpacks_it(small_limit: int) -> None:
    body = archive(("xl/worksheets/sheet1.xml", b" " * (small_limit + 1)))
    with pytest.raises(MalformedError, match="unpacks"):
        formats.read(body, XLSX, limit=10)


def test_an_archive_that_lies_about_its_size_is_measured(small_limit: int) -> None:
    body = bytearray(archive(("xl/worksheets/sheet1.xml", b" " * (small_limit + 1))))
    directory = body.rindex(b"PK\x01\x02")
    body[directory + 24 : directory + 28] = (100).to_bytes(4, "little")
    with pytest.raises(MalformedError, match="unpacks"):
        formats.read(bytes(body), XLSX, limit=10)


@pytest.mark.parametrize("count", [199_000, 200_000])
def test_texts_full_of_commas_and_brackets_are_few_observations(count: int) -> None:
    row = {"measure": "a", "period": "b", "reason": "[1, 2, 3], {4, 5, 6}, 7, 8, 9, \\", "breakdown": {"c": "d"}}
    body = json.dumps({"observations": [row] * count}).encode()
    assert formats.count(body, "application/json", limit=200_000) == count


def test_a_row_with_too_many_cells_says_so_once() -> None:
    batch = formats.read(b"measure,period\na,2026-02,7,8\n", "text/csv", limit=10)
    assert [(fault.code, fault.field) for fault in batch.faults] == [("unknown-field", "C")]
