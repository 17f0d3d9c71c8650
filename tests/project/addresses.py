"""Every address of the product, as its URL configuration says, and how to go there."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.http.cookie import SimpleCookie
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

_PART = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>[^)]*\)")


@dataclass(frozen=True)
class Address:
    """A URL pattern: its name with its namespaces (its route where it has none) and its whole route."""

    name: str
    route: str

    @property
    def parts(self) -> tuple[str, ...]:
        """Return the names of what the route leaves open."""
        return tuple(plain or named for plain, named in _PART.findall(self.route))

    def path(self, values: Mapping[str, object]) -> str:
        """Return the path where every part has its value."""
        filled = _PART.sub(lambda found: str(values[found[1] or found[2]]), self.route)
        return "/" + re.sub(r"[\^$]", "", filled)


def addresses() -> tuple[Address, ...]:
    """Return every address; those of Django's administration are one, named `admin`."""
    found: dict[str, Address] = {"admin": Address("admin", "admin/")}
    for address in _walk(get_resolver().url_patterns, "", ""):
        if address.name in found and found[address.name] != address:
            raise ValueError(f"Two addresses are called {address.name}: {address.route}")
        found[address.name] = address
    return tuple(found.values())


def _walk(patterns: list[URLPattern | URLResolver], route: str, spaces: str) -> Iterator[Address]:
    for pattern in patterns:
        here = route + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield Address(f"{spaces}{pattern.name}" if pattern.name else here, here)
        elif pattern.namespace != "admin":
            spaces_here = f"{spaces}{pattern.namespace}:" if pattern.namespace else spaces
            yield from _walk(pattern.url_patterns, here, spaces_here)


@dataclass(frozen=True)
class Reply:
    """What came back: the status, where to, and every word of the body."""

    status: int
    location: str
    body: str


def ask(browser: Client, method: str, path: str, form: str = "") -> Reply:
    """Send a request, as a form. What the answer does to the browser's cookies is undone."""
    kept = SimpleCookie(browser.cookies.output(header="", sep=";"))
    browser.raise_request_exception = False
    answer = browser.generic(method, path, form.encode(), content_type="application/x-www-form-urlencoded")
    browser.cookies = kept
    # What never ends has no body to read: who may listen is all that is asked.
    raw = b"" if getattr(answer, "is_async", False) else answer.getvalue()
    return Reply(answer.status_code, answer.headers.get("Location", ""), raw.decode("utf-8", "replace"))
