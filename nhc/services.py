"""What is done with the platform itself: people sign in and out, its parts show that they live, old sessions go."""

from datetime import datetime
from importlib import import_module
from typing import Literal

from django.conf import settings
from django.contrib.auth import login, logout
from django.db import transaction
from django.http import HttpRequest

from nhc import audit
from nhc.actors import Actor
from nhc.models import Heartbeat, User


@transaction.atomic
def sign_in(*, request: HttpRequest, user: User, at: datetime) -> None:
    """Begin a session and record it in the same transaction: without the record nobody is signed in."""
    login(request, user)
    audit.record(by=Actor.user(user), at=at, verb="user.signed-in", subject="user", subject_id=user.pk)


@transaction.atomic
def sign_out(*, request: HttpRequest, user: User, at: datetime) -> None:
    """End the session and record it."""
    audit.record(by=Actor.user(user), at=at, verb="user.signed-out", subject="user", subject_id=user.pk)
    logout(request)


@transaction.atomic
def forget_sessions(*, at: datetime, by: Actor | None = None) -> int:
    """Remove the sessions that have ended, and record how many they were. Nobody is signed out by it."""
    sessions = import_module(settings.SESSION_ENGINE).SessionStore.get_model_class()
    ended, _ = sessions.objects.filter(expire_date__lte=at).delete()
    if ended:
        audit.record(
            by=by or Actor.system("retention"),
            at=at,
            verb="retention.applied",
            subject="retention",
            subject_id=at.date(),
            details={"sessions": ended},
        )
    return ended


def record_sign_of_life(*, part: Literal["beat", "worker"], at: datetime) -> None:
    """Note when a background part was last seen alive. Not an act of anyone's, so the trail does not hold it."""
    Heartbeat.objects.update_or_create(part=part, defaults={"seen_at": at})
