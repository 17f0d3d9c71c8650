"""API keys of organisations: made, revoked, and noted as used.

A key reads `nhc_<prefix>_<secret>_<checksum>`. The prefix is public and finds the row; the checksum tells a slip of the
finger, and lets scanners of leaked text recognise a key, without the database; only a keyed digest is stored.
"""

import hashlib
import hmac
import re
import secrets
import string
import zlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from nhc import audit
from nhc.actors import Actor
from partners.models import ApiKey, Organisation

_ALPHABET = string.ascii_lowercase + string.digits
_SHAPE = re.compile(r"(nhc_([a-z0-9]{8})_[a-z0-9]{40})_([a-z0-9]{7})", re.ASCII)
NOTED_EVERY = timedelta(minutes=1)
"""A key's last use is written at most this often."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key as made. `text` exists only here: it is shown once and stored nowhere."""

    key: ApiKey
    text: str


@transaction.atomic
def create_key(
    *,
    organisation: Organisation,
    scopes: Collection[str],
    label: str = "",
    expires_at: datetime | None = None,
    by: Actor,
    at: datetime,
) -> NewKey:
    """Make a key with scopes of `submit`, `read` and `refer`. Earlier keys stay alive, so that they can be exchanged.

    Raises ValidationError for an unknown or absent scope and for an expiry that has passed.
    """
    unknown = [scope for scope in scopes if scope not in ApiKey.Scope.values]
    if unknown or not scopes:
        raise ValidationError(f"{', '.join(unknown) or 'Nothing'} is not a scope. Use submit, read, refer or several.")
    if expires_at is not None and expires_at <= at:
        raise ValidationError("The expiry has passed already. Choose a later one.")
    prefix = _random(8)
    text = _signed(f"nhc_{prefix}_{_random(40)}")
    key = ApiKey(
        organisation=organisation,
        prefix=prefix,
        digest=_digest(text),
        scopes=sorted(set(scopes)),
        label=label,
        created_at=at,
        created_by_id=by.user_id,
        expires_at=expires_at,
    )
    key.full_clean(exclude=["digest", "created_by"])
    key.save()
    audit.record(
        by=by,
        at=at,
        verb="key.created",
        subject="api_key",
        subject_id=prefix,
        details={"scopes": list(key.scopes)},
        organisation=organisation.code,
    )
    return NewKey(key=key, text=text)


@transaction.atomic
def revoke_key(*, key: ApiKey, by: Actor, at: datetime) -> ApiKey:
    """End a key at once. Revoking it again changes nothing."""
    locked = ApiKey.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=key.pk)
    if locked.revoked_at is not None:
        return locked
    locked.revoked_at = at
    locked.save(update_fields=["revoked_at"])
    audit.record(
        by=by,
        at=at,
        verb="key.revoked",
        subject="api_key",
        subject_id=locked.prefix,
        organisation=locked.organisation.code,
    )
    return locked


def key_prefix(text: str) -> str | None:
    """Return the prefix of a well-formed key with a right checksum, else None. Needs no database."""
    match = _SHAPE.fullmatch(text)
    if match is None or not hmac.compare_digest(_checksum(match[1]), match[3]):
        return None
    return match[2]


def living_key(*, prefix: str, text: str, at: datetime) -> ApiKey | None:
    """Return the key that the text is, with its organisation; None where it is wrong, expired or revoked.

    The digest is compared in constant time. One query.
    """
    key = ApiKey.objects.select_related("organisation").filter(prefix=prefix).first()
    if key is None or not hmac.compare_digest(bytes(key.digest), _digest(text)):
        return None
    alive = key.revoked_at is None and (key.expires_at is None or key.expires_at > at)
    return key if alive else None


def note_use(*, key: ApiKey, at: datetime) -> None:
    """Note when the key was last used: no query where that is known to the minute, one conditional UPDATE otherwise.

    Not an act of anyone's, so it is not audited.
    """
    if key.last_used_at is not None and key.last_used_at > at - NOTED_EVERY:
        return
    stale = Q(last_used_at__isnull=True) | Q(last_used_at__lte=at - NOTED_EVERY)
    ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=at)


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def _signed(text: str) -> str:
    return f"{text}_{_checksum(text)}"


def _checksum(text: str) -> str:
    """Return CRC-32 in base 36, seven characters."""
    number, characters = zlib.crc32(text.encode("ascii")), ""
    for _ in range(7):
        number, place = divmod(number, 36)
        characters = (string.digits + string.ascii_lowercase)[place] + characters
    return characters


def _digest(text: str) -> bytes:
    return hmac.digest(settings.API_KEY_PEPPER.encode(), text.encode(), hashlib.sha256)
