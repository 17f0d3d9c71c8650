"""People who are supported: by reference, by number and by a search. Functions that show somebody take whom to show."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.contrib.postgres.search import TrigramWordSimilarity
from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Concat, Greatest, Lower

from huddles import nhs_number
from huddles.likeness import Identity, likeness, may_be_same
from huddles.models import Episode, Person, PersonRevision, SharingPreference
from partners.queries.people import current

if TYPE_CHECKING:
    from partners.models import Centre

LIKE_ENOUGH = 0.4
"""Of a word with what it is looked for in: from here on a search shows it."""
MOST_TWINS = 5
_DATE = re.compile(r"(\d{1,2})[/. -](\d{1,2})[/. -](\d{4})\Z")


@dataclass(frozen=True, slots=True)
class Sought:
    """What a search looks for: an NHS number or a date of birth exactly, everything else as names."""

    number: str = ""
    born_on: date | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Twin:
    """Another record that may be the same person's, and why."""

    person: Person
    reason: str


def of_reference(reference: str) -> Person | None:
    """Return the record with a reference, its centre and the record it was merged into."""
    return Person.objects.select_related("centre", "merged_into").filter(reference=reference).first()


def kept_of(person: Person) -> Person:
    """Return the record as which a record reads: itself, or the one it was merged into."""
    return person.merged_into or person


def by_number(centre: "Centre", number: str) -> Person | None:
    """Return whose NHS number it is at a centre, whoever asks: for matching, never for showing.

    Where no record in use has it, that is the record as which a merged one with this number reads.
    """
    holder = holder_of(centre, number)
    if holder is not None or not number:
        return holder
    merged = Person.objects.select_related("merged_into").filter(
        centre=centre, nhs_number=number, merged_into__isnull=False
    )
    found = merged.order_by("-pk").first()
    return None if found is None else kept_of(found)


def holder_of(centre: "Centre", number: str) -> Person | None:
    """Return the one record in use that has an NHS number at a centre: it is not free for another."""
    if not number:
        return None
    return Person.objects.filter(centre=centre, nhs_number=number, merged_into__isnull=True).first()


def read_search(text: str) -> Sought:
    """Return what somebody typed into the search box, taken apart. Ten digits with a wrong check digit find nobody."""
    text = text.replace("\0", "").strip()[:100]
    digits = re.sub(r"[ \-\u00a0]", "", text)
    if re.fullmatch(r"[0-9]{10}", digits):
        return Sought(number=digits)
    dated = _DATE.search(text)
    if dated is None:
        return Sought(words=text)
    day, month, year = (int(part) for part in dated.groups())
    try:
        return Sought(born_on=date(year, month, day), words=text[: dated.start()].strip())
    except ValueError:
        return Sought(words=text)


def search(readable: Q, text: str) -> QuerySet[Person]:
    """Return those of some people whom a search finds, the likest first. Records that read as another are not shown."""
    sought = read_search(text)
    found = Person.objects.filter(readable, merged_into__isnull=True).select_related("centre")
    if sought.number:
        merged = Person.objects.filter(nhs_number=sought.number, merged_into__isnull=False).values("merged_into")
        return found.filter(Q(nhs_number=sought.number) | Q(pk__in=merged)).order_by("pk")
    if sought.born_on is not None:
        found = found.filter(born_on=sought.born_on)
    if not sought.words:
        return found.order_by("family_name", "given_name", "pk") if sought.born_on is not None else found.none()
    names = Lower(Concat("given_name", Value(" "), "family_name", Value(" "), "alias", Value(" "), "preferred_name"))
    like = [TrigramWordSimilarity(word, names) for word in sought.words.lower().split()[:6]]
    score = like[0] if len(like) == 1 else Greatest(*like)
    every = Q()
    for number in range(len(like)):
        every &= Q(**{f"like_{number}__gte": LIKE_ENOUGH})
    scored = found.annotate(**{f"like_{number}": each for number, each in enumerate(like)}, score=score)
    reference = sought.words.upper()
    episodes = Episode.objects.filter(reference=reference, closed_at__isnull=True)
    called = Q(pk__in=episodes.values(root=Coalesce("person__merged_into", "person")))
    hits = scored.filter(every | called | Q(reference=reference))
    return hits.order_by("-score", "family_name", "given_name", "pk")


def readable_at(readable: Q) -> QuerySet[Person]:
    """Return the people whom somebody sees, by name. Records that read as another are not shown."""
    found = Person.objects.filter(readable, merged_into__isnull=True).select_related("centre")
    return found.order_by("family_name", "given_name", "alias", "pk")


def twins(person: Person, readable: Q) -> list[Twin]:
    """Return the other records, of those that the viewer sees, that may be the same person's; the likest first."""
    ours = identity_of(person)
    others = Person.objects.filter(readable, _born_alike(person.born_on), merged_into__isnull=True)
    rows = others.exclude(pk=person.pk).select_related("centre").defer(*_NEVER_COMPARED)
    found = [Twin(other, reason) for other in rows if (reason := may_be_same(ours, identity_of(other)))]
    return sorted(found, key=lambda twin: -likeness(_names(person), _names(twin.person)))[:MOST_TWINS]


def twins_among(people: Sequence[Person]) -> dict[int, Twin]:
    """Return, of some people on one page, those who may be the same as one before them, by key."""
    found: dict[int, Twin] = {}
    for number, person in enumerate(people):
        for other in people[:number]:
            reason = may_be_same(identity_of(person), identity_of(other))
            if reason:
                found[person.pk] = Twin(other, reason)
                break
    return found


def identity_of(person: Person) -> Identity:
    """Return what a record is compared with others by."""
    return Identity(_names(person), person.born_on)


def revisions_of(person: Person) -> QuerySet[PersonRevision]:
    """Return every change of a record, newest first, with who made it."""
    return person.revisions.select_related("user").order_by("-version")


def sharing_of(person: Person, at: datetime) -> list[SharingPreference]:
    """Return what a person says now about sharing with organisations, by the organisation's name."""
    said = SharingPreference.objects.filter(current(at)).filter(Q(person=person) | Q(person__merged_into=person))
    return list(said.select_related("organisation").order_by("organisation__name", F("starts_at").desc()))


def keeps_from(kept: Collection[Person], organisations: Collection[int], at: datetime) -> bool:
    """Whether one of some kept records, or one merged into it, is not shared with one of some organisations, by key."""
    said = SharingPreference.objects.filter(current(at), shares=False, organisation__in=organisations)
    return said.filter(Q(person__in=kept) | Q(person__merged_into__in=kept)).exists()


_NEVER_COMPARED = ("access_needs", "telephone", "address", "what_matters")


def _born_alike(born_on: date | None) -> Q:
    """Return the condition that a date of birth leaves it possible that two records are one person's."""
    if born_on is None:
        return Q()
    year, month, day = {"born_on__year": born_on.year}, {"born_on__month": born_on.month}, {"born_on__day": born_on.day}
    two = Q(**year, **month) | Q(**year, **day) | Q(**month, **day)
    turned = Q(**year, born_on__month=born_on.day, born_on__day=born_on.month)
    return Q(born_on__isnull=True) | two | turned


def _names(person: Person) -> str:
    return " ".join(
        name for name in (person.given_name, person.family_name, person.alias, person.preferred_name) if name
    )


def shown_number(person: Person) -> str:
    """Return an NHS number as people read it; '' without one."""
    return nhs_number.shown(person.nhs_number)
