"""A centre's grid: which version is in force, which is worked on, and how each came to be."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Literal

from django.db.models import Count, Prefetch, Q, QuerySet

from decisions.lifecycle import VersionState
from decisions.models import CellComment, Grid, GridMove, GridReview, GridVersion, Right, Rung, Scenario

if TYPE_CHECKING:
    from partners.models import Centre

IN_WORK = (VersionState.DRAFT.value, VersionState.CONSULTING.value)


def in_force(at: datetime, through: str = "") -> Q:
    """Return the condition that a version, reached `through` a path, is in force at an instant."""
    published, superseded = f"{through}published_at", f"{through}superseded_at"
    return Q(**{f"{published}__lte": at}) & (Q(**{f"{superseded}__isnull": True}) | Q(**{f"{superseded}__gt": at}))


def grid_of(centre: "Centre") -> Grid | None:
    """Return the centre's grid, None before its first draft."""
    return Grid.objects.select_related("centre").filter(centre=centre, code=Grid.CODE).first()


def _versions() -> QuerySet[GridVersion]:
    return GridVersion.objects.select_related("grid__centre", "predecessor", "cites_decision__forum")


def version_in_force(centre: "Centre", at: datetime) -> GridVersion | None:
    """Return what a centre goes by at an instant."""
    return _versions().filter(in_force(at), grid__centre=centre, grid__code=Grid.CODE).first()


def version_in_work(centre: "Centre") -> GridVersion | None:
    """Return the version that is drafted or consulted on."""
    return _versions().filter(grid__centre=centre, grid__code=Grid.CODE, state__in=IN_WORK).first()


def version_by_number(centre: "Centre", number: int) -> GridVersion | None:
    """Return one version, whatever its state."""
    return _versions().filter(grid__centre=centre, grid__code=Grid.CODE, number=number).first()


def versions_of(centre: "Centre") -> QuerySet[GridVersion]:
    """Return every version, newest first, with how many `rows` it has."""
    found = _versions().filter(grid__centre=centre, grid__code=Grid.CODE)
    return found.annotate(rows=Count("scenarios")).order_by("-number")


def scenarios_of(version: GridVersion) -> list[Scenario]:
    """Return the rows of a version in its order, with their rights and ladders. Three queries."""
    rights = Prefetch("rights", Right.objects.select_related("duty_role", "team").order_by("pk"))
    rungs = Prefetch("rungs", Rung.objects.select_related("duty_role", "team").order_by("position"))
    return list(version.scenarios.order_by("position", "pk").prefetch_related(rights, rungs))


def names_of(version: GridVersion) -> dict[tuple[Literal["duty_role", "team"], int], str]:
    """Return what duty roles and teams were called when a version was published.

    Nothing for one that is worked on: it says what they are called now.
    """
    found: dict[tuple[Literal["duty_role", "team"], int], str] = {}
    for each in version.names.all():
        if each.duty_role_id is not None:
            found["duty_role", each.duty_role_id] = each.name
        elif each.team_id is not None:
            found["team", each.team_id] = each.name
    return found


def moves_of(version: GridVersion) -> list[GridMove]:
    """Return how a version came to its state, oldest first, with who moved it."""
    return list(version.moves.select_related("user").order_by("at", "pk"))


def comments_of(version: GridVersion) -> list[CellComment]:
    """Return what was said about the rows of a version, oldest first."""
    found = version.comments.select_related("user", "organisation", "duty_role", "team", "resolved_by")
    return list(found.order_by("made_at", "pk"))


def comment_by_id(comment_id: int) -> CellComment | None:
    """Return one comment with its version."""
    return CellComment.objects.select_related("grid_version__grid__centre").filter(pk=comment_id).first()


def reviews_of(version: GridVersion) -> list[GridReview]:
    """Return the reviews of a version, newest first."""
    return list(version.reviews.select_related("user").order_by("-reviewed_at", "-pk"))


def next_review_on(version: GridVersion) -> date | None:
    """Return the day in London on which a version is to be reviewed: what the last review set, or its publication."""
    last = version.reviews.order_by("-reviewed_at", "-pk").first()
    return version.next_review_on if last is None else last.next_review_on


def all_in_force(at: datetime) -> list[GridVersion]:
    """Return what every centre goes by at an instant, by centre."""
    return list(_versions().filter(in_force(at), grid__code=Grid.CODE).order_by("grid__centre__name", "pk"))
