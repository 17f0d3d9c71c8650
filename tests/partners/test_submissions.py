"""Figures in, through the service: stored whole or not at all."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import override_settings

from nhc.models import AuditEvent
from partners import formats
from partners.models import DirtySlot, Observation, Revision, Submission
from partners.services import contract, submissions
from partners.services.submissions import Outcome, Upload
from tests import cast
from tests.cast import MAKER, NOW, Cast
from tests.factories import FIRST_DAY

pytestmark = pytest.mark.django_db

SEEN = "crisis-contacts-seen-in-4h"
VISITS = "visits-to-community-partners"


@pytest.fixture
def people() -> Cast:
    return cast.gather()


def send(people: Cast, *observations: Mapping[str, object], mode: str = "merge", dry_run: bool = False) -> Outcome:
    message = {"centre": "riverside", "mode": mode, "observations": observations}
    upload = Upload(organisation=people.trust, media_type="application/json", body=json.dumps(message).encode())
    return submissions.receive(upload=upload, by=MAKER, at=NOW, dry_run=dry_run)


def pair(period: str, numerator: int, denominator: int, **more: object) -> dict[str, object]:
    return {"measure": SEEN, "period": period, "numerator": numerator, "denominator": denominator, **more}


def codes(outcome: Outcome) -> dict[str, list[int]]:
    return {error["code"]: error["indexes"] for error in outcome.submission.errors}


def test_new_figures_are_stored_with_their_revision_and_audit(people: Cast) -> None:
    outcome = send(people, pair("2026-02", 41, 52), pair("2026-02", 12, 14, breakdown={"ethnic_group": "A"}))
    assert outcome.submission.state == "accepted"
    assert outcome.submission.counts["created"] == 2
    assert Revision.objects.get().submission_id == outcome.submission.pk
    assert AuditEvent.objects.filter(verb="submission.accepted", subject_id=str(outcome.submission.pk)).count() == 1
    assert set(Observation.objects.values_list("category", "numerator")) == {("", Decimal(41)), ("A", Decimal(12))}


def test_the_same_again_changes_nothing_and_marks_nothing(people: Cast) -> None:
    send(people, pair("2026-02", 41, 52))
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM partners_dirtyslot")
    again = send(people, pair("2026-02", 41, 52))
    assert again.submission.counts == {
        "received": 1, "created": 0, "changed": 0, "unchanged": 1, "removed": 0, "rejected": 0,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM partners_dirtyslot")
        assert cursor.fetchone() == (0,)


def marks() -> set[tuple[int, str | None]]:
    return set(DirtySlot.objects.values_list("period_start__month", "category"))


def test_few_changed_cells_are_marked_one_by_one_and_more_as_their_slot(people: Cast) -> None:
    groups = [pair("2026-02", 3, 9, breakdown={"ethnic_group": code}) for code in "ABCDE"]
    send(people, *groups[:3], pair("2026-02", 9, 9), pair("2026-01", 9, 9))
    assert marks() == {(1, ""), (2, ""), (2, "A"), (2, "B"), (2, "C")}
    DirtySlot.objects.all().delete()
    send(people, *(group | {"numerator": 4} for group in groups), pair("2026-01", 8, 9))
    assert marks() == {(1, ""), (2, None)}


def test_what_is_withdrawn_or_replaced_away_is_marked(people: Cast) -> None:
    send(people, pair("2026-01", 9, 9), pair("2026-02", 9, 9), pair("2026-02", 3, 9, breakdown={"ethnic_group": "A"}))
    DirtySlot.objects.all().delete()
    send(people, {"measure": SEEN, "period": "2026-01", "state": "withdrawn"})
    send(people, pair("2026-02", 9, 9), mode="replace")
    assert marks() == {(1, ""), (2, "A")}


@override_settings(SUBMISSION_SYNCHRONOUS_LIMIT=6_000)
def test_a_submission_that_changes_thousands_of_cells_marks_whole_slots(people: Cast) -> None:
    daily = contract.add_measure(
        code="daily", definition=replace(cast.SEEN, starts=FIRST_DAY, period_type="day"), by=MAKER, at=NOW
    )
    contract.collect_measure(centre=people.riverside, measure=daily, from_date=FIRST_DAY, by=MAKER, at=NOW)
    days = [(FIRST_DAY + timedelta(days=number)).isoformat() for number in range(2_501)]
    whole = [pair(day, 3, 9, measure="daily") for day in days]
    parts = [each | {"breakdown": {"ethnic_group": "A"}} for each in whole]
    assert send(people, *whole, *parts).submission.counts["created"] == 5_002
    assert DirtySlot.objects.filter(dimension=None).count() == DirtySlot.objects.count() == 2_501


def test_a_correction_closes_the_old_row_and_adds_another(people: Cast) -> None:
    send(people, pair("2026-02", 41, 52))
    changed = send(people, pair("2026-02", 43, 52))
    assert changed.submission.counts["changed"] == 1
    old, new = Observation.objects.order_by("opened_seq")
    assert (old.numerator, old.closed_seq) == (Decimal(41), new.opened_seq)
    assert (new.numerator, new.closed_seq) == (Decimal(43), None)


def test_replace_closes_what_the_payload_no_longer_holds(people: Cast) -> None:
    send(
        people, pair("2026-01", 9, 9), pair("2026-02", 41, 52), pair("2026-02", 12, 14, breakdown={"ethnic_group": "A"})
    )
    outcome = send(people, pair("2026-02", 41, 52), mode="replace")
    assert (outcome.submission.counts["removed"], outcome.submission.counts["unchanged"]) == (1, 1)
    assert set(Observation.objects.filter(closed_seq=None).values_list("period_start__month", "category")) == {
        (1, ""),
        (2, ""),
    }


def test_withdrawn_leaves_not_sent(people: Cast) -> None:
    send(people, pair("2026-02", 41, 52))
    outcome = send(people, {"measure": SEEN, "period": "2026-02", "state": "withdrawn"})
    assert outcome.submission.counts["removed"] == 1
    assert not Observation.objects.filter(closed_seq=None).exists()


def test_every_fault_is_named_at_once_and_nothing_is_stored(people: Cast) -> None:
    outcome = send(
        people,
        pair("2026-02", 60, 52),
        pair("2026-13", 1, 2),
        pair("2026-Q1", 1, 2),
        pair("2027-01", 1, 2),
        {"measure": "no-such", "period": "2026-02", "numerator": 1},
        {"measure": SEEN, "period": "2026-01", "numerator": 1},
        {"measure": VISITS, "period": "2026-01", "numerator": 1, "denominator": 2},
        {"measure": VISITS, "period": "2026-01", "numerator": 1.5},
        pair("2026-01", 1, 2, breakdown={"shoe_size": "44"}),
        pair("2026-01", 1, 2, breakdown={"ethnic_group": "Q"}),
        pair("2026-01", 1, 2, breakdown={"sex": "1"}),
        {"measure": VISITS, "period": "2025-12", "state": "withheld", "numerator": 3},
        {"measure": VISITS, "period": "2025-11", "state": "perhaps"},
        {"measure": VISITS, "period": "2025-10", "numerator": "1,200"},
        {"measure": VISITS, "period": "2025-10", "numerator": -1},
        {"measure": VISITS, "period": "2025-10", "numerator": 2**53},
        {"measure": VISITS, "period": "2025-10", "numerator": True},
        {"measure": VISITS, "period": "2025-10"},
        {"measure": VISITS, "period": "2025-09", "numerator": 1, "colour": "red"},
        {"measure": VISITS, "period": "2025-08", "numerator": 1},
        {"measure": VISITS, "period": "2025-08", "numerator": 2},
    )
    assert codes(outcome) == {
        "unknown-field": [18],
        "numerator-above-denominator": [0],
        "invalid-period": [1],
        "wrong-period-type": [2],
        "future-period": [3],
        "unknown-measure": [4],
        "missing-denominator": [5],
        "unexpected-denominator": [6],
        "not-a-whole-number": [7],
        "unknown-dimension": [8],
        "unknown-category": [9],
        "breakdown-not-collected": [10],
        "figures-with-state": [11],
        "invalid-state": [12],
        "not-a-number": [13],
        "negative-number": [14],
        "number-too-large": [15],
        "wrong-type": [16],
        "missing-field": [17],
        "duplicate-key": [19, 20],
    }
    assert not Observation.objects.exists()


def test_a_dry_run_says_what_would_change_and_stores_nothing(people: Cast) -> None:
    send(
        people, pair("2026-01", 9, 10), pair("2026-02", 41, 52), pair("2026-02", 1, 2, breakdown={"ethnic_group": "A"})
    )
    outcome = send(people, pair("2026-02", 43, 52), pair("2026-03", 5, 6), mode="replace", dry_run=True)
    assert [(change.place, change.kind) for change in outcome.changes] == [
        (0, "changed"),
        (1, "created"),
        (None, "removed"),
    ]
    assert outcome.changes[0].before is not None
    assert outcome.changes[0].before["numerator"] == 41
    assert Submission.objects.count() == 1
    assert Observation.objects.filter(closed_seq=None, numerator=41).exists()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[1,2",
        b'{"centre": "riverside", "centre": "hillside", "observations": []}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_what_is_not_json_is_malformed(people: Cast, body: bytes) -> None:
    with pytest.raises(formats.MalformedError):
        submissions.receive(
            upload=Upload(organisation=people.trust, media_type="application/json", body=body), by=MAKER, at=NOW
        )
    assert not Submission.objects.exists()


def test_a_centre_where_the_organisation_is_no_partner_is_unknown(people: Cast) -> None:
    message = {"centre": "hillside", "observations": [pair("2026-02", 1, 2)]}
    upload = Upload(organisation=people.trust, media_type="application/json", body=json.dumps(message).encode())
    outcome = submissions.receive(upload=upload, by=MAKER, at=NOW)
    assert list(codes(outcome)) == ["unknown-centre"]


def test_csv_faults_name_the_senders_own_cells(people: Cast) -> None:
    lines = ["period,measure,denominator,numerator", f"2026-02,{SEEN},52,60", "", f"2026-01,{SEEN},10,x"]
    upload = Upload(
        organisation=people.trust, media_type="text/csv", body="\n".join(lines).encode(), centre="riverside"
    )
    outcome = submissions.receive(upload=upload, by=MAKER, at=NOW)
    assert [(error["code"], error["rows"], error["cells"]) for error in outcome.submission.errors] == [
        ("numerator-above-denominator", [2], ["D2"]),
        ("not-a-number", [4], ["D4"]),
    ]
