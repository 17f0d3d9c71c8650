"""Sessions that end: after 12 hours whatever happens, and when nothing was done for a while.

Every door goes through the store, so whatever reads a session that has ended finds nobody signed in. It still knows
whose session it was, so that what they were typing can be kept for them.
"""

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast, override

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.db import transaction
from django.http import HttpRequest

from nhc import audit, clock
from nhc.actors import Actor
from nhc.models import User, UserSession

LONGEST_PRESENCE = timedelta(minutes=30)
"""How long being somewhere, such as chairing a huddle, counts as activity without a touch of the keyboard."""

type Presence = Callable[[int, datetime], bool]

_presences: list[Presence] = []
_background: set[str] = set()


def count_presence(presence: Presence) -> None:
    """Let an app say that a person (by id, at an instant) is present without typing; asked only when they look idle."""
    if presence not in _presences:
        _presences.append(presence)


def run_in_background(*view_names: str) -> None:
    """Name addresses that pages ask for by themselves: asking for them is no activity."""
    _background.update(view_names)


def is_background(request: HttpRequest) -> bool:
    """Whether a page made this request by itself: it says so in a header, or the address is known for it."""
    match = request.resolver_match
    return "NHC-Background" in request.headers or (match is not None and match.view_name in _background)


def idle_limit() -> timedelta:
    """Return how long a session lasts without activity."""
    return timedelta(seconds=settings.SESSION_IDLE_SECONDS)


def ends_at(row: UserSession) -> datetime:
    """Return when a session ends if nothing more is done in it."""
    return min(row.active_at + idle_limit(), row.began_at + timedelta(seconds=settings.SESSION_COOKIE_AGE))


def has_ended(row: UserSession, at: datetime) -> bool:
    """Whether a session is over. Presence puts off idleness, never the hard limit."""
    if at < ends_at(row):
        return False
    if row.began_at + timedelta(seconds=settings.SESSION_COOKIE_AGE) <= at or row.user_id is None:
        return True
    user_id = row.user_id
    return at >= row.active_at + LONGEST_PRESENCE or not any(presence(user_id, at) for presence in _presences)


class SessionStore(db.SessionStore):
    """Django's sessions in the database, in a table that knows whose they are and when they were last used."""

    row: UserSession | None = None
    made: UserSession
    ended_user_id: int | None = None
    device: str = ""

    @classmethod
    @override
    def get_model_class(cls) -> type[UserSession]:
        return UserSession

    def _get_session_from_db(self) -> UserSession | None:
        row = UserSession.objects.filter(session_key=self.session_key).first()
        if row is None or has_ended(row, clock.now()):
            self.ended_user_id = None if row is None else row.user_id
            self._session_key = None
            return None
        self.row = row
        return row

    async def _aget_session_from_db(self) -> UserSession | None:
        return await sync_to_async(self._get_session_from_db)()

    @override
    def is_empty(self) -> bool:
        """Keep the cookie of a session that has ended: other tabs of the same browser may still have text to save."""
        return super().is_empty() and self.ended_user_id is None

    @override
    def flush(self) -> None:
        super().flush()
        self.row = None

    @override
    def create_model_instance(self, data: dict[str, Any]) -> UserSession:
        """Return the row. A session begins when someone signs in; a new key for the same person begins nothing."""
        at = clock.now()
        earlier = self.row if self.row is not None and self.row.user_id is not None else None
        user = data.get(SESSION_KEY)
        self.made = UserSession(
            session_key=self.session_key or self._get_new_session_key(),  # type: ignore[attr-defined]  # Django's own
            session_data=self.encode(data),
            expire_date=self.get_expiry_date(),
            user_id=None if user is None else int(user),
            began_at=at if earlier is None else earlier.began_at,
            active_at=at if earlier is None else max(at, earlier.began_at),
            device=self.device or ("" if earlier is None else earlier.device),
        )
        return self.made

    @override
    def save(self, must_create: bool = False) -> None:
        """Store the session; an existing row keeps when it began and was last used."""
        if self.session_key is None:
            self.create()
            return
        if must_create:
            super().save(must_create=True)
            self.row = self.made
            return
        made = self.create_model_instance(self._get_session())  # type: ignore[attr-defined]  # Django's own, untyped
        fields = {"session_data": made.session_data, "expire_date": made.expire_date, "user_id": made.user_id}
        if self.device:
            fields["device"] = self.device
        with transaction.atomic():
            if not UserSession.objects.filter(session_key=self.session_key).update(**fields):
                raise UpdateError

    def touch(self, at: datetime) -> None:
        """Count activity. Written at most every half minute, or ten times within a shorter limit."""
        if self.row is None or self.row.user_id is None:
            return
        if at - self.row.active_at >= min(timedelta(seconds=30), idle_limit() / 10):
            UserSession.objects.filter(pk=self.row.pk, active_at__lt=at).update(active_at=at)
            self.row.active_at = at


def store_of(request: HttpRequest) -> SessionStore:
    """Return a request's session."""
    return cast("SessionStore", request.session)


def seconds_left(request: HttpRequest, at: datetime) -> int:
    """Return the seconds until the session ends if nothing is done; 0 where nobody is signed in."""
    store = store_of(request)
    store.get(SESSION_KEY)  # reads the row, which is fetched when first needed
    if store.row is None or store.row.user_id is None:
        return 0
    return max(0, math.ceil((ends_at(store.row) - at).total_seconds()))


@dataclass(frozen=True, slots=True)
class SignedIn:
    """One place where a person is signed in. `reference` names it without giving its key away."""

    reference: str
    device: str
    began_at: datetime
    active_at: datetime
    here: bool


def places(*, user: User, current_key: str | None, at: datetime) -> list[SignedIn]:
    """Return where a person is signed in, the place they ask from first, then by when they were last active."""
    rows = [row for row in UserSession.objects.filter(user=user).order_by("-active_at") if not has_ended(row, at)]
    found = [
        SignedIn(_reference(row), row.device or "A browser", row.began_at, row.active_at, row.pk == current_key)
        for row in rows
    ]
    return sorted(found, key=lambda place: not place.here)


@transaction.atomic
def end(*, user: User, reference: str | None, current_key: str | None, by: Actor, at: datetime) -> int:
    """End one other session of a person, or all others where none is named; return how many ended."""
    others = [
        row.pk
        for row in UserSession.objects.filter(user=user)
        if row.pk != current_key and (reference is None or _reference(row) == reference)
    ]
    ended, _ = UserSession.objects.filter(pk__in=others).delete()
    if ended:
        audit.record(
            by=by, at=at, verb="user.sessions-ended", subject="user", subject_id=user.pk, details={"sessions": ended}
        )
    return ended


def _reference(row: UserSession) -> str:
    return hashlib.sha256(f"session {row.pk}".encode()).hexdigest()[:20]


def device_words(agent: str) -> str:
    """Return a browser and its system in words people know: "Firefox on Windows"."""
    browsers = (("Edg", "Edge"), ("Firefox", "Firefox"), ("Chrom", "Chrome"), ("Safari", "Safari"))
    systems = [("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows")]
    systems += [("Mac OS", "Mac"), ("CrOS", "Chromebook"), ("Linux", "Linux")]
    browser = next((name for mark, name in browsers if mark in agent), "A browser")
    system = next((name for mark, name in systems if mark in agent), "")
    return f"{browser} on {system}" if system else browser
