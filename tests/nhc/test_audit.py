"""The audit trail cannot be rewritten."""

import psycopg
import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from nhc import audit, clock
from nhc.actors import Actor
from nhc.models import AuditEvent
from nhc.trail import Filters, Scope, narrow
from tests.conftest import Database

SYSTEM = Actor.system("night run")


def record_one() -> AuditEvent:
    audit.record(
        by=SYSTEM, at=clock.now(), verb="measure.added", subject="measure", subject_id=7, details={"version": 1}
    )
    return AuditEvent.objects.get()


@pytest.mark.django_db
def test_an_event_keeps_who_what_and_the_transaction() -> None:
    event = record_one()
    assert (event.actor_kind, event.system_name, event.verb) == ("system", "night run", "measure.added")
    assert event.details == {"version": 1}
    assert event.transaction_id > 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    ["UPDATE nhc_auditevent SET verb = 'x'", "DELETE FROM nhc_auditevent", "TRUNCATE nhc_auditevent"],
)
def test_the_application_may_not_rewrite_the_trail(statement: str) -> None:
    record_one()
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


@pytest.mark.parametrize(
    "statement",
    ["UPDATE nhc_auditevent SET verb = 'x'", "DELETE FROM nhc_auditevent", "TRUNCATE nhc_auditevent"],
)
def test_even_the_owner_is_refused_by_a_trigger(committed: Database, statement: str) -> None:
    with transaction.atomic():
        record_one()
    with (
        psycopg.connect(committed.owner_url) as owner,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"),
    ):
        owner.execute(statement)


def test_an_event_outside_a_transaction_is_refused(committed: Database) -> None:
    with pytest.raises(RuntimeError, match="transaction of its act"):
        record_one()


def test_a_centre_that_is_looked_for_narrows_what_one_may_read_and_never_widens_it() -> None:
    scope = Scope(centres=frozenset({"riverside", "hillside"}), organisations=frozenset({"ZZ001"}))
    assert narrow(scope, Filters(centre="hillside")) == Scope(centres=frozenset({"hillside"}))
    assert narrow(scope, Filters(centre="seaside")) == Scope()
    assert narrow(scope, Filters()) == scope
