"""Two records of one person: joined by two people, read as one, parted by two people, with nothing rewritten."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import Error, IntegrityError, transaction

from huddles.lifecycle import EpisodeOutcome
from huddles.models import Episode, Person, PersonMerge
from huddles.permissions import people as permissions
from huddles.queries import episodes as episode_queries
from huddles.services import episodes, merges, people
from nhc.models import AuditEvent
from partners.lifecycle import IllegalMoveError
from tests.canaries import NUMBER
from tests.huddles.circle import MAKER, NOW, SOON, Circle, by, settle, supported, viewer

pytestmark = pytest.mark.django_db
LATER = SOON + timedelta(hours=1)


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
    assert NUMBER != "9434765919"


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
