""" "May I?" over HTTP: found by a few words, answered in a line, and an act outside the guardrail said and reviewed."""

import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client

from decisions.contents import Cell
from decisions.forms.may_i import Answered
from decisions.models import Override
from nhc.models import AuditEvent, Notice, User
from partners.models import DutyRole
from tests.decisions.grids import Place, decided_by, published
from tests.factories import CentreFactory, EmploymentFactory, MembershipFactory, PartnershipFactory, UserFactory
from tests.partners import agreements as agreed
from tests.partners.pages import signed_in, words
from tests.partners.rotas import london

NOW = london(2026, 11, 23, 11, 20)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]


@pytest.fixture
def ana(place: Place) -> Client:
    return signed_in(place.rota.ana)


def grid(place: Place, role: DutyRole, **more: object) -> None:
    content = decided_by(role, "crisis-diversion", **more)
    published(place.centre, [content, decided_by(role, "use-of-space")], at=NOW)


def on_duty(place: Place) -> None:
    """Let Ana work at night's duty and Ben lead, both inducted."""
    rota = place.rota
    induct(place, rota.ana, rota.ben)
    rota.add(rota.ana, rota.nights, NOW - timedelta(hours=2), NOW + timedelta(hours=6), at=NOW)
    rota.add(rota.ben, rota.lead, NOW - timedelta(hours=2), NOW + timedelta(hours=2), at=NOW)


def induct(place: Place, *users: User) -> None:
    pack = agreed.pack(place.centre, "full", at=NOW - timedelta(days=40))
    for user in users:
        agreed.inducted(user, pack, at=NOW - timedelta(days=40))


def asked(place: Place, rest: str = "") -> str:
    return f"/centres/{place.centre.slug}/may-i/{rest}"


def test_from_any_page_it_is_two_taps(place: Place, ana: Client) -> None:
    grid(place, place.rota.lead)
    anywhere = ana.get("/account/").content.decode()
    assert 'href="/may-i/">May I?</a>' in anywhere
    answer = ana.get("/may-i/", follow=True)
    assert answer.redirect_chain == [(asked(place), 302)]
    assert asked(place, "crisis-diversion/") in answer.content.decode()


def test_at_a_centre_where_one_does_not_work_the_menu_leads_to_where_one_does(place: Place, ana: Client) -> None:
    elsewhere = PartnershipFactory.create(organisation=place.rota.crisis.organisation).centre
    EmploymentFactory.create(user=place.rota.ana, organisation=place.rota.crisis.organisation)
    page = ana.get(f"/centres/{elsewhere.slug}/").content.decode()
    assert 'href="/may-i/">May I?</a>' in page
    assert f"/centres/{elsewhere.slug}/grid/" not in page
    assert f"/centres/{elsewhere.slug}/forums/" not in page


@pytest.mark.parametrize("sought", ["diversion", "divert crisis", "crisys divershun", "hotel"])
def test_a_few_words_find_it_even_mistyped(place: Place, ana: Client, sought: str) -> None:
    grid(place, place.rota.lead, words="taxi hotel night")
    page = words(ana.get(asked(place), {"q": sought}))
    assert "Crisis diversion" in page
    assert "Use of space" not in page


def test_what_the_grid_has_not_is_said_with_a_way_on(place: Place, ana: Client) -> None:
    grid(place, place.rota.lead)
    assert "The grid has nothing like “zebra”" in words(ana.get(asked(place), {"q": "zebra"}))
    assert ana.get(asked(place), {"q": "\0"}).status_code == 200


def test_whoever_decides_within_the_limit_reads_yes(place: Place, ana: Client) -> None:
    on_duty(place)
    grid(place, place.rota.nights, limit=Decimal(100), limit_unit="£", guardrail="Taxis and meals")
    page = words(ana.get(asked(place, "crisis-diversion/"), {"amount": "£80"}))
    assert "Yes, within your guardrail" in page
    assert "Decision grid version 1, row 1: Crisis diversion . Taxis and meals. Up to £100." in page


def test_whoever_decides_within_the_limit_is_asked_how_much_it_is_first(place: Place, ana: Client) -> None:
    on_duty(place)
    grid(place, place.rota.nights, limit=Decimal(100), limit_unit="£")
    page = words(ana.get(asked(place, "crisis-diversion/")))
    assert "You decide this up to £100. Say how much it is first." in page
    assert "Over £100: nobody can decide this now" in page
    assert "Without an amount it counts as over your limit of £100." in page
    assert "Over £100" not in words(ana.get(asked(place, "crisis-diversion/"), {"amount": "180"}))


def test_a_deciders_own_limit_is_asked_about_where_the_row_has_none(place: Place, ana: Client) -> None:
    on_duty(place)
    rights = frozenset({Cell("decides", place.rota.nights.pk, limit=Decimal(50))})
    grid(place, place.rota.nights, limit_unit="£", rights=rights)
    assert "You decide this up to £50. Say how much it is first." in words(ana.get(asked(place, "crisis-diversion/")))
    assert "Yes, within your guardrail" in words(ana.get(asked(place, "crisis-diversion/"), {"amount": "50"}))
    assert "over your limit of £50" in words(ana.get(asked(place, "crisis-diversion/"), {"amount": "51"}))


def test_whoever_can_be_asked_besides_the_first_three_is_named_too(place: Place, ana: Client) -> None:
    rota = place.rota
    others = [UserFactory.create(name=name) for name in ("Eve", "Fay", "Gus", "Hal")]
    induct(place, *others)
    for user in others:
        MembershipFactory.create(user=user, team=rota.crisis, role="practitioner")
        rota.add(user, rota.lead, NOW - timedelta(hours=2), NOW + timedelta(hours=2), at=NOW)
    grid(place, rota.lead)
    page = words(ana.get(asked(place, "crisis-diversion/")))
    assert all(f"{name} decides, on duty as" in page for name in ("Eve", "Fay", "Gus", "Hal"))


def test_over_the_limit_the_page_names_whom_to_ask_and_how(place: Place, ana: Client) -> None:
    on_duty(place)
    rota = place.rota
    rights = frozenset({Cell("decides", rota.nights.pk), Cell("must_agree", rota.lead.pk)})
    grid(place, rota.nights, limit=Decimal(100), limit_unit="£", rights=rights, minutes=10)
    answer = ana.get(asked(place, "crisis-diversion/"), {"amount": "180"})
    page = words(answer)
    assert "Ask Ben" in page
    assert "Ben must agree, on duty as Shift lead until 13:20." in page
    assert "There should be an answer by 11:30, within 10 minutes" in page
    assert 'href="tel:01632960101"' in answer.content.decode()


def acts_first(place: Place, *others: User) -> None:
    """Let Ana carry out what she may do first, with nobody on duty who decides."""
    rota = place.rota
    induct(place, rota.ana, *others)
    rota.add(rota.ana, rota.nights, NOW - timedelta(hours=2), NOW + timedelta(hours=6), at=NOW)
    rights = frozenset({Cell("decides", rota.lead.pk), Cell("carries_out", rota.nights.pk)})
    grid(place, rota.lead, rights=rights, act_first=True)


def pressed(client: Client, place: Place) -> str:
    """Ask, and press the button that the answer has."""
    page = client.get(asked(place, "crisis-diversion/")).content.decode()
    typed = dict(re.findall(r'type="hidden" name="(answer)" value="([^"]+)"', page))
    return words(client.post(asked(place, "crisis-diversion/acted/"), typed, follow=True))


def test_act_first_where_nobody_can_be_asked(place: Place, ana: Client) -> None:
    acts_first(place)
    page = words(ana.get(asked(place, "crisis-diversion/")))
    assert "Act now, then tell whoever is called next" in page
    assert "Do not wait." in page
    assert "I have acted: store it" in page


def test_whoever_acted_first_tells_by_a_button_and_the_review_reads_it(place: Place, ana: Client) -> None:
    acts_first(place)
    mia = UserFactory.create(name="Mia")
    MembershipFactory.create(user=mia, team=place.rota.crisis, role="manager")
    assert "I have acted: tell those who review it" in words(ana.get(asked(place, "crisis-diversion/")))
    assert "It is stored that you acted, and Mia has a notice of it." in pressed(ana, place)
    assert "Mia has a notice" in pressed(ana, place), "the clock stands still: the same act again"
    notice = Notice.objects.get(user=mia)
    assert notice.sentence == (
        "Ana acted first, Mon 23 Nov, 11:20: Crisis diversion. Call Crisis team on 01632 960101."
    )
    assert "Ana, Crisis team" in words(signed_in(mia).get(f"/centres/{place.centre.slug}/grid/overrides/"))
    assert Override.objects.get().user == place.rota.ana


def test_the_button_tells_whoever_the_answer_named(place: Place, ana: Client) -> None:
    rota = place.rota
    acts_first(place, rota.ben)
    rota.add(rota.ben, rota.lead, NOW - timedelta(hours=2), NOW + timedelta(hours=2), at=NOW)
    type(rota.crisis).objects.update(telephone="")
    page = words(ana.get(asked(place, "crisis-diversion/")))
    assert "I have acted: tell Shift lead" in page
    assert "and Ben has a notice of it" in pressed(ana, place)


@pytest.mark.parametrize(
    ("since", "said"),
    [
        (timedelta(), "The grid did not say that you act first"),
        (timedelta(days=1, minutes=1), "This answer is more than a day old"),
        (timedelta(minutes=-1), "This answer is more than a day old"),
    ],
)
def test_what_the_grid_did_not_say_is_not_stored_as_an_act(
    place: Place, ana: Client, since: timedelta, said: str
) -> None:
    grid(place, place.rota.lead)
    given = Answered(place.rota.ana.pk, place.centre.slug, "crisis-diversion", NOW - since, None)
    answer = ana.post(asked(place, "crisis-diversion/acted/"), {"answer": given.sealed()})
    assert answer.status_code == 409
    assert said in words(answer)
    assert not Override.objects.exists()


def test_nobody_makes_up_the_answer_that_they_acted_on(place: Place, ana: Client) -> None:
    acts_first(place)
    own = Answered(place.rota.ana.pk, place.centre.slug, "crisis-diversion", NOW, None)
    others = [replace(own, user_id=place.rota.ben.pk), replace(own, centre="x"), replace(own, scenario="use-of-space")]
    for made_up in ("", "soon", f"{own.sealed()}x", *(each.sealed() for each in others)):
        answer = ana.post(asked(place, "crisis-diversion/acted/"), {"answer": made_up})
        assert answer.status_code == 409
        assert "The page did not say which answer" in words(answer)
    assert not Override.objects.exists()


def test_an_act_of_days_ago_is_said_for_the_team_and_of_the_grid_of_then(place: Place, ana: Client) -> None:
    lead, ana_s = place.rota.lead, place.rota.ana
    published(place.centre, [decided_by(lead)], at=NOW - timedelta(days=8))
    published(place.centre, [decided_by(lead, "use-of-space")], at=NOW)
    ended = {"starts_at": NOW - timedelta(days=9), "ends_at": NOW - timedelta(hours=2)}
    MembershipFactory.create(user=ana_s, team=place.rota.door, **ended)
    on_duty(place)
    typed = {"reason": "Why", "day-day": "22", "day-month": "11", "day-year": "2026", "time": "11:20"}
    answer = ana.post(asked(place, "crisis-diversion/override/"), typed | {"team": str(place.rota.door.pk)})
    assert answer.status_code == 302
    act = Override.objects.get()
    assert (act.team, act.scenario.grid_version.number) == (place.rota.door, 1)


def test_at_a_centre_where_one_does_not_work_the_page_leads_to_where_one_does(place: Place, ana: Client) -> None:
    next_door = CentreFactory.create(name="Hillside centre")
    EmploymentFactory.create(user=place.rota.ana, organisation=PartnershipFactory.create(centre=next_door).organisation)
    answer = ana.get(f"/centres/{next_door.slug}/may-i/")
    assert answer.status_code == 403
    assert "You do not work at this centre" in words(answer)
    assert f'href="{asked(place)}"' in answer.content.decode()


def test_nobody_leads_up_the_ladder(place: Place, ana: Client) -> None:
    grid(place, place.rota.lead)
    page = words(ana.get(asked(place, "crisis-diversion/")))
    assert "Nobody can decide this now" in page
    assert "In immediate danger call 999" in page
    assert "Shift lead, 10 minutes to answer: nobody is on now, go on to the next" in page
    assert "call 01632 960999" in page


def test_asking_leaves_one_event_and_changes_nothing(place: Place, ana: Client) -> None:
    grid(place, place.rota.lead)
    before = AuditEvent.objects.count()
    ana.get(asked(place, "crisis-diversion/"))
    assert [event.verb for event in AuditEvent.objects.order_by("pk")[before:]] == ["may_i.asked"]


def test_an_amount_that_is_none_is_told_and_nothing_is_asked(place: Place, ana: Client) -> None:
    grid(place, place.rota.lead, limit=Decimal(100), limit_unit="£")
    before = AuditEvent.objects.count()
    answer = ana.get(asked(place, "crisis-diversion/"), {"amount": "a lot"})
    assert answer.status_code == 422
    assert "Enter an amount as a number of 0 or more" in words(answer)
    assert AuditEvent.objects.count() == before


def test_a_scenario_that_is_not_there_is_not_found(place: Place, ana: Client) -> None:
    grid(place, place.rota.lead)
    assert ana.get(asked(place, "nothing-here/")).status_code == 404


def test_an_act_outside_is_said_reviewed_and_proposed_in_one_click(place: Place, ana: Client) -> None:
    grid(place, place.rota.lead, limit=Decimal(100), limit_unit="£")
    typed = {
        "reason": "The last bus had gone.",
        "day-day": "23",
        "day-month": "11",
        "day-year": "2026",
        "time": "11:20",
        "amount": "140",
        "team": str(place.rota.crisis.pk),
    }
    page = words(ana.post(asked(place, "crisis-diversion/override/"), typed, follow=True))
    assert "May I?" in page
    override = Override.objects.get()
    assert (override.amount, override.reason) == (Decimal(140), "The last bus had gone.")
    mia = UserFactory.create(name="Mia")
    MembershipFactory.create(user=mia, team=place.rota.crisis, role="manager")
    manager, base = signed_in(mia), f"/centres/{place.centre.slug}/grid/overrides/"
    assert "Ana, Crisis team" in words(manager.get(base))
    reviewed = manager.post(f"{base}{override.pk}/review/", {"words": "Raise the limit at night."}, follow=True)
    assert "Raise the limit at night." in words(reviewed)
    proposed = manager.post(f"{base}{override.pk}/propose/", follow=True)
    assert "Somebody acted outside the guardrail on 23 November 2026, with £140." in words(proposed)
    assert "The last bus had gone" not in words(proposed)
    assert ana.get(base).status_code == 403


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"reason": ""}, "Enter why it could not wait"),
        ({"time": "soon"}, "The time must be a time, like 20:00"),
        ({"time": "23:59"}, "This time has not come yet"),
        ({"day-day": "31"}, "The day on which you acted must be a real date"),
    ],
)
def test_what_cannot_be_said_of_an_act_is_told_at_its_box(
    place: Place, ana: Client, other: dict[str, str], said: str
) -> None:
    grid(place, place.rota.lead)
    typed = {"reason": "Why", "day-day": "23", "day-month": "11", "day-year": "2026", "time": "11:20"}
    answer = ana.post(asked(place, "crisis-diversion/override/"), typed | {"team": str(place.rota.crisis.pk)} | other)
    assert answer.status_code == 422
    assert said in words(answer)
    assert not Override.objects.exists()
