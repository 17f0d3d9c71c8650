"""Exceptions for named people: made by a privacy officer, for one centre, for a while, kept when they have ended."""

from datetime import datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.utils import ProgrammingError
from pytest_django import DjangoAssertNumQueries

from nhc.actors import Actor
from nhc.models import AuditEvent, User
from partners.models import CentreException
from partners.permissions import Audience, NotVisible, Viewer, centres_for, get_centre_for
from partners.services import exceptions
from partners.services import people as people_services
from tests import cast
from tests.cast import NOW, Cast
from tests.factories import LONG_AGO, UserFactory
from tests.partners.pages import signed_in, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]

WEEK = timedelta(days=7)
SENT = {"email": "DEV@example.org", "reason": "Reviews", "last_day-day": "9", "last_day-month": "4", "last_day-year": "2026"}  # fmt: skip # noqa: E501


@pytest.fixture
def officer(people: Cast) -> User:
    user = UserFactory.create(email="officer@example.org", name="Olu Officer")
    people_services.add_membership(
        user=user, team=people.backbone, role="privacy", starts_at=LONG_AGO, by=cast.MAKER, at=NOW
    )
    return user


def grant(
    people: Cast, officer: User, *, user: User | None = None, expires_at: datetime = NOW + WEEK
) -> CentreException:
    return exceptions.grant_exception(
        user=user or people.dev,
        centre=people.riverside,
        reason="Reviews the crisis service",
        expires_at=expires_at,
        by=Actor.user(officer),
        at=NOW,
    )


def may_read(user: User, at: datetime) -> bool:
    try:
        access = get_centre_for(Viewer.user(user), "riverside", at)
    except NotVisible:
        assert centres_for(Viewer.user(user), at) == []
        return False
    assert access.audience is Audience.OUTSIDE
    assert access.organisations == frozenset()
    return True


def test_it_opens_one_dashboard_until_its_instant(people: Cast, officer: User) -> None:
    assert not may_read(people.dev, NOW)
    grant(people, officer)
    assert may_read(people.dev, NOW)
    assert may_read(people.dev, NOW + WEEK - timedelta(microseconds=1))
    assert not may_read(people.dev, NOW + WEEK)
    with pytest.raises(NotVisible):
        get_centre_for(Viewer.user(people.dev), "hillside", NOW)


def test_it_ends_at_once_when_it_is_ended_and_stays_on_record(people: Cast, officer: User) -> None:
    made = grant(people, officer)
    exceptions.revoke_exception(exception=made, by=Actor.user(officer), at=NOW + WEEK / 2)
    exceptions.revoke_exception(exception=made, by=Actor.user(officer), at=NOW + WEEK / 2)
    assert not may_read(people.dev, NOW + WEEK / 2)
    verbs = AuditEvent.objects.filter(subject="exception", centre="riverside").order_by("id")
    assert list(verbs.values_list("verb", flat=True)) == ["exception.granted", "exception.revoked"]
    assert CentreException.objects.count() == 1


def test_what_an_exception_may_not_be(people: Cast, officer: User) -> None:
    for expires_at in (NOW, NOW + timedelta(days=91)):
        with pytest.raises(ValidationError, match="within 90 days"):
            grant(people, officer, expires_at=expires_at)
    with pytest.raises(ValidationError, match="for themselves"):
        grant(people, officer, user=officer)
    grant(people, officer)
    with pytest.raises(ValidationError, match="already"):
        grant(people, officer)


def test_the_database_refuses_a_longer_one_and_a_change_of_its_end(people: Cast, officer: User) -> None:
    made = grant(people, officer)
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        CentreException.objects.filter(pk=made.pk).update(expires_at=NOW + timedelta(days=80))
    values = {"user": people.carol, "content_object": people.riverside, "permission": made.permission}
    with pytest.raises(IntegrityError, match="ends_within_90_days"), transaction.atomic():
        CentreException.objects.create(
            **values, reason="x", granted_by=officer, granted_at=NOW, expires_at=NOW + timedelta(days=91)
        )


def test_guardians_own_tables_take_nothing(people: Cast) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        connection.cursor().execute("INSERT INTO guardian_userobjectpermission DEFAULT VALUES")


def test_an_officer_makes_and_ends_one(people: Cast, officer: User) -> None:
    User.objects.filter(pk=people.dev.pk).update(email="dev@example.org")
    browser = signed_in(officer)
    assert "No exceptions" in words(browser.get("/centres/riverside/exceptions/"))
    shown = words(browser.post("/centres/riverside/exceptions/make/", SENT, follow=True))
    assert f"{people.dev.name} may read the dashboard" in shown
    made = CentreException.objects.get()
    assert "End this exception?" in words(browser.get(f"/exceptions/{made.pk}/end/"))
    assert "Ended" in words(browser.post(f"/exceptions/{made.pk}/end/", follow=True))
    assert browser.get(f"/exceptions/{made.pk}/end/").status_code == 404


@pytest.mark.parametrize("wrong", [{"email": "nobody@example.org"}, {"reason": " "}, {"last_day-year": "2027"}])
def test_a_mistake_keeps_what_was_typed(people: Cast, officer: User, wrong: dict[str, str]) -> None:
    User.objects.filter(pk=people.dev.pk).update(email="dev@example.org")
    answer = signed_in(officer).post("/centres/riverside/exceptions/make/", SENT | wrong)
    assert answer.status_code == 422
    assert "There is a problem" in words(answer)
    assert not CentreException.objects.exists()


@pytest.mark.parametrize(("person", "status"), [("alice", 403), ("bashir", 403), ("carol", 403), ("dev", 404)])
def test_nobody_else_makes_or_sees_them(people: Cast, officer: User, person: str, status: int) -> None:
    made = grant(people, officer, user=UserFactory.create())
    browser = signed_in(getattr(people, person))
    for address in (
        "/centres/riverside/exceptions/",
        "/centres/riverside/exceptions/make/",
        f"/exceptions/{made.pk}/end/",
    ):
        assert browser.get(address).status_code == status
    assert browser.post(f"/exceptions/{made.pk}/end/").status_code == status
    assert signed_in(officer).get("/centres/hillside/exceptions/").status_code == 404


def test_a_list_asks_the_same_at_any_length(
    people: Cast, officer: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(30):
        grant(people, officer, user=UserFactory.create())
    browser = signed_in(officer)
    # Session, its last use and user; centre and standing; the count and the page with its people; the
    # standing of the frame.
    with django_assert_max_num_queries(12):
        assert "Older" in words(browser.get("/centres/riverside/exceptions/"))
