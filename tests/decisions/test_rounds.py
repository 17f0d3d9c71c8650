"""Rounds of consent: answers, silence, objections, and what each does to publication."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import Error, transaction

from decisions.models import ConsentAnswer, ConsentRound, Decision, GridVersion, Proposal
from decisions.queries import rounds as queries
from decisions.services import consent_notices, decisions, publication, rounds
from nhc.actors import Actor
from nhc.models import Notice
from partners.lifecycle import IllegalMoveError
from tests.decisions.forums import answered, decision, seat, statement
from tests.decisions.grids import (
    MAKER,
    WEEK,
    Place,
    consulted,
    decided,
    decided_by,
    drafted,
    group,
    make_place,
    newest,
    said,
    speaker,
)
from tests.factories import MembershipFactory, OrganisationFactory, UserFactory
from tests.partners.pages import signed_in

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
END = NOW + WEEK


@pytest.fixture
def draft(place: Place) -> GridVersion:
    return drafted(place.centre, [decided_by(place.rota.lead)], at=NOW)


@pytest.fixture
def consent(draft: GridVersion) -> ConsentRound:
    return consulted(draft, at=NOW)


def publish(consent: ConsentRound, *, decision: Decision | None = None) -> GridVersion:
    return publication.publish(version=consent.version, decision=decision, by=MAKER, at=END)


def test_silence_is_recorded_and_blocks_nothing(place: Place, consent: ConsentRound) -> None:
    crisis, charity = place.organisations
    said(consent, crisis, "can_live_with_it", at=NOW)
    assert rounds.close_due_rounds(by=MAKER, at=END) == 1
    assert rounds.close_due_rounds(by=MAKER, at=END) == 0
    assert newest(consent) == {crisis.code: "can_live_with_it", charity.code: "no_answer"}
    assert publish(consent).state == "published"


def test_silence_says_after_how_many_reminders(place: Place, consent: ConsentRound) -> None:
    crisis, charity = place.organisations
    speaker(crisis)
    speaker(crisis)
    for at in (NOW, END - HOUR):
        consent_notices.remind_silent(by=MAKER, at=at)
    rounds.close_due_rounds(by=MAKER, at=END)
    said_nothing = {each.organisation_id: each.reminders for each in queries.newest_answers(consent).values()}
    assert said_nothing == {crisis.pk: 2, charity.pk: 0}


@pytest.mark.parametrize(("days", "told"), [(14, 0), (15, 1)])
def test_partners_hear_of_a_long_round_when_it_opens(place: Place, draft: GridVersion, days: int, told: int) -> None:
    user = speaker(place.organisations[0])
    consulted(draft, at=NOW, days=days)
    assert Notice.objects.filter(user=user, kind="consent").count() == told


@pytest.fixture
def objected(place: Place, consent: ConsentRound) -> ConsentRound:
    """A round that closed on the crisis team's objection, with a partnership group."""
    group(place, at=NOW)
    said(consent, place.organisations[0], "object", at=NOW)
    return rounds.close_round(consent=consent, by=MAKER, at=END)


def test_an_objection_blocks_until_the_groups_decision_is_cited(place: Place, objected: ConsentRound) -> None:
    assert objected.outcome == "objection"
    with pytest.raises(ValidationError, match="objected"):
        publish(objected)
    decision = decided(objected, place.rota.ana, at=END)
    assert publish(objected, decision=decision).cites_decision == decision


def test_an_objection_is_put_to_the_group_and_told(place: Place, consent: ConsentRound) -> None:
    of = group(place, at=NOW)
    manager = MembershipFactory.create(team=place.rota.crisis, role="manager").user
    said(consent, place.organisations[0], "object", at=NOW)
    rounds.close_due_rounds(by=MAKER, at=END)
    asked = Proposal.objects.get(about_round=consent)
    assert (asked.forum, asked.template, asked.deadline) == (of, "consent", END + timedelta(days=14))
    told = Notice.objects.exclude(kind="consent", stage__lt=15).values_list("user_id", "kind")
    assert sorted(told) == sorted([(place.rota.ana.pk, "forum-proposal"), (manager.pk, "consent-objection")])


def test_without_a_group_the_objection_waits_for_one(place: Place, consent: ConsentRound) -> None:
    said(consent, place.organisations[0], "object", at=NOW)
    closed = rounds.close_round(consent=consent, by=MAKER, at=END)
    with pytest.raises(ValidationError, match="no partnership group yet"):
        rounds.ask_group(consent=closed, by=MAKER, at=END)
    group(place, at=END)
    rounds.ask_group(consent=closed, by=MAKER, at=END)
    with pytest.raises(ValidationError, match="asked about this round already"):
        rounds.ask_group(consent=closed, by=MAKER, at=END)
    decided(closed, place.rota.ana, adopted=False, at=END)
    rounds.ask_group(consent=closed, by=MAKER, at=END)
    decided(closed, place.rota.ana, at=END)
    with pytest.raises(ValidationError, match="adopted it already"):
        rounds.ask_group(consent=closed, by=MAKER, at=END)


def without_proposal(place: Place, consent: ConsentRound) -> Decision:
    return decision(consent.proposals.get().forum, at=END)


def not_adopted(place: Place, consent: ConsentRound) -> Decision:
    return decided(consent, place.rota.ana, adopted=False, at=END)


def of_another_centre(place: Place, consent: ConsentRound) -> Decision:
    other = make_place(at=NOW - timedelta(days=60))
    group(other, at=NOW)
    again = consulted(drafted(other.centre, [decided_by(other.rota.lead)], at=NOW), at=NOW)
    said(again, other.organisations[0], "object", at=NOW)
    return decided(rounds.close_round(consent=again, by=MAKER, at=END), other.rota.ana, at=END)


@pytest.mark.parametrize("made", [without_proposal, not_adopted, of_another_centre])
def test_nothing_but_what_the_group_adopted_about_it_answers_an_objection(
    place: Place, objected: ConsentRound, made: Callable[[Place, ConsentRound], Decision]
) -> None:
    cited = made(place, objected)
    with pytest.raises(ValidationError, match="adopted about these objections"):
        publish(objected, decision=cited)
    version = GridVersion.objects.filter(pk=objected.version_id)
    with pytest.raises(Error, match="an open objection"), transaction.atomic():
        version.update(state="published", published_at=END, next_review_on=END.date(), cites_decision=cited)


def test_who_does_not_sit_in_the_group_decides_about_no_objection(place: Place, objected: ConsentRound) -> None:
    manager = MembershipFactory.create(team=place.rota.crisis, role="manager").user
    proposal, over = objected.proposals.get(), END + timedelta(days=14)
    with pytest.raises(ValidationError, match="Only those who sit"):
        decisions.decide_proposal(proposal=proposal, statement=statement(at=over), by=Actor.user(manager), at=over)
    with pytest.raises(Error, match="only those who sit in the group"), transaction.atomic():
        Decision.objects.create(
            forum=proposal.forum,
            proposal=proposal,
            title="It stands",
            outcome="It stands",
            adopted=False,
            decided_by=manager,
            decided_at=over,
            decided_on=over.date(),
        )


def test_those_who_wait_for_the_groups_decision_are_told_of_it(place: Place, objected: ConsentRound) -> None:
    manager = MembershipFactory.create(team=place.rota.crisis, role="manager").user
    objector = speaker(place.organisations[0])
    decided(objected, place.rota.ana, at=END)
    told = Notice.objects.filter(kind="consent-objection", sentence__contains="It can be published now")
    assert {manager.pk, objector.pk} <= set(told.values_list("user_id", flat=True))


def test_who_objected_is_heard_in_the_group_and_not_counted(place: Place, objected: ConsentRound) -> None:
    proposal = objected.proposals.get()
    seat(proposal.forum, objector := speaker(place.organisations[0]), place.organisations[0], at=END)
    answered(proposal, objector, "object", reason="Still too slow", at=END)
    assert publish(objected, decision=decided(objected, place.rota.ana, at=END)).state == "published"


def test_an_objection_may_be_lifted_after_the_round_and_not_made_again(place: Place, objected: ConsentRound) -> None:
    crisis, charity = place.organisations
    for organisation, answer in ((charity, "agree"), (charity, "object"), (crisis, "object")):
        with pytest.raises(IllegalMoveError):
            rounds.answer(
                consent=objected,
                organisation=organisation,
                answer=answer,
                reason="Other words",
                by=Actor.user(speaker(organisation)),
                at=END,
            )
        with pytest.raises(Error, match="only an objection is lifted"), transaction.atomic():
            ConsentAnswer.objects.create(
                round=objected,
                organisation=organisation,
                answer=answer,
                reason="Other words",
                user=place.rota.ana,
                answered_at=END,
            )
    said(objected, crisis, "agree", at=END)
    assert objected.proposals.get().state == "withdrawn"
    assert publish(objected).cites_decision is None


def test_the_database_publishes_nothing_over_an_objection(place: Place, consent: ConsentRound) -> None:
    version = GridVersion.objects.filter(pk=consent.version_id)
    published = {"state": "published", "published_at": END, "next_review_on": END.date()}
    with pytest.raises(Error, match="after a round of consent has closed"), transaction.atomic():
        version.update(**published)
    said(consent, place.organisations[0], "object", at=NOW)
    rounds.close_round(consent=consent, by=MAKER, at=END)
    with pytest.raises(Error, match="an open objection"), transaction.atomic():
        version.update(**published)


def test_the_newest_answer_counts_and_the_same_again_is_one(place: Place, consent: ConsentRound) -> None:
    crisis = place.organisations[0]
    by = Actor.user(speaker(crisis))
    for answer in ("object", "agree", "agree"):
        rounds.answer(consent=consent, organisation=crisis, answer=answer, reason="So", by=by, at=NOW)
    assert (newest(consent), ConsentAnswer.objects.count()) == ({crisis.code: "agree"}, 2)


def test_a_round_ends_early_once_everybody_has_answered(place: Place, consent: ConsentRound) -> None:
    with pytest.raises(ValidationError, match="still have time"):
        rounds.close_round(consent=consent, by=MAKER, at=NOW)
    for organisation in place.organisations:
        said(consent, organisation, "agree", at=NOW)
    assert rounds.close_round(consent=consent, by=MAKER, at=NOW).outcome == "consent"


def test_nobody_answers_after_the_deadline_even_before_the_clock_closes_it(place: Place, consent: ConsentRound) -> None:
    with pytest.raises(IllegalMoveError):
        said(consent, place.organisations[0], "object", at=END)


def test_a_version_taken_back_is_a_draft_again_and_needs_a_new_round(place: Place, consent: ConsentRound) -> None:
    said(consent, place.organisations[0], "object", at=NOW)
    back = rounds.take_back(version=consent.version, reason="To change the limit", by=MAKER, at=NOW)
    assert (back.state, queries.last_round(back).outcome) == ("draft", "withdrawn")  # type: ignore[union-attr]  # there was one
    again = consulted(back, at=NOW + HOUR)
    rounds.close_round(consent=again, by=MAKER, at=END + HOUR)
    published = publication.publish(version=back, by=MAKER, at=END + HOUR)
    assert [move.state for move in published.moves.order_by("pk")] == [
        "draft",
        "consulting",
        "draft",
        "consulting",
        "published",
    ]


def test_what_the_group_is_asked_goes_with_the_version_that_is_taken_back(place: Place, objected: ConsentRound) -> None:
    rounds.take_back(version=objected.version, reason="To change the limit", by=MAKER, at=END)
    assert objected.proposals.get().state == "withdrawn"


def test_reminders_name_the_last_day_and_not_the_midnight_after(place: Place, draft: GridVersion) -> None:
    user = speaker(place.organisations[0])
    midnight = datetime(2026, 12, 1, tzinfo=UTC)
    rounds.open_round(version=draft, edition=draft.version, summary="New", deadline=midnight, by=MAKER, at=NOW)
    consent_notices.remind_silent(by=MAKER, at=NOW)
    sentence, stage = Notice.objects.values_list("sentence", "stage").get(user=user, stage__lt=15)
    assert ("Answer by 30 November 2026" in sentence, stage) == (True, 7)


@pytest.mark.parametrize(
    ("days", "summary", "sentence"),
    [(6, "New", "at least 7 days"), (93, "New", "within 92 days"), (7, " ", "Say what is new")],
)
def test_a_round_leaves_time_and_says_what_is_new(draft: GridVersion, days: int, summary: str, sentence: str) -> None:
    deadline = NOW + timedelta(days=days)
    with pytest.raises(ValidationError, match=sentence):
        rounds.open_round(version=draft, edition=draft.version, summary=summary, deadline=deadline, by=MAKER, at=NOW)


def test_what_is_put_to_partners_is_what_was_read(draft: GridVersion) -> None:
    with pytest.raises(ValidationError, match="Somebody changed the grid"):
        rounds.open_round(version=draft, edition=draft.version - 1, summary="New", deadline=END, by=MAKER, at=NOW)


def test_an_objection_says_why_and_outsiders_have_no_say(place: Place, consent: ConsentRound) -> None:
    by = Actor.user(place.rota.ana)
    with pytest.raises(ValidationError, match="Say why"):
        rounds.answer(consent=consent, organisation=place.organisations[0], answer="object", by=by, at=NOW)
    with pytest.raises(ValidationError, match="Only partners"):
        rounds.answer(consent=consent, organisation=OrganisationFactory.create(), answer="agree", by=by, at=NOW)


@time_machine.travel(NOW, tick=False)
def test_whoever_speaks_for_a_partner_answers_for_it_alone(place: Place, consent: ConsentRound) -> None:
    crisis, charity = place.organisations
    sitting = UserFactory.create()
    MembershipFactory.create(user=sitting, team=place.rota.crisis, role="group")
    address = f"/centres/{place.centre.slug}/grid/consent/answer/"
    for user in (speaker(crisis), sitting):
        answers = {"organisation": crisis.code, "answer": "agree"}
        assert signed_in(user).post(address, {**answers, "organisation": charity.code}).status_code == 422
        assert signed_in(user).post(address, answers).status_code == 302
    refused = [signed_in(user).post(address, answers).status_code for user in (place.rota.ana, UserFactory.create())]
    assert refused == [403, 404]
    assert newest(consent) == {crisis.code: "agree"}


def test_whoever_speaks_for_a_silent_partner_is_reminded_twice(place: Place, consent: ConsentRound) -> None:
    crisis, charity = place.organisations
    said(consent, charity, "agree", at=NOW)
    user = speaker(crisis)
    for at in (NOW, NOW + HOUR, END - timedelta(days=1), END - HOUR):
        consent_notices.remind_silent(by=MAKER, at=at)
    assert sorted(Notice.objects.filter(kind="consent").values_list("user_id", "stage")) == [(user.pk, 1), (user.pk, 7)]


def test_answers_and_closed_rounds_are_kept(place: Place, consent: ConsentRound) -> None:
    said(consent, place.organisations[0], "agree", at=NOW)
    rounds.close_round(consent=consent, by=MAKER, at=END)
    changes: list[Callable[[], object]] = [
        lambda: ConsentAnswer.objects.update(answer="object", reason="No"),
        lambda: ConsentAnswer.objects.all().delete(),
        lambda: ConsentRound.objects.update(outcome="objection"),
    ]
    for change in changes:
        with pytest.raises(Error), transaction.atomic():
            change()
