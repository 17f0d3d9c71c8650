"""Merges of records at a centre."""

from typing import TYPE_CHECKING

from django.db.models import Q, QuerySet

from huddles.lifecycle import MergeState
from huddles.models import Person, PersonMerge

if TYPE_CHECKING:
    from partners.models import Centre

WAITING = (MergeState.ASKED, MergeState.UNDO_ASKED)


def by_id(centre: "Centre", merge_id: int) -> PersonMerge | None:
    """Return a merge of two records of a centre."""
    return _with_all().filter(kept__centre=centre, pk=merge_id).first()


def of_person(person: Person) -> list[PersonMerge]:
    """Return the merges that a record is in, the newest first; those that were refused or undone too."""
    return list(_with_all().filter(Q(kept=person) | Q(merged=person)).order_by("-asked_at", "-pk"))


def waiting(readable: Q) -> list[PersonMerge]:
    """Return the merges, of two people whom the viewer sees, that wait for somebody else to confirm."""
    people = Person.objects.filter(readable).values("pk")
    found = _with_all().filter(state__in=WAITING, kept__in=people, merged__in=people)
    return list(found.order_by("asked_at", "pk"))


def _with_all() -> QuerySet[PersonMerge]:
    return PersonMerge.objects.select_related(
        "kept__centre", "merged", "asked_by", "confirmed_by", "undo_asked_by", "undone_by"
    )
