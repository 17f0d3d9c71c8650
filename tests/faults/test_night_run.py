"""A night run against real workers, a real scheduler and real servers, while they are killed, emptied and restarted.

In every case: one success for the night, and figures equal to those of an undisturbed full rebuild.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from nhc.embedded import Throwaway, throwaway
from nhc.embedded.postgresql import OWNER
from nhc.embedded.processes import wait_for

pytestmark = [pytest.mark.fault, pytest.mark.xdist_group("night-run")]

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 300
"""Seconds for a night to succeed, disturbed or not."""

FIGURES = """
INSERT INTO partners_centre (slug, name, ods_site_code, kind, day_starts, figures, figures_note)
  SELECT 'centre-' || c, 'Centre ' || c, '', 'pilot', '07:00', 'made_up', '' FROM generate_series(1, 8) c;
INSERT INTO partners_organisation (code, name, ods_code, sector, demonstration)
  SELECT 'L' || o, 'Organisation ' || o, '', 'other', true FROM generate_series(10, 12) o;
INSERT INTO partners_partnership (organisation_id, centre_id, from_date)
  SELECT o.id, c.id, '2020-01-01' FROM partners_organisation o, partners_centre c;
INSERT INTO partners_measure (code) SELECT 'measure-' || m FROM generate_series(1, 8) m;
INSERT INTO partners_measureversion (measure_id, number, starts, title, definition, numerator_label, denominator_label,
    unit, unit_label, multiplier, whole_numbers, aggregation, period_type, breakdowns, improvement, disclosure,
    imd_version, source)
  SELECT id, 1, '2020-01-01', code, 'd', 'n', 'd', 'rate', '', 1, true, 'ratio_of_sums', 'month', '{}', 'increase',
         'hes', '', '' FROM partners_measure;
INSERT INTO partners_submission (id, organisation_id, centre_id, mode, media_type, reason, file_name, state,
    received_at, processed_at, attempts, system_name, counts, periods, warnings, errors)
  SELECT gen_random_uuid(), organisation_id, centre_id, 'merge', 'text/csv', '', '', 'accepted', now(), now(), 1,
         'test', '{}', '[]', '[]', '[]' FROM partners_partnership;
INSERT INTO partners_observation (organisation_id, centre_id, measure_id, version_id, period_start, dimension,
    category, state, numerator, denominator, reason, submission_id, opened_seq)
  SELECT s.organisation_id, s.centre_id, v.measure_id, v.id, month::date, '', '', 'reported',
         3 * s.centre_id + v.id, 1000, '', s.id, 1
    FROM partners_submission s, partners_measureversion v,
         generate_series('2024-01-01', '2026-10-01', interval '1 month') month;
"""
SLOTS = 8 * 8 * 34

DIRTY = """
TRUNCATE dashboard_rollup, dashboard_rollupshard, dashboard_rolluprun, nhc_outboxjob, partners_dirtyslot;
INSERT INTO partners_dirtyslot (centre_id, measure_id, period_start)
  SELECT DISTINCT centre_id, measure_id, period_start FROM partners_observation;
"""

STORED = """
SELECT md5(string_agg(row::text, '|' ORDER BY row::text)) FROM (
  SELECT centre_id, measure_id, period_start, dimension, category, version_id, numerator, denominator, value, lower,
         upper, organisations_expected, organisations_reported FROM dashboard_rollup) AS row
"""

NIGHTS = "SELECT count(*) FROM dashboard_rolluprun WHERE kind = 'night'"


@dataclass
class Product:
    """The product's background processes over one pair of servers."""

    services: Throwaway
    undisturbed: str = ""
    running: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | self.services.environment() | {
            "NHC_DEBUG": "0", "NHC_SHARD_STALE_SECONDS": "2", "NHC_ROLLUP_BATCH_SLOTS": "4",
        }  # fmt: skip

    def manage(self, *arguments: str) -> None:
        command = [sys.executable, str(ROOT / "manage.py"), *arguments]
        subprocess.run(command, env=self.environment, cwd=ROOT, check=True, capture_output=True)

    def ask(self, sql: str) -> tuple[object, ...]:
        with psycopg.connect(self.services.postgresql.access.url(OWNER), autocommit=True) as connection:
            cursor = connection.execute(sql)
            return (cursor.fetchone() or ()) if cursor.description else ()

    def celery(self, *arguments: str) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "celery", "-A", "tests.faults.quick_beat", *arguments]
        log = (self.services.home / f"{arguments[0]}.log").open("ab")
        with log:
            process = subprocess.Popen(
                command, env=self.environment, cwd=ROOT, stdout=log, stderr=log, start_new_session=True
            )
        self.running.append(process)
        return process

    def worker(self) -> "subprocess.Popen[bytes]":
        return self.celery("worker", "--concurrency", "2", "--without-gossip", "--without-mingle")

    def beat(self) -> "subprocess.Popen[bytes]":
        schedule = self.services.home / f"beat-{len(self.running)}"
        return self.celery("beat", "--pidfile=", "--schedule", str(schedule))

    def kill(self, process: "subprocess.Popen[bytes]") -> None:
        """Kill a process and its children at once, as the machine would when it dies."""
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self.running.remove(process)

    def rows(self) -> int:
        (count,) = self.ask("SELECT count(*) FROM dashboard_rollup")
        assert isinstance(count, int)
        return count

    def until_rows(self, least: int) -> None:
        """Wait until the night is under way, and fail where it is over before it could be disturbed."""
        assert wait_for(lambda: self.rows() >= least, seconds=LIMIT)
        assert self.rows() < SLOTS

    def night_succeeded(self) -> bool:
        return self.ask(f"{NIGHTS} AND state = 'succeeded'") == (1,)

    def log(self) -> str:
        return "".join(path.read_text(errors="replace")[-6000:] for path in self.services.home.glob("*.log"))


@pytest.fixture(scope="module")
def services() -> Iterator[Product]:
    with throwaway(fsync=True) as servers:
        product = Product(servers)
        product.manage("migrate", "--verbosity", "0")
        product.ask(FIGURES)
        product.manage("rollup", "--full")
        (digest,) = product.ask(STORED)
        product.undisturbed = str(digest)
        yield product


@pytest.fixture
def product(services: Product) -> Iterator[Product]:
    """Give every test an empty roll-up, everything dirty, and no process left over."""
    services.ask("ALTER TABLE nhc_auditevent DISABLE TRIGGER USER; DELETE FROM nhc_auditevent; "
                 "ALTER TABLE nhc_auditevent ENABLE TRIGGER USER")  # fmt: skip
    services.ask(DIRTY)
    redis.Redis.from_url(services.services.redis.url).flushall()
    try:
        yield services
    finally:
        for process in list(services.running):
            services.kill(process)


def kill_the_worker_again_and_again(product: Product, worker: "subprocess.Popen[bytes]") -> None:
    for least in (200, 700, 1200):
        product.until_rows(least)
        product.kill(worker)
        worker = product.worker()


def kill_the_worker_twenty_times(product: Product, worker: "subprocess.Popen[bytes]") -> None:
    for least in range(100, 2100, 100):
        product.until_rows(least)
        product.kill(worker)
        worker = product.worker()


def kill_its_children(product: Product, worker: "subprocess.Popen[bytes]") -> None:
    for least in (200, 700, 1200):
        product.until_rows(least)
        for child in psutil.Process(worker.pid).children():
            child.kill()


def flush_redis(product: Product, _worker: "subprocess.Popen[bytes]") -> None:
    client = redis.Redis.from_url(product.services.redis.url)
    for least in (200, 900):
        product.until_rows(least)
        client.flushall()
    client.close()


def restart_redis_empty(product: Product, _worker: "subprocess.Popen[bytes]") -> None:
    product.until_rows(300)
    product.services.redis.stop()
    product.services.redis.start()


def restart_postgresql(product: Product, _worker: "subprocess.Popen[bytes]") -> None:
    product.until_rows(300)
    product.services.postgresql.restart("immediate")


def add_a_scheduler_and_a_worker(product: Product, _worker: "subprocess.Popen[bytes]") -> None:
    product.beat()
    product.worker()


@pytest.mark.parametrize(
    "disturb",
    [
        kill_the_worker_again_and_again,
        pytest.param(kill_the_worker_twenty_times, marks=pytest.mark.long),
        kill_its_children,
        flush_redis,
        restart_redis_empty,
        restart_postgresql,
        add_a_scheduler_and_a_worker,
    ],
)
def test_the_night_succeeds_once_with_right_figures(
    product: Product, disturb: Callable[[Product, "subprocess.Popen[bytes]"], None]
) -> None:
    worker = product.worker()
    product.beat()
    disturb(product, worker)
    assert wait_for(product.night_succeeded, seconds=LIMIT), product.log()
    assert wait_for(lambda: product.ask("SELECT count(*) FROM partners_dirtyslot") == (0,), seconds=LIMIT)
    assert product.ask(STORED) == (product.undisturbed,)
    assert product.ask(NIGHTS) == (1,)
    assert product.ask("SELECT count(*) FROM nhc_auditevent WHERE verb = 'rollup.succeeded'") == (1,)
    assert product.ask("SELECT sum(differences) FROM dashboard_rolluprun") == (0,)
