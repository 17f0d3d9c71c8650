"""Signing in with an employer's identity provider: a real one runs here, signs real tokens, and lies when told to."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import jwt
import pytest
from allauth.mfa.totp.internal.auth import TOTP
from allauth.socialaccount.models import SocialAccount, SocialToken
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import LazySettings
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from nhc import authentication, clock, environment, factors
from nhc.models import AuditEvent, User

pytestmark = pytest.mark.django_db

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class TrustProvider(ThreadingHTTPServer):
    """An OpenID Connect provider of one client. `claims` go into its tokens over the right ones; `key` signs them."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.address = f"http://127.0.0.1:{self.server_port}"
        self.claims: dict[str, Any] = {}
        self.key = KEY
        self.asked: dict[str, str] = {}

    def token(self) -> str:
        right = {
            "iss": self.address,
            "aud": "backbone",
            "sub": "subject-1",
            "nonce": self.asked.get("nonce"),
            "email": "bill@riverside.example",
            "email_verified": True,
            "iat": int(time.time()),
            "exp": int(time.time()) + 60,
        }
        return jwt.encode(right | self.claims, self.key, algorithm="RS256", headers={"kid": "one"})


class Answers(BaseHTTPRequestHandler):
    """Discovery, keys and tokens."""

    server: TrustProvider

    def do_GET(self) -> None:
        address = self.server.address
        if self.path == "/keys":
            public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
            self.say(200, {"keys": [public | {"kid": "one", "alg": "RS256"}]})
        else:
            self.say(
                200,
                {
                    "issuer": address,
                    "authorization_endpoint": f"{address}/authorise",
                    "token_endpoint": f"{address}/token",
                    "jwks_uri": f"{address}/keys",
                    "token_endpoint_auth_methods_supported": ["client_secret_post"],
                },
            )

    def do_POST(self) -> None:
        sent = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        digest = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        right = sent["client_secret"] == "shared" and challenge == self.server.asked.get("code_challenge")
        if not right:
            self.say(400, {"error": "invalid_grant"})
            return
        self.say(200, {"access_token": "opaque", "token_type": "Bearer", "id_token": self.server.token()})

    def say(self, status: int, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the library's own name)
        """Say nothing."""


@pytest.fixture
def provider(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[TrustProvider]:
    with TrustProvider() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        app: dict[str, Any] = {"name": "Riverside trust", "client_id": "backbone", "secret": "shared"}
        entry = app | {"id": "trust", "server_url": server.address}
        entry |= {"domains": ["riverside.example"], "strong": ["mfa", "AAL3"]}
        monkeypatch.setenv("NHC_IDENTITY_PROVIDERS", json.dumps([entry]))
        settings.IDENTITY_PROVIDERS = environment.identity_providers("NHC_IDENTITY_PROVIDERS", production=False)
        more = {"server_url": server.address, "oauth_pkce_enabled": True, "scope": ["openid", "email"]}
        app |= {"provider_id": "trust", "settings": more}
        settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [app]}}
        yield server
        server.shutdown()


@pytest.fixture
def bill() -> User:
    return User.objects.create_user(email="bill@riverside.example", name="Bill Hartley")


def sign_in(client: Client, provider: TrustProvider, following: str = "/help/") -> Any:
    """Go to the provider and come back with what it says."""
    sent = client.post("/sign-in/with/trust/", {"next": following})
    asked = {name: values[0] for name, values in parse_qs(urlsplit(sent["Location"]).query).items()}
    provider.asked = asked
    return client.get("/sign-in/with/trust/back/", {"code": "once", "state": asked["state"]})


def is_signed_in(client: Client) -> bool:
    return "Bill Hartley" in client.get("/help/").content.decode()


def test_a_verified_address_of_the_trusted_domain_signs_in(client: Client, provider: TrustProvider, bill: User) -> None:
    assert "Sign in with Riverside trust" in client.get("/sign-in/").content.decode()
    assert sign_in(client, provider)["Location"] == "/help/"
    assert is_signed_in(client)
    event = AuditEvent.objects.get(verb="user.signed-in")
    assert event.details == {"method": "identity provider", "second_factor": False}


def test_what_the_provider_said_is_not_kept(client: Client, provider: TrustProvider, bill: User) -> None:
    sign_in(client, provider)
    assert SocialAccount.objects.get().extra_data == {}
    assert not SocialToken.objects.exists()


def test_afterwards_the_provider_is_known_by_its_own_identifier(
    client: Client, provider: TrustProvider, bill: User
) -> None:
    sign_in(client, provider)
    client.post("/sign-out/")
    provider.claims = {"email": "renamed@riverside.example"}
    sign_in(client, provider)
    assert is_signed_in(client)


@pytest.mark.parametrize("claims", [{"amr": ["pwd", "mfa"]}, {"acr": "AAL3"}])
def test_a_second_factor_at_the_provider_counts(
    client: Client, provider: TrustProvider, bill: User, claims: dict[str, Any]
) -> None:
    provider.claims = claims
    sign_in(client, provider)
    assert AuditEvent.objects.get(verb="user.signed-in").details["second_factor"] is True


@pytest.mark.parametrize(
    "claims",
    [
        {"email_verified": False},
        {"email_verified": "true"},
        {"email": "bill@elsewhere.example"},
        {"email": "nobody@riverside.example"},
        {"nonce": "another"},
        {"aud": "another"},
        {"iss": "https://another.example"},
        {"exp": 1},
        {"sub": None},
    ],
)
def test_what_is_not_right_signs_nobody_in(
    client: Client, provider: TrustProvider, bill: User, claims: dict[str, Any]
) -> None:
    User.objects.create_user(email="bill@elsewhere.example", name="Bill Hartley")
    provider.claims = claims
    answer = sign_in(client, provider)
    assert answer.status_code == 403
    assert "Riverside trust did not sign you in" in answer.content.decode()
    assert not is_signed_in(client)
    assert User.objects.count() == 2


def test_an_account_whose_address_nobody_proved_is_not_found_by_it(
    client: Client, provider: TrustProvider, bill: User
) -> None:
    bill.set_password("violet tram marmalade")
    bill.save()
    assert "ask for a new password" in sign_in(client, provider).content.decode()
    assert not is_signed_in(client)
    TOTP.activate(bill, "JBSWY3DPEHPK3PXP")
    authentication.change_password(request=None, user=bill, password="lantern gravel otter", at=clock.now())
    assert factors.of(bill) == []
    sign_in(client, provider)
    assert is_signed_in(client)


@pytest.mark.parametrize("claims", [{"amr": 7}, {"amr": "mfa"}, {"amr": {"mfa": True}}])
def test_methods_that_are_no_list_vouch_for_nothing(
    client: Client, provider: TrustProvider, bill: User, claims: dict[str, Any]
) -> None:
    provider.claims = claims
    sign_in(client, provider)
    assert AuditEvent.objects.get(verb="user.signed-in").details["second_factor"] is False


def test_a_token_with_another_signature_signs_nobody_in(client: Client, provider: TrustProvider, bill: User) -> None:
    provider.key = OTHER_KEY
    assert sign_in(client, provider).status_code == 403
    assert not is_signed_in(client)


@pytest.mark.parametrize("query", [{}, {"code": "once"}, {"code": "once", "state": "made-up"}, {"error": "x"}])
def test_nobody_comes_back_who_did_not_go(client: Client, provider: TrustProvider, query: dict[str, str]) -> None:
    assert client.get("/sign-in/with/trust/back/", query).status_code == 403


def test_a_state_is_good_once_and_in_one_browser(client: Client, provider: TrustProvider, bill: User) -> None:
    sign_in(client, provider)
    back = {"code": "once", "state": provider.asked["state"]}
    client.post("/sign-out/")
    assert client.get("/sign-in/with/trust/back/", back).status_code == 403
    assert Client().get("/sign-in/with/trust/back/", back).status_code == 403


def test_a_provider_that_is_away_is_a_page(client: Client, provider: TrustProvider) -> None:
    provider.shutdown()
    provider.server_close()
    assert client.post("/sign-in/with/trust/").status_code == 403
    assert client.post("/sign-in/with/other/").status_code == 404


@pytest.mark.parametrize(
    "value",
    ["{", "{}", "[1]", '[{"id": "x"}]', '[{"id":"A B","name":"x","server_url":"x","client_id":"x","secret":"x"}]'],
)
def test_a_list_that_cannot_be_read_stops_the_start(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("NHC_IDENTITY_PROVIDERS", value)
    with pytest.raises(ImproperlyConfigured, match="NHC_IDENTITY_PROVIDERS"):
        environment.identity_providers("NHC_IDENTITY_PROVIDERS", production=True)


def test_production_takes_providers_over_tls_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = {"id": "x", "name": "x", "server_url": "http://x.example", "client_id": "x", "secret": "x", "domains": []}
    monkeypatch.setenv("NHC_IDENTITY_PROVIDERS", json.dumps([entry]))
    with pytest.raises(ImproperlyConfigured, match="https"):
        environment.identity_providers("NHC_IDENTITY_PROVIDERS", production=True)
