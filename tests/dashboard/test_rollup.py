"""One aggregation, by drains and by full rebuild: the rules, the equality of both, and the check."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import partial
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client, override_settings

from dashboard.intervals import limits
from dashboard.models import Rollup, RollupRun
from dashboard.services import rollup, runs, shards
from dashboard.services.rollup import LostClaimError
from partners.models import DirtySlot, Measure
from partners.services import contract, organisations
from tests import cast
from tests.cast import MAKER, NOW, Cast
from tests.dashboard.figures import (
    SEEN,
    VISITS,
    answer,
    cell,
    ethnic_group,
    roll,
    seen,
    send,
    stored,
    tamper,
    visits,
)
from tests.factories import FIRST_DAY

pytestmark = pytest.mark.django_db

FEBRUARY = "2026-02-01"


def test_a_ratio_is_sum_over_sum_with_its_limits(people: Cast) -> None:
    send(people.trust, seen("2026-02", 30, 40))
    send(people.charity, seen("2026-02", 1, 60))
    roll()
    expected = limits("proportion", 31, 100)
    assert expected is not None
    assert cell(SEEN, FEBRUARY) == {
        "numerator": 31, "denominator": 100, "value": 0.31, "lower": expected.lower, "upper": expected.upper,
        "organisations_expected": 2, "organisations_reported": 2,
    }  # fmt: skip


def test_a_sum_counts_none_offered_as_nothing_and_as_reported(people: Cast) -> None:
    send(people.trust, visits("2026-02", 12))
    send(people.charity, answer(VISITS, "2026-02", "none_offered"))
    roll()
    february = cell(VISITS, FEBRUARY)
    assert (february["numerator"], february["value"], february["organisations_reported"]) == (12, 12.0, 2)


def test_a_sum_of_none_offered_alone_is_nought(people: Cast) -> None:
    send(people.charity, answer(VISITS, "2026-02", "none_offered"))
    roll()
    assert cell(VISITS, FEBRUARY)["numerator"] == 0


def test_none_offered_is_reported_and_absent_from_ratios(people: Cast) -> None:
    send(people.trust, answer(SEEN, "2026-02", "none_offered"))
    roll()
    february = cell(SEEN, FEBRUARY)
    assert (february["numerator"], february["denominator"], february["value"]) == (None, None, None)
    assert february["organisations_reported"] == 1


@pytest.mark.parametrize("state", ["not_collected", "withheld"])
def test_an_answer_without_figures_is_no_report(people: Cast, state: str) -> None:
    send(people.trust, answer(VISITS, "2026-02", state))
    roll()
    february = cell(VISITS, FEBRUARY)
    assert (february["numerator"], february["value"]) == (None, None)
    assert (february["organisations_expected"], february["organisations_reported"]) == (2, 0)


def test_a_ratio_of_nothing_has_no_value(people: Cast) -> None:
    send(people.trust, seen("2026-02", 0, 0))
    roll()
    february = cell(SEEN, FEBRUARY)
    assert (february["numerator"], february["denominator"]) == (0, 0)
    assert (february["value"], february["lower"], february["upper"]) == (None, None, None)


def test_what_cannot_be_added_has_no_figures_but_says_who_reported(people: Cast) -> None:
    median = replace(cast.VISITS, starts=date(2026, 1, 1), aggregation="none")
    contract.add_measure_version(measure=people.visits, definition=median, by=MAKER, at=NOW)
    send(people.trust, visits("2026-02", 12), visits("2025-12", 12))
    roll()
    february, december = cell(VISITS, FEBRUARY), cell(VISITS, "2025-12-01")
    assert (february["numerator"], february["value"], february["organisations_reported"]) == (None, None, 1)
    assert december["value"] == 12.0


def test_who_owes_is_expected_and_nobody_hides_a_missing_one(people: Cast) -> None:
    send(people.council, visits("2026-02", 5))
    send(people.trust, visits("2026-02", 6), visits("2025-12", 7))
    roll()
    february, december = cell(VISITS, FEBRUARY), cell(VISITS, "2025-12-01")
    # The trust and the charity owe from January 2026; the council sends unasked, and the charity is missing.
    assert (february["organisations_expected"], february["organisations_reported"]) == (3, 2)
    assert (december["organisations_expected"], december["organisations_reported"]) == (1, 1)


def test_a_return_that_ends_changes_who_was_expected(people: Cast) -> None:
    send(people.trust, visits("2026-02", 6), visits("2026-01", 6))
    roll()
    contract.end_return(owed=people.charity_return, until_date=date(2026, 2, 1), by=MAKER, at=NOW)
    roll()
    assert cell(VISITS, "2026-01-01")["organisations_expected"] == 2
    assert cell(VISITS, FEBRUARY)["organisations_expected"] == 1


def test_a_partner_that_comes_back_is_expected_again(people: Cast) -> None:
    join = partial(
        organisations.add_partnership, organisation=people.housing, centre=people.riverside, by=MAKER, at=NOW
    )
    join(from_date=FIRST_DAY, until_date=date(2026, 1, 1))
    contract.add_return(
        organisation=people.housing,
        centre=people.riverside,
        measures=[people.visits],
        from_date=date(2025, 6, 1),
        by=MAKER,
        at=NOW,
    )
    send(people.trust, visits("2026-02", 12))
    roll()
    before = cell(VISITS, FEBRUARY)["organisations_expected"]
    join(from_date=date(2026, 1, 1))
    roll()
    assert (before, cell(VISITS, FEBRUARY)["organisations_expected"]) == (2, 3)
    assert rollup.check(centre_id=people.riverside.pk).differences == 0


def test_a_version_over_past_periods_gives_them_its_meaning(people: Cast) -> None:
    send(people.trust, seen("2026-01", 30, 40), seen("2026-02", 30, 40))
    roll()
    rate = replace(cast.SEEN, starts=date(2026, 2, 1), unit="rate")
    contract.add_measure_version(measure=people.seen, definition=rate, by=MAKER, at=NOW)
    roll()
    events = limits("rate", 30, 40)
    assert events is not None
    assert cell(SEEN, FEBRUARY)["lower"] == events.lower
    assert cell(SEEN, "2026-01-01")["lower"] != events.lower


def test_a_sum_that_becomes_a_ratio_counts_only_figures_with_a_denominator(people: Cast) -> None:
    send(people.trust, visits("2026-02", 41))
    send(people.charity, visits("2026-02", 5))
    roll()
    ratio = replace(cast.SEEN, starts=date(2026, 1, 1))
    contract.add_measure_version(measure=people.visits, definition=ratio, by=MAKER, at=NOW)
    roll()
    shown = cell(VISITS, FEBRUARY)
    assert (shown["numerator"], shown["denominator"], shown["value"]) == (None, None, None)
    assert (shown["organisations_expected"], shown["organisations_reported"]) == (2, 0)
    send(people.charity, visits("2026-02", 5, denominator=10))
    roll()
    shown = cell(VISITS, FEBRUARY)
    assert (shown["numerator"], shown["denominator"], shown["value"]) == (5, 10, 0.5)
    assert (shown["organisations_expected"], shown["organisations_reported"]) == (2, 1)
    assert rollup.check(centre_id=people.riverside.pk).differences == 0
    asked = {"centre": "riverside", "measure": VISITS, "as_known_at": "2099-01-01T00:00:00Z"}
    then = Client().get("/api/v1/rollups/", asked, headers={"Authorization": f"Bearer {people.trust_key}"})
    assert (then.json()["results"][0]["value"], then.json()["results"][0]["organisations_reported"]) == (0.5, 1)
    incremental = stored()
    shards.rebuild(by=MAKER, at=NOW)
    assert stored() == incremental


@pytest.mark.parametrize("path", ["/api/v1/rollups/", "/api/v1/rollups/lineage/"])
def test_a_breakdown_is_read_while_only_some_were_sent_again_as_a_ratio(people: Cast, path: str) -> None:
    counted = replace(cast.VISITS, breakdowns=("ethnic_group",))
    measure = contract.add_measure(code="helped", definition=counted, by=MAKER, at=NOW)
    contract.collect_measure(centre=people.riverside, measure=measure, from_date=FIRST_DAY, by=MAKER, at=NOW)
    for organisation in (people.trust, people.charity):
        both = [visits("2026-02", 20, measure="helped", **more) for more in ({}, ethnic_group("A"))]
        send(organisation, *both)
    ratio = replace(cast.SEEN, starts=date(2026, 1, 1))
    contract.add_measure_version(measure=measure, definition=ratio, by=MAKER, at=NOW)
    send(people.charity, visits("2026-02", 20, measure="helped", denominator=40, **ethnic_group("A")))
    roll()
    asked = {"centre": "riverside", "measure": "helped", "dimension": "ethnic_group", "period": "2026-02"}
    answered = Client().get(path, asked, headers={"Authorization": f"Bearer {people.trust_key}"})
    assert answered.status_code == 200


def test_a_ratio_that_becomes_a_sum_counts_numerators(people: Cast) -> None:
    send(people.trust, seen("2026-02", 30, 40))
    counted = replace(cast.VISITS, starts=date(2026, 1, 1))
    contract.add_measure_version(measure=people.seen, definition=counted, by=MAKER, at=NOW)
    send(people.charity, {"measure": SEEN, "period": "2026-02", "numerator": 5})
    roll()
    shown = cell(SEEN, FEBRUARY)
    assert (shown["numerator"], shown["denominator"], shown["organisations_reported"]) == (35, None, 2)


@pytest.mark.parametrize("unit", ["proportion", "rate", "mean"])
def test_limits_are_those_of_the_statistics_bit_for_bit(people: Cast, unit: str) -> None:
    definition = replace(cast.SEEN, unit=unit, multiplier=1, whole_numbers=False, breakdowns=())
    measure = contract.add_measure(code=f"a-{unit}", definition=definition, by=MAKER, at=NOW)
    contract.collect_measure(centre=people.riverside, measure=measure, from_date=FIRST_DAY, by=MAKER, at=NOW)
    pairs = [(n, d) for n in (0, 1, 2, 7, 9, 9.5, 10, 11, 250, 99_999) for d in (n, n + 0.5, n + 1, 100_000, 0)]
    pairs = [(n, d) for n, d in pairs if unit != "proportion" or n <= d][:40]
    periods = [f"20{16 + month // 12}-{month % 12 + 1:02}" for month in range(6, 46)]
    by_period = dict(zip(periods, pairs, strict=False))
    send(people.trust, *(seen(period, n, d, measure=measure.code) for period, (n, d) in by_period.items()))
    roll()
    for period, (n, d) in by_period.items():
        expected = limits(unit, Decimal(str(n)), Decimal(str(d))) or (None, None)
        found = cell(measure.code, f"{period}-01")
        assert (found["lower"], found["upper"]) == tuple(expected), (n, d)


def test_breakdowns_are_cells_of_their_own(people: Cast) -> None:
    send(people.trust, seen("2026-02", 30, 40), seen("2026-02", 3, 4, **ethnic_group("A")))
    send(people.charity, seen("2026-02", 5, 6, **ethnic_group("A")))
    roll()
    assert cell(SEEN, FEBRUARY, category="A")["numerator"] == 8
    assert cell(SEEN, FEBRUARY)["numerator"] == 30


def test_a_drain_leaves_nothing_dirty_and_rows_that_were_right_untouched(people: Cast) -> None:
    send(people.trust, seen("2026-01", 5, 9), seen("2026-02", 5, 9), seen("2026-02", 1, 2, **ethnic_group("A")))
    first = roll()
    send(people.trust, seen("2026-02", 6, 9))
    second = roll()
    assert first is not None
    assert second is not None
    assert (second.slots, second.rows_written, DirtySlot.objects.count()) == (1, 1, 0)
    assert set(Rollup.objects.values_list("period_start", "category", "run_id")) == {
        (date(2026, 1, 1), "", first.pk),
        (date(2026, 2, 1), "A", first.pk),
        (date(2026, 2, 1), "", second.pk),
    }


def test_a_changed_cell_is_rolled_up_and_no_other(people: Cast) -> None:
    send(people.trust, seen("2026-02", 5, 9), *(seen("2026-02", 1, 2, **ethnic_group(code)) for code in "ABC"))
    send(people.charity, seen("2026-02", 3, 9, **ethnic_group("A")))
    roll()
    tamper("UPDATE dashboard_rollup SET numerator = 99 WHERE category <> 'A'")
    send(people.trust, seen("2026-02", 2, 2, **ethnic_group("A")))
    second = roll()
    assert second is not None
    assert (second.slots, second.rows_written, DirtySlot.objects.count()) == (1, 1, 0)
    assert numerators("2026-02-01") == {"": 99, "A": 5, "B": 99, "C": 99}


def test_a_cell_appears_and_goes_alone(people: Cast) -> None:
    send(people.trust, seen("2026-02", 5, 9))
    roll()
    tamper("UPDATE dashboard_rollup SET numerator = 99")
    send(people.trust, seen("2026-02", 1, 2, **ethnic_group("A")))
    roll()
    assert numerators("2026-02-01") == {"": 99, "A": 1}
    send(people.trust, answer(SEEN, "2026-02", "withdrawn", **ethnic_group("A")))
    roll()
    assert numerators("2026-02-01") == {"": 99}


def test_whole_slots_and_cells_are_drained_together(people: Cast) -> None:
    for period in ("2026-01", "2026-02"):
        send(people.trust, *(seen(period, 1, 2, **ethnic_group(code)) for code in "AB"))
    roll()
    tamper("UPDATE dashboard_rollup SET numerator = 99")
    send(people.trust, *(seen(period, 2, 2, **ethnic_group("A")) for period in ("2026-01", "2026-02")))
    contract.end_return(owed=people.trust_return, until_date=date(2026, 2, 1), by=MAKER, at=NOW)
    drained = roll()
    assert drained is not None
    assert (drained.slots, drained.rows_written, DirtySlot.objects.count()) == (2, 3, 0)
    assert numerators("2026-01-01") == {"A": 2, "B": 99}
    assert numerators("2026-02-01") == {"A": 2, "B": 1}


def test_what_is_withdrawn_leaves_no_row(people: Cast) -> None:
    send(people.trust, seen("2026-02", 5, 9), seen("2026-02", 1, 2, **ethnic_group("A")))
    roll()
    send(people.trust, answer(SEEN, "2026-02", "withdrawn"))
    roll()
    assert list(Rollup.objects.values_list("category", flat=True)) == ["A"]


@override_settings(ROLLUP_BATCH_SLOTS=1)
def test_batches_of_one_slot_come_to_the_same(people: Cast) -> None:
    busy_year(people)
    run_id = runs.ensure_drain_run(at=NOW)
    assert run_id is not None
    runs.claim_run(run_id=run_id, at=NOW)
    while shards.work_one(run_id=run_id, at=NOW):
        pass
    incremental = stored()
    shards.rebuild(by=MAKER, at=NOW)
    assert incremental == stored()


def test_a_full_rebuild_equals_the_drains_before_it_and_empties_the_log(people: Cast) -> None:
    busy_year(people)
    roll()
    send(people.trust, visits("2025-03", 77), answer(SEEN, "2025-04", "withdrawn"))
    roll()
    incremental = stored()
    send(people.trust, visits("2025-03", 78))
    send(people.trust, visits("2025-03", 77))
    run = shards.rebuild(by=MAKER, at=NOW)
    assert stored() == incremental
    assert len(incremental) > 40
    assert (run.state, run.rows_written, DirtySlot.objects.count()) == ("succeeded", len(incremental), 0)
    assert set(Rollup.objects.values_list("run_id", flat=True)) == {run.pk}


def test_drains_go_on_after_a_rebuild(people: Cast) -> None:
    busy_year(people)
    shards.rebuild(by=MAKER, at=NOW)
    send(people.trust, visits("2025-03", 78))
    roll()
    assert cell(VISITS, "2025-03-01")["numerator"] == 78


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE dashboard_rollup SET numerator = numerator + 1 WHERE period_start = '2025-03-01'",
        "UPDATE dashboard_rollup SET upper = 1 WHERE period_start = '2025-03-01' AND dimension = 'ethnic_group'",
        "UPDATE dashboard_rollup SET organisations_expected = 9 WHERE period_start = '2025-03-01'",
        "DELETE FROM dashboard_rollup WHERE period_start = '2025-03-01'",
        "UPDATE dashboard_rollup SET period_start = '2030-01-01' WHERE period_start = '2025-03-01'",
    ],
)
def test_the_check_finds_every_kind_of_difference(people: Cast, change: str) -> None:
    busy_year(people)
    roll()
    assert rollup.check(centre_id=people.riverside.pk).differences == 0
    tamper(change)
    found = rollup.check(centre_id=people.riverside.pk)
    assert found.differences == len(found.examples) > 0
    assert {difference.period_start.month for difference in found.examples} <= {1, 3}


def test_the_check_leaves_slots_that_wait_aside(people: Cast) -> None:
    busy_year(people)
    roll()
    rate = replace(cast.SEEN, starts=date(2025, 3, 1), unit="rate")
    contract.add_measure_version(measure=people.seen, definition=rate, by=MAKER, at=NOW)
    tamper("UPDATE dashboard_rollup SET numerator = 99 WHERE period_start = '2025-03-01' AND category <> ''")
    assert rollup.check(centre_id=people.riverside.pk).differences == 0


def test_the_check_leaves_a_cell_that_waits_aside_and_not_the_rest_of_its_slot(people: Cast) -> None:
    busy_year(people)
    roll()
    send(people.trust, seen("2025-03", 7, 60))
    assert rollup.check(centre_id=people.riverside.pk).differences == 0
    tamper("UPDATE dashboard_rollup SET numerator = 99 WHERE period_start = '2025-03-01' AND category = 'A'")
    found = rollup.check(centre_id=people.riverside.pk)
    assert [(difference.dimension, difference.category) for difference in found.examples] == [("ethnic_group", "A")]


def test_a_worker_that_lost_its_shard_writes_nothing(people: Cast) -> None:
    send(people.trust, visits("2026-02", 5))
    run_id = runs.ensure_drain_run(at=NOW)
    assert run_id is not None
    runs.claim_run(run_id=run_id, at=NOW)
    slow = runs.claim_shards(run_id=run_id)
    tamper("UPDATE dashboard_rollupshard SET claimed_at = claimed_at - interval '1 hour'")
    quick = runs.claim_shards(run_id=run_id)
    with pytest.raises(LostClaimError):
        rollup.drain_batch(claims=slow, limit=10)
    assert (Rollup.objects.count(), DirtySlot.objects.count()) == (0, 1)
    assert rollup.drain_batch(claims=quick, limit=10) == 1


def test_the_command_rolls_up_and_says_what_it_did(people: Cast) -> None:
    send(people.trust, visits("2026-01", 5), visits("2026-02", 5))
    assert "Rolled up 2 slots: 2 rows in" in rolled_by_command()
    assert "Rolled up 0 slots: 0 rows in" in rolled_by_command()
    assert "Full rebuild: 2 rows in" in rolled_by_command("--full")
    assert RollupRun.objects.filter(kind="drain", state="succeeded").count() == 1


def test_the_command_does_what_was_begun_and_left(people: Cast) -> None:
    send(people.trust, visits("2026-02", 5))
    begun = runs.ensure_drain_run(at=NOW)
    send(people.housing, visits("2026-02", 7), centre="hillside")
    assert "Rolled up 2 slots: 2 rows in" in rolled_by_command()
    assert DirtySlot.objects.count() == 0
    assert [(run.pk == begun, run.state) for run in RollupRun.objects.order_by("pk")] == [
        (True, "succeeded"),
        (False, "succeeded"),
    ]


def test_the_command_prints_differences_and_exits_1(people: Cast) -> None:
    send(people.trust, visits("2026-02", 5))
    assert "Check: 0 differences" in rolled_by_command("--full", "--check")
    tamper("UPDATE dashboard_rollup SET numerator = 6")
    output = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("rollup", "--check", stdout=output)
    assert ended.value.code == 1
    assert f"riverside {VISITS} 2026-02-01: stored " in output.getvalue()
    assert "Check: 1 differences" in output.getvalue()


def numerators(period_start: str) -> dict[str, Decimal | None]:
    """Return the stored numerators of the ratio's cells by category."""
    return dict(
        Rollup.objects.filter(measure__code=SEEN, period_start=period_start).values_list("category", "numerator")
    )


def rolled_by_command(*arguments: str) -> str:
    output = StringIO()
    call_command("rollup", *arguments, stdout=output)
    return output.getvalue()


def busy_year(people: Cast) -> None:
    """Two organisations' year with breakdowns, a correction, a replacement and every state."""
    for month in range(1, 13):
        period = f"2025-{month:02}"
        send(
            people.trust,
            seen(period, 30 + month, 60),
            *(seen(period, month, 9 + month, **ethnic_group(code)) for code in "AB"),
            visits(period, 10 * month),
        )
        send(people.charity, visits(period, month) if month % 3 else answer(VISITS, period, "none_offered"))
    send(people.trust, seen("2025-05", 1, 60), mode="replace")
    send(people.charity, visits("2025-06", 99), answer(VISITS, "2025-07", "withheld"))
    send(people.housing, visits("2025-08", 4), centre="hillside")
    assert Measure.objects.count() == 2
    assert connection.in_atomic_block
