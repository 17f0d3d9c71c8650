"""The decisions app."""

from django.apps import AppConfig


class DecisionsConfig(AppConfig):
    """Decision rights, the answer to "May I?", and the forums that settle what the grid does not."""

    name = "decisions"
    verbose_name = "Decisions"
