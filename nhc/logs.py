"""Structured logs: one JSON object a line in production, readable lines in development, the request id in each."""

from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger


def without_noise(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """Drop the warning that a browser closed its stream: that is how every stream ends."""
    if event.get("event") == "streaming_cancelled":
        raise structlog.DropEvent
    return event


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
            structlog.processors.format_exc_info,
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
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
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
