"""Pages of referrals: who reads and triages them, referring somebody, and the public page that says nothing."""

import re
import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from huddles.models import Referral
from huddles.services import referrals
from huddles.services.people import Details
from huddles.services.referrals import Referrer
from nhc import attempts
from nhc.models import AuditEvent
from tests.factories import MembershipFactory
from tests.huddles import flow
from tests.huddles.circle import NOW, NUMBER, SOON, Circle, by
from tests.partners.pages import signed_in, title, words

LATER = SOON + timedelta(hours=1)
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]


@pytest.fixture
def door(around: Circle) -> Circle:
    flow.opened(around)
    return around


def path(circle: Circle, rest: str = "") -> str:
    return f"/centres/{circle.centre.slug}/referrals/{rest}"


def hidden(client: Client, address: str) -> dict[str, str]:
    """Return the hidden fields of a page's form."""
    page = client.get(address).content.decode()
    return dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page))


def test_the_responsible_team_sees_who_it_is_and_nobody_else_does(door: Circle) -> None:
    referral = flow.referred(door)
    address = path(door, f"{referral.reference}/")
    shown = signed_in(door.ana).get(address)
    assert all(told in words(shown) for told in ("Testina Exampleton", flow.WORDS, "Waits for triage"))
    assert "Testina" not in title(shown)
    for user in (door.cai, door.dee):
        assert signed_in(user).get(address).status_code == 404
        assert "Testina" not in words(signed_in(user).get(path(door)))
    assert signed_in(door.olu).get(path(door)).status_code == 403
    assert signed_in(door.eve).get(path(door)).status_code == 404


def test_each_person_on_the_list_and_each_page_is_a_look(door: Circle) -> None:
    referral = flow.referred(door)
    browser = signed_in(door.ana)
    browser.get(path(door))
    browser.get(path(door, f"{referral.reference}/"))
    looks = AuditEvent.objects.filter(verb="person.looked", user=door.ana).order_by("pk")
    assert [event.details["why"] for event in looks] == ["referrals", "referral"]


def test_a_search_is_sent_by_post_and_finds_only_whom_one_sees(door: Circle) -> None:
    first, _ = flow.referred(door), flow.referred(door, details=Details(alias="The man with the dog"))
    browser = signed_in(door.ana)
    sought = browser.post(path(door), {"q": "exampleton"}, follow=True)
    assert first.reference in words(sought)
    assert "The man with the dog" not in words(sought)
    assert "exampleton" not in sought.redirect_chain[0][0]
    stranger = signed_in(door.cai).post(path(door), {"q": "exampleton"}, follow=True)
    assert "No referral is like that" in words(stranger)


def test_filters_show_what_waits_and_what_is_overdue(door: Circle) -> None:
    waits, done = flow.referred(door), flow.referred(door)
    referrals.triage_referral(
        referral=done, stream=flow.stream(door.centre), version=1, answer="We visit.", by=by(door.ana), at=SOON
    )
    browser = signed_in(door.ana)
    for query, told in (("state=triage", waits), ("state=answered", done), ("stream=outreach", done)):
        shown = words(browser.get(path(door, f"?{query}")))
        assert told.reference in shown
        assert "1 referral" in shown
    assert "No referral is like that" in words(browser.get(path(door, "?overdue=yes")))


def test_triage_on_the_page_answers_and_a_clash_keeps_what_was_typed(door: Circle) -> None:
    referral, browser = flow.referred(door), signed_in(door.ana)
    address = path(door, f"{referral.reference}/triage/")
    form = {"version": "1", "stream": "outreach", "answer": "We visit her today."}
    referrals.triage_referral(
        referral=referral, stream=flow.stream(door.centre, "weekly-meeting"), version=1, by=by(door.ben), at=SOON
    )
    clash = browser.post(address, form)
    assert clash.status_code == 409
    assert "Weekly meeting" in words(clash)
    assert "We visit her today." in clash.content.decode()
    assert browser.post(address, form | {"version": "2"}).status_code == 302
    referral.refresh_from_db()
    assert (referral.state, referral.answer) == ("answered", "We visit her today.")


@pytest.mark.parametrize("act", ["triage", "answer", "hand-back"])
def test_who_reads_by_another_way_takes_nothing_further(door: Circle, act: str) -> None:
    referral = flow.referred(door)
    assert signed_in(door.cai).get(path(door, f"{referral.reference}/{act}/")).status_code == 404
    assert signed_in(door.ana).post(path(door, f"{referral.reference}/{act}/"), {}).status_code == 422


@pytest.mark.parametrize("act", ["triage", "answer", "hand-back"])
def test_what_was_said_is_looked_at_also_where_a_form_comes_back(door: Circle, act: str) -> None:
    referral = flow.referred(door)
    answer = signed_in(door.ana).post(path(door, f"{referral.reference}/{act}/"), {})
    assert flow.WORDS in words(answer)
    assert AuditEvent.objects.filter(verb="person.looked", user=door.ana).count() == 1


def handed_back(circle: Circle, referral: Referral, *, at: datetime) -> Any:
    """Return what Ana is led to when she hands a referral back."""
    form = {"version": "1", "alternatives_tried": "Outreach went twice.", "answer": "Ask housing."}
    with time_machine.travel(at, tick=False):
        return signed_in(circle.ana).post(path(circle, f"{referral.reference}/hand-back/"), form, follow=True)


def test_who_hands_back_is_told_so_where_the_record_has_closed(door: Circle) -> None:
    referral = flow.referred(door)
    done = handed_back(door, referral, at=SOON)
    assert done.redirect_chain == [(path(door), 302)]
    assert "The referral is handed back" in words(done)


def test_who_hands_back_one_of_two_referrals_stays_with_it(door: Circle) -> None:
    sent = Details(given_name="Saphyr", family_name="Oakfel", nhs_number=NUMBER)
    referral = flow.referred(door, details=sent, at=SOON)
    done = handed_back(door, referral, at=LATER)
    assert done.redirect_chain == [(path(door, f"{referral.reference}/"), 302)]
    assert "The referral is handed back" in words(done)


def test_staff_of_any_partner_refer_and_read_the_answer_but_not_the_record(door: Circle) -> None:
    browser, address = signed_in(door.dee), path(door, "new/")
    form = hidden(browser, address) | {
        "given_name": "Testina", "family_name": "Exampleton", "words": flow.WORDS, "nhs_number": "999 000 0026",
    }  # fmt: skip
    made = browser.post(address, form, follow=True)
    referral = Referral.objects.get()
    assert f"Referral {referral.reference} is received" in words(made)
    assert "Testina" not in words(browser.get(path(door, "made/")))
    assert browser.get(path(door, f"{referral.reference}/")).status_code == 404
    browser.post(address, form)
    assert Referral.objects.count() == 1
    referrals.triage_referral(
        referral=referral, stream=flow.stream(door.centre), version=1, answer="We visit.", by=by(door.ana), at=SOON
    )
    assert "We visit." in words(browser.get(path(door, "made/")))
    read = AuditEvent.objects.get(verb="referral.answer_read")
    assert (read.user, read.subject_id) == (door.dee, referral.reference)


def test_who_has_left_does_not_read_what_is_answered_to_whom_they_worked_for(door: Circle) -> None:
    sender = Referrer(Referral.Source.STAFF, door.council.organisation, name="Dee")
    referral = flow.referred(door, referrer=sender, by=by(door.dee))
    referrals.triage_referral(
        referral=referral, stream=flow.stream(door.centre), version=1, answer="We visit.", by=by(door.ana), at=SOON
    )
    address = path(door, "made/")
    assert "We visit." in words(signed_in(door.dee).get(address))
    MembershipFactory.create(user=door.dee, team=door.door)
    door.dee.memberships.filter(team=door.council).update(ends_at=NOW)
    shown = words(signed_in(door.dee).get(address))
    assert "You have not referred anybody here" in shown
    assert "We visit." not in shown
    assert AuditEvent.objects.filter(verb="referral.answer_read").count() == 1


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"words": ""}, "Enter what is happening"),
        ({"given_name": "", "family_name": ""}, "Enter at least one name"),
        ({"nhs_number": "999 000 0019"}, "digits do not fit together"),
        ({"born_on-day": "1", "born_on-month": "1", "born_on-year": "2030"}, "2 April 2026 or earlier"),
    ],
)
def test_a_referral_says_what_to_put_right(door: Circle, changed: dict[str, str], sentence: str) -> None:
    browser, address = signed_in(door.dee), path(door, "new/")
    form = hidden(browser, address) | {"given_name": "Testina", "family_name": "Exampleton", "words": "Help."}
    answer = browser.post(address, form | changed)
    assert answer.status_code == 422
    assert sentence in words(answer)
    assert title(answer).startswith("Error: ")


def visitor() -> Client:
    """Return somebody at a network address of their own: what one address sends is counted."""
    return Client(REMOTE_ADDR=f"2001:db8::{secrets.token_hex(2)}")


def public(circle: Circle, rest: str = "") -> str:
    return f"/centres/{circle.centre.slug}/refer-yourself/{rest}"


def asked(circle: Circle, client: Client, **typed: str) -> dict[str, str]:
    form = {"who": "self", "given_name": "Testina", "contact": "01632 960 321", "words": "I cannot sleep."}
    return hidden(client, public(circle, "form/")) | form | typed


def test_what_to_do_in_a_crisis_comes_first(door: Circle) -> None:
    page = words(Client().get(public(door)))
    assert 0 < page.index("Call 999") < page.index("111") < page.index("It can wait: ask for support")
    assert "call 999" in words(Client().get(public(door, "form/")))


def test_a_person_refers_themselves_and_a_carer_somebody(door: Circle) -> None:
    client = visitor()
    sent = client.post(public(door, "form/"), asked(door, client), follow=True)
    assert "We have what you sent" in words(sent)
    carer = asked(door, client, who="carer", carer_name="Carin Example")
    client.post(public(door, "form/"), carer)
    found = Referral.objects.order_by("pk")
    assert [(each.source, each.referrer, each.referrer_contact) for each in found] == [
        ("self", "", "01632 960 321"),
        ("carer", "Carin Example", "01632 960 321"),
    ]
    assert {each.episode.responsible_team for each in found} == {door.crisis}


def test_the_page_never_says_that_somebody_is_known(door: Circle) -> None:
    client = visitor()
    known = asked(door, client, given_name="Saphyr", family_name="Oakfel", words=f"My number is {NUMBER}.")
    new = asked(door, client, given_name="Nobody", family_name="Known")
    answers = [client.post(public(door, "form/"), form, follow=True) for form in (known, new)]
    assert answers[0].content == answers[1].content
    assert Referral.objects.filter(episode=door.episode).count() == 0


def test_a_page_sent_twice_is_one_referral(door: Circle) -> None:
    client = visitor()
    form = asked(door, client)
    for _ in range(2):
        assert client.post(public(door, "form/"), form).status_code == 302
    assert Referral.objects.count() == 1


def test_a_page_that_is_gone_back_to_and_put_right_is_not_lost(door: Circle) -> None:
    client = visitor()
    form = asked(door, client)
    right = form | {"contact": "01632 960 322"}
    for sent in (form, right, right):
        assert client.post(public(door, "form/"), sent).status_code == 302
    reached = Referral.objects.order_by("pk").values_list("referrer_contact", flat=True)
    assert list(reached) == ["01632 960 321", "01632 960 322"]


def test_of_many_at_once_no_more_pass_than_may() -> None:
    limit, address = attempts.Limit("self-referral-burst", 3, 60), f"2001:db8::{secrets.token_hex(2)}"
    with ThreadPoolExecutor(8) as pool:
        passed = list(pool.map(lambda _: attempts.take(limit, address), range(24)))
    assert passed.count(True) == 3


def test_too_many_from_one_address_wait_and_nothing_typed_is_lost(
    door: Circle, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, limit = visitor(), attempts.Limit("self-referral", 2, 3600)
    monkeypatch.setattr("huddles.views.self_referrals.SENT", limit)
    answers = [client.post(public(door, "form/"), asked(door, client)) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [302, 302, 429]
    assert "I cannot sleep." in answers[2].content.decode()
    assert "call 111" in words(answers[2])


@pytest.mark.parametrize("rest", ["", "form/", "sent/"])
def test_where_people_may_not_refer_themselves_nothing_is_there(around: Circle, rest: str) -> None:
    assert Client().get(public(around, rest)).status_code == 404
    flow.opened(around, self_referral=False)
    assert Client().get(public(around, rest)).status_code == 404
    assert Client().get(f"/centres/nowhere/refer-yourself/{rest}").status_code == 404


def test_the_inbox_takes_as_many_questions_for_many_referrals(door: Circle, django_assert_num_queries: object) -> None:
    for number in range(12):
        flow.referred(door, details=Details(given_name=f"Testina{number}"))
    browser = signed_in(door.ana)
    # Session; user; centre; standing; the teams in which one sees records; streams; how many; the page with people,
    # teams, organisations and streams; a look for each of 12 people, in a savepoint; what waits.
    with django_assert_num_queries(8 + 12 + 2 + 1):  # type: ignore[operator]  # pytest-django's own
        assert "12 referrals" in words(browser.get(path(door)))
