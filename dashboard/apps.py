"""The dashboard app."""

from django.apps import AppConfig


class DashboardConfig(AppConfig):
    """Roll-up, statistics and charts."""

    name = "dashboard"
    verbose_name = "Dashboard"
