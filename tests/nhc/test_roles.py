"""What each database role is refused: history is added to, by the application and by the owner of the tables alike."""

from collections.abc import Iterator

import psycopg
import pytest
from django.apps import apps
from django.db import transaction
from psycopg import sql

from nhc.grants import APPEND_ONLY, CLOSE_ONLY
from tests import cast
from tests.conftest import Database
from tests.factories import ObservationFactory, RevisionFactory

HISTORY = ("nhc_auditevent", "partners_observation", "partners_revision")
KEPT = (
    "partners_organisation",
    "partners_centre",
    "partners_measure",
    "partners_measureversion",
    "partners_submission",
)


@pytest.fixture(scope="module")
def written(committed_together: Database) -> Database:
    """Return a database with rows in every table of history."""
    cast.gather()
    with transaction.atomic():
        ObservationFactory.create(submission=RevisionFactory.create().submission)
    return committed_together


@pytest.fixture
def application(written: Database) -> Iterator[psycopg.Connection]:
    with psycopg.connect(written.application_url) as connection:
        yield connection
        connection.rollback()


@pytest.fixture
def owner(written: Database) -> Iterator[psycopg.Connection]:
    with psycopg.connect(written.owner_url) as connection:
        yield connection
        connection.rollback()


def statement(verb: str, table: str) -> sql.Composed:
    """Return SQL that would change every row and nothing in it, or remove all."""
    (key,) = (model._meta.pk.column for model in apps.get_models() if model._meta.db_table == table)
    assert key
    forms = {
        "update": sql.SQL("UPDATE {table} SET {key} = {key}"),
        "delete": sql.SQL("DELETE FROM {table}"),
        "truncate": sql.SQL("TRUNCATE {table}"),
    }
    return forms[verb].format(table=sql.Identifier(table), key=sql.Identifier(key))


@pytest.mark.parametrize("verb", ["update", "delete", "truncate"])
@pytest.mark.parametrize("table", [*APPEND_ONLY, *CLOSE_ONLY])
def test_the_application_has_no_right_to_rewrite_history(
    application: psycopg.Connection, table: str, verb: str
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied"):
        application.execute(statement(verb, table))


@pytest.mark.parametrize("verb", ["update", "delete", "truncate"])
@pytest.mark.parametrize("table", HISTORY)
def test_a_trigger_refuses_even_the_owner(owner: psycopg.Connection, table: str, verb: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match=f"append-only: {verb.upper()} refused"):
        owner.execute(statement(verb, table))


@pytest.mark.parametrize("table", KEPT)
def test_what_figures_refer_to_is_removed_by_nobody(
    application: psycopg.Connection, owner: psycopg.Connection, table: str
) -> None:
    for connection in (application, owner):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="DELETE refused"):
            connection.execute(statement("delete", table))


@pytest.mark.parametrize(
    "change",
    ["closed_seq = 8", "closed_seq = NULL", "closed_seq = closed_seq"],
)
def test_an_observation_is_closed_once(application: psycopg.Connection, change: str) -> None:
    application.execute("UPDATE partners_observation SET closed_seq = 7")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only: UPDATE refused"):
        application.execute(f"UPDATE partners_observation SET {change}".encode())


def test_closing_changes_nothing_else(application: psycopg.Connection, owner: psycopg.Connection) -> None:
    for connection in (application, owner):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("UPDATE partners_observation SET closed_seq = 7, numerator = 1")


@pytest.mark.parametrize(
    "way_round",
    [
        "ALTER TABLE nhc_auditevent DISABLE TRIGGER USER",
        "DROP TRIGGER audit_append_only ON nhc_auditevent",
        "SET session_replication_role = replica",
        "SET ROLE nhc_owner",
        "DROP TABLE partners_revision",
        "CREATE TABLE elsewhere (id int)",
        "INSERT INTO django_migrations (app, name, applied) VALUES ('nhc', '9999', now())",
    ],
)
def test_the_application_cannot_put_the_rules_aside(application: psycopg.Connection, way_round: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        application.execute(way_round.encode())


def test_the_application_owns_and_empties_no_table(application: psycopg.Connection) -> None:
    found = application.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND "
        "(pg_get_userbyid(relowner) = current_user OR has_table_privilege(oid, 'TRUNCATE'))"
    )
    assert found.fetchall() == []
