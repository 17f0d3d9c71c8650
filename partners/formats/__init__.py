"""Reading what partners send: JSON, one observation a line, CSV or a spreadsheet, all into the same rows."""

from partners.formats.batches import (
    FIELDS,
    Batch,
    Envelope,
    Fault,
    MalformedError,
    Row,
    TooManyObservationsError,
    cell_name,
)
from partners.formats.reading import MEDIA_TYPES, count, envelope, read

__all__ = [
    "FIELDS",
    "MEDIA_TYPES",
    "Batch",
    "Envelope",
    "Fault",
    "MalformedError",
    "Row",
    "TooManyObservationsError",
    "cell_name",
    "count",
    "envelope",
    "read",
]
