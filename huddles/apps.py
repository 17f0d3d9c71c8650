"""The huddles app."""

from django.apps import AppConfig


class HuddlesConfig(AppConfig):
    """The day at a centre, and the people who are supported there."""

    name = "huddles"
    verbose_name = "Huddles"

    def ready(self) -> None:
        """Let go of what people carry when their placement ends, and keep teams open that are responsible."""
        from huddles.services import episodes  # noqa: PLC0415  (models are there once apps are loaded)
        from partners.services import leaving  # noqa: PLC0415

        leaving.contribute(leaving=episodes.release_of_leaver, closing=episodes.keep_open)
