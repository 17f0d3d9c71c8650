"""Wall screens: paired by a code, seen, renamed, revoked."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from nhc import audit
from nhc.actors import Actor
from nhc.models import AuditEvent
from partners.models import Centre, WallPairing, WallScreen

CODE_LASTS = timedelta(minutes=10)
SCREEN_LIMIT = 20
"""Screens of one centre that may be in use at once."""
CODES_FROM_ONE_ADDRESS = 10
"""Codes that one network address may ask for within the time that a code lasts."""
WRONG_CODES = 10
"""Wrong codes that one person may enter within the time that a code lasts."""
NOTED_EVERY = timedelta(minutes=1)
"""When a screen was last seen is written at most this often."""

COOKIE = "nhc_wall"
"""The cookie in which a screen holds its code and token, signed."""
_SALT = "wall screen"
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
_REFUSED = "wall_screen.refused"


class TooManyError(Exception):
    """Too many codes were asked for, or entered wrongly, within ten minutes."""


class StaleError(Exception):
    """Somebody else changed the screen meanwhile."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a screen keeps while it waits: the code it shows, and the token that will open its wall."""

    code: str
    token: str


@transaction.atomic
def ask_for_code(*, address: str, at: datetime) -> Asked:
    """Let a screen show a code for ten minutes. Raises TooManyError for a network address that asks too often."""
    WallPairing.objects.filter(expires_at__lte=at).delete()
    asked_from = _digest("address", address)
    asked = WallPairing.objects.filter(asked_from=asked_from, asked_at__gt=at - CODE_LASTS)
    if asked.count() >= CODES_FROM_ONE_ADDRESS:
        raise TooManyError
    code = "".join(secrets.choice(_LETTERS) for _ in range(8))
    token = secrets.token_urlsafe(32)
    WallPairing.objects.create(
        code_digest=_digest("code", code),
        token_digest=_digest("token", token),
        asked_from=asked_from,
        asked_at=at,
        expires_at=at + CODE_LASTS,
    )
    return Asked(f"{code[:4]}-{code[4:]}", token)


def pair(*, centre: Centre, code: str, name: str, by: Actor, at: datetime) -> WallScreen:
    """Make the screen that shows a code one of the centre's.

    Raises ValidationError for a code that no screen shows now, a name in use, and too many screens; TooManyError for
    somebody who keeps entering wrong codes.
    """
    person = _person(by)
    refused = AuditEvent.objects.filter(verb=_REFUSED, user_id=person, at__gt=at - CODE_LASTS)
    if refused.count() >= WRONG_CODES:
        raise TooManyError
    with transaction.atomic():
        waiting = _waiting(code, at)
        if waiting is not None:
            return _pair(centre, waiting, name, by, at)
    with transaction.atomic():  # apart from the attempt, so that it counts
        audit.record(by=by, at=at, verb=_REFUSED, subject="centre", subject_id=centre.pk, centre=centre.slug)
    raise ValidationError({"code": "No screen shows this code now. Check it, or let the screen show a new one"})


@transaction.atomic
def rename(*, screen: WallScreen, name: str, version: int, by: Actor, at: datetime) -> None:
    """Call a screen something else. Raises StaleError where it was changed since, ValidationError for a name in use."""
    locked = WallScreen.objects.select_for_update().get(pk=screen.pk)
    if locked.version != version or locked.revoked_at is not None:
        raise StaleError
    locked.name = name
    locked.version += 1
    locked.full_clean(exclude=["token_digest"])
    locked.save(update_fields=["name", "version"])
    _record("wall_screen.renamed", locked, by, at)


@transaction.atomic
def revoke(*, screen: WallScreen, by: Actor, at: datetime) -> None:
    """End a screen: from now on it shows nothing. Doing so twice changes nothing."""
    locked = WallScreen.objects.select_for_update().select_related("centre").get(pk=screen.pk)
    if locked.revoked_at is not None:
        return
    locked.revoked_at, locked.revoked_by_id = at, by.user_id
    locked.version += 1
    locked.save(update_fields=["revoked_at", "revoked_by", "version"])
    _record("wall_screen.revoked", locked, by, at)


def signed(asked: Asked) -> str:
    """Return what a screen's cookie holds."""
    return signing.dumps([asked.code, asked.token], salt=_SALT)


def held(cookie: str) -> Asked | None:
    """Return what a screen's cookie says, None where it was not made here."""
    try:
        code, token = signing.loads(cookie, salt=_SALT)
    except signing.BadSignature:
        return None
    return Asked(str(code), str(token))


def screen_of(cookie: str) -> WallScreen | None:
    """Return the screen that holds a cookie, with its centre, unless it was revoked or never paired."""
    asked = held(cookie)
    return None if asked is None else living_screen(token=asked.token)


def living_screen(*, token: str) -> WallScreen | None:
    """Return the screen that holds a token, with its centre, unless it was revoked."""
    found = WallScreen.objects.filter(token_digest=_digest("token", token), revoked_at__isnull=True)
    return found.select_related("centre").first()


def is_waiting(*, token: str, at: datetime) -> bool:
    """Whether a screen with this token still waits for its code to be entered."""
    return WallPairing.objects.filter(token_digest=_digest("token", token), expires_at__gt=at).exists()


def note_seen(*, screen: WallScreen, at: datetime) -> None:
    """Note that a screen is alive. Not an act of anyone's, so the trail does not hold it."""
    stale = Q(last_seen_at__isnull=True) | Q(last_seen_at__lt=at - NOTED_EVERY)
    WallScreen.objects.filter(stale, pk=screen.pk).update(last_seen_at=at)


def _waiting(code: str, at: datetime) -> WallPairing | None:
    plain = "".join(letter for letter in code.upper() if letter in _LETTERS)
    return WallPairing.objects.select_for_update().filter(code_digest=_digest("code", plain), expires_at__gt=at).first()


def _pair(centre: Centre, waiting: WallPairing, name: str, by: Actor, at: datetime) -> WallScreen:
    Centre.objects.select_for_update().get(pk=centre.pk)
    if WallScreen.objects.filter(centre=centre, revoked_at__isnull=True).count() >= SCREEN_LIMIT:
        raise ValidationError(f"The centre has {SCREEN_LIMIT} screens in use. Revoke one before you pair another")
    screen = WallScreen(
        centre=centre, name=name, token_digest=bytes(waiting.token_digest), paired_by_id=_person(by), paired_at=at
    )
    screen.full_clean(exclude=["token_digest", "paired_by"])
    screen.save()
    waiting.delete()
    _record("wall_screen.paired", screen, by, at)
    return screen


def _person(by: Actor) -> int:
    if by.user_id is None:
        raise ValueError("Screens are paired by people.")
    return by.user_id


def _record(verb: str, screen: WallScreen, by: Actor, at: datetime) -> None:
    audit.record(by=by, at=at, verb=verb, subject="wall_screen", subject_id=screen.pk, centre=screen.centre.slug)


def _digest(kind: str, text: str) -> bytes:
    return hmac.digest(settings.API_KEY_PEPPER.encode(), f"wall {kind} {text}".encode(), hashlib.sha256)
