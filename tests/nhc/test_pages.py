"""Sign in and out, help and the pages for errors, as a browser meets them."""

import re

import pytest
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path
from django.utils.html import escape

from nhc.models import AuditEvent, User
from tests.cast import gather

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"


@pytest.fixture
def person() -> User:
    return User.objects.create_user(email="bill@lantern.example", name="Bill Hartley", password=PASSWORD)


def sign_in(client: Client, email: str, password: str, following: str = "") -> str:
    answer = client.post("/sign-in/", {"username": email, "password": password, "next": following})
    return answer.get("Location", "") or answer.content.decode()


def test_the_email_address_signs_in_whatever_its_case(client: Client, person: User) -> None:
    assert sign_in(client, "Bill@Lantern.example", PASSWORD, "/help/") == "/help/"
    page = client.get("/help/").content.decode()
    assert "Bill Hartley" in page
    assert 'action="/sign-out/"' in page


def test_signing_in_never_leads_to_another_site(client: Client, person: User) -> None:
    assert sign_in(client, person.email, PASSWORD, "https://elsewhere.example/") == "/"


def test_signing_in_twice_leads_home_and_never_round_in_a_circle(client: Client, person: User) -> None:
    client.force_login(person)
    answer = client.get("/sign-in/", {"next": "/sign-in/?next=/sign-in/"})
    assert (answer.status_code, answer["Location"]) == (302, "/")


@pytest.mark.parametrize(
    "typed", ["x" * 300 + "@lantern.example", "a\0b@lantern.example", "\ud800", "☃@lantern.example"]
)
def test_no_name_to_sign_in_with_is_too_odd_for_an_answer(client: Client, typed: str) -> None:
    answer = client.post("/sign-in/", {"username": typed.encode("utf-8", "surrogatepass"), "password": "wrong\0"})
    assert answer.status_code == 200
    assert "There is a problem" in answer.content.decode()


def test_beside_the_name_stands_as_what_a_person_works(client: Client) -> None:
    client.force_login(gather().alice)
    assert "<span>Alice, centre manager</span>" in client.get("/help/").content.decode()


def test_a_wrong_password_and_an_unknown_address_answer_alike(client: Client, person: User) -> None:
    pages = [sign_in(client, email, "wrong") for email in (person.email, "nobody@lantern.example")]
    token = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')
    first, second = (
        token.sub("", page).replace(person.email, "").replace("nobody@lantern.example", "") for page in pages
    )
    assert first == second
    assert "<title>Error: Sign in" in first
    assert re.search(r'<a href="#id_username">\s*The email address or password is not right', first)


def test_an_empty_form_says_what_to_enter_and_links_to_it(client: Client) -> None:
    page = sign_in(client, "", "")
    for field, sentence in (("username", "Enter your email address"), ("password", "Enter your password")):
        assert re.search(rf'<a href="#id_{field}">\s*{sentence}', page)
        assert re.search(rf'(?s)id="id_{field}-error"[^>]*>.*?{sentence}', page)


def test_a_password_never_comes_back_in_the_page(client: Client, person: User) -> None:
    assert "secret-guess" not in sign_in(client, person.email, "secret-guess")


def test_after_five_wrong_attempts_even_the_right_password_must_wait(client: Client, person: User) -> None:
    for email in ("bill@lantern.example", "Bill@lantern.example", "BILL@lantern.example") * 2:
        client.post("/sign-in/", {"username": email, "password": "wrong"})
    answer = client.post("/sign-in/", {"username": person.email, "password": PASSWORD})
    assert answer.status_code == 429
    assert "Wait 15 minutes" in answer.content.decode()
    assert answer["Retry-After"] == "900"
    assert "Bill Hartley" not in client.get("/help/").content.decode()


def test_one_persons_wrong_attempts_lock_nobody_else_out(client: Client, person: User) -> None:
    for _ in range(6):
        client.post("/sign-in/", {"username": "someone@lantern.example", "password": "wrong"})
    assert sign_in(client, person.email, PASSWORD, "/help/") == "/help/"


def test_signing_out_takes_a_post(client: Client, person: User) -> None:
    client.force_login(person)
    assert "Do you want to sign out?" in client.get("/sign-out/").content.decode()
    assert "Bill Hartley" in client.get("/help/").content.decode()
    page = client.post("/sign-out/", follow=True).content.decode()
    assert "You are signed out" in page
    assert "Bill Hartley" not in page


def test_a_page_nobody_has_is_a_page_that_says_what_to_do(client: Client, person: User) -> None:
    client.force_login(person)
    answer = client.get("/no-such-page/")
    assert answer.status_code == 404
    page = answer.content.decode()
    assert "check that you copied all of it" in page
    assert answer["X-Request-ID"] in page


def test_a_form_without_its_token_is_refused_with_words() -> None:
    answer = Client(enforce_csrf_checks=True).post("/sign-in/", {"username": "a@b.example", "password": "x"})
    assert answer.status_code == 403
    assert "copy anything that you typed" in answer.content.decode()


@pytest.mark.urls(__name__)
@pytest.mark.parametrize(("address", "status"), [("/faulty/", 500), ("/without-database/", 503)])
def test_a_fault_of_ours_is_a_page_with_its_reference(person: User, address: str, status: int) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(person)
    answer = client.get(address)
    assert answer.status_code == status
    assert answer["X-Request-ID"] in answer.content.decode()
    assert "was not stored" in answer.content.decode()
    assert "unsafe-inline" not in answer["Content-Security-Policy"]


@pytest.mark.urls(__name__)
@pytest.mark.parametrize(
    ("address", "status", "slug"),
    [("faulty", 500, "server-error"), ("without-database", 503, "unavailable"), ("refused", 403, "not-allowed")],
)
def test_the_same_faults_under_the_api_are_problem_documents(address: str, status: int, slug: str) -> None:
    answer = Client(raise_request_exception=False).get(f"/api/{address}/")
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert answer.json()["type"] == f"/problems/{slug}"
    assert answer.json()["request_id"] == answer["X-Request-ID"]


@pytest.mark.urls(__name__)
def test_what_a_role_does_not_include_says_whom_to_ask(client: Client, person: User) -> None:
    client.force_login(person)
    answer = client.get("/refused/")
    assert answer.status_code == 403
    assert "ask your centre's manager" in answer.content.decode()


def test_the_policy_for_what_a_page_may_load_allows_this_host_alone(client: Client) -> None:
    policy = dict(part.split(" ", 1) for part in client.get("/sign-in/")["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == policy["form-action"] == "'self'"
    assert policy["frame-ancestors"] == policy["object-src"] == policy["base-uri"] == "'none'"
    assert not {"'unsafe-inline'", "'unsafe-eval'", "*"} & {word for words in policy.values() for word in words.split()}


@pytest.mark.parametrize("address", ["/sign-in/", "/sign-out/", "/help/", "/accessibility/", "/no-such-page/"])
def test_pages_hold_no_inline_code_and_name_no_other_host(client: Client, person: User, address: str) -> None:
    if address == "/no-such-page/":
        client.force_login(person)
    page = client.get(address).content.decode()
    assert not re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:", page)
    assert not re.findall(r'(?:src|srcset)="(?:https?:)?//|<link[^>]+href="(?:https?:)?//', page)
    assert '<html lang="en-GB">' in page
    assert len(re.findall("<h1", page)) == 1
    assert 'href="#maincontent"' in page


def test_what_a_person_is_called_cannot_write_into_the_page(client: Client) -> None:
    name = "<script>alert(1)</script>"
    client.force_login(User.objects.create_user(email="a@b.example", name=name, password=PASSWORD))
    page = client.get("/help/").content.decode()
    assert name not in page
    assert escape(name) in page


def _fail(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("on purpose")


def _lose_the_database(request: HttpRequest) -> HttpResponse:
    raise OperationalError("on purpose")


def _refuse(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied


handler403 = "nhc.pages.forbidden"
handler500 = "nhc.pages.server_error"
_faults = [path("faulty/", _fail), path("without-database/", _lose_the_database), path("refused/", _refuse)]
urlpatterns = [path("", include(_faults)), path("api/", include(_faults)), path("", include("nhc.urls"))]


@pytest.mark.django_db
def test_signing_in_and_out_leaves_a_trail() -> None:
    user = User.objects.create_user(email="trail@example.org", name="Trail", password="a long enough password")
    client = Client()
    client.post("/sign-in/", {"username": "trail@example.org", "password": "a long enough password"})
    client.post("/sign-out/")
    verbs = AuditEvent.objects.filter(user=user).order_by("id").values_list("verb", flat=True)
    assert list(verbs) == ["user.signed-in", "user.signed-out"]
