"""Spreadsheets are archives, and archives can lie about their size. Look before any reader unpacks them."""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator

from partners.formats.batches import MalformedError

NOT_A_SPREADSHEET = "The file is not a spreadsheet that can be read. Save it as .xlsx, without a password."
TOO_LARGE = "The spreadsheet unpacks to far more than it should hold. Use the template, with one figure a row."

EXPANDED_LIMIT = 200_000_000
"""Bytes that all parts may unpack to: 200,000 full rows need about half."""

AREA_LIMIT = 3_000_000
"""Rows times columns up to the farthest cell: readers hold the whole rectangle, however few cells are filled."""

_ENTRY_LIMIT = 200
_CHUNK = 1 << 20
_OVERLAP = 64
_REFERENCE = re.compile(rb"""[\s<]r=["']([A-Z]{1,3})?(\d{1,9})["']""")
_DISGUISED = re.compile(rb"""[\s<]r=["'][^"'<]{0,40}&""")


def refuse_bombs(body: bytes) -> None:
    """Raise MalformedError for what is no archive, unpacks to too much, or spans too large a rectangle of cells."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise MalformedError(NOT_A_SPREADSHEET) from error
    if len(entries) > _ENTRY_LIMIT:
        raise MalformedError(TOO_LARGE)
    unpacked = 0
    for entry in entries:
        rows = columns = 0
        tail = b""
        for chunk in _unpacked(body, entry):
            unpacked += len(chunk)
            if unpacked > EXPANDED_LIMIT:
                raise MalformedError(TOO_LARGE)
            rows, columns = _extent(tail + chunk, rows, columns)
            tail = chunk[-_OVERLAP:]
        if rows * columns > AREA_LIMIT:
            raise MalformedError(TOO_LARGE)


def _extent(text: bytes, rows: int, columns: int) -> tuple[int, int]:
    if b"\0" in text or _DISGUISED.search(text):
        raise MalformedError(NOT_A_SPREADSHEET)
    for letters, number in _REFERENCE.findall(text):
        rows = max(rows, int(number))
        if letters:
            columns = max(columns, _column(letters))
    return rows, columns


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _unpacked(body: bytes, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield a part's bytes as a reader would find them, whatever size the archive claims for it."""
    header = body[entry.header_offset : entry.header_offset + 30]
    if len(header) < 30 or entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise MalformedError(NOT_A_SPREADSHEET)
    name_length, extra_length = struct.unpack("<HH", header[26:30])
    start = entry.header_offset + 30 + name_length + extra_length
    packed = body[start : start + entry.compress_size]
    if entry.compress_type == zipfile.ZIP_STORED:
        yield packed
        return
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        while packed and not stream.eof:
            yield stream.decompress(packed, _CHUNK)
            packed = stream.unconsumed_tail
    except zlib.error as error:
        raise MalformedError(NOT_A_SPREADSHEET) from error
