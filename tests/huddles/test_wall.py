"""The wall of a paired screen: numbers, duties and slot codes; nobody's name, no word that anybody typed."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from partners.models import WallScreen
from partners.services import screens
from tests.huddles import boards
from tests.huddles.circle import NOW, Circle, by

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]


def paired(circle: Circle) -> Client:
    screen = Client()
    screen.post(reverse("partners:wall"))
    code = re.search(r"[A-Z]{4}-[A-Z]{4}", screen.get(reverse("partners:wall")).content.decode())
    assert code is not None
    screens.pair(centre=circle.centre, code=code[0], name="Front desk", by=by(boards.manager(circle)), at=NOW)
    return screen


def wall(screen: Client) -> str:
    answer = screen.get(reverse("partners:wall"), follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_wall_says_when_it_was_last_updated(around: Circle) -> None:
    assert "Last updated 10:30" in wall(paired(around))


def test_a_wall_shows_slot_codes_and_nothing_that_identifies(around: Circle) -> None:
    boards.on_duty(around)
    boards.card(around, "Saphyr shouted", due_at=NOW)
    boards.action(around, "Call Saphyr", hours=0.5)
    boards.declared(around.crisis, 4, "Saphyr waits", user=around.ana)
    shown = wall(paired(around))
    assert "Crisis team at level 4 of 4" in shown
    assert re.search(r"\b[B-Z]\d[B-Z]\d, Crisis team", shown)
    forbidden = ("Saphyr", "Oakfel", ">SO<", "9990000018", around.episode.reference, around.sam.reference, "Ana", "Ben")
    assert [word for word in forbidden if word in shown] == []


def test_a_screen_has_its_board_again_only_once_it_has_changed(around: Circle) -> None:
    screen = paired(around)
    first = screen.get(reverse("huddles:wall-part"))
    same = screen.get(reverse("huddles:wall-part"), headers={"If-None-Match": first["ETag"]})
    boards.action(around)
    changed = screen.get(reverse("huddles:wall-part"), headers={"If-None-Match": first["ETag"]})
    assert (first.status_code, same.status_code, changed.status_code) == (200, 304, 200)


def test_a_revoked_screen_shows_nothing_more(around: Circle) -> None:
    screen = paired(around)
    screens.revoke(screen=WallScreen.objects.get(), by=by(around.ana), at=NOW)
    assert screen.get(reverse("huddles:wall-part")).status_code == 404
    shown = wall(screen)
    assert "This screen is not paired" in shown
    assert "password" not in shown.lower()
