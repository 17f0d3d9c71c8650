"""Proxies that hold answers back, as some do that stand between a centre and the service."""

import contextlib
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

_OF_ONE_CONNECTION = {"connection", "keep-alive", "transfer-encoding", "upgrade"}


class _Proxy(ThreadingHTTPServer):
    behind: int
    held: int | None


class _Handler(BaseHTTPRequestHandler):
    server: _Proxy

    def do_GET(self) -> None:
        # Whoever asked may leave, and what is behind may end, at any time.
        with contextlib.suppress(OSError, HTTPException), contextlib.closing(self._asked()) as behind:
            self._pass_on(behind.getresponse())

    do_POST = do_GET  # noqa: N815  (likewise)

    def _asked(self) -> HTTPConnection:
        behind = HTTPConnection("127.0.0.1", self.server.behind, timeout=60)
        behind.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() not in _OF_ONE_CONNECTION:
                behind.putheader(name, value)
        behind.endheaders(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        return behind

    def _pass_on(self, answer: HTTPResponse) -> None:
        held, flows = b"", False
        while part := answer.read1(65536):
            held += part
            if flows or (self.server.held is not None and len(held) >= self.server.held):
                held, flows = self._send(answer, held, first=not flows), True
        self._send(answer, held, first=not flows)

    def _send(self, answer: HTTPResponse, part: bytes, *, first: bool) -> bytes:
        if first:
            self.send_response_only(answer.status, answer.reason)
            for name, value in answer.getheaders():
                if name.lower() not in _OF_ONE_CONNECTION:
                    self.send_header(name, value)
            self.end_headers()
        self.wfile.write(part)
        return b""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the name that http.server calls)
        """Say nothing."""


@contextlib.contextmanager
def holding_back(port: int, *, held: int | None = None) -> Iterator[int]:
    """Pass on what a port of this machine serves, on the port that is returned, until the end.

    Of each answer nothing goes on before there are `held` bytes; without a number, nothing before its end.
    """
    with _Proxy(("127.0.0.1", 0), _Handler) as proxy:
        proxy.behind, proxy.held = port, held
        Thread(target=proxy.serve_forever, daemon=True).start()
        try:
            yield proxy.server_port
        finally:
            proxy.shutdown()
