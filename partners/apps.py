"""The partners app."""

from django.apps import AppConfig

from nhc import navigation


class PartnersConfig(AppConfig):
    """Organisations, centres, the shared data contract and partners' figures."""

    name = "partners"
    verbose_name = "Partners"

    def ready(self) -> None:
        """Say beside a person's name as what they work."""
        from partners.navigation import role_words  # noqa: PLC0415  (models exist once apps are loaded)

        navigation.describe(role_words)
