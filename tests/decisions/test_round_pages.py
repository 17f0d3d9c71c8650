"""A grid from draft to published to reviewed over HTTP: partners are asked, answer, and an objection waits."""

from datetime import timedelta

import pytest
from django.test import Client

from decisions.models import ConsentAnswer, ConsentRound
from decisions.queries import grids as queries
from decisions.services import grid_notices, overrides, rounds
from nhc.actors import Actor
from nhc.models import Notice
from tests.decisions.grids import (
    MAKER,
    WEEK,
    Place,
    consulted,
    decided,
    decided_by,
    drafted,
    group,
    published,
    said,
    speaker,
)
from tests.factories import MembershipFactory, UserFactory
from tests.partners.pages import signed_in, words
from tests.partners.rotas import london

NOW = london(2026, 11, 23, 10)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]


@pytest.fixture
def manager(place: Place) -> Client:
    user = UserFactory.create(name="Mia")
    MembershipFactory.create(user=user, team=place.rota.crisis, role="manager")
    return signed_in(user)


def address(place: Place, rest: str = "") -> str:
    return f"/centres/{place.centre.slug}/grid/{rest}"


def test_partners_are_asked_with_what_is_new_and_a_last_day(place: Place, manager: Client) -> None:
    draft = drafted(place.centre, [decided_by(place.rota.lead)], at=NOW)
    days = {"last_day-day": "7", "last_day-month": "12", "last_day-year": "2026"}
    typed = {"edition": str(draft.version), "summary": "Our first grid", **days}
    page = words(manager.post(address(place, "consent/open/"), typed, follow=True))
    assert "Every partner can answer until the end of 7 December 2026" in page
    assert "Partners answer until the end of 7 December 2026." in page
    assert manager.post(address(place, "draft/"), {}).status_code == 302
    late = typed | {"last_day-day": "24", "last_day-month": "11"}
    assert "must be 30 November 2026 or later" in words(manager.post(address(place, "consent/open/"), late))


def test_a_speaker_answers_and_an_objection_needs_a_reason(place: Place) -> None:
    consulted(drafted(place.centre, [decided_by(place.rota.lead)], at=NOW), at=NOW)
    organisation = place.organisations[0]
    browser = signed_in(speaker(organisation))
    typed = {"organisation": organisation.code, "answer": "object", "reason": ""}
    refused = browser.post(address(place, "consent/answer/"), typed)
    assert refused.status_code == 422
    assert "Say why, so that the partnership group can decide" in words(refused)
    page = words(browser.post(address(place, "consent/answer/"), typed | {"reason": "Too slow"}, follow=True))
    assert f"{organisation.name} Answer We object Why Too slow" in page
    other = typed | {"organisation": place.organisations[1].code, "reason": "Not mine"}
    assert browser.post(address(place, "consent/answer/"), other).status_code == 422
    assert ConsentAnswer.objects.count() == 1


def test_who_speaks_for_nobody_reads_and_does_not_answer(place: Place) -> None:
    consulted(drafted(place.centre, [decided_by(place.rota.lead)], at=NOW), at=NOW)
    browser = signed_in(place.rota.ana)
    assert "Answer for" not in words(browser.get(address(place, "consent/")))
    assert browser.get(address(place, "consent/answer/")).status_code == 403


def test_silence_blocks_nothing_and_the_grid_is_published(place: Place, manager: Client) -> None:
    draft = drafted(place.centre, [decided_by(place.rota.lead)], at=NOW - WEEK)
    consent = consulted(draft, at=NOW - WEEK)
    early = manager.post(address(place, "consent/publish/"))
    assert "Partners are still answering" in words(early)
    rounds.close_round(consent=consent, by=MAKER, at=NOW)
    page = words(manager.get(address(place, "consent/")))
    assert "Nobody objects." in page
    assert "Answer No answer" in page
    done = words(manager.post(address(place, "consent/publish/"), follow=True))
    assert "Version 1 is in force" in done


def objected(place: Place) -> ConsentRound:
    """Return a round that closed on the objection of the crisis team's organisation, and one partner's silence."""
    consent = consulted(drafted(place.centre, [decided_by(place.rota.lead)], at=NOW - WEEK), at=NOW - WEEK)
    said(consent, place.organisations[0], "object", at=NOW - WEEK)
    return rounds.close_round(consent=consent, by=MAKER, at=NOW)


def test_an_objection_asks_for_the_groups_decision(place: Place, manager: Client) -> None:
    objected(place)
    page = words(manager.get(address(place, "consent/")))
    assert "An objection stands" in page
    assert "The centre has no partnership group yet." in page
    assert "Publish version 1" not in page
    refused = manager.post(address(place, "consent/publish/"), {"decision": ""})
    assert refused.status_code == 422
    assert "Select a decision" in words(refused)
    assert "Begin one among the forums" in words(manager.post(address(place, "consent/ask-group/")))
    assert queries.version_in_force(place.centre, NOW) is None


def test_an_objection_is_decided_by_the_group_and_the_grid_cites_it(place: Place, manager: Client) -> None:
    consent = objected(place)
    group(place, at=NOW - WEEK)
    page = words(manager.post(address(place, "consent/ask-group/"), follow=True))
    assert "is asked about the objections" in page
    proposal = consent.proposals.get()
    where = f"/centres/{place.centre.slug}/forums/{proposal.forum.code}/proposals/{proposal.pk}/"
    asked = words(signed_in(place.rota.ana).get(where))
    assert f"{place.organisations[0].name} objects: Because" in asked
    decision = decided(consent, place.rota.ana, at=NOW)
    assert "adopted it all the same" in words(manager.get(address(place, "consent/")))
    manager.post(address(place, "consent/publish/"), {"decision": str(decision.pk)})
    for rest in ("", "versions/1/"):
        assert f"Published over an objection, as the {proposal.forum.name} decided: {decision.title}" in words(
            manager.get(address(place, rest))
        )
    record = words(manager.get(address(place, "versions/1/")))
    assert f"{place.organisations[0].name} Answer We object Why Because" in record
    assert f"{place.organisations[1].name} Answer No answer Nobody was reminded" in record


def test_an_objection_is_lifted_and_not_made_again_after_the_round(place: Place, manager: Client) -> None:
    objected(place)
    organisation = place.organisations[0]
    browser = signed_in(speaker(organisation))
    assert f"Lift the objection of {organisation.name}" in words(browser.get(address(place, "consent/")))
    typed = {"organisation": organisation.code, "answer": "object", "reason": "Other words"}
    assert browser.post(address(place, "consent/answer/"), typed).status_code == 422
    browser.post(address(place, "consent/answer/"), typed | {"answer": "can_live_with_it"})
    assert "Nobody objects." in words(browser.get(address(place, "consent/")))
    assert browser.post(address(place, "consent/ask-group/")).status_code == 403
    assert "The objections were lifted" in words(manager.post(address(place, "consent/ask-group/")))


def test_the_page_names_partners_for_which_nobody_speaks(place: Place, manager: Client) -> None:
    consulted(drafted(place.centre, [decided_by(place.rota.lead)], at=NOW), at=NOW)
    speaker(place.organisations[0])
    assert f"Nobody speaks for {place.organisations[1].name} here" in words(manager.get(address(place, "consent/")))


def test_a_ladder_that_ends_with_nobody_is_named_before_publishing(place: Place, manager: Client) -> None:
    lead = place.rota.lead
    row = decided_by(lead, ladder=decided_by(lead).ladder[:1])
    consulted(drafted(place.centre, [row], at=NOW), at=NOW)
    assert "1 ladder ends with nobody to call" in words(manager.get(address(place, "consent/")))


def test_a_version_is_taken_back_with_a_reason(place: Place, manager: Client) -> None:
    consulted(drafted(place.centre, [decided_by(place.rota.lead)], at=NOW), at=NOW)
    assert manager.post(address(place, "consent/take-back/"), {"reason": ""}).status_code == 422
    page = words(manager.post(address(place, "consent/take-back/"), {"reason": "A row is missing"}, follow=True))
    assert "The grid is a draft again" in page
    assert "Mia: A row is missing" in page


def test_a_review_says_what_was_learnt_and_moves_the_next_one(place: Place, manager: Client) -> None:
    published(place.centre, [decided_by(place.rota.lead)], at=NOW - timedelta(days=31))
    assert "The review is due" in words(manager.get(address(place)))
    page = words(manager.post(address(place, "review/"), {"learnt": "The limit is too low."}, follow=True))
    assert "The next one is on 23 February 2027" in page
    assert "The limit is too low." in page


def test_reviews_and_coming_gaps_are_told_of_once(place: Place) -> None:
    user = UserFactory.create(name="Mia")
    MembershipFactory.create(user=user, team=place.rota.crisis, role="manager")
    published(place.centre, [decided_by(place.rota.lead)], at=NOW - timedelta(days=31))
    rota = place.rota
    for hours in range(0, 7 * 24, 12):
        starts = NOW + timedelta(hours=hours)
        rota.add(rota.ben, rota.lead, starts, starts + timedelta(hours=12), at=NOW)
    for later in (0, 1, 24, 25, 6 * 24 + 1, 6 * 24 + 2):
        grid_notices.remind_of_reviews(by=MAKER, at=NOW + timedelta(hours=later))
        grid_notices.warn_of_gaps(by=MAKER, at=NOW + timedelta(hours=later))
    said = sorted(Notice.objects.filter(user=user).values_list("kind", "stage"))
    assert said == [("grid-gap", 1), ("grid-gap", 7), ("grid-review", 0)]


def test_a_gap_that_comes_back_is_warned_of_when_it_is_the_next(place: Place) -> None:
    user = UserFactory.create(name="Mia")
    MembershipFactory.create(user=user, team=place.rota.crisis, role="manager")
    published(place.centre, [decided_by(place.rota.lead)], at=NOW)
    rota = place.rota
    for day in range(29):
        starts = NOW + timedelta(days=day)
        rota.add(rota.ben, rota.lead, starts, starts + timedelta(hours=12), at=NOW)
    for hours in range(0, 25, 3):
        grid_notices.warn_of_gaps(by=MAKER, at=NOW + timedelta(hours=hours))
    first, second = Notice.objects.filter(user=user).order_by("pk").values_list("sentence", flat=True)
    assert "27 stretches more within four weeks. Put somebody on." in first
    assert first != second


def test_an_act_that_nobody_reviewed_for_a_week_is_told_of_once_to_others_than_who_acted(place: Place) -> None:
    published(place.centre, [decided_by(place.rota.lead)], at=NOW - timedelta(days=9))
    mia = UserFactory.create(name="Mia")
    for user in (mia, place.rota.ana):
        MembershipFactory.create(user=user, team=place.rota.crisis, role="manager")
    overrides.record_override(
        centre=place.centre,
        scenario_code="crisis-diversion",
        team=place.rota.crisis,
        acted_at=NOW - timedelta(days=7),
        reason="It could not wait",
        by=Actor.user(place.rota.ana),
        at=NOW - timedelta(days=7),
    )
    assert grid_notices.remind_of_overrides(by=MAKER, at=NOW - timedelta(minutes=1)) == 0
    assert [grid_notices.remind_of_overrides(by=MAKER, at=NOW + timedelta(hours=hour)) for hour in range(2)] == [1, 0]
    assert Notice.objects.get(kind="override-review").user == mia
