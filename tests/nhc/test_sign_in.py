"""Signing in with a second factor: passkeys, codes of an app, recovery codes; who must have one; what locks out."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as one_time_codes
from django.conf import LazySettings
from django.test import Client

from nhc import authentication, clock, factors
from nhc.models import AuditEvent, User, UserSession
from partners.models import Employment
from tests.cast import gather
from tests.factories import MembershipFactory
from tests.nhc.passkeys import Passkey

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"


@pytest.fixture
def person() -> User:
    return User.objects.create_user(email="bill@lantern.example", name="Bill Hartley", password=PASSWORD)


@pytest.fixture
def client() -> Client:
    """Return a browser that uses TLS, as passkeys need."""
    client = Client(headers={"User-Agent": "Firefox on Windows"}, SERVER_PORT="443")
    client.defaults["wsgi.url_scheme"] = "https"
    return client


def first_step(client: Client, following: str = "/help/") -> str:
    answer = client.post("/sign-in/", {"username": "bill@lantern.example", "password": PASSWORD, "next": following})
    return answer.get("Location", "")


def is_signed_in(client: Client) -> bool:
    return "Bill Hartley" in client.get("/help/").content.decode()


def code(user: User, *, later: int = 0) -> str:
    """Return the code that the person's app shows, so many half minutes from now."""
    found = Authenticator.objects.get(user=user, type="totp")
    secret = factors.FactorAdapter().decrypt(found.data["secret"])
    counter = list(one_time_codes.yield_hotp_counters_from_time())[1] + later
    return str(one_time_codes.format_hotp_value(one_time_codes.hotp_value(secret, counter)))


def with_app(client: Client, person: User) -> None:
    """Set up an authenticator app as a person does, and sign out."""
    client.force_login(person)
    client.get("/account/one-time-codes/")
    secret = client.session["new_one_time_codes"]
    counter = next(iter(one_time_codes.yield_hotp_counters_from_time()))
    shown = one_time_codes.format_hotp_value(one_time_codes.hotp_value(secret, counter))
    answer = client.post("/account/one-time-codes/", {"code": shown})
    assert answer["Location"] == "/account/recovery-codes/"
    client.post("/sign-out/")


def with_passkey(client: Client, person: User) -> Passkey:
    """Add a passkey as a person does, and sign out."""
    client.force_login(person)
    passkey = Passkey()
    options = client.post("/account/passkeys/options/").json()
    answer = client.post("/account/passkeys/add/", {"name": "Blue key", "credential": passkey.made(options)})
    assert answer["Location"] == "/account/recovery-codes/"
    client.post("/sign-out/")
    return passkey


def sign_in_with_both(client: Client, person: User) -> None:
    """Begin a session as one with a second factor behind it."""
    client.force_login(person)
    session = client.session
    session["second_factor"] = True
    session.save()


def test_a_password_alone_signs_nobody_in_who_has_an_app(client: Client, person: User) -> None:
    with_app(client, person)
    assert first_step(client) == "/sign-in/code/"
    assert not is_signed_in(client)
    assert client.post("/sign-in/code/", {"code": code(person)})["Location"] == "/help/"
    assert is_signed_in(client)


def test_the_first_factor_ends_the_sessions_that_began_without(client: Client, person: User) -> None:
    earlier = Client()
    earlier.force_login(person)
    with_app(client, person)
    assert not is_signed_in(earlier)


@pytest.mark.parametrize(
    "page", ["/account/recovery-codes/", "/account/", "/account/confirm/", "/account/passkeys/add/"]
)
def test_a_session_without_the_factor_shows_and_changes_nothing_about_it(
    client: Client, person: User, page: str
) -> None:
    with_app(client, person)
    client.force_login(person)
    assert client.get(page)["Location"] == "/sign-in/code/"
    assert client.post(page, {"password": PASSWORD})["Location"] == "/sign-in/code/"
    client.get(page)
    assert client.post("/sign-in/code/", {"code": code(person)})["Location"] == page
    assert client.get(page).status_code == 200


def test_a_code_is_taken_once(client: Client, person: User) -> None:
    with_app(client, person)
    first_step(client)
    used = code(person)
    client.post("/sign-in/code/", {"code": used})
    client.post("/sign-out/")
    first_step(client)
    assert "The code is not right" in client.post("/sign-in/code/", {"code": used}).content.decode()
    assert client.post("/sign-in/code/", {"code": code(person, later=1)}).status_code == 302


def test_a_recovery_code_signs_in_once(client: Client, person: User) -> None:
    with_app(client, person)
    spare = factors.recovery_codes_left(person)[0]
    for expected in (302, 200):
        first_step(client)
        assert client.post("/sign-in/code/", {"code": f"{spare[:5]} {spare[5:]}"}).status_code == expected
        client.post("/sign-out/")
    assert len(factors.recovery_codes_left(person)) == 9


def test_the_second_step_waits_ten_minutes(client: Client, person: User) -> None:
    with_app(client, person)
    first_step(client)
    with time_machine.travel(clock.now() + timedelta(minutes=11)):
        assert client.post("/sign-in/code/", {"code": code(person)})["Location"] == "/sign-in/"


def test_a_new_password_ends_the_wait_for_a_second_step(client: Client, person: User) -> None:
    authentication.prove_address(user=person, at=clock.now())
    with_app(client, person)
    first_step(client)
    authentication.change_password(request=None, user=person, password="violet tram marmalade", at=clock.now())
    assert client.post("/sign-in/code/", {"code": code(person)})["Location"] == "/sign-in/"


def test_wrong_codes_and_wrong_passwords_count_together(client: Client, person: User) -> None:
    with_app(client, person)
    for _ in range(2):
        client.post("/sign-in/", {"username": person.email, "password": "wrong"})
    first_step(client)
    for guess in ("000000", "111111", "0000000000"):
        answer = client.post("/sign-in/code/", {"code": guess})
    assert answer.status_code == 429
    assert client.post("/sign-in/code/", {"code": code(person)}).status_code == 429
    assert not is_signed_in(client)


def test_five_wrong_codes_from_anywhere_end_the_wait_for_a_second_step(client: Client, person: User) -> None:
    with_app(client, person)
    first_step(client)
    for number in range(5):
        client.post("/sign-in/code/", {"code": "000000"}, REMOTE_ADDR=f"192.0.2.{number}")
    assert client.post("/sign-in/code/", {"code": code(person)})["Location"] == "/sign-in/"
    assert not is_signed_in(client)


def test_wrong_codes_are_counted_for_the_account_too(client: Client) -> None:
    # An identifier that no other test counts for.
    person = User(pk=uuid4().int >> 66, email="bill@lantern.example", name="Bill Hartley")
    person.set_password(PASSWORD)
    person.save()
    with_app(client, person)
    for number in range(15):
        if number % 4 == 0:
            first_step(client)
        client.post("/sign-in/code/", {"code": "000000"}, REMOTE_ADDR=f"192.0.2.{number}")
    first_step(client)
    answer = client.post("/sign-in/code/", {"code": code(person)})
    assert "too many wrong codes" in answer.content.decode()
    assert not is_signed_in(client)


def test_a_passkey_signs_in_alone(client: Client, person: User) -> None:
    passkey = with_passkey(client, person)
    options = client.post("/sign-in/passkey/options/", {"anyone": "1"}).json()
    assert options["publicKey"]["userVerification"] == "required"
    assert options["publicKey"].get("allowCredentials", []) == []
    answer = client.post("/sign-in/passkey/", {"credential": passkey.answer(options), "next": "/help/"})
    assert answer["Location"] == "/help/"
    assert is_signed_in(client)
    event = AuditEvent.objects.filter(verb="user.signed-in").latest("pk")
    assert event.details == {"method": "passkey", "second_factor": True}


@pytest.mark.parametrize("fault", ["challenge", "origin", "key", "inactive", "unverified", "nonsense"])
def test_a_passkey_that_is_not_right_signs_nobody_in(client: Client, person: User, fault: str) -> None:
    passkey = with_passkey(client, person)
    options = client.post("/sign-in/passkey/options/", {"anyone": "1"}).json()
    if fault == "challenge":
        options["publicKey"]["challenge"] = "AAAA"
    if fault == "inactive":
        User.objects.update(is_active=False)
    if fault == "unverified":
        passkey.flags = 0x01
    if fault == "key":
        passkey.key = Passkey().key
    origin = "https://elsewhere.example" if fault == "origin" else "https://testserver"
    credential = '{"response": {"userHandle": [1]}}' if fault == "nonsense" else passkey.answer(options, origin=origin)
    answer = client.post("/sign-in/passkey/", {"credential": credential})
    assert answer.status_code == 422
    assert "The passkey was not accepted" in answer.content.decode()
    assert not is_signed_in(client)


def test_a_challenge_of_another_use_lets_nobody_in_without_fingerprint_or_pin(client: Client, person: User) -> None:
    passkey = with_passkey(client, person)
    passkey.flags = 0x01
    client.force_login(User.objects.create_user(email="eve@lantern.example", name="Eve"))
    options = client.post("/sign-in/passkey/options/").json()
    assert client.post("/sign-in/passkey/", {"credential": passkey.answer(options)}).status_code == 422
    assert not is_signed_in(client)


def test_a_challenge_is_answered_once(client: Client, person: User) -> None:
    passkey = with_passkey(client, person)
    credential = passkey.answer(client.post("/sign-in/passkey/options/", {"anyone": "1"}).json())
    client.post("/sign-in/passkey/", {"credential": credential})
    client.post("/sign-out/")
    assert client.post("/sign-in/passkey/", {"credential": credential}).status_code == 422


def test_a_passkey_is_a_second_step_after_the_password(client: Client, person: User) -> None:
    passkey = with_passkey(client, person)
    assert first_step(client) == "/sign-in/code/"
    options = client.post("/sign-in/passkey/options/").json()
    answer = client.post("/sign-in/code/", {"credential": passkey.answer(options)})
    assert answer["Location"] == "/help/"


def test_a_passkey_without_fingerprint_or_pin_is_not_taken(client: Client, person: User) -> None:
    client.force_login(person)
    options = client.post("/account/passkeys/options/").json()
    credential = Passkey(verifies=False).made(options)
    assert client.post("/account/passkeys/add/", {"name": "Old", "credential": credential}).status_code == 422
    assert not Authenticator.objects.exists()


def test_passkeys_have_names_and_go_again(client: Client, person: User) -> None:
    with_passkey(client, person)
    sign_in_with_both(client, person)
    found = Authenticator.objects.get(type="webauthn")
    client.post(f"/account/passkeys/{found.pk}/rename/", {"name": "Work laptop"})
    assert "Work laptop" in client.get("/account/").content.decode()
    client.post(f"/account/factors/{found.pk}/remove/")
    assert not Authenticator.objects.exists()


def test_nobody_touches_another_persons_factors(client: Client, person: User) -> None:
    with_passkey(client, person)
    client.force_login(User.objects.create_user(email="eve@lantern.example", name="Eve"))
    found = Authenticator.objects.get(type="webauthn")
    assert client.post(f"/account/passkeys/{found.pk}/rename/", {"name": "Mine"}).status_code == 404
    assert client.post(f"/account/factors/{found.pk}/remove/").status_code == 404


def test_secrets_of_factors_are_not_readable_in_the_database(client: Client, person: User) -> None:
    with_app(client, person)
    app, codes = (Authenticator.objects.get(user=person, type=kind) for kind in ("totp", "recovery_codes"))
    adapter = factors.FactorAdapter()
    assert adapter.decrypt(app.data["secret"]) not in str(app.data)
    assert adapter.decrypt(codes.data["seed"]) not in str(codes.data)


@pytest.fixture
def required(settings: LazySettings) -> None:
    settings.SECOND_FACTOR_REQUIRED = True


@pytest.mark.usefixtures("required")
def test_who_may_see_records_sets_up_a_second_factor_first(client: Client) -> None:
    people = gather()
    client.force_login(people.alice)
    assert client.get("/centres/riverside/")["Location"] == "/account/second-factor/"
    assert client.get("/admin/")["Location"] == "/account/second-factor/"
    refused = client.get("/api/v1/measures/")
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/second-factor")
    page = client.get("/account/second-factor/").content.decode()
    assert "Add a passkey" in page
    options = client.post("/account/passkeys/options/").json()
    client.post("/account/passkeys/add/", {"name": "Blue key", "credential": Passkey().made(options)})
    assert client.get("/centres/riverside/").status_code == 200


@pytest.mark.usefixtures("required")
@pytest.mark.parametrize("role", ["privacy", "safety", "submitter", "administrator"])
def test_who_may_let_others_in_or_read_the_trail_sets_one_up_too(client: Client, role: str) -> None:
    people = gather()
    if role == "administrator":
        Employment.objects.filter(user=people.carol).update(administrator=True)
    else:
        MembershipFactory.create(user=people.carol, team=people.backbone, role=role)
    client.force_login(people.carol)
    assert client.get("/centres/")["Location"] == "/account/second-factor/"


@pytest.mark.usefixtures("required")
def test_who_sees_no_records_may_go_without(client: Client) -> None:
    client.force_login(gather().operator)
    assert client.get("/centres/riverside/").status_code == 200


@pytest.mark.usefixtures("required")
def test_the_only_factor_stays_while_work_needs_it(client: Client) -> None:
    alice = gather().alice
    with_passkey(client, alice)
    sign_in_with_both(client, alice)
    found = Authenticator.objects.get(user=alice, type="webauthn")
    answer = client.post(f"/account/factors/{found.pk}/remove/")
    assert answer.status_code == 422
    assert "Add another before you remove your only one" in answer.content.decode()


def test_the_administration_pages_have_no_way_in_of_their_own(client: Client, person: User) -> None:
    assert client.get("/admin/login/?next=/admin/")["Location"] == "/sign-in/?next=/admin/"
    answer = client.post("/admin/login/", {"username": person.email, "password": PASSWORD})
    assert answer.status_code == 405
    assert not is_signed_in(client)


def test_no_page_of_the_library_is_reachable(client: Client, person: User) -> None:
    client.force_login(person)
    for address in ("/accounts/login/", "/accounts/signup/", "/account/signup/", "/accounts/email/", "/accounts/2fa/"):
        assert client.get(address).status_code == 404, address


def test_a_session_gets_a_new_key_at_sign_in_and_at_proof(client: Client, person: User) -> None:
    client.post("/sign-in/passkey/options/", {"anyone": "1"})
    before = client.cookies["sessionid"].value
    first_step(client)
    signed_in = client.cookies["sessionid"].value
    client.post("/account/confirm/", {"password": PASSWORD})
    assert len({before, signed_in, client.cookies["sessionid"].value}) == 3
    assert UserSession.objects.filter(user=person).count() == 1


def test_sensitive_acts_ask_for_proof_after_ten_minutes(client: Client, person: User) -> None:
    first_step(client)
    with time_machine.travel(clock.now() + timedelta(minutes=11)) as travel:
        asked = client.get("/account/passkeys/add/")
        assert asked["Location"] == "/account/confirm/?next=%2Faccount%2Fpasskeys%2Fadd%2F"
        assert "The password is not right" in client.post(asked["Location"], {"password": "no"}).content.decode()
        assert client.post(asked["Location"], {"password": PASSWORD})["Location"] == "/account/passkeys/add/"
        assert client.get("/account/passkeys/add/").status_code == 200
        travel.shift(timedelta(minutes=11))
        assert client.get("/account/passkeys/add/").status_code == 302


def test_proof_is_given_by_a_code_or_a_passkey_too(client: Client, person: User) -> None:
    with_app(client, person)
    passkey = with_passkey_added(client, person)
    first_step(client)
    client.post("/sign-in/code/", {"code": code(person)})
    with time_machine.travel(clock.now() + timedelta(minutes=11)) as travel:
        assert client.post("/account/confirm/", {"factor-code": code(person, later=1)})["Location"] == "/account/"
        travel.shift(timedelta(minutes=11))
        options = client.post("/sign-in/passkey/options/").json()
        assert client.post("/account/confirm/", {"credential": passkey.answer(options)})["Location"] == "/account/"


def with_passkey_added(client: Client, person: User) -> Passkey:
    sign_in_with_both(client, person)
    passkey = Passkey()
    options = client.post("/account/passkeys/options/").json()
    client.post("/account/passkeys/add/", {"name": "Blue key", "credential": passkey.made(options)})
    client.post("/sign-out/")
    return passkey
