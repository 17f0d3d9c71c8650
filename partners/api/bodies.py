"""Request bodies: counted while they are read, unpacked while they are counted."""

import zlib
from collections.abc import Iterator

from django.conf import settings
from django.http import HttpRequest
from django.http.request import RawPostDataException, UnreadablePostError

from nhc.problems import Problem

_CHUNK = 1 << 16


def decoded(request: HttpRequest) -> bytes:
    """Return the body, without its gzip coding.

    Raises Problem: 413 past either limit, at the byte that passes it; 415 for another coding; 400 for a broken one.
    """
    coding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if coding not in {"identity", "gzip", ""}:
        raise Problem(415, "unsupported-encoding", "Unsupported content encoding", "Use gzip, or no encoding.")
    length = request.headers.get("Content-Length", "")
    if length.isdigit() and int(length) > settings.SUBMISSION_WIRE_LIMIT:
        raise too_large()
    wire = _counted(_chunks(request), settings.SUBMISSION_WIRE_LIMIT)
    return b"".join(_counted(_unpacked(wire), settings.SUBMISSION_DECODED_LIMIT) if coding == "gzip" else wire)


def too_large() -> Problem:
    """Return the answer to a body that passes a limit."""
    return Problem(
        413,
        "body-too-large",
        "The body is too large",
        "Send at most 20 MB, and 64 MB when unpacked. Split the figures into several submissions.",
    )


def _chunks(request: HttpRequest) -> Iterator[bytes]:
    try:
        while chunk := request.read(_CHUNK):
            yield chunk
    except (UnreadablePostError, RawPostDataException) as error:
        raise Problem(
            400, "body-interrupted", "The body ended early", "The connection broke while sending. Send it again."
        ) from error


def _counted(chunks: Iterator[bytes], limit: int) -> Iterator[bytes]:
    total = 0
    for chunk in chunks:
        total += len(chunk)
        if total > limit:
            raise too_large()
        yield chunk


def _unpacked(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Unpack gzip, one member after another, never more than a chunk at a time."""
    stream = zlib.decompressobj(zlib.MAX_WBITS | 16)
    started = False
    try:
        for chunk in chunks:
            rest = chunk
            while rest:
                if stream.eof:
                    stream = zlib.decompressobj(zlib.MAX_WBITS | 16)
                started = True
                yield stream.decompress(rest, _CHUNK)
                rest = stream.unconsumed_tail or (stream.unused_data if stream.eof else b"")
    except zlib.error as error:
        raise _broken() from error
    if not started or not stream.eof:
        raise _broken()


def _broken() -> Problem:
    return Problem(
        400,
        "malformed",
        "The body cannot be read",
        "The body says it is gzip but is not, or it ends early. Send it again.",
    )
