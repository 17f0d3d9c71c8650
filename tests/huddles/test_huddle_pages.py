"""The huddle over HTTP: the board opens written, is filled without leaving it, and shows each audience its own."""

import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from huddles.agenda import Kind
from huddles.models import Action, Card, Huddle, LaneNote
from huddles.services import harms, huddles
from nhc.models import AuditEvent
from tests.decisions import forums
from tests.factories import OrganisationFactory, PartnershipFactory
from tests.huddles import boards
from tests.huddles.circle import MAKER, NOW, Circle, by, supported
from tests.partners.rotas import london

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]

KEY = "0197a9d4-4f5b-7000-8000-000000000001"


def page(client: Client, name: str, circle: Circle, *arguments: object) -> str:
    answer = client.get(reverse(f"huddles:{name}", args=[circle.centre.slug, *arguments]))
    assert answer.status_code == 200, answer.content.decode()[:500]
    return answer.content.decode()


def quick(client: Client, circle: Circle, **typed: str) -> int:
    fields = {"form_key": KEY, "what": "", "lane": "safety", "due": "", "owner": ""} | typed
    return client.post(reverse("huddles:huddle", args=[circle.centre.slug]), fields).status_code


def in_lane(circle: Circle, huddle: Huddle, lane: str) -> None:
    huddles.open_lane(huddle=huddle, lane=lane, by=by(circle.ana), at=NOW)


def test_the_board_opens_written(around: Circle) -> None:
    boards.on_duty(around)
    boards.scheduled(around.centre)
    boards.card(around)
    boards.action(around, hours=0.5)
    boards.declared(around.crisis, 3, "Two off sick", user=around.ana)
    shown = page(boards.browser(around.ana), "huddle", around)
    for words in ("Fridge alarm", "Call the landlord", "Two off sick", "10:45", "Open door", "1 person"):
        assert words in shown


def test_a_card_is_added_without_leaving_the_board(around: Circle) -> None:
    ana = boards.browser(around.ana)
    assert quick(ana, around, what="Fridge alarm", due="12:00") == 302
    assert quick(ana, around, what="Fridge alarm", due="12:00") == 302  # sent twice
    assert Card.objects.get().title == "Fridge alarm"
    assert "Fridge alarm" in page(ana, "huddle", around)


def test_an_action_needs_an_owner_and_a_time(around: Circle) -> None:
    ana = boards.browser(around.ana)
    assert quick(ana, around, what="Call the landlord", lane="actions") == 422
    owner = f"person-{around.ben.pk}"
    assert quick(ana, around, what="Call the landlord", lane="actions", due="11:00", owner=owner) == 302
    assert Action.objects.get().owner == around.ben


def test_scripts_get_a_line_and_nothing_is_left_for_the_next_page(around: Circle) -> None:
    ana = boards.browser(around.ana)
    fields = {"form_key": KEY, "what": "Fridge alarm", "lane": "safety"}
    address = reverse("huddles:huddle", args=[around.centre.slug])
    answer = ana.post(address, fields, headers={"NHC-Part": "1"})
    assert answer.json() == {"done": "The card is in Safety"}
    assert "The card is in Safety" not in page(ana, "huddle", around)


def test_the_board_is_sent_again_only_once_it_has_changed(around: Circle) -> None:
    ana = boards.browser(around.ana)
    address = reverse("huddles:board", args=[around.centre.slug])
    first = ana.get(address)
    again = ana.get(address, headers={"If-None-Match": first["ETag"]})
    boards.card(around)
    changed = ana.get(address, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, changed.status_code) == (304, b"", 200)
    assert int(changed["NHC-Version"]) == int(first["NHC-Version"]) + 1


def test_rows_of_episodes_are_for_those_on_duty(around: Circle) -> None:
    boards.on_duty(around)
    in_lane(around, boards.under_way(around), "flow")
    reference = around.episode.reference
    assert reference in page(boards.browser(around.cai), "huddle", around)
    assert reference not in page(boards.browser(around.ben), "huddle", around)


def test_those_on_duty_see_who_is_on_the_board_before_anybody_meets(around: Circle) -> None:
    boards.on_duty(around)
    reference = around.episode.reference
    row = f'id="row-{reference}"'
    assert row in page(boards.browser(around.ana), "huddle", around)
    assert reference not in page(boards.browser(around.ben), "huddle", around)


def test_nobody_reads_a_name_on_the_board(around: Circle) -> None:
    boards.on_duty(around)
    in_lane(around, boards.under_way(around), "flow")
    ana = boards.browser(around.ana)
    for name, row in (("huddle", True), ("board", True), ("today", False)):
        shown = page(ana, name, around)
        assert (f'id="row-{around.episode.reference}"' in shown) == row
        assert not [word for word in ("Saphyr", "Oakfel", "9990000018") if word in shown]


def test_opening_the_board_on_duty_leaves_one_event_and_refreshing_none(around: Circle) -> None:
    boards.on_duty(around)
    ana = boards.browser(around.ana)
    page(ana, "huddle", around)
    page(ana, "board", around)
    assert AuditEvent.objects.filter(verb="board.opened", user=around.ana).count() == 1


def test_rows_that_go_out_without_a_page_leave_one_event_a_session(around: Circle) -> None:
    boards.on_duty(around)
    looks = AuditEvent.objects.filter(verb="board.opened")
    ana = boards.browser(around.ana)
    page(ana, "board", around)
    page(ana, "board", around)
    assert looks.count() == 1
    page(boards.browser(around.ana), "board", around)
    page(boards.browser(around.ben), "board", around)  # he is off duty, and is sent no rows
    assert looks.count() == 2


def test_a_form_that_comes_back_with_the_board_is_a_look_too(around: Circle) -> None:
    boards.on_duty(around)
    assert quick(boards.browser(around.ana), around, what="") == 422
    assert AuditEvent.objects.filter(verb="board.opened").count() == 1


def test_where_two_huddles_are_under_way_each_has_its_page_and_its_cards(around: Circle) -> None:
    daily, review = boards.under_way(around), boards.under_way(around, kind=Kind.CASE_REVIEW)
    ana, address = boards.browser(around.ana), reverse("huddles:huddle", args=[around.centre.slug])
    first = page(ana, "huddle", around)
    assert f"?huddle={review.pk}" in first
    assert "Case review" in ana.get(f"{address}?huddle={review.pk}").content.decode().split("</h1>")[0]
    for number, huddle in enumerate((daily, review)):
        typed = {"form_key": KEY[:-1] + str(number), "what": f"Of {huddle.kind}", "lane": "safety"}
        assert ana.post(f"{address}?huddle={huddle.pk}", typed).status_code == 302
        assert Card.objects.get(title=f"Of {huddle.kind}").huddle == huddle


def test_what_is_typed_on_a_page_belongs_to_the_huddle_that_it_shows(around: Circle) -> None:
    boards.under_way(around)
    first = page(boards.browser(around.ana), "huddle", around)
    boards.under_way(around, kind=Kind.CASE_REVIEW)
    (action,) = re.findall(r'action="([^"]*)" novalidate data-quick', first)
    boards.browser(around.ana).post(action, {"form_key": KEY, "what": "Fridge alarm", "lane": "safety"})
    assert Card.objects.get().huddle == Huddle.objects.get(kind=Kind.DAILY)


def test_the_lane_that_is_gone_through_comes_first_and_leads_on(around: Circle) -> None:
    review = boards.under_way(around, kind=Kind.CASE_REVIEW)
    in_lane(around, review, "flow")
    in_lane(around, review, "space")  # not on its agenda
    shown = page(boards.browser(around.ana), "huddle", around)
    assert shown.index('id="lane-space"') < shown.index('id="lane-flow"')
    assert "Next: Safety" in shown


def test_every_partner_can_be_marked_as_here_but_a_backbone_that_nobody_works_for(around: Circle) -> None:
    police, backbone = (
        PartnershipFactory.create(centre=around.centre, organisation=OrganisationFactory.create(**named)).organisation
        for named in ({"name": "Police"}, {"name": "Only figures", "code": "LBACK0000001"})
    )
    huddle, ana = boards.under_way(around), boards.browser(around.ana)
    shown = page(ana, "huddle", around)
    assert "Police" in shown
    assert "Only figures" not in shown + page(ana, "enter-late", around)
    address = reverse("huddles:huddle-present", args=[around.centre.slug, huddle.pk])
    assert ana.post(address, {"partner": f"{police.pk}-1"}).status_code == 302
    assert ana.post(address, {"partner": f"{backbone.pk}-1"}).status_code == 409


def test_every_card_leads_to_its_own_page(around: Circle) -> None:
    card, ana = boards.card(around), boards.browser(around.ana)
    assert f"{reverse('huddles:cards', args=[around.centre.slug])}?lane=safety" in page(ana, "huddle", around)
    assert reverse("huddles:card", args=[around.centre.slug, card.pk]) in page(ana, "card-edit", around, card.pk)


def test_a_huddle_is_held_from_its_start_to_its_record(around: Circle) -> None:
    boards.on_duty(around)
    ana, slug = boards.browser(around.ana), around.centre.slug
    huddle = boards.scheduled(around.centre)
    start = reverse("huddles:huddle-start", args=[slug, huddle.pk])
    assert "It is the turn of" in ana.get(start).content.decode()
    ana.post(start, {"chair": around.ana.pk})
    ana.post(reverse("huddles:huddle-lane", args=[slug, huddle.pk]), {"lane": "safety"})
    ana.post(
        reverse("huddles:huddle-present", args=[slug, huddle.pk]), {"partner": f"{around.crisis.organisation_id}-1"}
    )
    quick(ana, around, what="Fridge alarm")
    ana.post(reverse("huddles:huddle-close", args=[slug, huddle.pk]), {"summary": "All is well."})
    shown = page(ana, "huddle-record", around, huddle.pk)
    for words in ("All is well.", around.crisis.organisation.name, "1 of 8 lanes", "Fridge alarm", "Unchanged since"):
        assert words in shown


def test_a_team_fills_its_lane_ahead(around: Circle) -> None:
    ana = boards.browser(around.ana)
    assert "Fill the lane of Crisis team" in page(ana, "today", around)
    address = reverse("huddles:lane-fill", args=[around.centre.slug, around.crisis.pk])
    fields = {"form_key": KEY, "level": "3", "why": "Two off sick", "words": "Please lend us a nurse"}
    assert ana.post(address, fields).status_code == 302
    assert ana.post(address, fields).status_code == 302
    assert LaneNote.objects.get().words == "Please lend us a nurse"
    assert ana.get(reverse("huddles:lane-fill", args=[around.centre.slug, around.door.pk])).status_code == 403


def test_the_wall_of_a_screen_that_is_not_paired_asks_nobody_to_sign_in() -> None:
    screen = Client()
    assert screen.get(reverse("huddles:wall")).url == reverse("partners:wall")  # type: ignore[attr-defined]  # a redirect
    assert screen.get(reverse("huddles:wall-part")).status_code == 404
    assert screen.get(reverse("huddles:wall-live")).status_code == 404


def test_history_is_searched_by_what_came_up(around: Circle) -> None:
    ana, slug = boards.browser(around.ana), around.centre.slug
    huddle = boards.under_way(around)
    quick(ana, around, what="Fridge alarm")
    ana.post(reverse("huddles:huddle-close", args=[slug, huddle.pk]), {"summary": "All is well."})
    address = reverse("huddles:huddle-history", args=[slug])
    record = reverse("huddles:huddle-record", args=[slug, huddle.pk])
    assert record in ana.post(address, {"q": "fridge"}, follow=True).content.decode()
    assert record not in ana.post(address, {"q": "boiler"}, follow=True).content.decode()


def test_a_card_is_about_somebody_by_their_reference_for_those_on_duty_alone(around: Circle) -> None:
    boards.on_duty(around)
    reference = around.episode.reference
    assert quick(boards.browser(around.ana), around, what="Wants her letters", about=reference.lower()) == 302
    assert Card.objects.get().episode == around.episode
    assert quick(boards.browser(around.ana), around, what="Other", about="ZZZZZ", form_key=KEY[:-1] + "2") == 422
    assert quick(boards.browser(around.ben), around, what="Third", about=reference, form_key=KEY[:-1] + "3") == 302
    assert Card.objects.get(title="Third").episode is None


def test_what_came_up_while_the_service_was_down_is_entered_with_its_time(around: Circle) -> None:
    ana, address = boards.browser(around.ana), reverse("huddles:card-late", args=[around.centre.slug])
    day = {"came_day-day": "2", "came_day-month": "4", "came_day-year": "2026"}
    fields = {"form_key": KEY, "title": "Power cut", "words": "", "lane": "safety", "owner": "", **day}
    assert ana.post(address, fields | {"came": "23:00"}).status_code == 422
    assert ana.post(address, fields | {"came": "08:15"}).status_code == 302
    assert Card.objects.get().opened_at == london(2026, 4, 2, 8, 15)


@pytest.mark.parametrize("name", ["cards", "actions", "harms", "huddle-history", "thresholds"])
def test_a_list_takes_as_many_queries_whatever_is_on_it(around: Circle, name: str) -> None:
    """Who asks and where (session, person, standing, centre, shift), the count, and the page."""
    mae = boards.browser(boards.manager(around))
    for number in range(25):
        boards.card(around, f"Card {number}")
        boards.action(around, f"Action {number}")
        harms.record_harm(centre=around.centre, happened_on=NOW.date(), words=f"{number}", by=MAKER, at=NOW)
    assert queries_of(lambda: page(mae, name, around)) <= 10


def queries_of(work: Callable[[], object]) -> int:
    counted = 0

    def count(execute: Callable[..., object], *rest: object) -> object:
        nonlocal counted
        counted += 1
        return execute(*rest)

    with connection.execute_wrapper(count):
        work()
    return counted


def test_the_huddle_takes_fifteen_queries_however_much_is_on_it(around: Circle) -> None:
    boards.on_duty(around)
    in_lane(around, boards.under_way(around), "flow")
    ana = boards.browser(around.ana)
    page(ana, "huddle", around)
    for number in range(12):
        boards.card(around, f"Card {number}", lane="flow")
        boards.action(around, f"Action {number}")
        supported(around, around.crisis)
    assert queries_of(lambda: page(ana, "huddle", around)) <= 15
    assert queries_of(lambda: page(ana, "board", around)) <= 6


def test_every_page_of_the_huddle_opens(around: Circle) -> None:
    mae = boards.browser(boards.manager(around))
    card, action = boards.card(around), boards.action(around)
    huddle: Huddle = boards.under_way(around)
    for name in (
        "huddle-start-now", "huddle-history", "enter-late", "schedules", "schedule-set", "thresholds", "thresholds-set",
        "cards", "card-late", "actions", "action-late", "harms", "harm-record", "today",
    ):  # fmt: skip
        page(mae, name, around)
    for name in ("card", "card-edit", "card-raise", "card-action-add"):
        page(mae, name, around, card.pk)
    for name in ("action", "action-done-then", "action-drop"):
        page(mae, name, around, action.pk)
    for name in ("huddle-chair", "huddle-close"):
        page(mae, name, around, huddle.pk)


def test_a_card_is_raised_from_its_page(around: Circle) -> None:
    group = forums.forum(around.centre)
    card = boards.card(around)
    address = reverse("huddles:card-raise", args=[around.centre.slug, card.pk])
    ana = boards.browser(around.ana)
    assert ana.post(address, {"forum": group.code, "words": ""}).status_code == 422
    assert ana.post(address, {"forum": group.code, "words": "Buy one"}).status_code == 302
    assert f"Raised to the {group.name}" in page(ana, "card", around, card.pk)
