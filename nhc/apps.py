"""Wires the platform: tasks are known to every process, grants follow every migration."""

from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules

from nhc import grants


def grant_after_migrate(*, using: str, **_: Any) -> None:
    """Renew the application role's rights after the owner migrated."""
    owner = connections[using].settings_dict
    application = connections["default"].settings_dict
    if using == "owner" and owner["USER"] != application["USER"]:
        grants.grant_application(connections[using], role=str(application["USER"]))


class NhcConfig(AppConfig):
    """The platform."""

    name = "nhc"
    verbose_name = "Platform"

    def ready(self) -> None:
        """Load tasks, so that web processes know their names, and listen for migrations."""
        from nhc import checks  # noqa: F401, PLC0415  (registers system checks once apps are loaded)

        autodiscover_modules("tasks")
        post_migrate.connect(grant_after_migrate, dispatch_uid="grant_after_migrate")
