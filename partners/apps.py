"""The partners app."""

from django.apps import AppConfig


class PartnersConfig(AppConfig):
    """Organisations, centres, the shared data contract and partners' figures."""

    name = "partners"
    verbose_name = "Partners"
