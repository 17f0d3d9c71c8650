"""The ASGI application, behind a counter that cuts request bodies while they stream in."""

import os
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nhc.settings")

type Message = Mapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]
type Scope = dict[str, Any]
type Application = Callable[[Scope, Receive, Send], Awaitable[None]]

PAGE_LIMIT = 21_000_000
"""Bytes on the wire for a page: one spreadsheet of 20 MB and its form."""


class BodyTooLarge(Exception):
    """More bytes arrived than any answer could want."""


class BodyLimit:
    """Refuse a body past the limit at the byte that passes it, before Django spools it to disk."""

    def __init__(self, application: Application, *, wire_limit: int) -> None:
        self.application = application
        self.wire_limit = wire_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        limit = self.wire_limit if scope["path"].startswith("/api/") else PAGE_LIMIT
        headers = dict(scope["headers"])
        if int(headers.get(b"content-length", b"0") or 0) > limit:
            await refuse(scope, send)
            return
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                raise BodyTooLarge
            return message

        try:
            await self.application(scope, counted, send)
        except BodyTooLarge:
            await refuse(scope, send)


async def refuse(scope: Scope, send: Send) -> None:
    """Answer 413 with a problem document and close, without reading the rest."""
    body = (
        b'{"type":"/problems/body-too-large","title":"The body is too large","status":413,'
        b'"detail":"Send at most 20 MB. Compress the body with gzip, or split it into several submissions."}'
    )
    await send(
        {
            "type": "http.response.start",
            "status": 413,
            "headers": [
                (b"content-type", b"application/problem+json"),
                (b"content-length", str(len(body)).encode()),
                (b"cache-control", b"private, no-cache"),
                (b"connection", b"close"),
            ],
        }
    )
    await send({"type": "http.response.body", "body": body})


application = BodyLimit(get_asgi_application(), wire_limit=20_000_000)
