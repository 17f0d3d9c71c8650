"""People's records: opened when somebody is referred, changed by those around the person, every version kept."""

from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from huddles import nhs_number
from huddles.models import Person, PersonRevision
from huddles.nhs_number import NotAnNhsNumberError
from huddles.queries import people as queries
from huddles.references import person_reference
from nhc import audit
from nhc.actors import Actor
from nhc.clock import london_date

if TYPE_CHECKING:
    from partners.models import Centre


class Clash(ValidationError):
    """Somebody else has changed the record since: `person` is how it stands now."""

    def __init__(self, person: Person) -> None:
        super().__init__("Somebody else has changed this record since you opened it. Compare, then save again.")
        self.person = person


class NumberTakenError(ValidationError):
    """The NHS number cannot be kept with this record. Whose it is, or whether it is anybody's, is not said."""

    def __init__(self) -> None:
        words = "This NHS number cannot be kept with this record. The centre's privacy officers find out why."
        super().__init__({"nhs_number": words})


@dataclass(frozen=True, slots=True)
class Details:
    """What a record says about somebody. `nhs_number` may be spaced as people write it."""

    given_name: str = ""
    family_name: str = ""
    alias: str = ""
    preferred_name: str = ""
    nhs_number: str = ""
    born_on: date | None = None
    born_about: str = ""
    sensitive: bool = False
    access_needs: str = ""
    telephone: str = ""
    address: str = ""
    what_matters: str = ""


_LONGEST = {"access_needs": 2000, "address": 500, "what_matters": 5000}
"""Characters of long texts, which a model checks in its forms alone."""

FIELDS = tuple(field.name for field in fields(Details))


def details_of(person: Person) -> Details:
    """Return what a record says now."""
    return Details(**{name: getattr(person, name) for name in FIELDS})


@transaction.atomic
def register_person(*, centre: "Centre", details: Details, by: Actor, at: datetime) -> Person:
    """Open a record. Raises ValidationError without a name or alias, for a number that is none, NumberTakenError."""
    person = Person(centre=centre, reference=person_reference(), registered_at=at)
    changes = _take(person, details, at)
    _store(person, adding=True)
    _revise(person, changes, by, at)
    _record("person.registered", person, changes, by, at)
    return person


@transaction.atomic
def change_person(*, person: Person, details: Details, version: int, by: Actor, at: datetime) -> Person:
    """Change a record to what is said now. What says the same changes nothing, from whatever version.

    Raises Clash for another version, NumberTakenError, and ValidationError as `register_person`.
    """
    locked = lock(person)
    changes = _take(locked, details, at)
    if not changes:
        return locked
    if locked.version != version:
        raise Clash(lock(person))
    locked.version += 1
    _store(locked, adding=False)
    _revise(locked, changes, by, at)
    _record("person.changed", locked, changes, by, at)
    return locked


@transaction.atomic
def note_taken_number(*, person: Person, by: Actor, at: datetime) -> None:
    """Leave a trace that a record was refused an NHS number, for the privacy officers: somebody may be probing."""
    audit.record(
        by=by, at=at, verb="person.number_refused", subject="person", subject_id=person.reference,
        centre=person.centre.slug,
    )  # fmt: skip


def lock(person: Person) -> Person:
    """Return the record as it stands, alone with it; raise ValidationError where it is not used any more."""
    locked = Person.objects.select_for_update(of=("self",)).select_related("centre").get(pk=person.pk)
    if locked.merged_into_id is not None or locked.disposed_at is not None:
        raise ValidationError("This record is not used any more. Open the person's record again.")
    return locked


def _take(person: Person, details: Details, at: datetime) -> dict[str, list[str]]:
    """Set what is said, and return what changed: the field's name to what stood and what stands."""
    said = {name: _plain(value) for name, value in asdict(details).items()}
    try:
        said["nhs_number"] = nhs_number.parse(details.nhs_number)
    except NotAnNhsNumberError as error:
        raise ValidationError({"nhs_number": str(error)}) from error
    if details.born_on is not None and not date(1890, 1, 1) <= details.born_on <= london_date(at):
        raise ValidationError({"born_on": "Check the date of birth: it must be in the past, and after 1890."})
    for name, most in _LONGEST.items():
        if len(str(said[name])) > most:
            raise ValidationError({name: f"This must be {most} characters or fewer."})
    changes: dict[str, list[str]] = {}
    for name, value in said.items():
        before = getattr(person, name)
        if before != value:
            changes[name] = [_written(before), _written(value)]
            setattr(person, name, value)
    return changes


def _plain(value: object) -> object:
    return value.replace("\r\n", "\n").strip() if isinstance(value, str) else value


def _written(value: object) -> str:
    """Return a value as a revision keeps it: words, a date in ISO 8601, yes or nothing."""
    if isinstance(value, bool):
        return "yes" if value else ""
    return "" if value is None else str(value)


def _store(person: Person, *, adding: bool) -> None:
    other = queries.holder_of(person.centre, person.nhs_number)
    if other is not None and other.pk != person.pk:
        raise NumberTakenError
    person.full_clean(validate_unique=False, exclude={"merged_into"})
    try:
        with transaction.atomic():
            person.save(force_insert=adding)
    except IntegrityError as error:
        raise NumberTakenError from error


def _revise(person: Person, changes: dict[str, list[str]], by: Actor, at: datetime) -> None:
    PersonRevision.objects.create(
        person=person,
        version=person.version,
        changes=changes,
        user_id=by.user_id,
        by_name="" if by.user_id is not None else by.name[:60],
        at=at,
    )


def _record(verb: str, person: Person, changes: dict[str, list[str]], by: Actor, at: datetime) -> None:
    audit.record(
        by=by,
        at=at,
        verb=verb,
        subject="person",
        subject_id=person.reference,
        details={"fields": [*sorted(changes)], "version": person.version},
        centre=person.centre.slug,
    )
