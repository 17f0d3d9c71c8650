"""Who calls the REST API: an organisation's key, or a signed-in person with their session."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http.request import HttpRequest
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from nhc import clock
from nhc.access import Permission
from nhc.actors import Actor
from nhc.models import User
from nhc.problems import Problem
from partners import permissions
from partners.models import ApiKey, Organisation
from partners.permissions import NotVisible, Viewer
from partners.services import keys

_BEARER = re.compile(r"bearer +(\S+) *", re.ASCII | re.IGNORECASE)
_REFUSED = "The API key is wrong, has expired or was revoked. Check it, or ask for a new one."


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever made a request, and the instant at which they did.

    `organisations` are those the caller may act for. `chosen` is the one it acts for now: None for a person with none,
    or with several who did not say which. `credential` names the key or the person, for limits and idempotency.
    """

    at: datetime
    viewer: Viewer
    actor: Actor
    scopes: frozenset[str]
    credential: str
    organisations: tuple[Organisation, ...]
    chosen: Organisation | None
    key: ApiKey | None = None

    @property
    def organisation(self) -> Organisation:
        """The organisation the caller acts for. Raises Problem where there is none, or none was chosen."""
        if self.chosen is not None:
            return self.chosen
        if not self.organisations:
            raise Problem(403, "no-organisation", "No organisation", "You act for no organisation, so nothing is here.")
        codes = ", ".join(organisation.code for organisation in self.organisations)
        raise Problem(
            400,
            "organisation-needed",
            "Which organisation?",
            f"You act for several organisations. Add ?organisation= with one of: {codes}.",
        )


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """What `request.user` is for a key: authenticated, and nobody in particular."""

    is_authenticated: bool = True
    is_active: bool = True
    pk: None = None


class KeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer nhc_...`. 401 for a key that is malformed, unknown, wrong, expired or revoked."""

    def authenticate(self, request: Request) -> tuple[KeyHolder, Caller] | None:
        """Return the caller for a living key, None where the request carries no bearer token."""
        header = request.META.get("HTTP_AUTHORIZATION", "")
        if header[:6].lower() != "bearer":
            return None
        at = clock.now()
        match = _BEARER.fullmatch(header)
        text = "" if match is None else match[1]
        prefix = keys.key_prefix(text)
        key = None if prefix is None else keys.living_key(prefix=prefix, text=text, at=at)
        if key is None:
            raise AuthenticationFailed(_REFUSED)
        _refuse_other_organisation(request, (key.organisation,))
        keys.note_use(key=key, at=at)
        return KeyHolder(), _caller_by_key(key, at)

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge, which also makes the answer 401 and not 403."""
        return 'Bearer realm="api"'


class StaffAuthentication(SessionAuthentication):
    """A signed-in person, with the protection of pages against forged requests."""

    def authenticate(self, request: Request) -> tuple[User, Caller] | None:
        """Return the caller for a session, None where nobody is signed in."""
        found: tuple[Any, None] | None = super().authenticate(request)
        if found is None:
            return None
        user = found[0]
        return user, _caller_by_session(request, user, clock.now())


def caller_of(request: Request) -> Caller:
    """Return the caller of an authenticated request."""
    caller = request.auth
    if not isinstance(caller, Caller):
        raise AuthenticationFailed("Send an API key as 'Authorization: Bearer <key>'.")
    return caller


def _caller_by_key(key: ApiKey, at: datetime) -> Caller:
    return Caller(
        at=at,
        viewer=Viewer.key(key),
        actor=Actor.key(prefix=key.prefix, organisation=key.organisation.code, key_id=key.pk),
        scopes=frozenset(key.scopes),
        credential=f"key:{key.prefix}",
        organisations=(key.organisation,),
        chosen=key.organisation,
        key=key,
    )


def _caller_by_session(request: Request, user: User, at: datetime) -> Caller:
    viewer = Viewer.user(user)
    organisations = tuple(permissions.organisations_for(viewer, at))
    wanted = _refuse_other_organisation(request, organisations)
    chosen = wanted or (organisations[0] if len(organisations) == 1 else None)
    scopes = {ApiKey.Scope.READ.value}
    if request.method not in SAFE_METHODS and chosen is not None and _may_submit(viewer, chosen, at):
        scopes.add(ApiKey.Scope.SUBMIT.value)
    code = "" if chosen is None else chosen.code
    return Caller(
        at=at,
        viewer=viewer,
        actor=Actor.user(user, organisation=code),
        scopes=frozenset(scopes),
        credential=f"user:{user.pk}:{code}",
        organisations=organisations,
        chosen=chosen,
    )


def _may_submit(viewer: Viewer, organisation: Organisation, at: datetime) -> bool:
    return organisation in permissions.organisations_for(viewer, at, permission=Permission.SUBMIT_FIGURES)


def _refuse_other_organisation(request: Request, organisations: tuple[Organisation, ...]) -> Organisation | None:
    """Return the organisation that `?organisation=` names, None without it; NotVisible for anyone else's."""
    http: HttpRequest = request._request
    code = http.GET.get("organisation")
    if code is None:
        return None
    for organisation in organisations:
        if organisation.code == code:
            return organisation
    raise NotVisible
