"""The demonstration's sign-ins: whether it is loaded, the password they all share, and sessions made for them.

What the demonstration holds is loaded by the apps above; here is what only the platform may do.
"""

import os
import secrets
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import transaction

from nhc import audit, authentication, environment
from nhc.actors import Actor
from nhc.models import AuditEvent, User
from nhc.sessions import SessionStore

DOMAINS = ("riverside.example", "hillside.example")
"""Where demonstration users have their addresses."""

_BACKEND = "django.contrib.auth.backends.ModelBackend"
_SUBJECT = "demonstration"


class RefusedError(Exception):
    """The demonstration does not do this here; the sentence says why."""


def loaded(parts: Iterable[str]) -> set[str]:
    """Return which of these parts have been loaded completely."""
    events = AuditEvent.objects.filter(subject=_SUBJECT, subject_id__in=list(parts))
    return set(events.values_list("subject_id", flat=True))


def record_loaded(part: str, *, by: Actor, at: datetime) -> None:
    """Say, in the transaction that completes a part, that it is loaded."""
    audit.record(by=by, at=at, verb="demonstration.loaded", subject=_SUBJECT, subject_id=part)


def is_loaded() -> bool:
    """Whether any part has been loaded."""
    return AuditEvent.objects.filter(subject=_SUBJECT).exists()


def password() -> str:
    """Return NHC_DEMO_PASSWORD, or the password made up once and kept under NHC_HOME for its owner alone."""
    if settings.NHC_DEMO_PASSWORD:
        return str(settings.NHC_DEMO_PASSWORD)
    path = Path(settings.NHC_HOME) / "demo-password"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="utf-8").strip()
    made = "-".join(secrets.token_hex(2) for _ in range(4))
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(made)
    return made


def session_for(email: str, *, at: datetime) -> str:
    """Sign a demonstration user in, fully and for 12 hours; return the key of the session.

    Raises RefusedError outside the demonstration, and for anyone who is not part of it.
    """
    if not _is_allowed():
        raise RefusedError(
            "Sessions without signing in are made for the demonstration alone. "
            "Load it with `manage.py demo` and set NHC_DEMO=1."
        )
    wanted = email.strip().lower()
    if not is_loaded() or wanted.rpartition("@")[2] not in DOMAINS:
        raise RefusedError(f"{email} is not a demonstration sign-in. Use one that `manage.py demo` lists.")
    user = User.objects.filter(email=wanted, is_active=True).first()
    if user is None:
        raise RefusedError(f"Nobody signs in as {email}. Use one of the sign-ins that `manage.py demo` lists.")
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = _BACKEND
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session[authentication.SECOND_FACTOR] = True
    with transaction.atomic():
        session.create()
        audit.record(by=Actor.system("democookie"), at=at, verb="session.made", subject="user", subject_id=user.pk)
    return str(session.session_key)


def _is_allowed() -> bool:
    """NHC_DEMO decides; where it says nothing, a loaded demonstration under DEBUG is enough."""
    if settings.NHC_DEMO:
        return True
    return not environment.text("NHC_DEMO", "") and settings.DEBUG and is_loaded()
