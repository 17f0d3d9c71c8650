"""The dashboard app."""

from django.apps import AppConfig

from nhc import navigation


class DashboardConfig(AppConfig):
    """Roll-up, statistics and charts."""

    name = "dashboard"
    verbose_name = "Dashboard"

    def ready(self) -> None:
        """Add the dashboard's entries to the navigation."""
        from dashboard.navigation import items  # noqa: PLC0415  (addresses resolve once apps are loaded)

        navigation.contribute(items)
