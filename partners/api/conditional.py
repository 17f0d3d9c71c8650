"""Answers that a client may keep and ask about: `ETag` and `If-None-Match`."""

import hashlib

from django.http import HttpResponse
from django.utils.http import parse_etags
from rest_framework.request import Request

from nhc.rendering import encoder


def answer(request: Request, document: object, *, audience: str) -> HttpResponse:
    """Return a document as JSON with its ETag, or 304 without a body where the client has it already.

    `audience` says for whom the document was made (an organisation's code, or a centre's audience): it is part of the
    tag, so that one audience's tag never vouches for another's.
    """
    return content(request, encoder.encode(document), "application/json", audience=audience)


def content(request: Request, body: bytes, content_type: str, *, audience: str) -> HttpResponse:
    """Return bytes as they are with their ETag, or 304 without a body where the client has them already."""
    tag = f'"{hashlib.sha256(audience.encode() + b"\n" + body).hexdigest()[:32]}"'
    wanted = parse_etags(request.META.get("HTTP_IF_NONE_MATCH", ""))
    if "*" in wanted or tag in (each.removeprefix("W/") for each in wanted):
        reply = HttpResponse(status=304)
        del reply["Content-Type"]
    else:
        reply = HttpResponse(body, content_type=content_type)
    reply["ETag"] = tag
    return reply
