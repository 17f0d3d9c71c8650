"""Who sees which centre, and how much of it."""

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from nhc.access import Permission
from nhc.models import User
from partners import permissions
from partners.models import ApiKey, Membership, Partnership
from partners.permissions import Audience, NotVisible, Viewer
from partners.services import organisations, people
from tests import cast
from tests.cast import MAKER, NOW, TODAY, Cast
from tests.factories import LONG_AGO, EmploymentFactory, MembershipFactory, SubmissionFactory, TeamFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def people_here() -> Cast:
    """Give the cast."""
    return cast.gather()


def slugs(viewer: Viewer) -> list[str]:
    return [access.centre.slug for access in permissions.centres_for(viewer, NOW)]


def test_a_member_sees_exact_totals(people_here: Cast) -> None:
    access = permissions.get_centre_for(Viewer.user(people_here.alice), "riverside", NOW)
    assert access.audience is Audience.MEMBER
    assert access.organisations == {people_here.trust.pk}
    assert Permission.REBASE_CHART in access.permissions


@pytest.mark.parametrize("name", ["carol", "operator"])
def test_an_employee_or_operator_sees_the_centre_from_outside(people_here: Cast, name: str) -> None:
    user: User = getattr(people_here, name)
    access = permissions.get_centre_for(Viewer.user(user), "riverside", NOW)
    assert access.audience is Audience.OUTSIDE
    assert Permission.READ_EXACT not in access.permissions


def test_a_key_of_a_partner_is_a_member(people_here: Cast) -> None:
    key = ApiKey.objects.get(organisation=people_here.charity)
    access = permissions.get_centre_for(Viewer.key(key), "riverside", NOW)
    assert access.audience is Audience.MEMBER
    assert access.organisations == {people_here.charity.pk}


@pytest.mark.parametrize("slug", ["riverside", "hillside", "nowhere", "", "river\0side", "r" * 10_000])
def test_someone_without_any_tie_sees_nothing(people_here: Cast, slug: str) -> None:
    with pytest.raises(NotVisible):
        permissions.get_centre_for(Viewer.user(people_here.dev), slug, NOW)
    assert slugs(Viewer.user(people_here.dev)) == []
    assert permissions.organisations_for(Viewer.user(people_here.dev), NOW) == []


def test_another_centre_looks_absent(people_here: Cast) -> None:
    assert slugs(Viewer.user(people_here.alice)) == ["riverside"]
    with pytest.raises(NotVisible):
        permissions.get_centre_for(Viewer.user(people_here.alice), "hillside", NOW)


def test_centres_are_listed_by_name(people_here: Cast) -> None:
    EmploymentFactory.create(user=people_here.carol, organisation=people_here.housing)
    assert slugs(Viewer.user(people_here.carol)) == ["hillside", "riverside"]


def test_access_lapses_at_the_instant_a_membership_ends(people_here: Cast) -> None:
    membership = Membership.objects.get(user=people_here.alice)
    people.end_membership(membership=membership, ends_at=NOW, by=MAKER, at=NOW)
    viewer = Viewer.user(people_here.alice)
    before = permissions.get_centre_for(viewer, "riverside", NOW - timedelta(seconds=1))
    assert before.audience is Audience.MEMBER
    assert permissions.get_centre_for(viewer, "riverside", NOW).audience is Audience.OUTSIDE


def test_access_lapses_with_employment(people_here: Cast) -> None:
    employment = people_here.carol.employments.get()
    people.end_employment(employment=employment, ends_at=NOW, by=MAKER, at=NOW)
    with pytest.raises(NotVisible):
        permissions.get_centre_for(Viewer.user(people_here.carol), "riverside", NOW)


def test_access_lapses_for_everyone_when_a_partner_leaves(people_here: Cast) -> None:
    partnership = Partnership.objects.get(organisation=people_here.trust)
    organisations.end_partnership(partnership=partnership, until_date=TODAY, by=MAKER, at=NOW)
    for viewer in (
        Viewer.user(people_here.alice),
        Viewer.key(ApiKey.objects.get(organisation=people_here.trust)),
    ):
        with pytest.raises(NotVisible):
            permissions.get_centre_for(viewer, "riverside", NOW)


def test_a_volunteer_without_an_employer_is_a_member_and_acts_for_nobody(people_here: Cast) -> None:
    team = TeamFactory.create(organisation=people_here.charity, centre=people_here.riverside)
    MembershipFactory.create(user=people_here.dev, team=team, role="peer", starts_at=LONG_AGO)
    access = permissions.get_centre_for(Viewer.user(people_here.dev), "riverside", NOW)
    assert access.audience is Audience.MEMBER
    assert access.organisations == frozenset()


def test_a_person_acts_for_employers_and_for_those_they_submit_for(people_here: Cast) -> None:
    viewer = Viewer.user(people_here.bashir)
    assert [each.code for each in permissions.organisations_for(viewer, NOW)] == ["ZZ001", "ZZ002"]
    carol = Viewer.user(people_here.carol)
    assert permissions.organisations_for(carol, NOW, permission=Permission.SUBMIT_FIGURES) == []
    assert permissions.get_organisation_for(carol, "ZZ002", NOW) == people_here.charity
    with pytest.raises(NotVisible):
        permissions.get_organisation_for(carol, "ZZ001", NOW)


def test_a_submission_is_its_organisations_own(people_here: Cast) -> None:
    submission = SubmissionFactory.create(organisation=people_here.charity, centre=people_here.riverside)
    assert permissions.get_submission_for(Viewer.user(people_here.carol), submission.pk, NOW) == submission
    with pytest.raises(NotVisible):
        permissions.get_submission_for(Viewer.user(people_here.alice), submission.pk, NOW)


def test_a_page_pays_two_queries_for_access(
    people_here: Cast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(2):  # the centre with its partners; where the person stands
        permissions.get_centre_for(Viewer.user(people_here.bashir), "riverside", NOW)
