"""What is sealed cannot be changed, removed or added to unnoticed, and whatever commits is sealed."""

from contextlib import closing
from datetime import timedelta

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.utils import ProgrammingError
from django.test import override_settings

from nhc import clock, seals
from nhc.models import AuditEvent, AuditHorizon, AuditSeal
from nhc.seals import Head
from nhc.tasks import seal_audit
from nhc.verification import verify
from tests.conftest import Database
from tests.nhc.trail import found, open_transaction, seal, tamper, write

SEALS = ("UPDATE nhc_auditseal SET last_id = 9", "DELETE FROM nhc_auditseal", "TRUNCATE nhc_auditseal")


def seal_once(**bounds: int) -> list[Head]:
    return seals.seal_settled(at=clock.now(), **bounds)


def sealed_ids() -> list[int]:
    return [event_id for one in AuditSeal.objects.order_by("number") for event_id in one.event_ids]


@pytest.fixture
def sealed(committed: Database) -> Database:
    """Return a database with nine events under three seals."""
    write(9)
    assert len(seal(limit=3)) == 3
    return committed


def test_what_has_committed_is_sealed_once_and_verifies(committed: Database) -> None:
    write(3)
    assert len(seal()) == 1
    assert seal_audit() == 0
    assert sealed_ids() == [1, 2, 3]
    assert found() == []


def test_a_backlog_is_sealed_in_bounded_steps(committed: Database) -> None:
    write(7)
    # Two at a time: the third seal waits for the next run, however much has settled.
    assert len(seal_once(limit=2, seals=2)) in {0, 2}
    assert len(sealed_ids()) in {0, 4}
    seal(limit=2)
    assert [len(one.event_ids) for one in AuditSeal.objects.order_by("number")] == [2, 2, 2, 1]
    assert found() == []


def test_an_event_that_commits_late_is_sealed_in_its_place(committed: Database) -> None:
    writer, late = open_transaction(committed)
    with closing(writer):
        write(2)
        assert seal_once() == []
        writer.commit()
    assert len(seal()) == 1
    assert sealed_ids() == [late, late + 1, late + 2]
    assert found() == []


def test_a_transaction_without_events_yet_holds_up_only_what_follows_it(committed: Database) -> None:
    with closing(psycopg.connect(committed.application_url)) as idle:
        write(2)
        seal()
        idle.execute("SELECT pg_current_xact_id()")
        write(1)
        assert seal_once() == []
        idle.rollback()
    assert len(seal()) == 1
    assert sealed_ids() == [1, 2, 3]


def test_identifiers_of_what_was_rolled_back_stay_gaps(committed: Database) -> None:
    write(1)
    writer, lost = open_transaction(committed)
    writer.rollback()
    writer.close()
    write(1)
    seal()
    assert sealed_ids() == [1, lost + 1]
    assert found() == []


def test_two_sealers_at_once_do_no_harm(committed: Database) -> None:
    write(2)
    with closing(psycopg.connect(committed.application_url)) as other:
        other.execute("SELECT pg_advisory_xact_lock(73010)")
        assert seal_once() == []
        other.rollback()
    assert len(seal()) == 1


def test_a_note_of_another_servers_transactions_holds_nothing_up(committed: Database) -> None:
    # As after a restore into a new cluster, whose transaction numbers begin anew.
    write(2)
    AuditHorizon.objects.create(last_id=2, transaction_id=10**12)
    assert len(seal()) == 1
    write(1)
    assert len(seal()) == 1
    assert found() == []


def test_an_event_cannot_say_when_or_in_what_transaction_it_was_written(committed: Database) -> None:
    writer, event_id = open_transaction(committed)
    with closing(writer):
        writer.commit()
    event = AuditEvent.objects.get(pk=event_id)
    assert event.transaction_id > 0
    assert len(bytes(event.row_hash)) == 32


@pytest.mark.django_db
@pytest.mark.parametrize("statement", SEALS)
def test_the_application_may_not_change_a_seal(statement: str) -> None:
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


@pytest.mark.parametrize("statement", SEALS)
def test_even_the_owner_is_refused_a_seal(sealed: Database, statement: str) -> None:
    with (
        psycopg.connect(sealed.owner_url) as owner,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"),
    ):
        owner.execute(statement.encode())


COLUMNS = {
    "at": "at - interval '1 microsecond'",
    "recorded_at": "recorded_at + interval '1 microsecond'",
    "transaction_id": "transaction_id + 1",
    "actor_kind": "'key', key_prefix = 'abcdefgh'",
    "system_name": "'somebody'",
    "verb": "'measure.removed'",
    "subject": "'centre'",
    "subject_id": "'99'",
    "centre": "'hillside'",
    "organisation": "'ZZ001'",
    "request_id": "'r'",
    "details": "details || '{\"version\": 99}'",
    "row_hash": "sha256('x')",
}


@pytest.mark.parametrize(("column", "value"), COLUMNS.items())
def test_a_changed_column_is_found_and_located(sealed: Database, column: str, value: str) -> None:
    tamper(sealed, f"UPDATE nhc_auditevent SET {column} = {value} WHERE id = 5")
    assert found() == ["Event 5 was changed: it is not what seal 2 holds."]


def test_a_change_that_renews_the_hash_beside_it_is_found(sealed: Database) -> None:
    tamper(sealed, "UPDATE nhc_auditevent SET verb = 'x' WHERE id = 5")
    tamper(sealed, "UPDATE nhc_auditevent event SET row_hash = nhc_audit_row_hash(event) WHERE id = 5")
    assert found() == ["Event 5 was changed: it is not what seal 2 holds."]


def test_every_column_is_under_the_hash() -> None:
    names = {field.column for field in AuditEvent._meta.get_fields() if hasattr(field, "column")}
    assert names - COLUMNS.keys() == {"id", "user_id", "key_prefix"}


def test_a_removed_event_is_found_and_located(sealed: Database) -> None:
    tamper(sealed, "DELETE FROM nhc_auditevent WHERE id = 4")
    assert found() == ["Event 4 is missing: seal 2 holds it."]


def test_an_event_added_afterwards_is_found_and_located(sealed: Database) -> None:
    tamper(sealed, "DELETE FROM nhc_auditevent WHERE id = 4")
    tamper(sealed, "UPDATE nhc_auditevent SET id = -1 WHERE id = 8")
    assert found() == [
        "Event -1 was added outside the trail, which begins at 1.",
        "Event 4 is missing: seal 2 holds it.",
        "Event 8 is missing: seal 3 holds it.",
    ]


def test_an_event_in_the_gap_of_one_rolled_back_is_found(committed: Database) -> None:
    writer, gap = open_transaction(committed)
    writer.rollback()
    writer.close()
    write(2)
    seal()
    tamper(committed, f"UPDATE nhc_auditevent SET id = {gap} WHERE id = 2")
    assert found() == [
        f"Event {gap} was added after seal 1 had closed its place.",
        "Event 2 is missing: seal 1 holds it.",
    ]


def test_events_that_changed_places_are_found(sealed: Database) -> None:
    tamper(sealed, "UPDATE nhc_auditevent SET id = CASE id WHEN 4 THEN -5 ELSE 4 END WHERE id IN (4, 5)")
    tamper(sealed, "UPDATE nhc_auditevent SET id = 5 WHERE id = -5")
    assert found() == [f"Event {number} was changed: it is not what seal 2 holds." for number in (4, 5)]


def test_a_removed_seal_is_found(sealed: Database) -> None:
    tamper(sealed, "DELETE FROM nhc_auditseal WHERE number = 2")
    assert found() == ["Seal 2 is missing. Events 4 to 6 are under no seal."]


def test_seals_that_changed_places_are_found(sealed: Database) -> None:
    tamper(sealed, "UPDATE nhc_auditseal SET number = number + 10")
    tamper(sealed, "UPDATE nhc_auditseal SET number = CASE number WHEN 12 THEN 1 WHEN 11 THEN 2 ELSE 3 END")
    assert "Seal 1 was changed: its code does not fit what it says." in found()


def test_a_seal_made_to_fit_without_the_key_is_found(sealed: Database) -> None:
    tamper(sealed, "DELETE FROM nhc_auditevent WHERE id = 6")
    tamper(
        sealed,
        "UPDATE nhc_auditseal SET event_ids = '{4,5}', row_hashes = substr(row_hashes, 1, 64) WHERE number = 2",
    )
    assert found() == ["Seal 2 was changed: its code does not fit what it says."]


def test_a_removed_last_seal_shows_by_the_head_in_the_log(sealed: Database) -> None:
    head = Head.of(AuditSeal.objects.get(number=3))
    tamper(sealed, "DELETE FROM nhc_auditseal WHERE number = 3")
    (finding,) = verify(at=clock.now(), heads=[head])
    assert str(finding) == "Seal 3, which the log names, is missing, with every seal after it."
    seal()
    (finding,) = verify(at=clock.now(), heads=[head])
    assert str(finding) == "Seal 3 is not the one that the log names: it was removed and made again."


def test_an_event_changed_before_its_seal_is_found(committed: Database) -> None:
    write(2)
    tamper(committed, "UPDATE nhc_auditevent SET verb = 'x' WHERE id = 2")
    assert found() == ["Event 2 was changed before it was sealed."]
    seal()
    assert found() == ["Event 2 was changed: it is not what seal 1 holds."]


def test_events_that_wait_over_a_minute_are_reported(committed: Database) -> None:
    write(2)
    assert found(clock.now() + timedelta(seconds=30)) == []
    (sentence,) = found(clock.now() + timedelta(seconds=90))
    assert sentence.startswith("2 events have waited for a seal for over a minute, from event 1 of ")


def test_a_key_may_be_replaced_and_the_former_one_still_verifies(sealed: Database) -> None:
    with override_settings(AUDIT_KEY=b"k" * 32):
        write(1)
        seal()
        assert len(found()) == 3
        assert all("NHC_AUDIT_FORMER_KEYS" in sentence for sentence in found())
    with override_settings(AUDIT_KEY=b"k" * 32, AUDIT_FORMER_KEYS=[settings.AUDIT_KEY]):
        assert found() == []


def test_the_command_says_what_is_wrong_and_ends_with_1(sealed: Database, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("audit", "verify")
    assert "9 events under 3 seals verified: nothing was changed" in capsys.readouterr().out
    tamper(sealed, "UPDATE nhc_auditevent SET verb = 'x' WHERE id = 2")
    with pytest.raises(CommandError, match="1 found wrong") as raised:
        call_command("audit", "verify")
    assert raised.value.returncode == 1
    assert "Event 2 was changed" in capsys.readouterr().out


def test_since_leaves_out_what_was_sealed_before(sealed: Database) -> None:
    instant = clock.now()
    write(1)
    seal()
    tamper(sealed, "UPDATE nhc_auditevent SET verb = 'x' WHERE id IN (2, 10)")
    assert [finding.event_id for finding in verify(at=clock.now(), since=instant)] == [10]


@pytest.mark.parametrize("wrong", [{"head": ["1:zz"]}, {"head": ["x"]}, {"head": ["1:abcd"]}, {"since": "last week"}])
def test_what_cannot_be_read_is_refused_with_a_sentence(committed: Database, wrong: dict[str, object]) -> None:
    with pytest.raises(CommandError, match=r"Copy one from the log|Write it as"):
        call_command("audit", "verify", **wrong)
