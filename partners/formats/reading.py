"""One door for every format."""

from partners.formats.batches import Batch, Envelope
from partners.formats.objects import count_json, envelope_of, read_json, read_lines
from partners.formats.tables import read_csv, read_xlsx

JSON = "application/json"
LINES = "application/x-ndjson"
CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_READERS = {JSON: read_json, LINES: read_lines, CSV: read_csv, XLSX: read_xlsx}

MEDIA_TYPES = tuple(_READERS)


def count(body: bytes, media_type: str, *, limit: int) -> int | None:
    """Return the number of observations where that is quicker to know than to read them, else None.

    Raises TooManyObservationsError over the limit.
    """
    return count_json(body, limit=limit) if media_type == JSON else None


def read(body: bytes, media_type: str, *, limit: int) -> Batch:
    """Read a body of one of MEDIA_TYPES.

    Raises MalformedError, TooManyObservationsError, and KeyError for any other media type.
    """
    return _READERS[media_type](body, limit=limit)


def envelope(body: bytes) -> Envelope:
    """Return the envelope of a JSON body whose observations `count` has counted."""
    return envelope_of(body)
