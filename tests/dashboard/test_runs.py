"""The ledger: every London night once, whatever schedulers, workers and clocks do."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial

import psycopg
import pytest
import time_machine
from django.conf import LazySettings
from django.db import connections

from dashboard import tasks
from dashboard.models import Rollup, RollupRun, RollupShard
from dashboard.queries import runs as run_queries
from dashboard.services import rollup, runs, shards
from dashboard.services.rollup import Claim, LostClaimError
from nhc.celery import app
from nhc.embedded.processes import wait_for
from nhc.models import AuditEvent
from tests import cast
from tests.cast import NOW, Cast
from tests.conftest import Database
from tests.dashboard.figures import VISITS, cell, roll, send, stored, tamper, visits

AT_TEN = datetime(2027, 5, 10, 9, 0, tzinfo=UTC)


@pytest.fixture
def eager() -> Iterator[None]:
    """Let tasks run where they are called, as in a worker."""
    app.conf.task_always_eager, before = True, app.conf.task_always_eager
    yield
    app.conf.task_always_eager = before


def nights() -> list[tuple[date, str]]:
    found = RollupRun.objects.filter(kind="night").order_by("business_date")
    return list(found.values_list("business_date", "state"))


@pytest.mark.parametrize(
    ("instant", "night"),
    [
        ("2027-01-15 01:59:59", date(2027, 1, 14)),
        ("2027-01-15 02:00:00", date(2027, 1, 15)),
        # The clocks go forward at 01:00: what follows is 02:00 summer time.
        ("2027-03-28 00:59:59", date(2027, 3, 27)),
        ("2027-03-28 01:00:00", date(2027, 3, 28)),
        ("2027-07-01 00:59:59", date(2027, 6, 30)),
        # The clocks go back at 01:00: half past one comes twice, two o'clock once.
        ("2027-10-31 00:30:00", date(2027, 10, 30)),
        ("2027-10-31 01:30:00", date(2027, 10, 30)),
        ("2027-10-31 02:00:00", date(2027, 10, 31)),
        ("2028-02-29 02:00:00", date(2028, 2, 29)),
        ("2028-01-01 02:00:00", date(2028, 1, 1)),
    ],
)
def test_a_night_is_due_at_two_in_london(instant: str, night: date) -> None:
    assert runs.latest_night(datetime.fromisoformat(f"{instant}+00:00")) == night


@pytest.mark.django_db
@pytest.mark.parametrize("changes", [date(2027, 3, 28), date(2027, 10, 31)])
def test_every_date_around_a_clock_change_is_one_night(changes: date) -> None:
    at = datetime(changes.year, changes.month, changes.day - 2, 12, 0, tzinfo=UTC)
    for _ in range(4 * 24 * 4):
        runs.ensure_night_runs(at=at)
        at += timedelta(minutes=15)
    assert [night for night, _ in nights()] == [changes + timedelta(days=offset) for offset in range(-2, 3)]


@pytest.mark.django_db
def test_an_empty_ledger_begins_with_the_last_night_due() -> None:
    assert runs.ensure_night_runs(at=AT_TEN) == 1
    assert runs.ensure_night_runs(at=AT_TEN) == 0
    run = RollupRun.objects.get()
    assert (run.business_date, run.state) == (date(2027, 5, 10), "due")
    assert run.due_at == datetime(2027, 5, 10, 1, 0, tzinfo=UTC)


@pytest.mark.django_db
def test_missed_nights_are_caught_up_one_after_the_other(people: Cast, eager: None) -> None:
    send(people.trust, visits("2026-02", 5))
    runs.ensure_night_runs(at=AT_TEN - timedelta(days=3))
    with time_machine.travel(AT_TEN, tick=False):
        assert tasks.ensure_night_runs() == 3
    assert nights() == [(date(2027, 5, day), "succeeded") for day in (7, 8, 9, 10)]
    assert AuditEvent.objects.filter(verb="rollup.succeeded").count() == 4
    assert cell(VISITS, "2026-02-01")["numerator"] == 5


@pytest.mark.django_db
def test_a_message_that_comes_three_times_and_late_has_one_effect(people: Cast, eager: None) -> None:
    send(people.trust, visits("2026-02", 5))
    with time_machine.travel(AT_TEN, tick=False):
        tasks.ensure_night_runs()
        run, before = RollupRun.objects.get(), stored()
        assert [tasks.roll_shard(run=run.pk) for _ in range(3)] == [False] * 3
        tasks.ensure_night_runs()
    assert (nights(), stored()) == ([(date(2027, 5, 10), "succeeded")], before)
    assert RollupRun.objects.get().finished_at == run.finished_at


@pytest.mark.django_db
def test_by_day_the_log_is_drained_and_an_idle_minute_leaves_no_run(people: Cast, eager: None) -> None:
    send(people.trust, visits("2026-02", 5))
    send(people.housing, visits("2026-02", 7), centre="hillside")
    for _ in range(2):
        tasks.drain()
    run = RollupRun.objects.get()
    assert (run.kind, run.state, run.slots, run.rows_written) == ("drain", "succeeded", 2, 2)
    assert Rollup.objects.count() == 2


@pytest.mark.django_db
def test_a_centre_that_fails_keeps_no_other_waiting(people: Cast) -> None:
    send(people.trust, visits("2026-02", 5))
    send(people.housing, visits("2026-02", 7), centre="hillside")
    run_id = runs.ensure_drain_run(at=NOW)
    assert run_id is not None
    runs.claim_run(run_id=run_id, at=NOW)
    (claim,) = runs.claim_shards(run_id=run_id)
    runs.fail_shards(claims=[claim], error=OSError("No space left on device\nand more"), at=NOW)
    run = RollupRun.objects.get()
    assert (run.state, run.failure) == ("failed", "OSError: No space left on device")
    (nudge,) = runs.resume(RollupRun.Kind.DRAIN, at=NOW)
    (other,) = runs.claim_shards(run_id=run_id)
    assert (nudge.shards, other.shard_id == claim.shard_id) == (2, False)
    finish(other)
    (again,) = runs.claim_shards(run_id=run_id)
    assert again.fence > claim.fence
    finish(again)
    assert RollupRun.objects.get().state == "succeeded"


@pytest.mark.django_db
def test_a_change_while_a_run_is_stuck_waits_for_no_other_centre(people: Cast) -> None:
    send(people.trust, visits("2026-02", 5))
    stuck = runs.ensure_drain_run(at=NOW)
    send(people.trust, visits("2026-03", 5))
    send(people.housing, visits("2026-02", 7), centre="hillside")
    fresh = runs.ensure_drain_run(at=NOW)
    assert stuck is not None
    assert fresh is not None
    slugs = RollupRun.objects.order_by("pk").values_list("pk", "shards__centre__slug")
    assert list(slugs) == [(stuck, "riverside"), (fresh, "hillside")]
    assert runs.ensure_drain_run(at=NOW) is None


@pytest.mark.django_db
def test_a_silent_worker_loses_its_shard_and_cannot_finish_it(people: Cast) -> None:
    send(people.trust, visits("2026-02", 5))
    run_id = runs.ensure_drain_run(at=NOW)
    assert run_id is not None
    runs.claim_run(run_id=run_id, at=NOW)
    (silent,) = runs.claim_shards(run_id=run_id)
    assert runs.claim_shards(run_id=run_id) == []
    tamper("UPDATE dashboard_rollupshard SET claimed_at = claimed_at - interval '121 seconds'")
    (successor,) = runs.claim_shards(run_id=run_id)
    with pytest.raises(LostClaimError):
        finish(silent)
    finish(successor)
    run = RollupRun.objects.get()
    assert (run.state, run.slots, run.rows_written) == ("succeeded", 1, 1)


@pytest.mark.django_db
def test_a_run_is_claimed_when_due_and_again_only_when_silent() -> None:
    runs.ensure_night_runs(at=AT_TEN)
    run = RollupRun.objects.get()
    assert not runs.claim_run(run_id=run.pk, at=run.due_at - timedelta(seconds=1))
    tamper("INSERT INTO partners_centre (slug, name, ods_site_code, kind, day_starts, figures, figures_note) "
           "VALUES ('one', 'One', '', 'pilot', '07:00', 'live', '')")  # fmt: skip
    tamper("INSERT INTO partners_measure (code) VALUES ('one')")
    tamper("INSERT INTO partners_dirtyslot (centre_id, measure_id, period_start) "
           "SELECT c.id, m.id, '2026-02-01' FROM partners_centre c, partners_measure m")  # fmt: skip
    assert runs.claim_run(run_id=run.pk, at=run.due_at)
    assert not runs.claim_run(run_id=run.pk, at=run.due_at)
    tamper("UPDATE dashboard_rolluprun SET heartbeat_at = heartbeat_at - interval '601 seconds'")
    assert runs.claim_run(run_id=run.pk, at=run.due_at)
    assert RollupRun.objects.get().fence == 2


@pytest.mark.django_db
def test_the_night_mends_what_differs_and_says_how_much(people: Cast, eager: None) -> None:
    send(people.trust, visits("2026-01", 5), visits("2026-02", 5))
    roll()
    right = stored()
    tamper("UPDATE dashboard_rollup SET numerator = numerator + 1")
    with time_machine.travel(AT_TEN, tick=False):
        tasks.ensure_night_runs()
    status = run_queries.night_status()
    assert status.latest is not None
    assert (status.latest.differences, status.unfinished, status.waiting) == (2, None, 0)
    assert stored() == right
    assert run_queries.figures_as_at() == status.latest.finished_at


@pytest.mark.django_db
def test_old_drains_are_forgotten_unless_a_figure_names_them(people: Cast, eager: None) -> None:
    for number in (5, 6):
        send(people.trust, visits("2026-02", number))
        roll()
    tamper("UPDATE dashboard_rolluprun SET finished_at = '2027-01-01'")
    with time_machine.travel(AT_TEN, tick=False):
        tasks.ensure_night_runs()
    named = Rollup.objects.get().run_id
    assert list(run_queries.recent_runs()) == [
        RollupRun.objects.get(kind="night"),
        RollupRun.objects.get(kind="drain", pk=named),
    ]


def test_two_workers_take_different_shards_and_the_run_ends_once(committed: Database) -> None:
    people = cast.gather()
    send(people.trust, visits("2026-02", 5))
    send(people.housing, visits("2026-02", 7), centre="hillside")
    run_id = runs.ensure_drain_run(at=NOW)
    assert run_id is not None
    claimed: list[bool] = []
    ended: list[bool] = []

    def worker(ready: threading.Barrier) -> None:
        ready.wait()
        claimed.append(runs.claim_run(run_id=run_id, at=NOW))
        ready.wait()
        (claim,) = runs.claim_shards(run_id=run_id)
        while rollup.drain_batch(claims=[claim], limit=10):
            pass
        ready.wait()
        ended.append(runs.finish_shards(claims=[claim], at=NOW))

    together(worker, worker)
    assert sorted(claimed) == sorted(ended) == [False, True]
    assert RollupRun.objects.get().rows_written == Rollup.objects.count() == 2


def test_a_worker_at_a_long_statement_keeps_its_shard(committed: Database, settings: LazySettings) -> None:
    people = cast.gather()
    send(people.trust, visits("2026-02", 5))
    settings.ROLLUP_SHARD_STALE_SECONDS = 6
    runs.ensure_night_runs(at=AT_TEN)
    (run_id,) = runs.unfinished(RollupRun.Kind.NIGHT, at=AT_TEN)
    runs.claim_run(run_id=run_id, at=AT_TEN)
    worker = threading.Thread(target=in_thread, args=(partial(shards.work_one, run_id=run_id, at=AT_TEN),))
    with psycopg.connect(committed.application_url) as other:
        other.execute("LOCK TABLE dashboard_rollup IN SHARE ROW EXCLUSIVE MODE")
        worker.start()
        claims: set[tuple[datetime | None, int]] = set()

        def heard_again() -> bool:
            claims.update(RollupShard.objects.filter(state="running").values_list("claimed_at", "fence"))
            return len(claims) > 1

        heard = wait_for(heard_again, seconds=20)
        taken = runs.claim_shards(run_id=run_id)
    worker.join(timeout=30)
    assert (heard, taken, {fence for _, fence in claims}) == (True, [], {1})
    assert RollupRun.objects.get().state == "succeeded"


@pytest.mark.django_db
def test_a_rebuild_that_is_interrupted_has_failed(people: Cast) -> None:
    send(people.trust, visits("2026-02", 5))

    def interrupted(execute: Callable[..., object], sql: str, *more: object) -> object:
        if "shadow_swap" in sql:
            raise KeyboardInterrupt
        return execute(sql, *more)

    with connections["default"].execute_wrapper(interrupted), pytest.raises(KeyboardInterrupt):
        shards.rebuild(by=cast.MAKER, at=NOW)
    run = RollupRun.objects.get()
    assert (run.state, run.failure.startswith("KeyboardInterrupt")) == ("failed", True)


@pytest.mark.django_db
def test_a_rebuild_whose_process_was_killed_has_failed_when_the_next_minute_comes(people: Cast, eager: None) -> None:
    shards.rebuild(by=cast.MAKER, at=NOW)
    tamper("UPDATE dashboard_rolluprun SET state = 'running', finished_at = NULL")
    with time_machine.travel(AT_TEN, tick=False):
        tasks.ensure_night_runs()
        assert RollupRun.objects.get(kind="full").state == "running"
        tamper("UPDATE dashboard_rolluprun SET heartbeat_at = heartbeat_at - interval '601 seconds'")
        tasks.ensure_night_runs()
    run = RollupRun.objects.get(kind="full")
    assert (run.state, run.failure) == ("failed", "The process that rebuilt the roll-up has gone.")


def test_two_schedulers_at_once_make_one_run(committed: Database) -> None:
    people = cast.gather()
    send(people.trust, visits("2026-02", 5))

    def scheduler(ready: threading.Barrier) -> None:
        ready.wait()
        runs.ensure_night_runs(at=AT_TEN)
        runs.ensure_drain_run(at=NOW)

    together(scheduler, scheduler, scheduler)
    assert sorted(RollupRun.objects.values_list("kind", flat=True)) == ["drain", "night"]


def test_a_drain_waits_for_a_rebuild_and_writes_into_the_new_table(committed: Database) -> None:
    people = cast.gather()
    send(people.trust, visits("2026-01", 5))
    shards.rebuild(by=cast.MAKER, at=NOW)
    with psycopg.connect(committed.application_url) as other:
        other.execute("LOCK TABLE dashboard_rollup IN SHARE ROW EXCLUSIVE MODE")
        other.execute("SELECT dashboard_rollup_shadow_begin()")
        other.execute("INSERT INTO dashboard_rollup_shadow SELECT * FROM dashboard_rollup")
        send(people.trust, visits("2026-02", 6))

        def drain(ready: threading.Barrier) -> None:
            ready.wait()
            roll()

        def swap(ready: threading.Barrier) -> None:
            ready.wait()
            with psycopg.connect(committed.owner_url, autocommit=True) as observer:
                while not observer.execute("SELECT FROM pg_locks WHERE NOT granted AND locktype = 'relation'").rowcount:
                    pass
            other.execute("SELECT dashboard_rollup_shadow_index(), dashboard_rollup_shadow_swap()")
            other.commit()

        together(drain, swap)
    assert [row["numerator"] for row in Rollup.objects.order_by("period_start").values("numerator")] == [5, 6]


def finish(claim: Claim) -> None:
    while rollup.drain_batch(claims=[claim], limit=10):
        pass
    runs.finish_shards(claims=[claim], at=NOW)


def in_thread(part: Callable[[], object]) -> None:
    """Do a part and give its connection back."""
    try:
        part()
    finally:
        connections["default"].close()


def together(*parts: Callable[[threading.Barrier], None]) -> None:
    """Run the parts in threads that start together; raise what any of them raised."""
    ready = threading.Barrier(len(parts), timeout=20)
    raised: list[BaseException] = []

    def run(part: Callable[[threading.Barrier], None]) -> None:
        try:
            part(ready)
        except BaseException as error:
            raised.append(error)
            ready.abort()
        finally:
            connections["default"].close()

    threads = [threading.Thread(target=run, args=(part,)) for part in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    if raised:
        raise raised[0]
