"""What people do to prove who they are: sign in and out, in one step or two; prove it again; keep their factors."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.webauthn.internal.auth import WebAuthn
from django.conf import settings
from django.contrib.auth import login, logout, update_session_auth_hash
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from nhc import account_notices, audit, factors, sessions
from nhc.actors import Actor
from nhc.models import User

type Method = Literal["password", "passkey", "one-time code", "recovery code", "identity provider"]

SECOND_STEP = timedelta(minutes=10)
"""How long after the first step the second may be taken."""

WRONG_CODES = 5
"""How many wrong codes end the wait for the second step: the first must be taken again."""

_BACKEND = "django.contrib.auth.backends.ModelBackend"
_PENDING = "second_step"
SECOND_FACTOR = "second_factor"
"""Where a session says that a second factor stands behind it."""
_PROVED_AT = "proved_at"
_SECRET = "new_one_time_codes"  # noqa: S105  (the name of a place in the session)


@dataclass(frozen=True, slots=True)
class Pending:
    """Someone between the first step and the second: who, how they began, and where they were going."""

    user: User
    method: Method
    following: str


@transaction.atomic
def begin(*, request: HttpRequest, user: User, method: Method, following: str, at: datetime) -> bool:
    """Take the first step. Return whether that was all; otherwise the second step is waited for in the session."""
    if not factors.of(user):
        sign_in(request=request, user=user, method=method, at=at)
        return True
    request.session.cycle_key()
    ask_second_step(request=request, user=user, method=method, following=following, at=at)
    return False


def ask_second_step(*, request: HttpRequest, user: User, method: Method, following: str, at: datetime) -> None:
    """Wait in the session for the second step of somebody who has taken the first."""
    request.session[_PENDING] = {
        "user": user.pk,
        "method": method,
        "following": following,
        "until": (at + SECOND_STEP).isoformat(),
        "password": user.get_session_auth_hash(),
    }


def pending(*, request: HttpRequest, at: datetime) -> Pending | None:
    """Return who is between the two steps here, None where nobody is, or no longer: a new password ends the wait."""
    kept = request.session.get(_PENDING)
    if kept is None or datetime.fromisoformat(kept["until"]) <= at:
        return None
    user = User.objects.filter(pk=kept["user"], is_active=True).first()
    if user is None or not constant_time_compare(kept.get("password", ""), user.get_session_auth_hash()):
        return None
    return Pending(user, kept["method"], kept["following"])


def note_wrong_code(*, request: HttpRequest) -> None:
    """Count a wrong code of the second step; the last that is allowed ends the wait."""
    kept = request.session[_PENDING]
    wrong = kept.get("wrong", 0) + 1
    if wrong >= WRONG_CODES:
        del request.session[_PENDING]
    else:
        request.session[_PENDING] = kept | {"wrong": wrong}


@transaction.atomic
def sign_in(
    *, request: HttpRequest, user: User, at: datetime, method: Method = "password", second_factor: bool = False
) -> None:
    """Begin a session and record it in the same transaction: without the record nobody is signed in."""
    request.session.pop(_PENDING, None)
    sessions.store_of(request).device = sessions.device_words(request.headers.get("User-Agent", ""))
    login(request, user, backend=_BACKEND)
    mark_second_factor(request, present=second_factor)
    audit.record(
        by=Actor.user(user),
        at=at,
        verb="user.signed-in",
        subject="user",
        subject_id=user.pk,
        details={"method": method, "second_factor": second_factor},
    )


@transaction.atomic
def sign_out(*, request: HttpRequest, user: User, at: datetime) -> None:
    """End the session and record it."""
    audit.record(by=Actor.user(user), at=at, verb="user.signed-out", subject="user", subject_id=user.pk)
    logout(request)


def has_second_factor(request: HttpRequest) -> bool:
    """Whether this session was begun, or since strengthened, with a second factor."""
    return bool(request.session.get(SECOND_FACTOR))


def mark_second_factor(request: HttpRequest, *, present: bool) -> None:
    """Note in the session whether a second factor stands behind it."""
    request.session[SECOND_FACTOR] = present


@transaction.atomic
def prove(*, request: HttpRequest, user: User, method: Method, at: datetime) -> None:
    """Note that the signed-in person has just proved again who they are. The session gets a new key."""
    request.session.cycle_key()
    request.session[_PROVED_AT] = at.isoformat()
    audit.record(
        by=Actor.user(user), at=at, verb="user.proved", subject="user", subject_id=user.pk, details={"method": method}
    )


def is_proved(*, request: HttpRequest, at: datetime) -> bool:
    """Whether the person proved who they are within the last minutes, by signing in or since."""
    request.session.get(_PROVED_AT)  # reads the row, which is fetched when first needed
    row = sessions.store_of(request).row
    if row is None or row.user_id is None:
        return False
    proved = request.session.get(_PROVED_AT)
    latest = row.began_at if proved is None else max(row.began_at, datetime.fromisoformat(proved))
    return at - latest < timedelta(seconds=settings.PROOF_SECONDS)


@transaction.atomic
def add_passkey(*, request: HttpRequest, user: User, name: str, credential: object, at: datetime) -> bool:
    """Keep a new passkey that answers the session's challenge; return whether recovery codes were made with it.

    With the first factor every other session of the person ends.
    Raises ValidationError for an answer that is not right, and beyond the number one person may have.
    """
    _lock(user)
    if sum(factor.type == Authenticator.Type.WEBAUTHN for factor in factors.of(user)) >= factors.PASSKEY_LIMIT:
        raise ValidationError(f"You have {factors.PASSKEY_LIMIT} passkeys. Remove one before you add another")
    WebAuthn.add(user, name, factors.register(credential))
    return _added(request, user, "passkey", at)


@transaction.atomic
def rename_passkey(*, passkey: Authenticator, name: str, by: Actor, at: datetime) -> None:
    """Call a passkey something else."""
    passkey.wrap().name = name
    passkey.save(update_fields=["data"])
    _record("factor.renamed", by, at, passkey.user_id, "passkey")


def waiting_secret(*, request: HttpRequest) -> str:
    """Return the secret that is being set up in this session, a new one where there is none."""
    return str(request.session.setdefault(_SECRET, factors.new_secret()))


@transaction.atomic
def add_one_time_codes(*, request: HttpRequest, user: User, code: str, at: datetime) -> bool:
    """Keep the session's new secret if the code shows that an app has it; return whether recovery codes were made.

    With the first factor every other session of the person ends.
    Raises ValidationError for a code that is not right, and where the person has an authenticator app already.
    """
    _lock(user)
    secret = waiting_secret(request=request)
    counter = factors.counter_of(secret, code)
    if counter is None:
        raise ValidationError("The code is not right. Enter the 6 digits that the app shows now")
    if Authenticator.Type.TOTP in factors.kinds_of(user):
        raise ValidationError("You have an authenticator app already. Remove it before you add another")
    made = TOTP.activate(user, secret).instance
    made.data["used_counter"] = counter
    made.save(update_fields=["data"])
    del request.session[_SECRET]
    return _added(request, user, "one-time codes", at)


@transaction.atomic
def remove_factor(*, request: HttpRequest, factor: Authenticator, user: User, at: datetime) -> None:
    """Take a factor away, recovery codes with the last one.

    Raises ValidationError where it is the only one of somebody who must have one.
    """
    _lock(user)
    left = [each for each in factors.of(user) if each.pk != factor.pk]
    if not left and settings.SECOND_FACTOR_REQUIRED and factors.is_required(user, at):
        raise ValidationError("Your work needs a second factor. Add another before you remove your only one")
    kind = "passkey" if factor.type == Authenticator.Type.WEBAUTHN else "one-time codes"
    factor.delete()
    if not left:
        Authenticator.objects.filter(user=user).delete()
        mark_second_factor(request, present=False)
    _record("factor.removed", Actor.user(user), at, user.pk, kind)
    account_notices.announce(user=user, change="passkey-removed" if kind == "passkey" else "app-removed")


@transaction.atomic
def renew_recovery_codes(*, user: User, at: datetime) -> None:
    """Make new recovery codes; those made before work no more."""
    Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).delete()
    RecoveryCodes.activate(user)
    _record("factor.added", Actor.user(user), at, user.pk, "recovery codes")
    account_notices.announce(user=user, change="codes-renewed")


@transaction.atomic
def change_password(*, request: HttpRequest | None, user: User, password: str, at: datetime) -> None:
    """Set a new password. Every other session of the person ends; a request is of the session that goes on.

    Without a request the person came by the link of an e-mail, which proves their address.
    """
    if request is None:
        prove_address(user=user, at=at)
    user.set_password(password)
    user.save(update_fields=["password"])
    by = Actor.user(user)
    key = None
    if request is not None:
        update_session_auth_hash(request, user)
        key = request.session.session_key
    sessions.end(user=user, reference=None, current_key=key, by=by, at=at)
    audit.record(by=by, at=at, verb="user.password-changed", subject="user", subject_id=user.pk)
    account_notices.announce(user=user, change="password-changed")


@transaction.atomic
def prove_address(*, user: User, at: datetime) -> None:
    """Note that somebody showed that they read mail to the account's address. Asked again, nothing changes.

    Factors and sessions from before end: nobody knows whose they were.
    """
    _lock(user)
    user.refresh_from_db(fields=["address_proved_at"])
    if user.address_proved_at is not None:
        return
    by = Actor.user(user)
    if Authenticator.objects.filter(user=user).delete()[0]:
        account_notices.announce(user=user, change="factors-removed")
    sessions.end(user=user, reference=None, current_key=None, by=by, at=at)
    user.address_proved_at = at
    user.save(update_fields=["address_proved_at"])
    audit.record(by=by, at=at, verb="user.address-proved", subject="user", subject_id=user.pk)


def _lock(user: User) -> None:
    """Let one change of a person's factors wait for another."""
    User.objects.select_for_update().get(pk=user.pk)


def _added(request: HttpRequest, user: User, kind: str, at: datetime) -> bool:
    mark_second_factor(request, present=True)
    by = Actor.user(user)
    _record("factor.added", by, at, user.pk, kind)
    account_notices.announce(user=user, change="passkey-added" if kind == "passkey" else "app-added")
    if len(factors.of(user)) == 1:
        # Nobody knows whose they are: they began with a password alone.
        sessions.end(user=user, reference=None, current_key=request.session.session_key, by=by, at=at)
    if Authenticator.Type.RECOVERY_CODES in factors.kinds_of(user):
        return False
    RecoveryCodes.activate(user)
    return True


def _record(verb: str, by: Actor, at: datetime, user_id: int, kind: str) -> None:
    audit.record(by=by, at=at, verb=verb, subject="user", subject_id=user_id, details={"kind": kind})
