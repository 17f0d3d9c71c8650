"""The partners app."""

from django.apps import AppConfig

from nhc import navigation, trail


class PartnersConfig(AppConfig):
    """Organisations, centres, the shared data contract and partners' figures."""

    name = "partners"
    verbose_name = "Partners"

    def ready(self) -> None:
        """Add to the navigation; say as what a person works, who needs a second factor, who reads the trail."""
        from nhc import factors  # noqa: PLC0415  (models exist once apps are loaded)
        from nhc.views.trail import items as trail_items  # noqa: PLC0415  (likewise)
        from partners.navigation import may_read_audit, needs_second_factor, role_words  # noqa: PLC0415  (likewise)
        from partners.permissions.audit import audit_scope  # noqa: PLC0415  (likewise)
        from partners.views.navigation import items  # noqa: PLC0415  (likewise)

        navigation.describe(role_words)
        navigation.contribute(items)
        navigation.contribute(trail_items)
        trail.admit(trail.Reader(may=may_read_audit, scope=audit_scope))
        factors.require_for(needs_second_factor)
