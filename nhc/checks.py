"""System checks: mistakes in settings that would make time, history or durability wrong."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register


@register(Tags.compatibility)
def time_is_london(*, app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Storage in UTC and pages in Europe/London: any other setting moves every deadline."""
    if settings.USE_TZ and settings.TIME_ZONE == "Europe/London":
        return []
    return [
        Error(
            "Deadlines and periods would move: times must be stored in UTC and shown in Europe/London.",
            hint="Set TIME_ZONE = 'Europe/London' and USE_TZ = True in nhc/settings.py.",
            id="nhc.E001",
        )
    ]


@register(Tags.security, deploy=True)
def roles_are_apart(*, app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """In production the application must not own its tables, or history could be rewritten."""
    if settings.DATABASES["default"]["USER"] != settings.DATABASES["owner"]["USER"]:
        return []
    return [
        Error(
            "DATABASE_URL and DATABASE_OWNER_URL name the same role.",
            hint="Create a second role for the application, as 'Operations' in README.md shows.",
            id="nhc.E002",
        )
    ]
