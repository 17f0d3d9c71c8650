"""`manage.py rollup [--full] [--check]`: the night run's own work, now and in this process."""

import sys
import time
from argparse import ArgumentParser
from typing import Never, override

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from dashboard import rollup_sql
from dashboard.models import RollupRun
from dashboard.services import rollup, runs, shards
from dashboard.services.rollup import Difference
from nhc import clock
from nhc.actors import Actor
from partners.queries import figures as figure_queries
from partners.queries import organisations as organisation_queries


class Command(BaseCommand):
    """Roll up what has changed; or everything; or compare what is stored with the observations."""

    help = "Rolls up what has changed. --full makes everything again; --check compares and exits 1 on a difference."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the two options; they may be combined."""
        parser.add_argument("--full", action="store_true", help="make the whole roll-up again and swap it in")
        parser.add_argument(
            "--check", action="store_true", help="compare every figure with the observations; alone it changes nothing"
        )

    @override
    def handle(self, *_args: object, full: bool, check: bool, **_options: object) -> None:
        """Run and print one line a part."""
        if full:
            self._full()
        elif not check:
            self._incremental()
        if check:
            self._check()

    def _full(self) -> None:
        started = time.monotonic()
        run = shards.rebuild(by=Actor.system("rollup command"), at=clock.now())
        self._say(f"Full rebuild: {run.rows_written:,} rows in {time.monotonic() - started:.1f} seconds.")

    def _incremental(self) -> None:
        started = time.monotonic()
        at = clock.now()
        runs.ensure_drain_run(at=at)
        slots = rows = 0
        failures = []
        with self._bar(figure_queries.slots_waiting(), "slot") as bar:
            # Runs that others began too: their centres wait in no other, whether or not a worker is alive to do them.
            for run_id in runs.unfinished(RollupRun.Kind.DRAIN, at=at):
                try:
                    run = shards.run_here(run_id=run_id, at=at, progress=lambda done: _advance(bar, done))
                except shards.RunFailedError as error:
                    failures.append(str(error))
                else:
                    slots, rows = slots + run.slots, rows + run.rows_written
        self._say(f"Rolled up {slots:,} slots: {rows:,} rows in {time.monotonic() - started:.1f} seconds.")
        if failures:
            raise CommandError("\n".join(failures))

    def _check(self) -> None:
        started = time.monotonic()
        waiting = figure_queries.slots_waiting()
        centres = organisation_queries.all_centres()
        found = 0
        with self._bar(len(centres), "centre") as bar:
            for centre in centres:
                checked = rollup.check(centre_id=centre.pk)
                found += checked.differences
                for difference in checked.examples:
                    self._say(_sentence(centre.slug, difference))
                _advance(bar, 1)
        self._say(
            f"Check: {found:,} differences at {len(centres)} centres in {time.monotonic() - started:.1f} seconds; "
            f"{waiting:,} slots wait for a roll-up and were left aside."
        )
        if found:
            sys.exit(1)

    def _bar(self, total: int, unit: str) -> "tqdm[Never]":
        return tqdm(total=total, unit=unit, file=sys.stderr, disable=not sys.stderr.isatty(), leave=False)

    def _say(self, line: str) -> None:
        self.stdout.write(line)


def _advance(bar: "tqdm[Never]", steps: int) -> None:
    bar.update(steps)


def _sentence(centre: str, difference: Difference) -> str:
    cell = f" {difference.dimension}={difference.category}" if difference.dimension else ""
    stored = "nothing" if difference.stored is None else _figures(difference.stored)
    recomputed = "nothing" if difference.recomputed is None else _figures(difference.recomputed)
    place = f"{centre} {difference.measure} {difference.period_start}{cell}"
    return f"{place}: stored {stored}; the observations say {recomputed}"


def _figures(side: tuple[object, ...]) -> str:
    return ", ".join(
        f"{name.removeprefix('organisations_').removesuffix('_id')} {value}"
        for name, value in zip(rollup_sql.FIGURES, side, strict=True)
    )
