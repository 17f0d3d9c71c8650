"""The huddles app."""

from django.apps import AppConfig


class HuddlesConfig(AppConfig):
    """The day at a centre, and the people who are supported there."""

    name = "huddles"
    verbose_name = "Huddles"
