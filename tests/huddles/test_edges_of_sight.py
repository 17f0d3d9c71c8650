"""Who sees whom, condition by condition: each of these is all that keeps somebody out, or lets them in."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied

from huddles.lifecycle import EpisodeOutcome
from huddles.models import Episode, Person, RecordGrant
from huddles.permissions import people as permissions
from huddles.permissions import referrals as referral_permissions
from huddles.services import break_glass, episodes, grants, merges, sharing
from nhc.models import User
from partners.permissions import NotVisible
from tests.factories import MembershipFactory, PartnershipFactory, TeamFactory
from tests.huddles import boards, flow
from tests.huddles.circle import MAKER, NOW, SOON, Circle, by, supported, viewer

pytestmark = pytest.mark.django_db

MOMENT = timedelta(seconds=1)


def sees(around: Circle, user: User, person: Person | None = None, *, searching: bool = False) -> bool:
    """Whether a list, or a search, of the centre's people shows somebody."""
    seen = permissions.visible(viewer(user), around.centre, SOON, searching=searching)
    return Person.objects.filter(seen, pk=(person or around.sam).pk).exists()


def granted(around: Circle, person: Person, user: User) -> RecordGrant:
    return grants.grant_record(
        person=person, user=user, reason="Asked by Sam", expires_at=SOON + MOMENT, by=by(around.pria), at=NOW
    )


def test_whoever_was_put_around_one_person_is_around_nobody_else(around: Circle) -> None:
    other = supported(around, around.crisis)
    episodes.add_to_circle(episode=other, user=around.dee, role="Housing", by=MAKER, at=NOW)
    assert (sees(around, around.dee), sees(around, around.dee, other.person)) == (False, True)
    assert not sees(around, around.cai, other.person)


def test_a_grant_is_one_persons_from_its_instant_on(around: Circle) -> None:
    granted(around, around.sam, around.dee)
    assert (sees(around, around.dee), sees(around, around.cai)) == (True, False)
    with pytest.raises(NotVisible):
        permissions.get_person(viewer(around.dee), around.sam.reference, NOW - MOMENT)


def test_a_grant_of_something_else_opens_no_record(around: Circle) -> None:
    change = Permission.objects.get(content_type__app_label="huddles", codename="change_person")
    RecordGrant.objects.create(
        user=around.dee, content_object=around.sam, permission=change, reason="Another", granted_by=around.pria,
        granted_at=NOW, expires_at=SOON + MOMENT,
    )  # fmt: skip
    assert not sees(around, around.dee)


def test_breaking_the_glass_opens_nothing_before_it_was_done(around: Circle) -> None:
    break_glass.break_glass(person=around.sam, reason="Found unwell", by=by(around.dee), at=NOW)
    assert sees(around, around.dee)
    with pytest.raises(NotVisible):
        permissions.get_person(viewer(around.dee), around.sam.reference, NOW - MOMENT)


def test_what_is_open_at_another_centre_is_in_no_list_of_this_one(around: Circle) -> None:
    team = around.eve.memberships.get().team
    elsewhere = supported_at(around, team.centre_id)
    reading = Permission.objects.get(content_type__app_label="huddles", codename="view_person")
    RecordGrant.objects.create(
        user=around.dee, content_object=elsewhere, permission=reading, reason="Asked", granted_by=around.pria,
        granted_at=NOW, expires_at=SOON + MOMENT,
    )  # fmt: skip
    assert not sees(around, around.dee, elsewhere)


def supported_at(around: Circle, centre_id: int) -> Person:
    """Store somebody at another centre."""
    return Person.objects.create(
        centre_id=centre_id, reference="BCDFGHJKLM", given_name="Noor", family_name="Made-up", registered_at=NOW
    )


def test_who_works_for_somebody_at_another_centre_is_not_theirs_here(around: Circle) -> None:
    organisation = around.door.organisation
    away = TeamFactory.create(organisation=organisation)
    PartnershipFactory.create(organisation=organisation, centre=away.centre)
    MembershipFactory.create(user=around.ana, team=away)
    sharing.set_sharing(person=around.sam, organisation=organisation, shares=False, by=MAKER, at=NOW)
    assert sees(around, around.ana)


def test_what_one_person_said_about_sharing_closes_no_other_to_the_team(around: Circle) -> None:
    MembershipFactory.create(user=around.cai, team=around.crisis)
    other = supported(around, around.crisis)
    sharing.set_sharing(person=other.person, organisation=around.door.organisation, shares=False, by=MAKER, at=NOW)
    assert (sees(around, around.cai), sees(around, around.cai, other.person)) == (True, False)


def test_a_search_finds_nobody_whose_record_is_sensitive(around: Circle) -> None:
    Person.objects.filter(pk=around.sam.pk).update(sensitive=True)
    assert sees(around, around.ana)
    assert not sees(around, around.ana, searching=True)
    granted(around, around.sam, around.ana)
    assert sees(around, around.ana, searching=True)


def test_a_search_finds_no_record_that_reads_as_a_sensitive_one(around: Circle) -> None:
    twin = supported(around, around.crisis).person
    asked = merges.ask_merge(kept=around.sam, merged=twin, reason="Same", by=by(around.ana), at=NOW)
    merges.confirm_merge(merge=asked, by=by(around.ben), at=NOW + MOMENT)
    assert sees(around, around.ana, twin, searching=True)
    Person.objects.filter(pk=around.sam.pk).update(sensitive=True)
    assert not sees(around, around.ana, twin, searching=True)


def test_why_somebody_sees_a_record_is_about_that_record(around: Circle) -> None:
    other = supported(around, around.council)
    episodes.add_to_circle(episode=other, user=around.ana, role="Nurse", by=MAKER, at=NOW)
    assert permissions.reasons(viewer(around.ana), other.person, SOON) == {"circle"}
    assert permissions.reasons(viewer(around.ana), around.sam, SOON) == {"team"}


def test_a_reference_that_nothing_can_have_is_no_record(around: Circle) -> None:
    with pytest.raises(NotVisible):
        permissions.get_record(viewer(around.ana), around.centre.slug, "BCD\0FGHJKL", SOON)


def test_a_closed_episode_is_led_by_nobody_and_its_glass_broken_by_nobody(around: Circle) -> None:
    boards.on_duty(around)
    slug, reference = around.centre.slug, around.episode.reference
    closed = permissions.get_closed_record(viewer(around.cai), slug, reference, NOW)
    assert closed.row.reference == reference
    episodes.close_episode(episode=around.episode, outcome=EpisodeOutcome.COMPLETED, by=MAKER, at=NOW + MOMENT)
    with pytest.raises(NotVisible):
        permissions.get_closed_record(viewer(around.cai), slug, reference, SOON)
    again: Episode = episodes.open_episode(
        person=around.sam, team=around.crisis, reason="Back", by=MAKER, at=NOW + 2 * MOMENT
    )
    assert permissions.get_episode_to_lead(viewer(around.ana), slug, again.reference, SOON)
    with pytest.raises(PermissionDenied):
        permissions.get_episode_to_lead(viewer(around.ana), slug, reference, SOON)


def test_who_only_reads_two_records_neither_joins_nor_parts_them(around: Circle) -> None:
    twin = supported(around, around.door).person
    merge = merges.ask_merge(kept=around.sam, merged=twin, reason="Same", by=by(around.ana), at=NOW)
    for person in (around.sam, twin):
        granted(around, person, around.dee)
    with pytest.raises(PermissionDenied):
        permissions.get_merge(viewer(around.dee), around.centre.slug, merge.pk, SOON)
    granted(around, twin, around.ana)
    assert permissions.get_merge(viewer(around.ana), around.centre.slug, merge.pk, SOON) == merge


def test_who_reads_a_referral_takes_it_no_further(around: Circle) -> None:
    flow.opened(around)
    referral = flow.referred(around)
    episodes.add_to_circle(episode=referral.episode, user=around.dee, role="Housing", by=MAKER, at=NOW)
    slug = around.centre.slug
    found = referral_permissions.get_referral_for(viewer(around.dee), slug, referral.reference, SOON)
    assert found.referral == referral
    with pytest.raises(PermissionDenied):
        referral_permissions.get_referral_to_act(viewer(around.dee), slug, referral.reference, SOON)


def test_the_inbox_says_who_sets_the_centre_up(around: Circle) -> None:
    manager = boards.manager(around)
    slug = around.centre.slug
    assert [referral_permissions.get_inbox_for(viewer(each), slug, SOON).manages for each in (manager, around.ana)] == [
        True,
        False,
    ]


def test_of_what_a_partner_sent_only_what_is_asked_for_is_found(around: Circle) -> None:
    flow.opened(around)
    organisation = around.council.organisation
    first, second = (
        flow.referred(around, referrer=flow.partner(organisation, external_id=each)) for each in ("R-1", "R-2")
    )
    for sent in (first, second):
        assert referral_permissions.get_sent_referral(organisation, sent.reference, SOON) == sent
    with pytest.raises(NotVisible):
        referral_permissions.get_sent_referral(organisation, "BBBBBB", SOON)
