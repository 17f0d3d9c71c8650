"""Words that identify somebody, and a watch over every place where such words must never stand.

Every test runs under the watch: a name or number of `CANARIES` that turns up in a log line, an address, a page's title,
a Redis command, a task, a notice, an event of the trail or an e-mail fails the test in which it does.
"""

import logging
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote_plus

import celery
import pytest
import redis
import redis.asyncio
from django.core.mail import EmailMessage
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.test import AsyncClient, Client

GIVEN_NAME, FAMILY_NAME = "Saphyr", "Oakfel"
NUMBER = "9990000018"
"""Of the range that is kept for tests."""
TELEPHONE, ADDRESS, WORDS = "01632 960 001", "1 Canary Row", "To see the sea at Whitby."

REFERRED = ("Testina", "Exampleton", "Has not slept for four nights")
"""Who is referred, and what is said about them."""
ANSWER, ALTERNATIVES = "We visit", "Three hostels were full"
"""What whoever referred is told, and what was tried before somebody was handed back."""
EMERGENCY = "Found unwell in the waiting room"
"""Why a record is opened."""

CANARIES = (
    *(GIVEN_NAME, FAMILY_NAME, NUMBER, f"{NUMBER[:3]} {NUMBER[3:6]} {NUMBER[6:]}", TELEPHONE, ADDRESS, WORDS),
    *REFERRED,
    *(ANSWER, ALTERNATIVES, EMERGENCY),
)
"""What the tests of people call somebody, and say about them. No member of staff is called so."""

TABLES = ("nhc_outboxjob", "nhc_auditevent", "nhc_notice", "axes_", "django_admin_log")
"""Tables that name nobody who is supported."""
_TITLE = re.compile(r"<title>(.*?)</title>", re.S)

type Execute = Callable[[str, object, bool, dict[str, object]], object]


def named(*told: object) -> list[str]:
    """Return the canaries that some texts hold."""
    text = " ".join(_text(each) for each in told).casefold()
    return [canary for canary in CANARIES if canary.casefold() in text]


def _text(told: object) -> str:
    """Return all that something says. What wraps a value for the database cuts it short where it shows itself."""
    if isinstance(told, bytes):
        return told.decode(errors="replace")
    if isinstance(told, dict):
        return " ".join(_text(each) for pair in told.items() for each in pair)
    if isinstance(told, list | tuple | set | frozenset):
        return " ".join(_text(each) for each in told)
    return str(getattr(told, "obj", told))


class Watch(logging.Handler):
    """What was found where; `look` is told of every text that leaves for such a place."""

    def __init__(self) -> None:
        super().__init__(level=logging.NOTSET)
        self.found: list[str] = []

    def look(self, where: str, *told: object) -> None:
        """Note every canary in some texts."""
        self.found += [f"{where}: {canary}" for canary in named(*told)]

    def emit(self, record: logging.LogRecord) -> None:
        """Look at a log line as it is written, with the exception that it tells of."""
        (writes,) = (each for each in logging.getLogger().handlers if each.name == "standard_error")
        self.look("log", writes.format(record))

    def see_statement(
        self, execute: Execute, sql: str, params: object, many: bool, context: dict[str, object]
    ) -> object:
        """Look at what is stored in tables that name nobody."""
        if sql.startswith(("INSERT", "UPDATE", "\nINSERT")) and any(table in sql for table in TABLES):
            self.look("table", params)
        return execute(sql, params, many, context)

    def see_connection(self, *, connection: BaseDatabaseWrapper, **_: object) -> None:
        """Watch a connection that has just been made."""
        if self.see_statement not in connection.execute_wrappers:
            connection.execute_wrappers.append(self.see_statement)

    def before(self, owner: Any, name: str, where: str, patch: pytest.MonkeyPatch) -> None:
        """Look at what a method is called with, each time before it is."""
        called = getattr(owner, name)

        def watched(itself: object, *arguments: object, **named: object) -> object:
            self.look(where, arguments, named)
            return called(itself, *arguments, **named)

        patch.setattr(owner, name, watched)

    def see_pages(self, patch: pytest.MonkeyPatch) -> None:
        """Look at every address that a test asks for or is led to, and at the title of what it is answered."""
        asked, awaited = Client.request, AsyncClient.request

        def request(client: Client, **environment: Any) -> Any:
            answer = asked(client, **environment)
            self.see_answer(answer, environment.get("PATH_INFO", ""), environment.get("QUERY_STRING", ""))
            return answer

        async def request_live(client: AsyncClient, **scope: Any) -> Any:
            answer = await awaited(client, **scope)
            self.see_answer(answer, scope.get("path", ""), scope.get("query_string", ""))
            return answer

        patch.setattr(Client, "request", request)
        patch.setattr(AsyncClient, "request", request_live)

    def see_answer(self, answer: Any, *asked: object) -> None:
        """Look at what was asked for, at where an answer leads, at its name as a file, and at its title."""
        self.look("address", *(unquote_plus(_text(each)) for each in asked))
        self.look("address", answer.headers.get("Location", ""), answer.headers.get("Content-Disposition", ""))
        if not answer.streaming:
            self.look("title", *_TITLE.findall(answer.content.decode(errors="replace")))

    def see_mail(self, patch: pytest.MonkeyPatch) -> None:
        """Look at every e-mail that is sent."""
        send = EmailMessage.send

        def sent(message: EmailMessage, *arguments: Any, **named: Any) -> int:
            self.look("e-mail", message.subject, message.body, message.to)
            return send(message, *arguments, **named)

        patch.setattr(EmailMessage, "send", sent)


@pytest.fixture(scope="session")
def watch() -> Iterator[Watch]:
    """Watch every place where nobody may be named, for as long as the tests run."""
    watching = Watch()
    with pytest.MonkeyPatch.context() as patch:
        logging.getLogger().addHandler(watching)
        connection_created.connect(watching.see_connection)
        watching.see_pages(patch)
        watching.see_mail(patch)
        watching.before(celery.Task, "apply_async", "task", patch)
        for client in (redis.Redis, redis.client.Pipeline, redis.asyncio.Redis):
            watching.before(client, "execute_command", "Redis", patch)
        yield watching
        connection_created.disconnect(watching.see_connection)
        logging.getLogger().removeHandler(watching)


@pytest.fixture(autouse=True)
def nobody_is_named(watch: Watch) -> Iterator[None]:
    """Fail a test in which somebody who is supported was named where nobody may be."""
    watch.found.clear()
    yield
    assert watch.found == [], "Somebody who is supported is named where nobody may be"
