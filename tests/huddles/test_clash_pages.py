"""Two people change the same card or action over HTTP, each through the form that the page showed them."""

import pytest
from django.test import Client
from django.urls import reverse

from huddles.models import Action, Card
from tests.huddles import boards
from tests.huddles.circle import NOW, Circle
from tests.huddles.shown_forms import shown
from tests.partners.rotas import london

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]

ELEVEN = {"due": "11:00", "due_day-day": "2", "due_day-month": "4", "due_day-year": "2026"}


def opened(client: Client, address: str) -> dict[str, str]:
    return shown(client.get(address).content.decode())


def clash(client: Client, address: str, form: dict[str, str]) -> str:
    answer = client.post(address, form)
    assert answer.status_code == 409
    return answer.content.decode()


def both_change_the_title(around: Circle) -> tuple[Client, str, str]:
    """Ana changes everything of a card, Ben its title alone; return Ben's browser and the page that he gets."""
    card = boards.card(around)
    address = reverse("huddles:card-edit", args=[around.centre.slug, card.pk])
    ana, ben = boards.browser(around.ana), boards.browser(around.ben)
    hers, his = opened(ana, address), opened(ben, address)
    changed = {"title": "Freezer", "words": "It thaws", "lane": "space", "owner": f"person-{around.cai.pk}", **ELEVEN}
    assert ana.post(address, hers | changed).status_code == 302
    return ben, address, clash(ben, address, his | {"title": "Oven"})


def test_what_somebody_did_not_touch_stays_as_others_left_it_after_a_clash(around: Circle) -> None:
    ben, address, page = both_change_the_title(around)
    assert ben.post(address, shown(page)).status_code == 302
    card = Card.objects.get()
    assert (card.title, card.words, card.lane, card.owner) == ("Oven", "It thaws", "space", around.cai)
    assert card.due_at == london(2026, 4, 2, 11, 0)


def test_theirs_is_taken_field_by_field(around: Circle) -> None:
    ben, address, page = both_change_the_title(around)
    assert "Ana changed it" in page
    assert ben.post(address, shown(page) | {"keep_title": "theirs", "words": "It thaws again"}).status_code == 302
    card = Card.objects.get()
    assert (card.title, card.words) == ("Freezer", "It thaws again")


def test_two_who_choose_an_owner_choose_between_them(around: Circle) -> None:
    action = boards.action(around)
    address = reverse("huddles:action", args=[around.centre.slug, action.pk])
    ana, ben = boards.browser(around.ana), boards.browser(around.ben)
    hers, his = opened(ana, address), opened(ben, address)
    assert ana.post(address, hers | {"owner": f"person-{around.cai.pk}"}).status_code == 302
    page = clash(ben, address, his | {"owner": f"team-{around.crisis.pk}"})
    assert f"Use theirs: {around.cai.name}" in page
    assert ben.post(address, shown(page)).status_code == 302
    stands = Action.objects.get()
    assert (stands.owner, stands.team) == (None, around.crisis)


def test_a_fault_that_a_form_finds_late_is_told_once(around: Circle) -> None:
    card = boards.card(around, due_at=NOW)
    address = reverse("huddles:card-edit", args=[around.centre.slug, card.pk])
    ana = boards.browser(around.ana)
    page = ana.post(address, opened(ana, address) | {"due": "25:61"}).content.decode()
    assert page.count("must be a time") == 2  # in the summary above, and at the box
    assert "Enter a time too" not in page
