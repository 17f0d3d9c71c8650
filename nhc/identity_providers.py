"""Identity providers of employers, or NHS CIS2, over OpenID Connect: who has signed in there, and whose account it is.

A provider never makes an account. An account is found by an earlier sign-in through the same provider, or by an e-mail
address that the provider has verified, in a domain for which the settings trust it. An account that somebody can sign
in to already is found by its address only once they have proved that the address is theirs.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, override

import jwt
import requests
from allauth.socialaccount.internal import jwtkit, statekit
from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import HttpRequest

from nhc import authentication, factors
from nhc.environment import IdentityProvider
from nhc.models import User


class RefusedError(Exception):
    """The provider, or what it said, does not sign anybody in. The text is for the log: it names nobody."""


@dataclass(frozen=True, slots=True)
class SignedInThere:
    """What a provider said: whose account here it is, whether with a second factor, and where they were going."""

    user: User
    second_factor: bool
    following: str


class _Adapter(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]  # the library ships no types
    """Checks the signature even of a token that came straight from the provider."""

    @override
    def _decode_id_token(self, app: Any, id_token: str) -> dict[str, Any]:
        found: dict[str, Any] = jwtkit.verify_and_decode(
            credential=id_token,
            keys_url=self.openid_config["jwks_uri"],
            issuer=self.openid_config["issuer"],
            audience=app.client_id,
            lookup_kid=jwtkit.lookup_kid_jwk,
        )
        return found


_FAULTS = (OAuth2Error, requests.RequestException, jwt.PyJWTError, KeyError, TypeError, ValueError)


def named(identity: str) -> IdentityProvider | None:
    """Return the provider of the settings with this identifier."""
    providers: list[IdentityProvider] = settings.IDENTITY_PROVIDERS
    return next((provider for provider in providers if provider.id == identity), None)


def address_to_sign_in(*, request: HttpRequest, provider: IdentityProvider, following: str) -> str:
    """Return the provider's address to send a person to. What must come back unchanged stays in the session.

    Raises RefusedError where the provider does not answer.
    """
    nonce = secrets.token_urlsafe(16)
    try:
        answer = (
            _Adapter(request, provider.id)
            .get_provider()
            .redirect(request, "login", next_url=following, data={"nonce": nonce}, auth_params={"nonce": nonce})
        )
    except _FAULTS as error:
        raise RefusedError(type(error).__name__) from error
    return str(answer["Location"])


def complete(*, request: HttpRequest, provider: IdentityProvider, at: datetime) -> SignedInThere:
    """Return who came back from the provider. Raises RefusedError for a bad answer and for people not known here."""
    state = statekit.unstash_state(request, provider_id=provider.id, state_id=request.GET.get("state", ""))
    if state is None or "code" not in request.GET:
        raise RefusedError("no state" if state is None else "no code")
    adapter = _Adapter(request, provider.id)
    try:
        app = adapter.get_provider().app
        answer = adapter.get_access_token_data(
            request, app, adapter.get_client(request, app), pkce_code_verifier=state.get("pkce_code_verifier")
        )
        claims = adapter._decode_id_token(app, answer["id_token"])
        if not secrets.compare_digest(str(claims.get("nonce", "")), str(state["data"]["nonce"])):
            raise RefusedError("nonce")
        subject = str(claims["sub"])
    except _FAULTS as error:
        raise RefusedError(type(error).__name__) from error
    try:
        user = _account(provider, subject, claims, at)
    except IntegrityError as error:  # the same first sign-in, twice at once
        raise RefusedError("twice") from error
    if user is None:
        raise RefusedError("nobody")
    methods = claims.get("amr")
    said = {str(claims.get("acr", "")), *(map(str, methods) if isinstance(methods, list) else ())}
    return SignedInThere(user, bool(said & provider.strong), str(state.get("next") or ""))


@transaction.atomic
def _account(provider: IdentityProvider, subject: str, claims: Mapping[str, Any], at: datetime) -> User | None:
    known = SocialAccount.objects.filter(provider=provider.id, uid=subject).select_related("user").first()
    if known is not None:
        return known.user if known.user.is_active else None
    email = str(claims.get("email", "")).strip().lower()
    if claims.get("email_verified") is not True or email.rpartition("@")[2] not in provider.domains:
        return None
    user = User.objects.filter(email=email, is_active=True).first()
    if user is None or SocialAccount.objects.filter(provider=provider.id, user=user).exists():
        return None
    if user.address_proved_at is None:
        # Whoever was invited by another employer under this address may hold the account's password.
        if user.has_usable_password() or factors.of(user) or SocialAccount.objects.filter(user=user).exists():
            raise RefusedError("address not proved")
        authentication.prove_address(user=user, at=at)
    # What else the provider says about the person is not ours to keep.
    SocialAccount.objects.create(provider=provider.id, uid=subject, user=user, extra_data={})
    return user
