"""A centre's forums: who sits there, who chairs, whose turn is next, and what waits for whom."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Case, Count, F, IntegerField, Q, QuerySet, Value, When

from decisions.models import ChairTerm, Forum, ForumSeat
from decisions.rotation import Candidate, Term, Turn, next_turn
from nhc.formats import full_date
from partners.queries.agreements import signs
from partners.queries.organisations import of_partner
from partners.queries.people import current, placed

if TYPE_CHECKING:
    from partners.models import Centre

TIERS = (Forum.Kind.BOARD, Forum.Kind.GROUP, Forum.Kind.BACKBONE)
"""The order in which forums are shown."""


@dataclass(frozen=True, slots=True)
class Chair:
    """Who chairs a forum now, None where nobody does, and whose turn comes next, None where nobody sits there."""

    term: ChairTerm | None
    turn: Turn | None
    next: ForumSeat | None


def sits(at: datetime) -> Q:
    """Return the condition that a seat is held: its holder is still one of the organisation's, and it still a partner.

    Whoever speaks for no organisation has a place at the centre.
    """
    of_organisation = signs(at) & of_partner(at, "forum__centre")
    return of_organisation | Q(current(at), placed(at, "forum__centre"), organisation__isnull=True)


def forums_of(centre: "Centre") -> list[Forum]:
    """Return a centre's forums, the board first, with how many issues wait (`waiting`) and proposals do (`asked`)."""
    place = Case(
        *(When(kind=kind, then=Value(number)) for number, kind in enumerate(TIERS)), output_field=IntegerField()
    )
    found = Forum.objects.filter(centre=centre).annotate(
        place=place,
        waiting=Count("issues", filter=Q(issues__state__in=["raised", "taken"]), distinct=True),
        asked=Count("proposals", filter=Q(proposals__state="open"), distinct=True),
    )
    return list(found.order_by("place", "pk"))


def by_code(centre: "Centre", code: str) -> Forum | None:
    """Return a forum with its centre."""
    return Forum.objects.select_related("centre").filter(centre=centre, code=code).first()


def group_of(centre: "Centre") -> Forum | None:
    """Return a centre's partnership group, which decides about objections to the grid; None where none has begun."""
    return Forum.objects.select_related("centre").filter(centre=centre, kind=Forum.Kind.GROUP).first()


def seats_of(forum: Forum, at: datetime) -> list[ForumSeat]:
    """Return who sits in a forum, by name, with their organisation."""
    found = ForumSeat.objects.filter(sits(at), forum=forum).select_related("user", "organisation")
    return list(found.order_by("user__name", "pk"))


def seat_by_id(forum: Forum, seat_id: int, at: datetime) -> ForumSeat | None:
    """Return a seat that has not ended, of whoever is still the organisation's and of leavers too."""
    return (
        ForumSeat.objects.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=at), forum=forum, pk=seat_id)
        .select_related("user", "organisation", "forum__centre")
        .first()
    )


def lapsed_seats(forum: Forum, at: datetime) -> list[ForumSeat]:
    """Return seats that nobody holds any more, as `sits` says: they have no say, and wait to be ended."""
    found = ForumSeat.objects.filter(current(at), forum=forum).exclude(pk__in=ForumSeat.objects.filter(sits(at)))
    return list(found.select_related("user", "organisation").order_by("user__name", "pk"))


def seat_of(user_id: int, forum: Forum, at: datetime) -> ForumSeat | None:
    """Return a person's seat in a forum."""
    return ForumSeat.objects.filter(sits(at), forum=forum, user_id=user_id).select_related("organisation").first()


def sits_at(user_id: int, centre: "Centre", at: datetime) -> frozenset[int]:
    """Return the keys of the centre's forums in which a person sits. One query."""
    held = ForumSeat.objects.filter(sits(at), forum__centre=centre, user_id=user_id)
    return frozenset(held.values_list("forum_id", flat=True))


def chairs(user_id: int, forum: Forum, at: datetime) -> bool:
    """Whether a person chairs a forum."""
    held = ForumSeat.objects.filter(sits(at), forum=forum, user_id=user_id)
    return ChairTerm.objects.filter(current(at), forum=forum, seat__in=held).exists()


def people_in(forums: Iterable[int], at: datetime) -> dict[int, list[int]]:
    """Return the keys of the people who sit in forums, by forum. One query however many."""
    found: dict[int, list[int]] = {forum: [] for forum in forums}
    for forum, user in (
        ForumSeat.objects.filter(sits(at), forum__in=found).order_by("pk").values_list("forum_id", "user_id")
    ):
        found[forum].append(user)
    return found


def terms_of(forum: Forum) -> QuerySet[ChairTerm]:
    """Return every time in the chair, newest first, with who and for whom."""
    return (
        ChairTerm.objects.filter(forum=forum).select_related("seat__user", "seat__organisation").order_by("-starts_at")
    )


def chair_of(forum: Forum, at: datetime) -> Chair:
    """Return who chairs a forum and whose turn is next. Three queries."""
    seats, came = seats_of(forum, at), _first_sat(forum)
    by_pk = {seat.pk: seat for seat in seats}
    begun = [term for term in terms_of(forum) if term.starts_at <= at]
    candidates = [_candidate(seat, came[_party(seat)]) for seat in seats]
    turn = next_turn(candidates, [_term(term) for term in begun], at, day=full_date)
    now = next((term for term in begun if term.ends_at > at and term.seat_id in by_pk), None)
    return Chair(term=now, turn=turn, next=None if turn is None else by_pk[turn.seat])


def chairs_of(centre: "Centre", at: datetime) -> dict[int, ChairTerm]:
    """Return who chairs each of a centre's forums, by forum. One query."""
    terms = ChairTerm.objects.filter(
        current(at), forum__centre=centre, seat__in=ForumSeat.objects.filter(sits(at))
    ).select_related("seat__user", "seat__organisation")
    return {term.forum_id: term for term in terms}


def seats_counted(centre: "Centre", at: datetime) -> dict[int, tuple[int, int]]:
    """Return by forum how many people sit there and for how many organisations. One query."""
    rows = (
        ForumSeat.objects.filter(sits(at), forum__centre=centre)
        .values("forum")
        .annotate(people=Count("pk"), organisations=Count(F("organisation"), distinct=True))
    )
    return {row["forum"]: (row["people"], row["organisations"]) for row in rows}


type _Party = tuple[int | None, int | None]


def _party(seat: ForumSeat) -> _Party:
    """Return the key of the organisation, or of the person who speaks for none."""
    return seat.organisation_id, None if seat.organisation_id else seat.user_id


def _first_sat(forum: Forum) -> dict[_Party, datetime]:
    """Return since when each party has sat in a forum: an organisation keeps its place when its people change."""
    came: dict[_Party, datetime] = {}
    for seat in ForumSeat.objects.filter(forum=forum).order_by("starts_at"):
        came.setdefault(_party(seat), seat.starts_at)
    return came


def _candidate(seat: ForumSeat, party_since: datetime) -> Candidate:
    return Candidate(
        seat=seat.pk,
        user=seat.user_id,
        name=seat.user.name,
        organisation=seat.organisation_id,
        organisation_name="" if seat.organisation is None else seat.organisation.name,
        seated_at=seat.starts_at,
        party_since=party_since,
    )


def _term(term: ChairTerm) -> Term:
    return Term(term.seat.user_id, term.seat.organisation_id, began_at=term.starts_at, ends_at=term.ends_at)
