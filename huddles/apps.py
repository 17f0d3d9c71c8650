"""The huddles app."""

from django.apps import AppConfig


class HuddlesConfig(AppConfig):
    """The day at a centre, and the people who are supported there."""

    name = "huddles"
    verbose_name = "Huddles"

    def ready(self) -> None:
        """Let go of what people carry when their placement ends; keep boards live, and chairs signed in."""
        from decisions.services import following  # noqa: PLC0415  (models are there once apps are loaded)
        from huddles.queries import facts, huddle  # noqa: PLC0415  (likewise)
        from huddles.services import board, cards, episodes, leavers  # noqa: PLC0415  (likewise)
        from huddles.views.navigation import items  # noqa: PLC0415  (likewise)
        from nhc import live, navigation, sessions  # noqa: PLC0415  (likewise)
        from partners.services import leaving  # noqa: PLC0415  (likewise)

        leaving.contribute(leaving=leavers.release_of_leaver, closing=episodes.keep_open)
        following.contribute(cards.issue_moved)
        live.register(board.KIND, facts.versions_of)
        sessions.run_in_background("huddles:board", "huddles:board-live")
        sessions.count_presence(huddle.chairs_now)
        navigation.contribute(items)
