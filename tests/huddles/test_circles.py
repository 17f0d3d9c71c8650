"""Who sees whom: the circle around a person, grants that end, sharing preferences, and nobody else, in any way."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext

from huddles.lifecycle import EpisodeOutcome
from huddles.models import Episode, Person
from huddles.permissions import openings
from huddles.permissions import people as permissions
from huddles.permissions import referrals as referral_permissions
from huddles.services import break_glass, episodes, grants, sharing
from nhc.models import User
from partners.models import Partnership
from partners.permissions import NotVisible, Viewer
from partners.services import people as staff
from tests.factories import ApiKeyFactory, MembershipFactory, TeamFactory, UserFactory
from tests.huddles import flow
from tests.huddles.circle import MAKER, NOW, SAM, SOON, Circle, by, supported, viewer

pytestmark = pytest.mark.django_db


def sees(around: Circle, user: User, *, at: datetime = SOON) -> bool:
    """Whether a list and a getter show Sam to somebody; both say the same."""
    listed = Person.objects.filter(permissions.visible(viewer(user), around.centre, at), pk=around.sam.pk).exists()
    try:
        permissions.get_person(viewer(user), around.sam.reference, at)
    except NotVisible:
        assert not listed
        return False
    assert listed
    return True


def test_the_responsible_team_sees_and_nobody_else(around: Circle) -> None:
    seeing = {user.name for user in _everybody(around) if sees(around, user)}
    assert seeing == {"Ana", "Ben"}
    assert permissions.reasons(viewer(around.ana), around.sam, SOON) == {"team"}


def test_sight_moves_with_responsibility_and_ends_with_the_episode(around: Circle) -> None:
    episodes.hand_responsibility(episode=around.episode, to_team=around.door, reason="Agreed", by=MAKER, at=SOON)
    assert (sees(around, around.cai), sees(around, around.ana)) == (True, False)
    later = SOON + timedelta(hours=1)
    episodes.close_episode(episode=around.episode, outcome=EpisodeOutcome.COMPLETED, by=MAKER, at=later)
    assert not sees(around, around.cai, at=later)


def test_sight_ends_at_the_instant_at_which_a_placement_does(around: Circle) -> None:
    staff.end_membership(membership=around.ana.memberships.get(), ends_at=SOON, by=MAKER, at=NOW)
    assert sees(around, around.ana, at=SOON - timedelta(seconds=1))
    assert not sees(around, around.ana, at=SOON)


def test_sight_ends_with_the_partnership(around: Circle) -> None:
    Partnership.objects.filter(organisation=around.crisis.organisation).update(until_date=NOW.date())
    assert not sees(around, around.ana)


def test_a_role_that_sees_no_records_sees_none_in_whatever_team(around: Circle) -> None:
    assert not sees(around, around.olu)
    MembershipFactory.create(user=around.olu, team=around.council, role="practitioner")
    assert not sees(around, around.olu)


@pytest.mark.parametrize("whom", ["team", "user"])
def test_the_circle_is_who_was_put_into_it_until_they_leave(around: Circle, whom: str) -> None:
    member = episodes.add_to_circle(
        episode=around.episode,
        team=around.council if whom == "team" else None,
        user=around.dee if whom == "user" else None,
        role="Housing",
        by=MAKER,
        at=NOW,
    )
    assert permissions.reasons(viewer(around.dee), around.sam, NOW) == {"circle"}
    episodes.leave_circle(member=member, by=MAKER, at=SOON)
    assert not sees(around, around.dee)


def test_a_key_worker_sees_nobody_for_whom_another_team_is_responsible(around: Circle) -> None:
    episodes.set_key_worker(episode=around.episode, user=around.ana, version=1, by=MAKER, at=NOW)
    assert permissions.reasons(viewer(around.ana), around.sam, NOW) == {"team", "key_worker"}
    episodes.hand_responsibility(episode=around.episode, to_team=around.door, reason="Agreed", by=MAKER, at=SOON)
    assert not sees(around, around.ana)


def test_a_key_workers_sight_ends_at_the_instant_at_which_they_leave_the_team(around: Circle) -> None:
    episodes.set_key_worker(episode=around.episode, user=around.ana, version=1, by=MAKER, at=NOW)
    MembershipFactory.create(user=around.ana, team=around.door)
    placement = around.ana.memberships.get(team=around.crisis)
    staff.end_membership(membership=placement, ends_at=SOON, by=MAKER, at=NOW)
    assert sees(around, around.ana, at=SOON - timedelta(seconds=1))
    assert not sees(around, around.ana, at=SOON)
    assert Episode.objects.get(pk=around.episode.pk).key_worker == around.ana


def test_a_grant_opens_one_record_until_it_ends(around: Circle) -> None:
    supported(around, around.door)
    grant = grants.grant_record(
        person=around.sam, user=around.dee, reason="Asked by Sam", expires_at=SOON, by=by(around.pria), at=NOW
    )
    listed = Person.objects.filter(permissions.visible(viewer(around.dee), around.centre, NOW))
    assert [person.pk for person in listed] == [around.sam.pk]
    assert not permissions.get_record(viewer(around.dee), around.centre.slug, around.sam.reference, NOW).may_change
    assert not sees(around, around.dee, at=SOON)
    grants.revoke_grant(grant=grant, by=by(around.pria), at=NOW + timedelta(minutes=1))
    assert not sees(around, around.dee, at=NOW + timedelta(minutes=1))


def test_a_grant_needs_a_reason_an_end_and_somebody_who_sees_records(around: Circle) -> None:
    for changed in (
        {"reason": " "},
        {"expires_at": NOW},
        {"expires_at": NOW + timedelta(days=91)},
        {"user": around.pria},
        {"user": around.olu},
        {"user": around.eve},
    ):
        said: dict[str, Any] = {"reason": "Asked", "expires_at": SOON, "user": around.dee, **changed}
        with pytest.raises(ValidationError):
            grants.grant_record(person=around.sam, by=by(around.pria), at=NOW, **said)


def test_an_opening_lets_in_whom_it_names_and_no_further(around: Circle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openings, "_openings", {})
    openings.contribute("offer", lambda user_id, at: Q(pk=around.episode.pk if user_id == around.cai.pk else None))
    other = supported(around, around.council)
    assert permissions.reasons(viewer(around.cai), around.sam, SOON) == {"offer"}
    assert not permissions.reasons(viewer(around.cai), other.person, SOON)
    assert not sees(around, around.dee)


def test_whoever_a_person_does_not_share_with_sees_the_board_row_alone(around: Circle) -> None:
    organisation = around.council.organisation
    episodes.add_to_circle(episode=around.episode, user=around.dee, role="Housing", by=MAKER, at=NOW)
    assert sees(around, around.dee)
    sharing.set_sharing(person=around.sam, organisation=organisation, shares=False, by=MAKER, at=NOW)
    assert not sees(around, around.dee)
    sharing.set_sharing(person=around.sam, organisation=organisation, shares=True, by=MAKER, at=SOON)
    assert sees(around, around.dee)


def test_the_responsible_team_sees_whatever_was_said_and_nobody_else_of_its_organisation(around: Circle) -> None:
    organisation, next_door = around.crisis.organisation, UserFactory.create(name="Nia")
    ward = TeamFactory.create(centre=around.centre, organisation=organisation, name="Ward")
    MembershipFactory.create(user=next_door, team=ward, role="practitioner")
    episodes.add_to_circle(episode=around.episode, team=ward, role="Medicines", by=MAKER, at=NOW)
    assert sees(around, next_door)
    sharing.set_sharing(person=around.sam, organisation=organisation, shares=False, by=by(around.ana), at=NOW)
    assert not sees(around, next_door)
    record = permissions.get_record(viewer(around.ana), around.centre.slug, around.sam.reference, SOON)
    assert record.reasons == {"team"}
    assert record.may_lead
    assert permissions.get_episode_to_lead(viewer(around.ana), around.centre.slug, around.episode.reference, SOON)
    episodes.hand_responsibility(episode=around.episode, to_team=around.door, reason="Asked", by=MAKER, at=SOON)
    assert not sees(around, around.ana)


def test_a_referral_of_somebody_who_does_not_share_with_the_front_door_is_answered_there(around: Circle) -> None:
    sharing.set_sharing(person=around.sam, organisation=around.door.organisation, shares=False, by=MAKER, at=NOW)
    episodes.close_episode(episode=around.episode, outcome=EpisodeOutcome.COMPLETED, by=MAKER, at=SOON)
    flow.opened(around, team=around.door)
    later = SOON + timedelta(hours=1)
    sent = flow.referred(around, details=SAM, at=later)
    found = referral_permissions.get_referral_to_act(viewer(around.cai), around.centre.slug, sent.reference, later)
    assert found.record.person == around.sam
    said = sharing.set_sharing(
        person=around.sam, organisation=around.door.organisation, shares=True, by=by(around.cai), at=later
    )
    assert said.shares


def test_a_preference_counts_for_the_employer_whatever_team_somebody_is_in(around: Circle) -> None:
    MembershipFactory.create(user=around.cai, team=around.crisis)
    assert sees(around, around.cai)
    sharing.set_sharing(person=around.sam, organisation=around.door.organisation, shares=False, by=MAKER, at=NOW)
    assert not sees(around, around.cai)
    assert sees(around, around.ana)


def test_a_preference_of_one_person_hides_no_other(around: Circle) -> None:
    other = supported(around, around.crisis)
    for episode in (around.episode, other):
        episodes.add_to_circle(episode=episode, user=around.dee, role="Housing", by=MAKER, at=NOW)
    sharing.set_sharing(person=other.person, organisation=around.council.organisation, shares=False, by=MAKER, at=NOW)
    assert sees(around, around.dee)
    assert not permissions.reasons(viewer(around.dee), other.person, SOON)


def test_breaking_the_glass_opens_whatever_was_said_and_only_to_read(around: Circle) -> None:
    sharing.set_sharing(person=around.sam, organisation=around.council.organisation, shares=False, by=MAKER, at=NOW)
    break_glass.break_glass(person=around.sam, reason="Found unwell in the waiting room", by=by(around.dee), at=NOW)
    record = permissions.get_record(viewer(around.dee), around.centre.slug, around.sam.reference, SOON)
    assert record.reasons == {"broken"}
    assert not record.may_change
    assert not sees(around, around.dee, at=NOW + timedelta(hours=8))


def test_somebody_let_in_by_an_emergency_changes_nothing_though_they_were_put_around(around: Circle) -> None:
    episodes.add_to_circle(episode=around.episode, user=around.dee, role="Housing", by=MAKER, at=NOW)
    sharing.set_sharing(person=around.sam, organisation=around.council.organisation, shares=False, by=MAKER, at=NOW)
    break_glass.break_glass(person=around.sam, reason="Found unwell in the waiting room", by=by(around.dee), at=NOW)
    assert permissions.reasons(viewer(around.dee), around.sam, NOW) == {"broken"}


def test_a_key_sees_nobody(around: Circle) -> None:
    key = Viewer.key(ApiKeyFactory.create(organisation=around.crisis.organisation))
    assert not Person.objects.filter(permissions.visible(key, around.centre, SOON)).exists()
    with pytest.raises(NotVisible):
        permissions.get_person(key, around.sam.reference, SOON)


def test_what_may_not_be_seen_answers_as_what_is_not_there(around: Circle) -> None:
    def asked(reference: str) -> int:
        with CaptureQueriesContext(connection) as queries, pytest.raises(NotVisible) as refusal:
            permissions.get_record(viewer(around.dee), around.centre.slug, reference, SOON)
        assert str(refusal.value) == ""
        return len(queries)

    assert asked(around.sam.reference) == asked("BBBBBBBBBB")


@pytest.mark.parametrize("closed", [False, True])
def test_an_episode_that_may_not_be_seen_answers_as_one_that_is_not_there(around: Circle, closed: bool) -> None:
    if closed:
        episodes.close_episode(episode=around.episode, outcome=EpisodeOutcome.COMPLETED, by=MAKER, at=SOON)

    def asked(reference: str) -> int:
        with CaptureQueriesContext(connection) as queries, pytest.raises(NotVisible):
            permissions.get_episode(viewer(around.dee), around.centre.slug, reference, SOON)
        return len(queries)

    assert asked(around.episode.reference) == asked("BBBBB")


def _everybody(around: Circle) -> tuple[User, ...]:
    return (around.ana, around.ben, around.cai, around.dee, around.pria, around.petra, around.olu, around.eve)
