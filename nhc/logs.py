"""Structured logs: one JSON object a line in production, readable lines in development, the request id in each."""

import re
import sys
import traceback
from typing import Any

import psycopg
import structlog
from django.db import DatabaseError
from structlog.typing import EventDict, Processor, WrappedLogger


def without_noise(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """Drop the warning that a browser closed its stream: that is how every stream ends."""
    if event.get("event") == "streaming_cancelled":
        raise structlog.DropEvent
    return event


def without_values(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """Write an exception as its traceback, with nothing that a database said of a row: that holds what people typed.

    Of a database's exception its kind, its SQLSTATE and the constraint are kept, also where it is the cause of another
    one or is repeated in the line itself.
    """
    given = event.pop("exc_info", None)
    raised = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    said = str(event.get("event", ""))
    if isinstance(raised, BaseException):
        chain = _chain(raised)
        for each in chain:
            if isinstance(each, _OF_DATABASES):
                said = said.replace(repr(each), _named(each)).replace(str(each) or "\0", _named(each))
        event["exception"] = "\n".join(_traceback(each) for each in reversed(chain))
    event["event"] = _DETAILS.sub("", said)
    return event


def _chain(raised: BaseException) -> list[BaseException]:
    """Return an exception and those that led to it, the last first."""
    chain: list[BaseException] = []
    following: BaseException | None = raised
    while following is not None and following not in chain:
        chain.append(following)
        following = following.__cause__ or (None if following.__suppress_context__ else following.__context__)
    return chain


def _traceback(raised: BaseException) -> str:
    said = _named(raised) if isinstance(raised, _OF_DATABASES) else f"{type(raised).__qualname__}: {raised}"
    return "".join(["Traceback (most recent call last):\n", *traceback.format_tb(raised.__traceback__), said])


def _named(raised: BaseException) -> str:
    """Return the kind of a database's exception, its SQLSTATE and the constraint where there are such."""
    of_driver = next((each for each in _chain(raised) if isinstance(each, psycopg.Error)), None)
    state = None if of_driver is None else of_driver.sqlstate
    constraint = None if of_driver is None else of_driver.diag.constraint_name
    return " ".join(filter(None, (type(raised).__qualname__, state, constraint)))


_OF_DATABASES = (DatabaseError, psycopg.Error)
_DETAILS = re.compile(r"(\n|\\n)\s*(DETAIL|CONTEXT|HINT):.*", re.DOTALL)

_SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
]


def configure() -> None:
    """Route structlog through the standard library, so that every library's lines look the same."""
    structlog.configure(
        processors=[
            *_SHARED,
            without_noise,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def configuration(*, level: str, readable: bool) -> dict[str, Any]:
    """Return Django's LOGGING. Lines go to standard error and carry no personal data and no bodies."""
    renderer: Processor = (
        structlog.dev.ConsoleRenderer(colors=False) if readable else structlog.processors.JSONRenderer()
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, without_values, renderer],
                "foreign_pre_chain": _SHARED,
            }
        },
        "handlers": {"standard_error": {"class": "logging.StreamHandler", "formatter": "structured"}},
        "root": {"handlers": ["standard_error"], "level": level},
        "loggers": {
            "django.request": {"level": "ERROR"},
            "uvicorn.access": {"level": "WARNING"},
            "axes": {"level": "WARNING"},
            # At INFO it names passkeys.
            "fido2.server": {"level": "WARNING"},
        },
    }
