"""Where people stand: whose employees they are and in which teams they work."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Case, CharField, Exists, F, IntegerField, OuterRef, Q, QuerySet, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast

from nhc.clock import london_date
from nhc.compositions import ANY_TIME, ANYBODY, composed
from nhc.models import User
from partners.models import AreaAppointment, AreaCentre, Employment, Membership, Partnership
from partners.queries.exceptions import standing_exceptions
from partners.queries.organisations import holds_on


@dataclass(frozen=True, slots=True)
class Placement:
    """A current role in a team of `organisation_id` at `centre_id`."""

    organisation_id: int
    centre_id: int
    role: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything that a person's access follows from, at one instant.

    `administers`: organisations whose people they look after. `reads`: centres whose dashboards an appointment to an
    area or an exception opens. `manages`: whether anyone has them as home line manager.
    """

    employers: frozenset[int]
    placements: tuple[Placement, ...]
    administers: frozenset[int] = frozenset()
    reads: frozenset[int] = frozenset()
    manages: bool = False


def current(at: datetime, through: str = "") -> Q:
    """Return the condition that a row with `starts_at` and `ends_at`, reached `through` a path, holds at an instant."""
    starts, ends = f"{through}starts_at", f"{through}ends_at"
    return Q(**{f"{starts}__lte": at}) & (Q(**{f"{ends}__isnull": True}) | Q(**{f"{ends}__gt": at}))


def placed(at: datetime, centre: str) -> Q:
    """Return the condition that a row's `user` has a place in a team of a partner, at the centre that a path names."""
    partners = Partnership.objects.filter(
        holds_on(london_date(at)),
        organisation=OuterRef("team__organisation"),
        centre=OuterRef("team__centre"),
    )
    held = Membership.objects.filter(
        Exists(partners), current(at), user=OuterRef("user"), team__centre=OuterRef(centre)
    )
    return Q(Exists(held))


def manager_employed(at: datetime) -> Q:
    """Return the condition that an employment's home line manager works for the same employer at an instant."""
    manager = Employment.objects.filter(
        current(at), user=OuterRef("line_manager"), organisation=OuterRef("organisation")
    )
    return Q(Exists(manager))


def manager_of_placement_employed(at: datetime) -> Q:
    """Return the condition that a placement's home line manager works for the team's organisation or the employer."""
    employers = Employment.objects.filter(
        Q(ends_at__isnull=True) | Q(ends_at__gt=at), user=OuterRef(OuterRef("user"))
    ).values("organisation")
    manager = Employment.objects.filter(
        Q(organisation=OuterRef("team__organisation")) | Q(organisation__in=employers),
        current(at),
        user=OuterRef("line_manager"),
    )
    return Q(Exists(manager))


def standing(user_id: int, at: datetime) -> Standing:
    """Return where a person stands, in one query."""
    query = composed(_standing)
    with connection.cursor() as cursor:
        cursor.execute(
            query.text, query.filled({ANYBODY: user_id, ANY_TIME: at, london_date(ANY_TIME): london_date(at)})
        )
        rows: list[tuple[str, int | None, int | None, str]] = cursor.fetchall()
    return Standing(
        employers=frozenset(organisation for kind, organisation, _, _ in rows if kind == "employer" and organisation),
        placements=tuple(
            Placement(organisation, centre, role)
            for kind, organisation, centre, role in rows
            if kind == "placement" and organisation and centre
        ),
        administers=frozenset(
            organisation for _, organisation, _, what in rows if what == _ADMINISTERS and organisation
        ),
        reads=frozenset(centre for kind, _, centre, _ in rows if kind == "reads" and centre),
        manages=any(kind == "manages" for kind, *_ in rows),
    )


def _standing() -> "_Rows":
    return _employments(ANYBODY, ANY_TIME).union(
        _memberships(ANYBODY, ANY_TIME),
        _centres_read(ANYBODY, ANY_TIME),
        _excepted(ANYBODY, ANY_TIME),
        _managed(ANYBODY, ANY_TIME),
        all=True,
    )


_ADMINISTERS = ":administrator"
"""No role has this code: roles are words of letters."""

type _Rows = QuerySet[Any, tuple[str, int | None, int | None, str]]


def _rows(found: QuerySet[Any], kind: str, *, organisation: str = "", centre: str = "", what: Combinable) -> _Rows:
    """Return four columns that every kind of row has: its kind, organisation, centre and words."""
    nothing = Cast(Value(None), IntegerField())
    rows: _Rows = found.annotate(
        kind=Value(kind, output_field=CharField()),
        whose=F(organisation) if organisation else nothing,
        where=F(centre) if centre else nothing,
        what=what,
    ).values_list("kind", "whose", "where", "what")
    return rows


_NO_WORD = Value("", output_field=CharField())


def _employments(user_id: int, at: datetime) -> _Rows:
    what = Case(When(administrator=True, then=Value(_ADMINISTERS)), default=_NO_WORD, output_field=CharField())
    found = Employment.objects.filter(current(at), user_id=user_id)
    return _rows(found, "employer", organisation="organisation_id", what=what)


def _memberships(user_id: int, at: datetime) -> _Rows:
    found = Membership.objects.filter(current(at), user_id=user_id)
    return _rows(found, "placement", organisation="team__organisation_id", centre="team__centre_id", what=F("role"))


def _centres_read(user_id: int, at: datetime) -> _Rows:
    found = AreaCentre.objects.filter(holds_on(london_date(at)), in_areas(appointments(user_id, at)))
    return _rows(found, "reads", centre="centre_id", what=_NO_WORD)


def _excepted(user_id: int, at: datetime) -> _Rows:
    return _rows(standing_exceptions(user_id, at), "reads", centre="content_object_id", what=_NO_WORD)


def _managed(user_id: int, at: datetime) -> _Rows:
    found = User.objects.filter(
        Exists(Employment.objects.filter(current(at), manager_employed(at), line_manager=OuterRef("pk")))
        | Exists(
            Membership.objects.filter(current(at), manager_of_placement_employed(at), line_manager=OuterRef("pk"))
        ),
        pk=user_id,
    )
    return _rows(found, "manages", what=_NO_WORD)


def appointments(user_id: int, at: datetime) -> QuerySet[AreaAppointment, int]:
    """Return the keys of the areas to which a person is appointed, for use inside another query."""
    return AreaAppointment.objects.filter(current(at), user_id=user_id).values_list("area_id", flat=True)


def in_areas(areas: QuerySet[AreaAppointment, int], through: str = "area") -> Q:
    """Return the condition that an area is one of these, or a part of one, or a part of such a part."""
    return (
        Q(**{f"{through}__in": areas})
        | Q(**{f"{through}__parent__in": areas})
        | Q(**{f"{through}__parent__parent__in": areas})
    )


def by_email(email: str) -> User | None:
    """Return the person who signs in with an address, whatever its case."""
    return User.objects.filter(email=email.strip().lower(), is_active=True).first()
