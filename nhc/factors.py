"""Second factors: passkeys, codes of an authenticator app, recovery codes; and who must have one.

django-allauth keeps them and knows their protocols. Secrets are stored encrypted, with a key outside the database.
"""

import base64
from collections.abc import Callable
from datetime import datetime
from typing import Any, override

from allauth.core import context
from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as one_time_codes
from allauth.mfa.webauthn.internal import auth as passkeys
from cryptography.exceptions import InvalidSignature
from django.contrib.auth.backends import BaseBackend
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest

from nhc import encryption
from nhc.models import User

SERVICE = "Neighbourhood health centre"
PASSKEY_LIMIT = 10
"""How many passkeys one person may have."""

_PURPOSE = "second factor"
_MALFORMED = (ValueError, TypeError, KeyError, AttributeError, IndexError, InvalidSignature, ValidationError)
_NO_PASSKEY = "The passkey was not accepted. Try again, or use another way"

type Requirement = Callable[[User, datetime], bool]

_requirements: list[Requirement] = []


def require_for(requirement: Requirement) -> None:
    """Let an app above say who must have a second factor; called once from its AppConfig."""
    if requirement not in _requirements:
        _requirements.append(requirement)


def is_required(user: User, at: datetime) -> bool:
    """Whether any app says that this person must sign in with a second factor."""
    return any(requirement(user, at) for requirement in _requirements)


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # the library ships no types
    """How the library stores secrets, and what it calls us towards authenticators."""

    @override
    def encrypt(self, text: str) -> str:
        return base64.b64encode(encryption.seal(text.encode(), purpose=_PURPOSE)).decode()

    @override
    def decrypt(self, encrypted_text: str) -> str:
        return encryption.open_sealed(base64.b64decode(encrypted_text), purpose=_PURPOSE).decode()

    @override
    def get_totp_issuer(self) -> str:
        return SERVICE

    @override
    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {"id": context.request.get_host().partition(":")[0], "name": SERVICE}


class OneTimeCodeBackend(BaseBackend):
    """The code that an authenticator app shows. Each is taken once (RFC 6238, 5.2)."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, code: str | None = None, **_: object
    ) -> User | None:
        """Return the person with this address if the code is theirs and was not used before."""
        user = None if code is None else _active(username)
        if user is None or code is None:
            return None
        with transaction.atomic():
            found = Authenticator.objects.select_for_update().filter(user=user, type=Authenticator.Type.TOTP).first()
            return user if found is not None and _take_code(found, code) else None


class RecoveryCodeBackend(BaseBackend):
    """A code from the list that a person keeps on paper. Each works once."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, code: str | None = None, **_: object
    ) -> User | None:
        """Return the person with this address if the code is one of theirs that is left."""
        user = None if code is None else _active(username)
        if user is None:
            return None
        found = Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).first()
        return user if found is not None and RecoveryCodes(found).validate_code(code) else None


def _active(email: str | None) -> User | None:
    return User.objects.filter(email=(email or "").strip().lower(), is_active=True).first()


def _take_code(found: Authenticator, code: str) -> bool:
    secret = FactorAdapter().decrypt(found.data["secret"])
    counter = _counter(secret, code)
    if counter is None or counter <= found.data.get("used_counter", -1):
        return False
    found.data["used_counter"] = counter
    found.save(update_fields=["data"])
    return True


def _counter(secret: str, code: str) -> int | None:
    """Return which 30 seconds a code belongs to: these, or those before or after, as clocks differ."""
    for counter in one_time_codes.yield_hotp_counters_from_time():
        expected = one_time_codes.format_hotp_value(one_time_codes.hotp_value(secret, counter))
        if compare_user_code(actual=code, expected=expected):
            return int(counter)
    return None


def of(user: User) -> list[Authenticator]:
    """Return a person's second factors, recovery codes aside, in the order in which they were added."""
    found = Authenticator.objects.filter(user=user).exclude(type=Authenticator.Type.RECOVERY_CODES)
    return list(found.order_by("created_at", "pk"))


def kinds_of(user: User) -> set[str]:
    """Return the kinds of second factor a person has: "webauthn", "totp", "recovery_codes"."""
    return set(Authenticator.objects.filter(user=user).values_list("type", flat=True))


def new_secret() -> str:
    """Return a secret for an authenticator app, in base 32."""
    return str(one_time_codes.generate_totp_secret())


def app_address(user: User, secret: str) -> str:
    """Return the otpauth address that a picture shows to an authenticator app."""
    return str(FactorAdapter().build_totp_url(user, secret))


def counter_of(secret: str, code: str) -> int | None:
    """Return the time slot of a code of a secret that is being set up, None where the code is not right."""
    return _counter(secret, code)


def recovery_codes_left(user: User) -> list[str]:
    """Return the recovery codes that were not used."""
    found = Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).first()
    return [] if found is None else list(RecoveryCodes(found).get_unused_codes())


def creation_options(user: User) -> dict[str, Any]:
    """Begin to make a passkey: what `navigator.credentials.create` takes. The challenge stays in the session."""
    return dict(passkeys.begin_registration(user, True))  # noqa: FBT003  (the library's own signature)


def request_options(user: User | None) -> dict[str, Any]:
    """Begin to use a passkey: one of a person's own, or, for None, whichever the device offers."""
    return dict(passkeys.begin_authentication(user))


def register(credential: object) -> dict[str, Any]:
    """Return a new passkey's credential once it answers the session's challenge. Raises ValidationError."""
    if not isinstance(credential, dict):
        raise ValidationError(_NO_PASSKEY)
    try:
        passkeys.parse_registration_response(credential)
        made = passkeys.complete_registration(credential)
    except _MALFORMED as error:
        raise ValidationError(_NO_PASSKEY) from error
    if not made.is_user_verified():
        raise ValidationError(_NO_PASSKEY)
    return credential


def verify(credential: object, user: User | None) -> User:
    """Return whose passkey answered the session's challenge; with a person, only theirs will do.

    Every passkey asks for a fingerprint or PIN, also where it stands behind a password: the challenge of one use would
    answer for the other. Raises ValidationError for anything else, and for people who may not sign in.
    """
    if not isinstance(credential, dict):
        raise ValidationError(_NO_PASSKEY)
    try:
        answer = passkeys.parse_authentication_response(credential)
        if not answer.response.authenticator_data.is_user_verified():
            raise ValidationError(_NO_PASSKEY)
        owner = passkeys.extract_user_from_response(credential) if user is None else user
        used = passkeys.complete_authentication(owner, credential)
    except _MALFORMED as error:
        raise ValidationError(_NO_PASSKEY) from error
    if not isinstance(owner, User) or not owner.is_active:
        raise ValidationError(_NO_PASSKEY)
    used.record_usage()
    return owner


def name_of(factor: Authenticator) -> str:
    """Return what a person calls a factor."""
    return str(factor.wrap().name) if factor.type == Authenticator.Type.WEBAUTHN else "Authenticator app"
