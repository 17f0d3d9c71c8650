"""Read a calendar from another organisation's server, and from nowhere else.

Only hosts in the setting NHC_CALENDAR_HOSTS, over HTTPS, without following redirects. The address is resolved once,
checked, and connected to, so that a name cannot mean one machine when it is checked and another when it is read.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Self, override
from urllib.parse import urlsplit

from django.conf import settings

from partners.formats.calendars import LARGEST

PATIENCE = 5.0
"""Seconds that each wait for the other side may take."""
LONGEST = 20.0
"""Seconds that all of it may take, from the name's look-up to the last byte."""
_TOO_LONG = f"The calendar's server took longer than {LONGEST:.0f} seconds."


class FetchError(ValueError):
    """The calendar could not be read; the message is a sentence for whoever looks after the rota."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A calendar's bytes, None where it is the one that `etag` named; and its present tag."""

    body: bytes | None
    etag: str


@dataclass(frozen=True, slots=True)
class Address:
    """A calendar's address that may be read."""

    host: str
    port: int
    path: str

    @classmethod
    def of(cls, url: str) -> Self:
        """Return the parts of an address. Raises FetchError with what is wrong with it."""
        try:
            parts = urlsplit(url)
            port = parts.port or 443
        except ValueError as error:
            raise FetchError("The address cannot be read. Copy it again.") from error
        if parts.scheme != "https" or not parts.hostname:
            raise FetchError("The address must start with https://.")
        if parts.username is not None or parts.password is not None:
            raise FetchError("The address must hold no password.")
        host = parts.hostname.rstrip(".").lower()
        name = host if port == 443 else f"{host}:{port}"
        if name not in settings.CALENDAR_HOSTS:
            raise FetchError(f"Calendars may not be read from {name[:80]}. Ask the operator to allow it.")
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        if any(ord(character) <= 32 or ord(character) > 126 for character in path):
            raise FetchError("The address cannot be read. Copy it again.")
        return cls(host, port, path)


class _Pinned(http.client.HTTPSConnection):
    """A connection to an address that was checked, whose certificate must name the host."""

    def __init__(self, address: Address, resolved: str, context: ssl.SSLContext) -> None:
        super().__init__(address.host, address.port, timeout=PATIENCE, context=context)
        self.resolved = resolved
        self.secure = context
        self.over = False

    @override
    def connect(self) -> None:
        plain = socket.create_connection((self.resolved, self.port), timeout=PATIENCE)
        try:
            # The handshake comes once `cut` can reach the socket: a server can stretch that as well.
            self.sock = self.secure.wrap_socket(plain, server_hostname=self.host, do_handshake_on_connect=False)
        except BaseException:
            plain.close()
            raise
        if self.over:
            raise TimeoutError
        self.sock.do_handshake()

    def cut(self) -> None:
        """End whatever is waiting on the connection, from another thread, and let it wait for nothing more."""
        self.over = True
        if self.sock is not None:
            with suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)


def fetch(url: str, *, etag: str = "") -> Fetched:
    """Return a calendar. Raises FetchError for everything that may go wrong, in a sentence."""
    address = Address.of(url)
    stop = time.monotonic() + LONGEST
    connection = _Pinned(address, _resolve(address, stop), ssl.create_default_context())
    # Each wait is bounded, and so is their sum, which a server could stretch by sending a byte at a time.
    cut = threading.Timer(max(0.0, stop - time.monotonic()), connection.cut)
    cut.daemon = True
    cut.start()
    try:
        headers = {"Accept": "text/calendar", "Accept-Encoding": "identity", "User-Agent": "neighbourhood-backbone"}
        connection.request("GET", address.path, headers=headers | ({"If-None-Match": etag} if etag else {}))
        return _read(connection.getresponse(), stop)
    except ssl.SSLError as error:
        if connection.over:
            raise FetchError(_TOO_LONG) from error
        raise FetchError("The calendar's server could not prove who it is. Ask those who run it.") from error
    except TimeoutError as error:
        raise FetchError("The calendar's server did not answer in time.") from error
    except (OSError, http.client.HTTPException) as error:
        raise FetchError(_TOO_LONG if connection.over else "The calendar's server could not be reached.") from error
    finally:
        cut.cancel()
        connection.close()


def _read(response: http.client.HTTPResponse, stop: float) -> Fetched:
    tag = (response.getheader("ETag") or "")[:200]
    if not (tag.isascii() and tag.isprintable()):
        # It is sent back as it came or not at all, and neither a header nor the database takes everything.
        tag = ""
    if response.status == http.client.NOT_MODIFIED:
        return Fetched(None, tag)
    if 300 <= response.status < 400:
        raise FetchError("The calendar has moved to another address. Ask its owner for the new one.")
    if response.status != http.client.OK:
        raise FetchError(f"The calendar's server answered {response.status}. Ask its owner whether the address holds.")
    body = bytearray()
    while chunk := response.read1(65_536):
        body += chunk
        if len(body) > LARGEST:
            raise FetchError("The calendar must be smaller than 1MB. Ask its owner to split it.")
    if time.monotonic() > stop:
        raise FetchError(_TOO_LONG)
    if response.length:
        raise FetchError("The calendar's server stopped in the middle. It is read again in 15 minutes.")
    return Fetched(bytes(body), tag)


def _resolve(address: Address, stop: float) -> str:
    """Return the host's address. Refuses one inside a private network unless the host may be there."""
    try:
        addresses = _look_up(address, stop)
    except TimeoutError as error:
        raise FetchError(_TOO_LONG) from error
    except (OSError, UnicodeError) as error:
        raise FetchError("The calendar's server could not be found. Copy its address again.") from error
    inside = address.host in settings.CALENDAR_PRIVATE_HOSTS
    if not inside and any(not _public(each) for each in addresses):
        raise FetchError("The calendar's server is inside a private network. Ask the operator to allow it.")
    return addresses[0]


def _look_up(address: Address, stop: float) -> list[str]:
    """Return every address of a host. Raises TimeoutError when time is up: the system's own look-up has no limit."""
    answers: SimpleQueue[list[str] | OSError | UnicodeError] = SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            answers.put(error)
        else:
            answers.put([str(each[4][0]) for each in found])

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=max(0.0, stop - time.monotonic()))
    except Empty as error:
        raise TimeoutError from error
    if isinstance(answer, Exception):
        raise answer
    return answer


_CARRIERS = tuple(
    ipaddress.IPv6Network(network)
    for network in ("::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16")
)
"""IPv6 networks whose addresses carry an IPv4 address: compatible, mapped, NAT64 (RFC 6052, 8215) and 6to4 (RFC 3056).

A gateway on the way takes them to that address, wherever it is. No calendar needs one.
"""


def _public(address: str) -> bool:
    read = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(read, ipaddress.IPv6Address) and (read.is_site_local or any(read in each for each in _CARRIERS)):
        return False
    return read.is_global and not read.is_multicast
