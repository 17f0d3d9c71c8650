"""Queries that are composed once: other values each time, and never a blank that stays."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.db.models import QuerySet

from nhc.compositions import ANY_SLUG, ANY_TIME, ANYBODY, composed
from nhc.models import User
from tests.factories import UserFactory

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def _joined() -> QuerySet[User, str]:
    return User.objects.filter(pk=ANYBODY, joined_at__lte=ANY_TIME).values_list("name", flat=True)


def names(user: User, at: datetime) -> list[str]:
    query = composed(_joined)
    with connection.cursor() as cursor:
        cursor.execute(query.text, query.filled({ANYBODY: user.pk, ANY_TIME: at}))
        return [name for (name,) in cursor.fetchall()]


def test_each_asks_for_its_own() -> None:
    ana, ben = UserFactory.create(name="Ana", joined_at=NOW), UserFactory.create(name="Ben", joined_at=NOW)
    assert (names(ana, NOW), names(ben, NOW)) == (["Ana"], ["Ben"])
    assert names(ana, NOW.replace(year=2025)) == []


def test_an_instant_that_would_stay_blank_is_refused() -> None:
    with pytest.raises(LookupError, match="1900"):
        composed(_joined).filled({ANYBODY: 1})


def test_what_the_query_does_not_ask_for_is_refused() -> None:
    with pytest.raises(LookupError, match=ANY_SLUG):
        composed(_joined).filled({ANYBODY: 1, ANY_TIME: NOW, ANY_SLUG: "riverside"})
