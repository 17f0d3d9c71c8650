"""The partners app."""

from django.apps import AppConfig

from nhc import navigation


class PartnersConfig(AppConfig):
    """Organisations, centres, the shared data contract and partners' figures."""

    name = "partners"
    verbose_name = "Partners"

    def ready(self) -> None:
        """Add the entries of the navigation, say as what a person works, and who needs a second factor."""
        from nhc import factors  # noqa: PLC0415  (models exist once apps are loaded)
        from partners.navigation import may_see_records, role_words  # noqa: PLC0415  (likewise)
        from partners.views.navigation import items  # noqa: PLC0415  (likewise)

        navigation.describe(role_words)
        navigation.contribute(items)
        factors.require_for(may_see_records)
