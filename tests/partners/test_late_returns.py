"""Which partners' figures are late: from the day after they were due until they are answered, whatever the answer."""

from datetime import date

import pytest

from partners.queries import late_returns
from tests.cast import Cast
from tests.dashboard.figures import answer, seen, send, visits

pytestmark = pytest.mark.django_db

DUE = date(2026, 4, 14)


def late(people: Cast, today: date) -> dict[str, int]:
    return {each.organisation: each.figures for each in late_returns.late_at(people.riverside, today, months=1)}


def test_figures_are_late_from_the_day_after_they_were_due(people: Cast) -> None:
    assert late(people, DUE) == {}
    assert late(people, date(2026, 4, 15)) == {"Riverside Mental Health Trust": 2, "Open Door": 1}


def test_any_answer_is_one(people: Cast) -> None:
    send(people.trust, seen("2026-03", 41, 52), visits("2026-03", 3))
    send(people.charity, answer("visits-to-community-partners", "2026-03", "not_collected"))
    assert late(people, date(2026, 4, 15)) == {}


def test_who_is_a_partner_no_more_owes_nothing(people: Cast) -> None:
    people.charity.partnerships.update(until_date=date(2026, 4, 1))
    assert set(late(people, date(2026, 4, 15))) == {"Riverside Mental Health Trust"}
