"""`manage.py demo`: load the demonstration, or say that it is loaded, and how to sign in."""

import time
from typing import override

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from dashboard.demonstration import loading
from dashboard.services.shards import RunFailedError
from nhc import clock, demonstration
from nhc.actors import Actor


class Command(BaseCommand):
    """Load the demonstration. A second time changes nothing."""

    help = "Loads the demonstration and prints its sign-ins. Safe to repeat; refuses where real organisations exist."

    @override
    def handle(self, *_args: object, **_options: object) -> None:
        """Load what is missing, with a line for each step, then list the sign-ins."""
        started = time.monotonic()
        password = demonstration.password()
        try:
            changed = loading.load(password=password, by=Actor.system("demonstration"), at=clock.now(), say=self._say)
        except (loading.OthersHereError, RunFailedError) as error:
            raise CommandError(str(error)) from error
        if changed:
            self._say(f"The demonstration is loaded, in {time.monotonic() - started:.0f} seconds.")
        else:
            self._say("The demonstration is loaded already.")
        self._say("\nSign in as one of these:")
        for address, name in loading.sign_ins():
            self._say(f"  {address:<32}{name}")
        if settings.NHC_DEMO_PASSWORD:
            self._say("The password of each is the one in NHC_DEMO_PASSWORD.")
        else:
            self._say(f"The password of each: {password}")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
