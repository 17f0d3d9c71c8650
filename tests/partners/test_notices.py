"""Warnings: 14, 7 and 1 days ahead, each once, caught up with after days on which nobody asked."""

from datetime import timedelta

import pytest
from django.core import mail

from nhc import notices
from nhc.models import Notice, OutboxJob, User
from nhc.tasks import send_notice
from partners.services.notices import give_notices
from tests.cast import MAKER, NOW, Cast
from tests.partners import agreements as made
from tests.partners.pages import signed_in, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]


def given(user: User, *, kind: str = "induction") -> list[int]:
    return list(Notice.objects.filter(user=user, kind=kind).order_by("pk").values_list("stage", flat=True))


@pytest.mark.parametrize(
    ("days_left", "stage"),
    [(15, None), (14, 14), (13, 14), (8, 14), (7, 7), (2, 7), (1, 1), (0, 1), (-1, None)],
)
def test_the_stage_that_is_reached(days_left: int, stage: int | None) -> None:
    assert notices.stage_of(days_left) == stage


def test_an_induction_is_warned_of_once_a_stage(people: Cast) -> None:
    made.inducted(people.alice, made.pack(people.riverside, at=NOW, valid_for_days=20), at=NOW)
    for day in range(25):
        for _ in range(2):
            give_notices(by=MAKER, at=NOW + timedelta(days=day))
    assert given(people.alice) == [14, 7, 1]
    first = Notice.objects.filter(user=people.alice).order_by("pk")[0]
    assert first.created_at == NOW + timedelta(days=6)
    assert "Your induction at Riverside centre ends after 22 April 2026." in first.sentence


def test_missed_days_give_the_one_stage_that_is_reached(people: Cast) -> None:
    made.inducted(people.alice, made.pack(people.riverside, at=NOW, valid_for_days=20), at=NOW)
    give_notices(by=MAKER, at=NOW + timedelta(days=16))
    assert given(people.alice) == [7]


def test_who_has_a_later_induction_is_not_warned(people: Cast) -> None:
    made.inducted(people.alice, made.pack(people.riverside, at=NOW, valid_for_days=10), at=NOW)
    made.inducted(people.alice, made.pack(people.riverside, "fast-track", at=NOW, valid_for_days=90), at=NOW)
    give_notices(by=MAKER, at=NOW)
    assert given(people.alice) == []


def test_people_of_a_partner_that_has_not_signed_and_its_signatory_are_warned(people: Cast) -> None:
    version = made.opened(people.riverside, at=NOW, sign_by=NOW.date() + timedelta(days=14))
    made.signed(version, people.trust, at=NOW)
    made.signatory(people.charity, at=NOW, user=people.carol)
    give_notices(by=MAKER, at=NOW)
    told = Notice.objects.filter(kind="signature").values_list("user__name", "about")
    # Bashir works for the charity too, Carol signs for it; the council's operator is warned of the council's.
    assert {name for name, about in told if about.endswith("ZZ002")} == {"Bashir", "Carol"}
    assert {name for name, about in told if about.endswith("ZZ003")} == {"Operator"}
    assert not any(about.endswith("ZZ001") for _, about in told)


def test_norms_and_reviews_are_warned_of(people: Cast) -> None:
    version = made.opened(people.riverside, "norms", at=NOW, sign_by=NOW.date() + timedelta(days=20))
    give_notices(by=MAKER, at=NOW + timedelta(days=13))
    assert given(people.operator, kind="norms") == [7]
    assert version.review_on is not None
    give_notices(by=MAKER, at=NOW + (version.review_on - NOW.date()) - timedelta(days=1))
    assert given(people.alice, kind="review") == [1]
    assert given(people.operator, kind="review") == []


def test_an_email_says_that_there_is_something_and_nothing_of_it(people: Cast) -> None:
    made.inducted(people.alice, made.pack(people.riverside, at=NOW, valid_for_days=10), at=NOW)
    give_notices(by=MAKER, at=NOW)
    job = OutboxJob.objects.get(task="nhc.tasks.send_notice")
    assert set(job.arguments) == {"notice"}
    send_notice(**job.arguments)
    assert mail.outbox[0].to == ["alice@example.org"]
    assert "Alice" not in mail.outbox[0].body
    assert "induction" not in mail.outbox[0].body
    notices.see(user=people.alice, by=MAKER, at=NOW)
    send_notice(**job.arguments)
    assert len(mail.outbox) == 1


def test_the_header_counts_what_was_not_seen(people: Cast) -> None:
    made.inducted(people.alice, made.pack(people.riverside, at=NOW, valid_for_days=10), at=NOW)
    give_notices(by=MAKER, at=NOW)
    browser = signed_in(people.alice)
    page = words(browser.get("/notices/"))
    assert "Notices (1) new" in page
    assert "Your induction at Riverside centre ends after" in page
    assert browser.post("/notices/seen/").status_code == 302
    assert "(1" not in words(browser.get("/notices/"))
    assert "No notices" in words(signed_in(people.bashir).get("/notices/"))


def test_notices_go_after_a_year(people: Cast) -> None:
    made.inducted(people.alice, made.pack(people.riverside, at=NOW, valid_for_days=10), at=NOW)
    give_notices(by=MAKER, at=NOW)
    assert notices.forget(by=MAKER, at=NOW + timedelta(days=364)) == 0
    assert notices.forget(by=MAKER, at=NOW + timedelta(days=365)) == 1
    assert User.objects.get(pk=people.alice.pk).notices_unseen == 0
