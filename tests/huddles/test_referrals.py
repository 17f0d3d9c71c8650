"""Referrals: one front door, triage within 24 elapsed hours, an answer for everybody who refers."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from django.core.exceptions import ValidationError
from django.db import Error, IntegrityError, connection, transaction

from huddles.lifecycle import EpisodeOutcome
from huddles.models import Person, Referral, ReferralMove
from huddles.queries import referrals as queries
from huddles.queries import streams as stream_queries
from huddles.services import episodes, people, referral_nudges, referrals, streams
from huddles.services.people import Details
from huddles.services.referrals import Clash, NoFrontDoorError, Referrer, SentBeforeError
from nhc.clock import LONDON
from nhc.models import AuditEvent, Notice, User
from partners.lifecycle import IllegalMoveError
from partners.models import Partnership, Team
from partners.services import teams
from tests.factories import TeamFactory
from tests.huddles import flow
from tests.huddles.circle import MAKER, NOW, NUMBER, SAM, SOON, Circle, by, settle

pytestmark = pytest.mark.django_db
DAY = timedelta(hours=24)
MOMENT = timedelta(microseconds=1)


@pytest.fixture
def door(around: Circle) -> Circle:
    flow.opened(around)
    return around


def test_an_episode_opens_when_a_referral_is_received_with_the_front_door_responsible(door: Circle) -> None:
    referral = flow.referred(door)
    settle()
    episode = referral.episode
    assert (episode.opened_at, episode.responsible_team) == (NOW, door.crisis)
    assert (referral.state, referral.due_at) == ("received", NOW + DAY)
    assert [move.state for move in queries.moves_of(referral)] == ["received"]


@pytest.mark.parametrize("received", [datetime(2026, 10, 24, 12, tzinfo=UTC), datetime(2027, 3, 27, 12, tzinfo=UTC)])
def test_triage_is_due_after_24_elapsed_hours_when_the_clocks_change(door: Circle, received: datetime) -> None:
    due = flow.referred(door, at=received).due_at
    assert due - received == DAY
    assert due.astimezone(LONDON).hour != received.astimezone(LONDON).hour


def test_nobody_is_referred_through_a_closed_door(around: Circle) -> None:
    with pytest.raises(NoFrontDoorError):
        flow.referred(around)


def test_a_new_front_door_takes_what_comes_and_nothing_that_came(door: Circle) -> None:
    before = flow.referred(door)
    streams.set_front_door(centre=door.centre, team=door.door, self_referral=False, by=MAKER, at=SOON)
    after = flow.referred(door, details=Details(alias="The man with the dog"), at=SOON)
    assert before.episode.responsible_team == door.crisis
    assert after.episode.responsible_team == door.door


def test_a_referral_of_somebody_supported_joins_their_episode(door: Circle) -> None:
    sent = Details(given_name="Saphyr", family_name="Oakfel", nhs_number="999 000 0018", born_on=SAM.born_on,
                   telephone="01632 960 999")  # fmt: skip
    referral = flow.referred(door, details=sent)
    assert referral.episode == door.episode
    assert "Telephone: 01632 960 999" in referral.particulars
    assert Person.objects.filter(centre=door.centre).count() == 1


def test_a_number_alone_is_not_trusted(door: Circle) -> None:
    sent = Details(given_name="Noor", family_name="Made-up", nhs_number=NUMBER, born_on=date(1990, 1, 1))
    referral = flow.referred(door, details=sent)
    assert referral.disputed_number
    assert (referral.episode.person.nhs_number, referral.episode == door.episode) == ("", False)
    assert f"NHS number: {NUMBER}" in referral.particulars


def test_the_same_number_of_the_sender_gives_the_same_referral(door: Circle) -> None:
    sender = flow.partner(door.council.organisation, "R-1")
    first, again = flow.referred(door, referrer=sender), flow.referred(door, referrer=sender, at=SOON)
    assert first == again
    with pytest.raises(SentBeforeError):
        flow.referred(door, referrer=sender, words="Something else.")
    with pytest.raises(SentBeforeError):
        flow.referred(door, referrer=sender, details=Details(alias="Somebody else"))
    assert Referral.objects.count() == 1


def test_a_form_sent_twice_gives_one_referral_and_somebody_elses_key_meets_nobodys(door: Circle) -> None:
    key = UUID(int=7)
    sender = Referrer(Referral.Source.STAFF, door.council.organisation)

    def send(user: User, words: str = "Help.") -> Referral:
        received = referrals.receive_referral(
            centre=door.centre,
            details=flow.TESTINA,
            words=words,
            referrer=sender,
            form_key=key,
            by=by(user),
            at=NOW,
        )
        return received.referral

    assert send(door.dee) == send(door.dee)
    assert send(door.cai) != send(door.dee)
    assert send(door.dee, "Help today.").words == "Help today."


def test_triage_sends_into_a_stream_and_answers_in_one_act(door: Circle) -> None:
    referral = flow.referred(door)
    done = referrals.triage_referral(
        referral=referral, stream=flow.stream(door.centre), version=1, answer="We visit.", by=by(door.ana), at=SOON
    )
    settle()
    done.refresh_from_db()
    assert (done.state, done.answer, done.episode.stream) == ("answered", "We visit.", flow.stream(door.centre))
    assert [move.state for move in queries.moves_of(done)] == ["received", "triaged", "answered"]
    assert done.episode.responsible_team == door.crisis


def test_two_who_triage_at_once_see_each_other(door: Circle) -> None:
    referral, outreach = flow.referred(door), flow.stream(door.centre)
    referrals.triage_referral(referral=referral, stream=outreach, version=1, by=by(door.ana), at=SOON)
    with pytest.raises(Clash) as clash:
        referrals.triage_referral(referral=referral, stream=outreach, version=1, by=by(door.ben), at=SOON)
    assert clash.value.referral.state == "triaged"


def test_what_is_answered_stays_answered(door: Circle) -> None:
    referral, outreach = flow.referred(door), flow.stream(door.centre)
    with pytest.raises(IllegalMoveError):
        referrals.answer_referral(referral=referral, answer="Yes.", version=1, by=by(door.ana), at=SOON)
    done = referrals.triage_referral(
        referral=referral, stream=outreach, version=1, answer="Yes.", by=by(door.ana), at=SOON
    )
    with pytest.raises(IllegalMoveError):
        referrals.triage_referral(referral=done, stream=outreach, version=done.version, by=by(door.ana), at=SOON)


def test_handing_back_needs_the_alternatives_and_closes_the_episode(door: Circle) -> None:
    referral = flow.referred(door)
    with pytest.raises(ValidationError, match="alternatives"):
        referrals.hand_back_referral(
            referral=referral, answer="No.", alternatives_tried=" ", version=1, by=by(door.ana), at=SOON
        )
    done = referrals.hand_back_referral(
        referral=referral, answer="Ask housing.", alternatives_tried="Outreach", version=1, by=by(door.ana), at=SOON
    )
    settle()
    done.episode.refresh_from_db()
    assert (done.state, done.episode.outcome) == ("handed_back", EpisodeOutcome.HANDED_BACK)


def test_handing_back_one_referral_leaves_an_episode_that_was_open_before(door: Circle) -> None:
    sent = Details(given_name="Saphyr", family_name="Oakfel", nhs_number=NUMBER, born_on=SAM.born_on)
    referral = flow.referred(door, details=sent, at=SOON)
    referrals.hand_back_referral(
        referral=referral, answer="No.", alternatives_tried="All", version=1, by=by(door.ana), at=SOON + DAY
    )
    door.episode.refresh_from_db()
    assert door.episode.closed_at is None


def test_an_episode_closes_only_once_every_referral_of_it_is_answered(door: Circle) -> None:
    referral = flow.referred(door)
    with pytest.raises(ValidationError, match="Answer"):
        episodes.close_episode(episode=referral.episode, outcome=EpisodeOutcome.COMPLETED, by=by(door.ana), at=SOON)


def test_a_retired_stream_and_one_of_another_centre_take_nothing(door: Circle) -> None:
    referral, outreach = flow.referred(door), flow.stream(door.centre)
    streams.edit_stream(
        stream=outreach, version=1, name="Outreach", what_for="", how="outreach", position=1, active=False,
        by=MAKER, at=NOW,
    )  # fmt: skip
    outreach.refresh_from_db()
    with pytest.raises(ValidationError):
        referrals.triage_referral(referral=referral, stream=outreach, version=1, by=by(door.ana), at=SOON)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE huddles_referral SET due_at = due_at + interval '1 hour'",
        "UPDATE huddles_referral SET words = 'Nothing.'",
        "UPDATE huddles_referral SET state = 'answered'",
        "UPDATE huddles_referral SET state = 'handed_back', answered_at = now(), answer = 'No.'",
        "DELETE FROM huddles_referral",
        "UPDATE huddles_referralmove SET state = 'answered'",
        "DELETE FROM huddles_referralmove",
    ],
)
def test_postgresql_alone_keeps_what_was_said_the_deadline_and_the_answer(door: Circle, change: str) -> None:
    flow.referred(door)
    with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)
    assert ReferralMove.objects.count() == 1


def test_due_and_overdue_referrals_are_nudged_once_at_each_stage_and_name_nobody(door: Circle) -> None:
    referral = flow.referred(door)
    told = [
        referral_nudges.nudge_referrals(by=MAKER, at=at)
        for at in (
            referral.due_at - queries.SOON - MOMENT,
            referral.due_at - queries.SOON,
            referral.due_at - MOMENT,
            referral.due_at,
            referral.due_at + DAY,
        )
    ]
    responsible = 2
    managers = Notice.objects.filter(kind="referral-overdue").count()
    assert told == [0, responsible, 0, responsible + managers, 0]
    sentences = " ".join(Notice.objects.values_list("sentence", flat=True))
    assert referral.reference in sentences
    assert "Testina" not in sentences
    assert "Exampleton" not in sentences


def test_a_triaged_referral_without_an_answer_is_nudged_a_day_later(door: Circle) -> None:
    referral = flow.referred(door)
    referrals.triage_referral(referral=referral, stream=flow.stream(door.centre), version=1, by=by(door.ana), at=SOON)
    assert referral_nudges.nudge_referrals(by=MAKER, at=SOON + DAY - MOMENT) == 0
    assert referral_nudges.nudge_referrals(by=MAKER, at=SOON + DAY) == 2


def test_the_trail_says_what_happened_and_nothing_of_whom(door: Circle) -> None:
    referral = flow.referred(door)
    referrals.triage_referral(
        referral=referral, stream=flow.stream(door.centre), version=1, answer="We visit.", by=by(door.ana), at=SOON
    )
    events = AuditEvent.objects.filter(subject="referral", subject_id=referral.reference).order_by("pk")
    assert [event.verb for event in events] == ["referral.received", "referral.triaged", "referral.answered"]
    told = str(list(AuditEvent.objects.values_list("details", "subject_id")))
    assert not any(word in told for word in ("Testina", "Exampleton", "We visit", flow.WORDS))


def test_a_disposed_persons_referral_loses_its_words_and_nobody_elses(door: Circle) -> None:
    referral = flow.referred(door, referrer=flow.partner(door.council.organisation, "R-1"))
    other = flow.referred(door, details=Details(alias="Somebody else"))
    with pytest.raises(Error), transaction.atomic():
        referrals.remove_words(episode_ids=[other.episode_id], by=MAKER, at=SOON)
    done = referrals.hand_back_referral(
        referral=referral, answer="No.", alternatives_tried="All", version=1, by=by(door.ana), at=SOON
    )
    Person.objects.filter(pk=done.episode.person_id).update(given_name="", family_name="", disposed_at=SOON)
    assert referrals.remove_words(episode_ids=[done.episode_id], by=MAKER, at=SOON) == 1
    done.refresh_from_db()
    assert (done.words, done.answer, done.referrer, done.form_key) == ("Removed.", "Removed.", "", None)


def test_a_team_that_receives_referrals_is_not_closed(door: Circle) -> None:
    night = TeamFactory.create(centre=door.centre, organisation=door.crisis.organisation, name="Night team")
    streams.set_front_door(centre=door.centre, team=night, self_referral=True, by=MAKER, at=SOON)
    with pytest.raises(ValidationError, match="front door"):
        teams.close(team=night, by=MAKER, at=SOON)
    streams.set_front_door(centre=door.centre, team=door.crisis, self_referral=True, by=MAKER, at=SOON + DAY)
    assert teams.close(team=night, by=MAKER, at=SOON + DAY).closed_at == SOON + DAY


@pytest.mark.parametrize("gone", ["the team", "the partner"])
def test_where_nobody_works_at_the_front_door_it_is_closed(door: Circle, gone: str) -> None:
    if gone == "the team":
        Team.objects.filter(pk=door.crisis.pk).update(closed_at=NOW)
    else:
        Partnership.objects.filter(organisation=door.crisis.organisation).update(until_date=NOW.date())
    with pytest.raises(NoFrontDoorError):
        flow.referred(door)
    assert stream_queries.open_to_everybody(door.centre.slug, NOW) is None


def test_streams_are_once_at_a_centre_and_the_front_door_is_a_team_of_it(door: Circle) -> None:
    assert streams.begin_with_usual_streams(centre=door.centre, by=MAKER, at=SOON) == []
    with pytest.raises(ValidationError):
        streams.add_stream(
            centre=door.centre, name="Outreach", what_for="", how="outreach", position=9, by=MAKER, at=NOW
        )
    elsewhere = door.eve.memberships.get().team
    with pytest.raises(ValidationError):
        streams.set_front_door(centre=door.centre, team=elsewhere, self_referral=False, by=MAKER, at=SOON)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO huddles_frontdoor (centre_id, team_id, self_referral, starts_at) VALUES (%s, %s, false, %s)",
            [elsewhere.centre_id, door.crisis.pk, NOW],
        )


def test_the_record_of_somebody_new_is_opened_with_what_was_said(door: Circle) -> None:
    referral = flow.referred(door, details=Details(alias="The man with the dog", telephone="01632 960 111"))
    said = people.details_of(referral.episode.person)
    assert (said.alias, said.telephone) == ("The man with the dog", "01632 960 111")
