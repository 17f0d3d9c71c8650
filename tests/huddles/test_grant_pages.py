"""Until when a privacy officer lets somebody read a record."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.http import HttpResponse

from huddles.models import RecordGrant
from tests.huddles.circle import NOW, Circle
from tests.partners.pages import signed_in, words

pytestmark = pytest.mark.django_db


def granted(circle: Circle, last: date, *, at: datetime = NOW) -> HttpResponse:
    form = {"reference": circle.sam.reference, "email": circle.dee.email, "reason": "Asked by the person"}
    day = {"last_day-day": str(last.day), "last_day-month": str(last.month), "last_day-year": str(last.year)}
    with time_machine.travel(at, tick=False):
        path = f"/centres/{circle.centre.slug}/opened-records/grants/add/"
        answer: HttpResponse = signed_in(circle.pria).post(path, form | day)  # type: ignore[assignment]  # a test's
    return answer


@pytest.mark.parametrize("last", [date(2026, 7, 1), date.max])
def test_a_last_day_too_far_away_is_refused_with_the_latest(around: Circle, last: date) -> None:
    answer = granted(around, last)
    assert answer.status_code == 422
    assert "Last day must be 30 June 2026 or earlier" in words(answer)


def test_the_latest_day_that_is_named_is_taken(around: Circle) -> None:
    assert granted(around, date(2026, 6, 30)).status_code == 302
    assert RecordGrant.objects.get().expires_at == datetime(2026, 6, 30, 23, tzinfo=UTC)


def test_with_the_night_on_which_clocks_go_back_it_is_ninety_days_and_no_hour_more(around: Circle) -> None:
    at = datetime(2026, 7, 31, 23, 30, tzinfo=UTC)
    assert granted(around, date(2026, 10, 29), at=at).status_code == 302
    assert RecordGrant.objects.get().expires_at == at + timedelta(days=90)
