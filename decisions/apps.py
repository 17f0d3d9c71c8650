"""The decisions app."""

from django.apps import AppConfig

from nhc import navigation


class DecisionsConfig(AppConfig):
    """Decision rights, the answer to "May I?", and the forums that settle what the grid does not."""

    name = "decisions"
    verbose_name = "Decisions"

    def ready(self) -> None:
        """Add the ways to forums to the navigation."""
        from decisions.views.navigation import items  # noqa: PLC0415  (addresses resolve once apps are loaded)

        navigation.contribute(items)
