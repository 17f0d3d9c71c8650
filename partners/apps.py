"""The partners app."""

from django.apps import AppConfig

from nhc import navigation


class PartnersConfig(AppConfig):
    """Organisations, centres, the shared data contract and partners' figures."""

    name = "partners"
    verbose_name = "Partners"

    def ready(self) -> None:
        """Add the entries of the navigation, and say beside a person's name as what they work."""
        from partners.navigation import role_words  # noqa: PLC0415  (models exist once apps are loaded)
        from partners.views.navigation import items  # noqa: PLC0415  (likewise)

        navigation.describe(role_words)
        navigation.contribute(items)
