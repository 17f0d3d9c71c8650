"""People's records: opened, changed and searched for by those around them, every version and every look kept."""

from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from huddles.likeness import Identity, likeness, may_be_same
from huddles.models import Person, PersonRevision
from huddles.permissions import people as permissions
from huddles.queries import people as queries
from huddles.services import grants, looks, people, sharing
from huddles.services.people import Details
from nhc.models import AuditEvent
from tests.canaries import NUMBER
from tests.factories import OrganisationFactory
from tests.huddles.circle import MAKER, NOW, OTHER_NUMBER, SAM, SOON, Circle, by, supported, viewer

pytestmark = pytest.mark.django_db


def test_every_version_of_a_record_is_kept(around: Circle) -> None:
    details = people.details_of(around.sam)
    changed = _with(details, telephone="", sensitive=True)
    record = people.change_person(person=around.sam, details=changed, version=1, by=by(around.ana), at=SOON)
    assert (record.version, record.telephone, record.sensitive) == (2, "", True)
    last, first = queries.revisions_of(around.sam)
    assert last.changes == {"telephone": ["01632 960 001", ""], "sensitive": ["", "yes"]}
    assert (last.user, first.by_name, first.changes["born_on"]) == (around.ana, "huddle tests", ["", "1985-04-03"])


def test_saying_the_same_again_changes_nothing(around: Circle) -> None:
    changed = _with(SAM, alias="Sammy")
    for _ in range(2):
        people.change_person(person=around.sam, details=changed, version=1, by=by(around.ana), at=SOON)
    assert PersonRevision.objects.count() == 2


def test_a_change_of_another_version_is_refused_with_how_it_stands(around: Circle) -> None:
    people.change_person(person=around.sam, details=_with(SAM, alias="Sammy"), version=1, by=MAKER, at=SOON)
    with pytest.raises(people.Clash) as clash:
        people.change_person(person=around.sam, details=_with(SAM, alias="Sim"), version=1, by=MAKER, at=SOON)
    assert clash.value.person.alias == "Sammy"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("nhs_number", "9434765918"),
        ("born_on", date(2026, 4, 3)),
        ("born_on", date(1850, 1, 1)),
        ("born_about", "1985 or so"),
        ("address", "x" * 501),
    ],
)
def test_what_cannot_be_is_refused(around: Circle, field: str, value: object) -> None:
    with pytest.raises(ValidationError) as refusal:
        people.change_person(person=around.sam, details=_with(SAM, **{field: value}), version=1, by=MAKER, at=NOW)
    assert str(value) not in str(refusal.value)


def test_a_name_is_not_needed_where_there_is_an_alias(around: Circle) -> None:
    with pytest.raises(ValidationError, match="alias"):
        people.register_person(centre=around.centre, details=Details(), by=MAKER, at=NOW)
    known = people.register_person(centre=around.centre, details=Details(alias="Blue coat"), by=MAKER, at=NOW)
    assert (known.called, known.initials, known.nhs_number) == ("Blue coat", "BC", "")


def test_an_nhs_number_is_one_persons_at_a_centre_and_whose_is_not_said(around: Circle) -> None:
    with pytest.raises(people.NumberTakenError) as refusal:
        people.register_person(centre=around.centre, details=_with(SAM, given_name="X"), by=MAKER, at=NOW)
    assert not any(told in str(refusal.value) for told in (NUMBER, "Saphyr", around.sam.reference))
    with pytest.raises(IntegrityError), transaction.atomic():
        Person.objects.create(
            centre=around.centre, reference="BBBBBBBBBB", alias="By hand", nhs_number=NUMBER, registered_at=NOW
        )
    with pytest.raises(IntegrityError, match="person_nhs_number_valid"), transaction.atomic():
        Person.objects.create(
            centre=around.centre, reference="BBBBBBBBBC", alias="By hand", nhs_number="9434765918", registered_at=NOW
        )


def test_the_trail_says_which_fields_changed_and_nothing_that_is_in_them(around: Circle) -> None:
    people.change_person(person=around.sam, details=_with(SAM, alias="Secret alias"), version=1, by=MAKER, at=SOON)
    event = AuditEvent.objects.get(verb="person.changed")
    assert (event.subject_id, event.details) == (around.sam.reference, {"fields": ["alias"], "version": 2})


def test_a_look_is_one_event_a_person(around: Circle) -> None:
    other = supported(around, around.crisis)
    seen = looks.looked(
        people=[around.sam, other.person, around.sam], why="search", through={"team"}, by=by(around.ana), at=SOON
    )
    events = AuditEvent.objects.filter(verb="person.looked", user=around.ana)
    assert seen == 2
    assert {event.subject_id for event in events} == {around.sam.reference, other.person.reference}
    assert {event.centre for event in events} == {around.centre.slug}


def test_a_search_finds_by_what_is_read_aloud(around: Circle) -> None:
    assert _found(around, around.episode.reference.lower()) == _found(around, around.sam.reference) == [around.sam]


BY_NAME = ("saphyr", "oakfel", "Saphyr OAKFEL", "sam", "oakfle")


@pytest.mark.parametrize("sought", [*BY_NAME, "999 000 0018", "oakfel 3/4/1985", "03.04.1985"])
def test_a_search_finds_by_name_by_number_and_by_date_of_birth(around: Circle, sought: str) -> None:
    supported(around, around.crisis, given_name="Zoltan", family_name="Quill", nhs_number=OTHER_NUMBER)
    assert [person.reference for person in _found(around, sought)] == [around.sam.reference]


@pytest.mark.parametrize("sought", ["", "zz", "9434765918", OTHER_NUMBER, "oakfel 4/4/1985", "31/2/1985", "%", "\0"])
def test_a_search_finds_nobody_else(around: Circle, sought: str) -> None:
    assert _found(around, sought) == []


def test_a_search_finds_nobody_whom_the_searcher_may_not_see(around: Circle) -> None:
    supported(around, around.door, given_name="Saphyr", family_name="Oakfel")
    assert [person.reference for person in _found(around, "Saphyr Oakfel")] == [around.sam.reference]
    readable = permissions.visible(viewer(around.dee), around.centre, SOON, searching=True)
    assert list(queries.search(readable, NUMBER)) == []


def test_a_sensitive_record_is_found_by_whom_a_grant_lets_in_alone(around: Circle) -> None:
    people.change_person(person=around.sam, details=_with(SAM, sensitive=True), version=1, by=MAKER, at=NOW)
    assert _found(around, "Saphyr") == _found(around, NUMBER) == []
    assert permissions.get_person(viewer(around.ana), around.sam.reference, SOON) == around.sam
    until = SOON.replace(month=5)
    grants.grant_record(
        person=around.sam, user=around.ana, reason="Key worker", expires_at=until, by=by(around.pria), at=NOW
    )
    assert _found(around, "Saphyr") == [around.sam]


def test_likeness_says_when_two_records_may_be_one_persons() -> None:
    born = date(1985, 4, 3)
    sam = Identity("Saphyr Oakfel", born)
    assert may_be_same(sam, Identity("Oakfel Saphyr", born)).endswith("same date of birth")
    assert "not known" in may_be_same(sam, Identity("Saphyr Oakfel", None))
    assert "one part" in may_be_same(sam, Identity("Saphyr Oakfel", date(1985, 3, 4)))
    assert may_be_same(sam, Identity("Peter Brown", born)) == ""
    assert may_be_same(sam, Identity("Saphyr Oakfel", date(1999, 1, 1))) == ""
    assert likeness("", "x") == 0.0


def test_twins_are_of_those_that_the_viewer_sees(around: Circle) -> None:
    twin = supported(around, around.crisis, given_name="Saphyr", family_name="Oakfel", born_on=SAM.born_on)
    supported(around, around.door, given_name="Saphyr", family_name="Oakfel", born_on=SAM.born_on)
    readable = permissions.visible(viewer(around.ana), around.centre, SOON, searching=True)
    assert [found.person for found in queries.twins(around.sam, readable)] == [twin.person]
    found = queries.twins_among([around.sam, twin.person])
    assert found[twin.person.pk].person == around.sam


def test_sharing_is_with_partners_and_keeps_what_was_said(around: Circle) -> None:
    organisation = around.door.organisation
    for shares in (False, False, True):
        sharing.set_sharing(
            person=around.sam, organisation=organisation, shares=shares, reason="Said so", by=by(around.ana), at=SOON
        )
    assert [(said.shares, said.ends_at) for said in around.sam.sharing.order_by("pk")] == [(False, SOON), (True, None)]
    with pytest.raises(ValidationError, match="not a partner"):
        sharing.set_sharing(person=around.sam, organisation=OrganisationFactory.create(), shares=True, by=MAKER, at=NOW)


def _with(details: Details, **changed: Any) -> Details:
    return Details(**{**{name: getattr(details, name) for name in people.FIELDS}, **changed})


def _found(around: Circle, sought: str) -> list[Person]:
    return list(queries.search(permissions.visible(viewer(around.ana), around.centre, SOON, searching=True), sought))
