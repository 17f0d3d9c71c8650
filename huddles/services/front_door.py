"""Whose episode a referral joins: the person's whose record is here already, or somebody's who is new."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError

from huddles import nhs_number
from huddles.likeness import may_be_same
from huddles.models import Episode, Person
from huddles.nhs_number import NotAnNhsNumberError
from huddles.queries import people as queries
from huddles.queries.people import identity_of
from huddles.services import episodes, people
from huddles.services.people import Details, NumberTakenError
from nhc.actors import Actor
from nhc.formats import full_date

if TYPE_CHECKING:
    from partners.models import Centre, Team

REASON = "Referred: the front door is responsible until another team accepts"
_SAID = {
    "given_name": "First name",
    "family_name": "Last name",
    "alias": "Called",
    "nhs_number": "NHS number",
    "born_on": "Date of birth",
    "born_about": "Born about",
    "telephone": "Telephone",
    "address": "Address",
    "access_needs": "Access needs",
}


@dataclass(frozen=True, slots=True)
class Arrival:
    """The episode that a referral joins. `particulars` is what was said and the record does not say, in words.

    `disputed_number`: the NHS number is on a record that is not this person's, as far as one can tell.
    """

    episode: Episode
    particulars: str = ""
    disputed_number: bool = False


def arrive(*, centre: "Centre", details: Details, team: "Team", by: Actor, at: datetime) -> Arrival:
    """Return the person's open episode, opening it, and a record, where there is none.

    An NHS number alone is not trusted: the record with it must agree on the date of birth or, where one is unknown, on
    the name. Else a new record is opened without the number. The caller's transaction holds all of it. Raises
    ValidationError as `people.register_person`.
    """
    try:
        details = replace(details, nhs_number=nhs_number.parse(details.nhs_number))
    except NotAnNhsNumberError as error:
        raise ValidationError({"nhs_number": str(error)}) from error
    holder = queries.by_number(centre, details.nhs_number)
    if holder is None:
        try:
            person = people.register_person(centre=centre, details=details, by=by, at=at)
        except NumberTakenError:
            # Somebody else referred the same person at the same time and was first: then they are known by now.
            holder = queries.by_number(centre, details.nhs_number)
            if holder is None:
                raise
        else:
            return Arrival(_open(person, team, by, at))
    if _agree(holder, details):
        return Arrival(_open(holder, team, by, at), particulars=_unsaid(details, holder))
    person = people.register_person(centre=centre, details=replace(details, nhs_number=""), by=by, at=at)
    people.note_taken_number(person=person, by=by, at=at)
    return Arrival(_open(person, team, by, at), particulars=_unsaid(details, person), disputed_number=True)


def _open(person: Person, team: "Team", by: Actor, at: datetime) -> Episode:
    try:
        return episodes.open_episode(person=person, team=team, reason=REASON, by=by, at=at)
    except episodes.AlreadyOpenError as already:
        # It is held until this referral is stored; one that has closed meanwhile is followed by another.
        episode = episodes.lock(already.episode)
    if episode.closed_at is None:
        return episode
    return episodes.open_episode(person=person, team=team, reason=REASON, by=by, at=at)


def _agree(holder: Person, details: Details) -> bool:
    if holder.born_on is not None and details.born_on is not None:
        return holder.born_on == details.born_on
    sent = Person(given_name=details.given_name, family_name=details.family_name, alias=details.alias)
    return bool(may_be_same(identity_of(holder), identity_of(sent)))


def _unsaid(details: Details, person: Person) -> str:
    said = asdict(details)
    lines = []
    for name, label in _SAID.items():
        value = said[name]
        if value and value != getattr(person, name):
            shown = full_date(details.born_on) if name == "born_on" else value
            lines.append(f"{label}: {shown}")
    return "\n".join(lines)[:4000]
