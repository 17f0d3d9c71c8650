"""API keys: made, used, exchanged, revoked."""

from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from nhc.models import AuditEvent
from partners.models import ApiKey
from partners.services import keys
from tests import cast
from tests.cast import MAKER, NOW, Cast

pytestmark = pytest.mark.django_db


def living(text: str, **later: int) -> ApiKey | None:
    prefix = keys.key_prefix(text)
    assert prefix is not None
    return keys.living_key(prefix=prefix, text=text, at=NOW + timedelta(**later))


def test_the_text_of_a_key_is_stored_nowhere(people: Cast) -> None:
    prefix, secret, checksum = people.trust_key.split("_")[1:]
    key = ApiKey.objects.get(prefix=prefix)
    assert (len(prefix), len(secret), len(checksum), len(bytes(key.digest))) == (8, 40, 7, 32)
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(k)::text FROM partners_apikey k WHERE prefix = %s", [prefix])
        assert secret not in cursor.fetchone()[0]
    assert not AuditEvent.objects.filter(details__icontains=secret).exists()


@pytest.mark.parametrize("place", [4, 13, 52, -1])
def test_a_slip_in_any_part_is_told_without_the_database(people: Cast, place: int) -> None:
    wrong = list(people.trust_key)
    wrong[place] = "a" if wrong[place] != "a" else "b"
    assert keys.key_prefix("".join(wrong)) is None


@pytest.mark.parametrize("text", ["", "nhc_", "nhc_a_b_c", "é" * 60, "nhc_\0", "x" * 100_000])
def test_what_is_no_key_has_no_prefix(text: str) -> None:
    assert keys.key_prefix(text) is None


def test_the_same_prefix_with_another_secret_is_refused(people: Cast) -> None:
    other = keys.create_key(organisation=people.trust, scopes=["read"], by=MAKER, at=NOW)
    ApiKey.objects.filter(pk=other.key.pk).update(digest=b"0" * 32)
    assert living(other.text) is None


def test_a_pepper_of_another_installation_opens_nothing(people: Cast, settings: LazySettings) -> None:
    settings.API_KEY_PEPPER = "another"
    assert living(people.trust_key) is None


def test_several_keys_live_at_once_until_one_is_revoked(people: Cast) -> None:
    second = keys.create_key(organisation=people.trust, scopes=["submit"], label="new job", by=MAKER, at=NOW)
    assert living(people.trust_key) is not None
    first = living(people.trust_key)
    assert first is not None
    keys.revoke_key(key=first, by=MAKER, at=NOW)
    assert living(people.trust_key) is None
    assert living(second.text) == second.key
    assert AuditEvent.objects.filter(verb="key.revoked", subject_id=first.prefix).count() == 1


def test_revoking_twice_keeps_the_first_time(people: Cast) -> None:
    key = living(people.trust_key)
    assert key is not None
    keys.revoke_key(key=key, by=MAKER, at=NOW)
    assert keys.revoke_key(key=key, by=MAKER, at=NOW + timedelta(days=1)).revoked_at == NOW
    assert AuditEvent.objects.filter(verb="key.revoked").count() == 1


def test_a_key_expires_at_its_instant(people: Cast) -> None:
    text = cast.key(people.trust, expires_at=NOW + timedelta(days=1))
    assert living(text, hours=23) is not None
    assert living(text, days=1) is None


@pytest.mark.parametrize("scopes", [[], ["write"], ["read", "admin"]])
def test_scopes_are_submit_read_and_refer(people: Cast, scopes: list[str]) -> None:
    with pytest.raises(ValidationError, match="is not a scope"):
        keys.create_key(organisation=people.trust, scopes=scopes, by=MAKER, at=NOW)


def test_an_expiry_in_the_past_is_refused(people: Cast) -> None:
    with pytest.raises(ValidationError, match="passed already"):
        cast.key(people.trust, expires_at=NOW)


def test_last_use_is_noted_once_a_minute(people: Cast) -> None:
    writes = []
    for seconds in (0, 30, 59, 61):
        key = living(people.trust_key, seconds=seconds)
        assert key is not None
        with CaptureQueriesContext(connection) as queries:
            keys.note_use(key=key, at=NOW + timedelta(seconds=seconds))
        writes.append(len(queries))
    assert writes == [1, 0, 0, 1]
    found = living(people.trust_key)
    assert found is not None
    assert found.last_used_at == NOW + timedelta(seconds=61)


def test_the_command_prints_the_key_alone(people: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("createapikey", "ZZ002", "--scopes", "read")
    out, err = capsys.readouterr()
    key = keys.living_key(prefix=out[4:12], text=out.strip(), at=NOW)
    assert key is not None
    assert (key.organisation.code, key.scopes, err) == ("ZZ002", ["read"], "")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["ZZ999"], "No organisation has the code 'ZZ999'"),
        (["ZZ001", "--scopes", "write"], "write is not a scope"),
        (["ZZ001", "--scopes", ","], "Nothing is not a scope"),
        (["ZZ001", "--days", "-1"], "passed already"),
        (["ZZ001", "--days", "999999999"], "out of range"),
        (["ZZ001", "--label", "x" * 81], "at most 80 characters"),
    ],
)
def test_the_command_says_what_is_wrong(people: Cast, arguments: list[str], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence) as refused:
        call_command("createapikey", *arguments)
    assert refused.value.returncode == 1
