"""Signed-in people and the words that a page shows them."""

import html
import re
from typing import Protocol

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from nhc.models import User


class Page(Protocol):
    """What a test client answers, as far as these functions look."""

    @property
    def content(self) -> bytes: ...


_HIDDEN = re.compile(r"<(script|style)\b.*?</\1>", re.S)
_TAG = re.compile(r"<[^>]+>")


def signed_in(user: User) -> Client:
    """Return a browser in which the person is signed in."""
    browser = Client()
    browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return browser


def words(answer: Page) -> str:
    """Return a page's text, its spaces made single, so that a test can look for a sentence."""
    return " ".join(html.unescape(_TAG.sub(" ", _HIDDEN.sub(" ", answer.content.decode()))).split())


def title(answer: Page) -> str:
    """Return a page's title."""
    found = re.search(r"<title>(.*?)</title>", answer.content.decode(), re.S)
    assert found is not None
    return html.unescape(found[1])


def version(answer: Page) -> str:
    """Return the version of the sheet that a page was made from."""
    found = re.search(r'name="version" value="(\d+)"', answer.content.decode())
    assert found is not None
    return found[1]


def csv_file(*lines: str, name: str = "march.csv") -> SimpleUploadedFile:
    """Return a chosen file of CSV lines."""
    return SimpleUploadedFile(name, "\n".join(lines).encode(), content_type="text/csv")
