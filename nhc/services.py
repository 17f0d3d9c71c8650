"""What a person does with the platform itself: sign in and out."""

from datetime import datetime

from django.contrib.auth import login, logout
from django.db import transaction
from django.http import HttpRequest

from nhc import audit
from nhc.actors import Actor
from nhc.models import User


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
