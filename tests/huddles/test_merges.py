"""Two records of one person: joined by two people, read as one, parted by two people, with nothing rewritten."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import Error, IntegrityError, transaction

from huddles.lifecycle import EpisodeOutcome
from huddles.models import Episode, Person, PersonMerge, Referral
from huddles.permissions import people as permissions
from huddles.permissions import referrals as referral_permissions
from huddles.queries import episodes as episode_queries
from huddles.queries import people as people_queries
from huddles.queries import referrals as referral_queries
from huddles.services import episodes, merges, people, referral_nudges, referrals, sharing
from nhc.models import AuditEvent, Notice
from partners.lifecycle import IllegalMoveError
from partners.permissions import NotVisible
from tests import canaries
from tests.huddles import flow
from tests.huddles.circle import MAKER, NOW, OTHER_NUMBER, SAM, SOON, Circle, by, settle, supported, viewer

pytestmark = pytest.mark.django_db
LATER = SOON + timedelta(hours=1)
PARTED = LATER + timedelta(hours=1)


@pytest.fixture
def twin(around: Circle) -> Episode:
    """Another record of Sam's, which the team next door supports."""
    return supported(around, around.door, given_name="Saphyr", family_name="Oakfel")


@pytest.fixture
def asked(around: Circle, twin: Episode) -> PersonMerge:
    """Ana has asked that the other record reads as Sam's."""
    return merges.ask_merge(kept=around.sam, merged=twin.person, reason="Same", by=by(around.ana), at=NOW)


@pytest.fixture
def joined(around: Circle, asked: PersonMerge) -> PersonMerge:
    """Ben has confirmed it."""
    return merges.confirm_merge(merge=asked, by=by(around.ben), at=SOON)


def test_asking_changes_nothing(twin: Episode, asked: PersonMerge) -> None:
    settle()
    assert Person.objects.get(pk=twin.person_id).merged_into is None


def test_a_joined_record_reads_as_the_other_and_is_not_rewritten(
    around: Circle, twin: Episode, joined: PersonMerge
) -> None:
    settle()
    merged = Person.objects.get(pk=twin.person_id)
    assert (merged.merged_into, merged.given_name) == (around.sam, "Saphyr")
    assert permissions.get_person(viewer(around.ana), merged.reference, SOON) == around.sam
    assert {each.person_id for each in episode_queries.of_person(around.sam)} == {around.sam.pk, merged.pk}
    assert AuditEvent.objects.filter(verb="merge.confirmed").count() == 2


def test_one_person_has_one_open_episode_and_loses_no_team(around: Circle, twin: Episode, joined: PersonMerge) -> None:
    ended = Episode.objects.get(pk=twin.pk)
    assert (ended.closed_at, ended.outcome) == (SOON, "joined")
    assert permissions.reasons(viewer(around.cai), around.sam, SOON) == {"circle"}
    assert permissions.reasons(viewer(around.ana), around.sam, SOON) == {"team"}


def test_who_asked_does_not_confirm(around: Circle, asked: PersonMerge) -> None:
    with pytest.raises(ValidationError, match="Somebody else"):
        merges.confirm_merge(merge=asked, by=by(around.ana), at=SOON)
    with pytest.raises(ValidationError, match="Only people"):
        merges.confirm_merge(merge=asked, by=MAKER, at=SOON)


def test_parting_takes_two_and_gives_each_what_was_its_own(around: Circle, twin: Episode, joined: PersonMerge) -> None:
    merges.ask_undo(merge=joined, reason="Two people", by=by(around.ben), at=LATER)
    with pytest.raises(ValidationError, match="Somebody else"):
        merges.undo_merge(merge=joined, by=by(around.ben), at=LATER)
    merges.undo_merge(merge=joined, by=by(around.ana), at=LATER)
    settle()
    parted = Person.objects.get(pk=twin.person_id)
    again = episode_queries.open_of(parted)
    assert parted.merged_into is None
    assert again is not None
    assert (again.responsible_team, again.opened_at) == (around.door, LATER)
    assert episode_queries.open_of(around.sam) == around.episode


def test_a_merge_that_was_right_after_all_stays(around: Circle, joined: PersonMerge) -> None:
    with pytest.raises(IllegalMoveError):
        merges.keep_merge(merge=joined, by=by(around.ana), at=LATER)
    merges.ask_undo(merge=joined, reason="Two people", by=by(around.ben), at=LATER)
    assert merges.keep_merge(merge=joined, by=by(around.ana), at=LATER).state == "merged"
    with pytest.raises(IllegalMoveError):
        merges.undo_merge(merge=joined, by=by(around.ana), at=LATER)


def test_what_was_refused_can_be_asked_for_again(around: Circle, twin: Episode, asked: PersonMerge) -> None:
    with pytest.raises(ValidationError, match="already"):
        merges.ask_merge(kept=around.sam, merged=twin.person, reason="Again", by=by(around.ben), at=SOON)
    merges.refuse_merge(merge=asked, by=by(around.ben), at=SOON)
    with pytest.raises(IllegalMoveError):
        merges.confirm_merge(merge=asked, by=by(around.ben), at=SOON)
    merges.ask_merge(kept=around.sam, merged=twin.person, reason="Again", by=by(around.ben), at=SOON)


def test_merges_are_flat(around: Circle, twin: Episode, joined: PersonMerge) -> None:
    third = supported(around, around.crisis, at=NOW).person
    with pytest.raises(ValidationError, match="Keep this one"):
        merges.ask_merge(kept=third, merged=around.sam, reason="Same", by=by(around.ana), at=LATER)
    with pytest.raises(ValidationError, match="not used any more"):
        merges.ask_merge(kept=twin.person, merged=third, reason="Same", by=by(around.ana), at=LATER)
    with pytest.raises(ValidationError, match="one record"):
        merges.ask_merge(kept=third, merged=third, reason="Same", by=by(around.ana), at=LATER)


def test_a_joined_record_gets_no_episode_of_its_own(around: Circle, twin: Episode, joined: PersonMerge) -> None:
    with pytest.raises(episodes.AlreadyOpenError) as refusal:
        episodes.open_episode(person=twin.person, team=around.door, reason="Again", by=MAKER, at=LATER)
    assert refusal.value.episode == around.episode
    with pytest.raises(IntegrityError, match="no longer used"), transaction.atomic():
        Episode.objects.create(
            person=twin.person, centre=around.centre, reference="B2345", opened_at=LATER, responsible_team=around.door
        )


def test_a_number_frees_itself_with_the_merge_and_stops_a_parting_that_would_double_it(around: Circle) -> None:
    numbered = supported(around, around.door, nhs_number="9434765919").person
    asked = merges.ask_merge(kept=around.sam, merged=numbered, reason="Same", by=by(around.ana), at=NOW)
    merges.confirm_merge(merge=asked, by=by(around.ben), at=SOON)
    people.change_person(
        person=around.sam,
        details=people.Details(given_name="Saphyr", nhs_number="9434765919"),
        version=1,
        by=MAKER,
        at=SOON,
    )
    merges.ask_undo(merge=asked, reason="Two people", by=by(around.ben), at=LATER)
    with pytest.raises(ValidationError, match="same NHS number"):
        merges.undo_merge(merge=asked, by=by(around.ana), at=LATER)
    assert Person.objects.get(pk=numbered.pk).merged_into == around.sam


def test_a_merged_records_number_finds_the_kept_one(around: Circle) -> None:
    numbered = supported(around, around.door, given_name="Saphyr", nhs_number=OTHER_NUMBER, born_on=SAM.born_on).person
    asked = merges.ask_merge(kept=around.sam, merged=numbered, reason="Same", by=by(around.ana), at=NOW)
    merges.confirm_merge(merge=asked, by=by(around.ben), at=SOON)
    flow.opened(around, team=around.door)
    sent = flow.referred(around, details=replace(SAM, nhs_number=OTHER_NUMBER), at=LATER)
    assert (sent.episode, sent.disputed_number) == (around.episode, False)
    readable = permissions.visible(viewer(around.ana), around.centre, LATER, searching=True)
    assert list(people_queries.search(readable, OTHER_NUMBER)) == [around.sam]


def test_a_sensitive_record_is_joined_to_a_sensitive_one_alone(around: Circle) -> None:
    hidden = supported(around, around.door, sensitive=True).person
    with pytest.raises(ValidationError, match="Say so in that one first"):
        merges.ask_merge(kept=around.sam, merged=hidden, reason="Same", by=by(around.ana), at=NOW)
    people.change_person(person=around.sam, details=replace(SAM, sensitive=True), version=1, by=MAKER, at=NOW)
    asked = merges.ask_merge(kept=around.sam, merged=hidden, reason="Same", by=by(around.ana), at=SOON)
    people.change_person(person=around.sam, details=SAM, version=2, by=MAKER, at=SOON)
    with pytest.raises(ValidationError, match="Say so in that one first"):
        merges.confirm_merge(merge=asked, by=by(around.ben), at=LATER)


def test_what_a_joined_record_said_about_sharing_is_taken_back_and_said_again_once_it_is_parted(
    around: Circle, twin: Episode, asked: PersonMerge
) -> None:
    council = around.council.organisation
    sharing.set_sharing(person=twin.person, organisation=council, shares=False, by=MAKER, at=NOW)
    joined = merges.confirm_merge(merge=asked, by=by(around.ben), at=SOON)
    with pytest.raises(ValidationError, match="does not share"):
        episodes.add_to_circle(episode=around.episode, user=around.dee, role="Housing", by=MAKER, at=SOON)
    sharing.set_sharing(person=around.sam, organisation=council, shares=True, by=MAKER, at=LATER)
    assert [said.shares for said in people_queries.sharing_of(around.sam, LATER)] == [True]
    episodes.add_to_circle(episode=around.episode, user=around.dee, role="Housing", by=MAKER, at=LATER)
    assert permissions.reasons(viewer(around.dee), around.sam, LATER) == {"circle"}
    merges.ask_undo(merge=joined, reason="Two people", by=by(around.ben), at=PARTED)
    merges.undo_merge(merge=joined, by=by(around.ana), at=PARTED)
    parted = Person.objects.get(pk=twin.person_id)
    assert [said.shares for said in people_queries.sharing_of(parted, PARTED)] == [False]
    assert [said.shares for said in people_queries.sharing_of(around.sam, PARTED)] == [True]


def test_a_team_that_the_person_does_not_share_with_does_not_come_along(around: Circle, asked: PersonMerge) -> None:
    sharing.set_sharing(person=around.sam, organisation=around.door.organisation, shares=False, by=MAKER, at=NOW)
    merges.confirm_merge(merge=asked, by=by(around.ben), at=SOON)
    assert not permissions.reasons(viewer(around.cai), around.sam, SOON)


@pytest.fixture
def newcomer(around: Circle) -> Referral:
    """Somebody new has been referred to the front door, who turns out to be Sam; Ben has confirmed it."""
    flow.opened(around, team=around.door)
    sent = flow.referred(around)
    asked = merges.ask_merge(
        kept=around.sam, merged=sent.episode.person, reason="Same", by=by(around.ana), at=NOW + timedelta(minutes=1)
    )
    merges.confirm_merge(merge=asked, by=by(around.ben), at=SOON)
    settle()
    return Referral.objects.get(pk=sent.pk)


def test_a_referral_that_waits_is_answered_by_the_team_that_is_responsible_for_both(
    around: Circle, newcomer: Referral
) -> None:
    ana = viewer(around.ana)
    found = referral_permissions.get_referral_to_act(ana, around.centre.slug, newcomer.reference, SOON)
    assert referral_queries.teams_of([found.referral]) == {newcomer.pk: around.crisis}
    with pytest.raises(ValidationError, match="Answer the referral first"):
        episodes.close_episode(episode=around.episode, outcome=EpisodeOutcome.COMPLETED, by=MAKER, at=LATER)
    stream = flow.stream(around.centre)
    referrals.triage_referral(
        referral=newcomer, stream=stream, version=1, answer=canaries.ANSWER, by=by(around.ana), at=LATER
    )
    assert Episode.objects.get(pk=around.episode.pk).stream == stream
    episodes.close_episode(episode=around.episode, outcome=EpisodeOutcome.COMPLETED, by=MAKER, at=LATER)
    settle()


def test_a_referral_is_nudged_where_the_person_is_now_and_handed_back_alone(around: Circle, newcomer: Referral) -> None:
    referral_nudges.nudge_referrals(by=MAKER, at=newcomer.due_at)
    told = {notice.user for notice in Notice.objects.filter(about=f"referral:{newcomer.pk}", kind="referral")}
    assert told == {around.ana, around.ben}
    referrals.hand_back_referral(
        referral=newcomer,
        answer=canaries.ANSWER,
        alternatives_tried=canaries.ALTERNATIVES,
        version=1,
        by=by(around.ana),
        at=LATER,
    )
    assert Episode.objects.get(pk=around.episode.pk).closed_at is None


def test_a_referral_goes_with_the_record_that_is_parted_again(around: Circle, newcomer: Referral) -> None:
    joined = PersonMerge.objects.get()
    merges.ask_undo(merge=joined, reason="Two people", by=by(around.ben), at=LATER)
    merges.undo_merge(merge=joined, by=by(around.ana), at=LATER)
    settle()
    cai, slug = viewer(around.cai), around.centre.slug
    assert referral_permissions.get_referral_to_act(cai, slug, newcomer.reference, LATER).referral == newcomer
    with pytest.raises(NotVisible):
        referral_permissions.get_referral_for(viewer(around.ana), slug, newcomer.reference, LATER)
    episodes.close_episode(episode=around.episode, outcome=EpisodeOutcome.COMPLETED, by=MAKER, at=PARTED)
    again = episode_queries.open_of(joined.merged)
    assert again is not None
    with pytest.raises(ValidationError, match="Answer the referral first"):
        episodes.close_episode(episode=again, outcome=EpisodeOutcome.COMPLETED, by=MAKER, at=PARTED)


def test_postgresql_closes_no_episode_as_joined_that_is_not(around: Circle) -> None:
    flow.opened(around, team=around.door)
    sent = flow.referred(around)
    with pytest.raises(IntegrityError, match="waits for an answer"), transaction.atomic():
        Episode.objects.filter(pk=sent.episode_id).update(closed_at=SOON, outcome="joined", waiting_since=None)


def test_postgresql_joins_nothing_that_two_people_did_not_join(around: Circle, twin: Episode) -> None:
    episodes.close_episode(episode=twin, outcome=EpisodeOutcome.IN_ERROR, by=MAKER, at=SOON)
    settle()
    Person.objects.filter(pk=twin.person_id).update(merged_into=around.sam)
    with pytest.raises(IntegrityError, match="by two people"):
        settle()


def test_postgresql_refuses_two_open_episodes_of_one_person(around: Circle, twin: Episode) -> None:
    with pytest.raises(IntegrityError, match="two open episodes"), transaction.atomic():
        Person.objects.filter(pk=twin.person_id).update(merged_into=around.sam)


def test_postgresql_refuses_one_person_in_two_roles(around: Circle, asked: PersonMerge) -> None:
    row = PersonMerge.objects.filter(pk=asked.pk)
    with pytest.raises(IntegrityError, match="merge_takes_two"), transaction.atomic():
        row.update(state="merged", confirmed_by=around.ana, confirmed_at=SOON)
    with pytest.raises(Error, match="refused"), transaction.atomic():
        row.update(asked_by=around.ben)
