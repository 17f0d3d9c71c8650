"""`manage.py dispose CENTRE [--carry-out]`: records that are past their retention; without the word nothing is done."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from huddles.queries import disposal as queries
from huddles.retention import RULES
from huddles.services import disposal
from nhc import clock
from nhc.actors import Actor
from nhc.formats import full_date
from partners.queries import organisations


class Command(BaseCommand):
    """Lists, and on the word disposes of, the records of a centre that are past their retention."""

    help = "List the records of a centre that are past their retention; with --carry-out, dispose of them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the centre, a rule to adopt, and the word that does it."""
        parser.add_argument("centre", help="The centre, as in its address.")
        parser.add_argument("--adopt", metavar="RULE", help="Let the centre follow a rule from now on, and stop.")
        parser.add_argument("--carry-out", action="store_true", help="Dispose of them. It cannot be undone.")

    def handle(self, *, centre: str, adopt: str | None, carry_out: bool, **_: Any) -> None:
        """Do it, or end with exit code 1 and a sentence on standard error. References alone are printed."""
        at, by = clock.now(), Actor.system("dispose")
        found = organisations.centre_with_partners(centre, clock.london_date(at))
        if found is None:
            raise CommandError(f"There is no centre '{centre}'.")
        if adopt is not None:
            if adopt not in RULES:
                raise CommandError(f"Choose one of: {', '.join(RULES)}.")
            disposal.adopt_rule(centre=found.centre, code=adopt, by=by, at=at)
            self.stdout.write(f"{found.centre.name} follows “{RULES[adopt].name}” from now on.")
            return
        rule = queries.rule_of(found.centre, at)
        self.stdout.write(f"{rule.name}: {rule.years} years ({rule.cites}).")
        listed = list(queries.due(found.centre, at))
        disposal.note_listed(centre=found.centre, number=len(listed), by=by, at=at)
        gone = disposal.dispose_due(centre=found.centre, by=by, at=at) if carry_out else []
        for each in gone if carry_out else listed:
            joined = "".join(f", {other.reference}" for other in each.merged)
            self.stdout.write(f"{each.person.reference}{joined}: due since {full_date(each.due_on)}")
        if carry_out:
            self.stdout.write(f"{len(gone)} disposed of.")
        else:
            self.stdout.write(f"{len(listed)} due. Nothing was done: repeat with --carry-out to dispose of them.")
