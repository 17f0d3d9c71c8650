"""Pages about people: found, read, changed and shared by those around them, absent to everybody else."""

from datetime import timedelta

import pytest
import time_machine
from django.conf import LazySettings
from django.test import Client

from huddles.models import Episode, Person, SharingPreference
from huddles.permissions import people as permissions
from huddles.services import break_glass, episodes, merges, people
from nhc.models import AuditEvent
from partners.services import shifts
from partners.services.shifts import Duty
from tests.canaries import NUMBER
from tests.huddles.circle import MAKER, NOW, SAM, SOON, Circle, by, supported, viewer
from tests.partners.pages import signed_in, title, version, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]

BEFORE = NOW - timedelta(hours=1)
CHANGED = {
    "given_name": "Saphyr",
    "family_name": "Oakfel",
    "preferred_name": "Sam",
    "nhs_number": "999 000 0018",
    "born_on-day": "3",
    "born_on-month": "4",
    "born_on-year": "1985",
    "telephone": "01632 960 002",
    "what_matters": "To see the sea at Whitby.",
}


def _page(around: Circle, rest: str = "") -> str:
    return f"/centres/{around.centre.slug}/people/{around.sam.reference}/{rest}"


def _list(around: Circle) -> str:
    return f"/centres/{around.centre.slug}/people/"


def _looks(around: Circle) -> list[tuple[int | None, str, object]]:
    events = AuditEvent.objects.filter(verb="person.looked").order_by("pk")
    return [(event.user_id, event.subject_id, event.details["why"]) for event in events]


def test_a_record_is_read_by_the_team_and_each_look_is_kept(around: Circle) -> None:
    page = signed_in(around.ana).get(_page(around))
    shown = words(page)
    assert all(told in shown for told in ("Saphyr Oakfel", "999 000 0018", "3 April 1985", "To see the sea at Whitby."))
    assert title(page).startswith(f"Record {around.sam.reference}")
    assert _looks(around) == [(around.ana.pk, around.sam.reference, "record")]


@pytest.mark.parametrize("name", ["cai", "dee", "pria", "olu", "eve"])
@pytest.mark.parametrize("rest", ["", "change/", "history/", "sharing/", "join/"])
def test_a_record_is_absent_to_everybody_else(around: Circle, name: str, rest: str) -> None:
    browser: Client = signed_in(getattr(around, name))
    answer = browser.get(_page(around, rest))
    missing = browser.get(_page(around, rest).replace(around.sam.reference, "BBBBBBBBBB"))
    assert (answer.status_code, missing.status_code) == (404, 404)
    assert "Oakfel" not in answer.content.decode()
    assert _looks(around) == []


def test_a_search_is_sent_by_post_and_stays_out_of_addresses(around: Circle) -> None:
    supported(around, around.door, given_name="Saphyr", family_name="Hidden")
    ana = signed_in(around.ana)
    answer = ana.post(_list(around), {"q": "saphyr"})
    assert answer["Location"] == _list(around)
    shown = words(ana.get(answer["Location"]))
    assert "Saphyr Oakfel" in shown
    assert "Hidden" not in shown
    assert _looks(around) == [(around.ana.pk, around.sam.reference, "search")]


def test_a_search_says_when_two_records_may_be_one_persons(around: Circle) -> None:
    twin = supported(around, around.crisis, given_name="Saphyr", family_name="Oakfel", born_on=SAM.born_on)
    ana = signed_in(around.ana)
    ana.post(_list(around), {"q": "oakfel"})
    shown = words(ana.get(_list(around)))
    assert "May be the same person" in shown
    assert twin.person.full_name in words(ana.get(_page(around)))
    assert _looks(around)[-1] == (around.ana.pk, twin.person.reference, "twins")


def test_a_list_of_people_takes_the_same_questions_however_long_it_is(
    around: Circle, django_assert_max_num_queries: object
) -> None:
    for number in range(30):
        supported(around, around.crisis, given_name="", family_name="", alias=f"Guest {number}")
    ana = signed_in(around.ana)
    ana.get(_list(around))
    # Session, user, standing, teams, centre, count, page, merges, episodes, and one look for each of 20 people.
    with django_assert_max_num_queries(36):  # type: ignore[operator]  # pytest-django's fixture
        assert "31 records" in words(ana.get(_list(around)))


def test_a_record_is_changed_and_a_clash_keeps_what_was_typed(around: Circle) -> None:
    ana = signed_in(around.ana)
    form = CHANGED | {"version": version(ana.get(_page(around, "change/")))}
    assert ana.post(_page(around, "change/"), form)["Location"] == _page(around)
    assert "01632 960 002" in words(ana.get(_page(around)))
    clash = ana.post(_page(around, "change/"), form | {"telephone": "01632 960 003"})
    assert clash.status_code == 409
    assert all(told in clash.content.decode() for told in ("01632 960 002", "01632 960 003"))
    assert "01632 960 001" in words(ana.get(_page(around, "history/")))


def test_a_number_of_somebody_else_is_refused_without_saying_whose(around: Circle) -> None:
    other = supported(around, around.door, given_name="Other")
    ana = signed_in(around.ana)
    taken = people.change_person(
        person=other.person,
        details=people.Details(given_name="Other", nhs_number="9434765919"),
        version=1,
        by=MAKER,
        at=NOW,
    )
    refused = ana.post(_page(around, "change/"), CHANGED | {"version": "1", "nhs_number": "943 476 5919"})
    assert refused.status_code == 422
    assert "cannot be kept" in words(refused)
    assert taken.reference not in refused.content.decode()
    assert AuditEvent.objects.filter(verb="person.number_refused", subject_id=around.sam.reference).count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [("nhs_number", "999 000 0019"), ("born_on-month", "13"), ("telephone", "x" * 41), ("given_name", "a\0b")],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(around: Circle, field: str, value: str) -> None:
    answer = signed_in(around.ana).post(_page(around, "change/"), CHANGED | {"version": "1", field: value})
    assert answer.status_code == 422
    assert "There is a problem" in words(answer)
    assert "To see the sea at Whitby." in answer.content.decode()


def test_sharing_is_recorded_and_closes_the_record_at_once(around: Circle) -> None:
    episodes.add_to_circle(episode=around.episode, user=around.dee, role="Housing", by=MAKER, at=NOW)
    dee = signed_in(around.dee)
    form = {"organisation": around.council.organisation.code, "shares": "no", "reason": "Asked not to"}
    assert dee.post(_page(around, "sharing/"), form)["Location"] == _list(around)
    assert SharingPreference.objects.get().shares is False
    assert dee.get(_page(around)).status_code == 404


def test_the_team_that_answers_for_somebody_reads_that_they_do_not_share_with_it(around: Circle) -> None:
    ana, organisation = signed_in(around.ana), around.crisis.organisation
    form = {"organisation": organisation.code, "shares": "no", "reason": "Asked not to"}
    shown = words(ana.post(_page(around, "sharing/"), form, follow=True))
    assert f"They do not share their record with {organisation.name}" in shown
    assert "Crisis team sees it all the same" in shown
    shown = words(ana.post(_page(around, "sharing/"), form | {"shares": "yes"}, follow=True))
    assert "They do not share their record" not in shown


def test_a_key_worker_and_the_circle_are_named_by_the_responsible_team(around: Circle) -> None:
    ana, place = signed_in(around.ana), f"/centres/{around.centre.slug}/episodes/{around.episode.reference}/"
    form = {"user": str(around.ben.pk), "version": version(ana.get(f"{place}key-worker/"))}
    assert ana.post(f"{place}key-worker/", form).status_code == 302
    assert ana.post(f"{place}key-worker/", form).status_code == 302
    assert ana.post(f"{place}key-worker/", form | {"user": str(around.ana.pk)}).status_code == 409
    assert ana.post(f"{place}circle/add/", {"who": f"user-{around.dee.pk}", "role": "Housing"}).status_code == 302
    shown = words(ana.get(_page(around)))
    assert "Key worker Ben" in shown
    assert "Who Dee As what Housing" in shown
    dee = signed_in(around.dee)
    assert dee.get(_page(around)).status_code == 200
    assert dee.get(f"{place}circle/add/").status_code == 403
    member = Episode.objects.get().circle.get()
    assert ana.post(f"{place}circle/{member.pk}/end/").status_code == 302
    assert dee.get(_page(around)).status_code == 404


def test_an_episode_closes_and_with_it_the_record(around: Circle) -> None:
    ana, place = signed_in(around.ana), f"/centres/{around.centre.slug}/episodes/{around.episode.reference}/"
    assert ana.post(f"{place}waiting/").status_code == 302
    assert "very instant" in words(ana.post(f"{place}close/", {"outcome": "completed"}))
    with time_machine.travel(SOON, tick=False):
        ana = signed_in(around.ana)
        assert ana.post(f"{place}close/", {"outcome": "completed"})["Location"] == _list(around)
        assert ana.get(_page(around)).status_code == 404


def test_the_board_leads_to_the_record_or_says_that_it_is_closed(around: Circle) -> None:
    place = f"/centres/{around.centre.slug}/episodes/{around.episode.reference.lower()}/"
    assert signed_in(around.ana).get(place)["Location"] == _page(around)
    dee = signed_in(around.dee)
    assert dee.get(place).status_code == 403
    on_duty(around)
    shown = words(dee.get(place))
    assert "closed to you" in shown
    assert "Oakfel" not in shown
    assert dee.get(place.replace(around.episode.reference.lower(), "bbbbb")).status_code == 404


def on_duty(around: Circle) -> None:
    """Put Dee on the rota."""
    duty = Duty(around.council, around.dee, around.rota.lead, NOW, SOON)
    shifts.add_shift(duty=duty, by=MAKER, at=NOW)


def test_an_emergency_opens_the_record_for_eight_hours(around: Circle) -> None:
    on_duty(around)
    dee, place = signed_in(around.dee), f"/centres/{around.centre.slug}/episodes/{around.episode.reference}/open/"
    assert dee.post(place, {"reason": "now"}).status_code == 422
    opened = dee.post(place, {"reason": "Found unwell in the waiting room"})
    assert opened["Location"] == _page(around)
    shown = words(dee.get(_page(around)))
    assert "Oakfel" in shown
    assert "opened it in an emergency" in shown
    assert dee.get(_page(around, "change/")).status_code == 403
    assert permissions.reasons(viewer(around.dee), Person.objects.get(), SOON) == {"broken"}


def test_an_emergency_asks_who_somebody_is_first(around: Circle, settings: LazySettings) -> None:
    on_duty(around)
    settings.PROOF_SECONDS = 0
    place = f"/centres/{around.centre.slug}/episodes/{around.episode.reference}/open/"
    answer = signed_in(around.dee).post(place, {"reason": "Found unwell in the waiting room"})
    assert answer["Location"].startswith("/account/confirm/")
    assert not around.sam.breaks.exists()


def test_privacy_officers_review_what_was_opened_and_name_nobody(around: Circle) -> None:
    glass = break_glass.break_glass(
        person=around.sam, reason="Found unwell in the waiting room", by=by(around.dee), at=NOW
    )
    place = f"/centres/{around.centre.slug}/opened-records/"
    pria = signed_in(around.pria)
    shown = words(pria.get(place))
    assert "1 record to review" in shown
    assert "Oakfel" not in shown
    assert NUMBER not in shown
    assert pria.post(f"{place}{glass.pk}/review/", {"finding": "not_justified"}).status_code == 422
    assert pria.post(f"{place}{glass.pk}/review/", {"finding": "justified"}).status_code == 302
    assert pria.post(f"{place}{glass.pk}/review/", {"finding": "justified"}).status_code == 422
    assert "It was needed" in words(pria.get(place))
    assert signed_in(around.ana).get(place).status_code == 403


def test_a_grant_is_made_and_ended_by_a_privacy_officer(around: Circle) -> None:
    place = f"/centres/{around.centre.slug}/opened-records/grants/"
    form = {"reference": around.sam.reference.lower(), "email": around.dee.email, "reason": "Asked by the person"}
    day = {"last_day-day": "1", "last_day-month": "5", "last_day-year": "2026"}
    pria, dee = signed_in(around.pria), signed_in(around.dee)
    assert pria.post(f"{place}add/", form | day).status_code == 302
    assert dee.get(_page(around)).status_code == 200
    grant = around.sam.grants.get()
    assert pria.post(f"{place}{grant.pk}/end/").status_code == 302
    assert dee.get(_page(around)).status_code == 404
    assert pria.post(f"{place}add/", form | day | {"reference": "BBBBBBBBBB"}).status_code == 422


def test_who_parts_two_records_is_led_to_the_one_that_is_still_theirs(around: Circle) -> None:
    twin = supported(around, around.door, at=BEFORE, given_name="Saphyr", family_name="Oakfel").person
    asked = merges.ask_merge(kept=around.sam, merged=twin, reason="Same", by=by(around.ana), at=BEFORE)
    joined = merges.confirm_merge(merge=asked, by=by(around.ben), at=NOW - timedelta(minutes=30))
    merges.ask_undo(merge=joined, reason="Two people", by=by(around.ben), at=NOW - timedelta(minutes=5))
    place = f"/centres/{around.centre.slug}/people/joins/{joined.pk}/undo/"
    answer = signed_in(around.ana).post(place, follow=True)
    assert (answer.redirect_chain[0][0], answer.status_code) == (_page(around), 200)
    assert "These are two records again" in words(answer)


def test_two_people_join_two_records_and_two_part_them(around: Circle) -> None:
    twin = supported(around, around.crisis, at=BEFORE, given_name="Saphyr", family_name="Oakfel").person
    ana, ben = signed_in(around.ana), signed_in(around.ben)
    form = {"reference": around.sam.reference, "reason": "The same telephone number"}
    asking = f"/centres/{around.centre.slug}/people/{twin.reference}/join/"
    assert ana.post(asking, form | {"reference": "BBBBBBBBBB"}).status_code == 422
    assert ana.post(asking, form).status_code == 302
    place = f"/centres/{around.centre.slug}/people/joins/{around.sam.merges.get().pk}/"
    assert "You asked for this" in words(ana.get(place))
    assert ana.post(f"{place}confirm/").status_code == 409
    assert ben.post(f"{place}confirm/").status_code == 302
    assert ana.get(f"/centres/{around.centre.slug}/people/{twin.reference}/")["Location"] == _page(around)
    assert ben.post(f"{place}ask-undo/", {"reason": "Two telephones after all"}).status_code == 302
    assert ben.post(f"{place}undo/").status_code == 409
    assert ana.post(f"{place}undo/").status_code == 302
    assert Person.objects.get(pk=twin.pk).merged_into is None
    assert signed_in(around.dee).get(place).status_code == 404
