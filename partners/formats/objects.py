"""JSON and newline-delimited JSON.

The quick way decodes straight into typed rows. Whatever it refuses (a wrong type, NaN, an unknown field, a repeated
key) is read again the slow way, which accepts anything that is JSON and lets every fault be named.
"""

import json
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation

import msgspec

from partners.formats.batches import (
    BLANK_LIMIT,
    TOO_BLANK,
    Batch,
    Envelope,
    Fault,
    MalformedError,
    Row,
    TooManyObservationsError,
    shown_name,
)

EXACT_IN_A_FLOAT = 1e9
"""Below this, a float still tells six decimals apart; larger ones are read as decimals instead."""

_LONGEST_NUMBER = 40

_MARKS = 10
"""Commas and opening brackets of an observation with every field, and one more."""

_TEXTS = 16
"""Names and texts of an observation with every field, and some more."""

# Possessive, and content with a text that never ends: no text is looked at twice.
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[,\[{]', re.DOTALL)
_QUOTE = ord('"')


class TypedRow(msgspec.Struct, gc=False, forbid_unknown_fields=True, omit_defaults=True):
    """A row whose every field has a right type."""

    measure: str | None = None
    period: str | None = None
    breakdown: dict[str, str] | None = None
    numerator: int | float | None = None
    denominator: int | float | None = None
    state: str | None = None
    reason: str | None = None


class TypedEnvelope(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A whole message of right types."""

    observations: list[TypedRow]
    centre: str | None = None
    mode: str | None = None
    reason: str | None = None


class CountedRow(msgspec.Struct, gc=False):
    """An observation whose fields are passed over."""


class CountedEnvelope(msgspec.Struct):
    """A message whose observations are counted and not decoded."""

    observations: list[CountedRow] | None = None
    centre: object = None
    mode: object = None
    reason: object = None


_quick = msgspec.json.Decoder(TypedEnvelope)
_quick_line = msgspec.json.Decoder(TypedRow)
_count = msgspec.json.Decoder(CountedEnvelope)


def count_json(body: bytes, *, limit: int) -> int | None:
    """Return how many observations a message holds, None where only the slow way can tell.

    Raises TooManyObservationsError over the limit.
    """
    _refuse_crowds(body, limit)
    try:
        counted = len(_count.decode(body).observations or [])
    except (msgspec.DecodeError, RecursionError, ValueError):
        return None
    if counted > limit:
        raise TooManyObservationsError
    return counted


def _refuse_crowds(body: bytes, limit: int) -> None:
    """Raise TooManyObservationsError where a text holds more values than `limit` observations have.

    A short text can hold millions of empty lists, each of which costs a decoder a hundred bytes: what nobody needs is
    refused before any decoder sees it.
    """
    most = _MARKS * (limit + 1)
    if body.count(b",") + body.count(b"[") + body.count(b"{") <= most:
        return
    # Some may stand in texts that people wrote. Texts count too, so that looking for their ends has an end.
    marks = texts = 0
    for found in _TOKEN.finditer(body):
        if body[found.start()] == _QUOTE:
            texts += 1
        else:
            marks += 1
        if marks > most or texts > _TEXTS * (limit + 1):
            raise TooManyObservationsError


def envelope_of(body: bytes) -> Envelope:
    """Return what stands around the observations of a message that `count_json` could count."""
    message = _count.decode(body)
    return Envelope(message.centre, message.mode, message.reason)


def read_json(body: bytes, *, limit: int) -> Batch:
    """Read a message `{"centre", "mode", "reason", "observations": [...]}`.

    Raises MalformedError for what is no JSON or repeats a key, TooManyObservationsError over the limit.
    """
    _refuse_crowds(body, limit)
    quick = _read_quickly(body)
    if quick is not None:
        if len(quick.rows) > limit:
            raise TooManyObservationsError
        return quick
    return _batch_of(_parse(body), limit=limit)


def _read_quickly(body: bytes) -> Batch | None:
    try:
        message = _quick.decode(body)
    except (msgspec.DecodeError, RecursionError, ValueError):
        return None
    rows = message.observations
    if b"\\" in body or not _says_each_key_once(body, message) or not _keeps_each_digit(rows):
        return None
    return Batch(Envelope(message.centre, message.mode, message.reason), rows)  # type: ignore[arg-type]  # typed rows are rows


def _says_each_key_once(body: bytes, decoded: TypedEnvelope | TypedRow) -> bool:
    """Whether no key is repeated: written anew from what was decoded, the text has as many colons.

    A decoder keeps the last of two equal keys silently. Without escapes every colon of the text follows a decoded key
    or stands in a decoded string, so a surplus is a repeated (or null) key.
    """
    return body.count(b":") == msgspec.json.encode(decoded).count(b":")


def _keeps_each_digit(rows: Sequence[TypedRow]) -> bool:
    """Whether no number is a float so large that it may have lost decimals of the text."""
    for row in rows:
        if type(row.numerator) is float and abs(row.numerator) >= EXACT_IN_A_FLOAT:
            return False
        if type(row.denominator) is float and abs(row.denominator) >= EXACT_IN_A_FLOAT:
            return False
    return True


def _parse(body: bytes) -> object:
    try:
        text = body.decode("utf-8-sig")
        return json.loads(
            text, object_pairs_hook=_once, parse_float=_decimal, parse_int=_whole, parse_constant=_constant
        )
    except UnicodeDecodeError as error:
        raise MalformedError("The body is not UTF-8 text. Save it as UTF-8 and send it again.") from error
    except RecursionError as error:
        raise MalformedError("The JSON is nested too deeply. Send a flat list of observations.") from error
    except json.JSONDecodeError as error:
        raise MalformedError(
            f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        ) from error


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise MalformedError("A key occurs twice in one JSON object. Send each key once.")
    return found


def _decimal(text: str) -> object:
    try:
        return Decimal(text[:_LONGEST_NUMBER]) if len(text) <= _LONGEST_NUMBER else Decimal("Infinity")
    except InvalidOperation:
        return Decimal("Infinity")


def _whole(text: str) -> object:
    return int(text) if len(text) <= _LONGEST_NUMBER else Decimal("-Infinity" if text.startswith("-") else "Infinity")


def _constant(name: str) -> object:
    return float(name.replace("Infinity", "inf"))


def _batch_of(message: object, *, limit: int) -> Batch:
    if not isinstance(message, dict):
        return Batch(Envelope(), [], [Fault("wrong-type", "Send one JSON object with a list of observations.")])
    observations = message.get("observations")
    faults = [
        Fault("unknown-field", "The message has a field that the contract does not know.", field=shown_name(name))
        for name in message
        if name not in {"centre", "mode", "reason", "observations"}
    ]
    envelope = Envelope(message.get("centre"), message.get("mode"), message.get("reason"))
    if observations is None:
        faults.append(Fault("missing-field", "Add the list of observations.", field="observations"))
        return Batch(envelope, [], faults)
    if not isinstance(observations, list):
        faults.append(Fault("wrong-type", "Send the observations as a list.", field="observations"))
        return Batch(envelope, [], faults)
    if len(observations) > limit:
        raise TooManyObservationsError
    rows = [row_of(item, index, None, faults) for index, item in enumerate(observations)]
    return Batch(envelope, rows, faults)


_ROW_FIELDS = frozenset(Row.__struct_fields__)


def row_of(item: object, index: int, line: int | None, faults: list[Fault]) -> Row:
    """Turn one decoded object into a row, noting what the contract does not know."""
    if not isinstance(item, dict):
        faults.append(Fault("wrong-type", "An observation is a JSON object.", index, "", line))
        return Row()
    known = {}
    for name, value in item.items():
        if name in _ROW_FIELDS:
            known[name] = value
        else:
            faults.append(
                Fault(
                    "unknown-field",
                    "The observation has a field that the contract does not know.",
                    index,
                    shown_name(name),
                    line,
                )
            )
    return Row(**known)


def read_lines(body: bytes, *, limit: int) -> Batch:
    """Read newline-delimited JSON: one observation a line, blank lines passed over.

    Raises MalformedError naming the line, TooManyObservationsError over the limit.
    """
    _refuse_crowds(body, limit)
    batch = Batch(Envelope(), [], lines=[])
    assert batch.lines is not None  # noqa: S101  (set on the line above; tells the type checker)
    for number, line in _lines(body):
        if number - len(batch.rows) > BLANK_LIMIT:
            raise MalformedError(TOO_BLANK)
        if not line:
            continue
        if len(batch.rows) >= limit:
            raise TooManyObservationsError
        batch.rows.append(_read_line(line, number, len(batch.rows), batch.faults))
        batch.lines.append(number)
    return batch


def _read_line(line: bytes, number: int, index: int, faults: list[Fault]) -> Row:
    if b"\\" not in line:
        try:
            row = _quick_line.decode(line)
        except (msgspec.DecodeError, RecursionError, ValueError):
            pass
        else:
            if _says_each_key_once(line, row) and _keeps_each_digit([row]):
                return row  # type: ignore[return-value]  # a typed row is a row
    try:
        return row_of(_parse(line), index, number, faults)
    except MalformedError as error:
        raise MalformedError(f"Line {number}: {error}") from error


def _lines(body: bytes) -> Iterator[tuple[int, bytes]]:
    start = 3 if body.startswith(b"\xef\xbb\xbf") else 0
    number = 0
    while start < len(body):
        end = body.find(b"\n", start)
        end = len(body) if end < 0 else end
        number += 1
        line = body[start:end].strip()
        start = end + 1
        yield number, line
