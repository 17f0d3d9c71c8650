"""The rows of a grid: one by its code, those that somebody's words may mean, and what changed between versions."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING

from django.contrib.postgres.search import SearchQuery, SearchRank, SearchVector, TrigramWordSimilarity
from django.db.models import F, Q, Value
from django.db.models.functions import Concat, Greatest, Lower

from decisions.contents import Cell, Content, Step
from decisions.models import Grid, GridVersion, Scenario
from decisions.queries.grids import in_force, scenarios_of

if TYPE_CHECKING:
    from partners.models import Centre

LIKE_ENOUGH = 0.4
"""Word similarity from which letters that differ are taken for a slip of the finger."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A scenario that two versions do not say the same of; `before` or `after` is missing where one has it not.

    `fields` names what differs where both have it: of `Content`, and `position` where it only moved.
    """

    code: str
    before: Content | None
    after: Content | None
    fields: tuple[str, ...]


def scenario_in_force(centre: "Centre", code: str, at: datetime) -> Scenario | None:
    """Return a scenario of the grid in force, with its version."""
    found = Scenario.objects.select_related("grid_version__grid")
    of_centre = Q(grid_version__grid__centre=centre, grid_version__grid__code=Grid.CODE)
    return found.filter(of_centre, in_force(at, "grid_version__"), code=code).first()


def scenario_since(centre: "Centre", code: str, since: datetime, at: datetime) -> Scenario | None:
    """Return a scenario as the newest grid has it that was in force at some instant between two."""
    found = Scenario.objects.select_related("grid_version__grid")
    lately = Q(grid_version__superseded_at__isnull=True) | Q(grid_version__superseded_at__gt=since)
    of_centre = Q(grid_version__grid__centre=centre, grid_version__grid__code=Grid.CODE)
    return (
        found.filter(of_centre, lately, grid_version__published_at__lte=at, code=code)
        .order_by("-grid_version__published_at")
        .first()
    )


def scenario_by_code(version: GridVersion, code: str) -> Scenario | None:
    """Return a scenario of a version, with its rights and ladder."""
    return next((each for each in scenarios_of(version) if each.code == code), None)


def search(version: GridVersion, sought: str, *, most: int = 10) -> list[Scenario]:
    """Return the scenarios that some words may mean, the likeliest first. One query.

    By the stems of the words in title and other words, and by letters where somebody mistyped.
    """
    words = sought.replace("\0", " ").strip()
    if not words:
        return []
    text = Lower(Concat("title", Value(" "), "words"))
    vector = SearchVector("title", "words", config="english")
    query = SearchQuery(words, config="english", search_type="websearch")
    alike = TrigramWordSimilarity(words.lower(), text)
    found = version.scenarios.annotate(found_by=vector, alike=alike).filter(
        Q(found_by=query) | Q(alike__gte=LIKE_ENOUGH)
    )
    ranked = found.annotate(likely=Greatest(SearchRank(vector, query) + F("alike"), F("alike")))
    return list(ranked.order_by("-likely", "position", "pk")[:most])


def content_of(scenario: Scenario) -> Content:
    """Return what a scenario says. Two queries, none where its rights and rungs were fetched before."""
    rungs = sorted(scenario.rungs.all(), key=lambda rung: rung.position)
    return Content(
        code=scenario.code,
        title=scenario.title,
        words=scenario.words,
        guardrail=scenario.guardrail,
        limit=scenario.limit,
        limit_unit=scenario.limit_unit,
        minutes=scenario.minutes,
        act_first=scenario.act_first,
        rights=frozenset(
            Cell(right.kind, right.duty_role_id, right.team_id, right.limit) for right in scenario.rights.all()
        ),
        ladder=tuple(Step(rung.minutes, rung.duty_role_id, rung.team_id, rung.telephone) for rung in rungs),
    )


def contents_of(version: GridVersion) -> list[Content]:
    """Return everything that a version says, in its order. Three queries."""
    return [content_of(scenario) for scenario in scenarios_of(version)]


def differences(before: GridVersion, after: GridVersion) -> list[Difference]:
    """Return what changed between two versions, in the order of the later one; what was taken out comes last."""
    return compared(contents_of(before), contents_of(after))


def compared(before: Sequence[Content], after: Sequence[Content]) -> list[Difference]:
    """Return the scenarios that two lists do not say the same of, by code."""
    then, now = ({each.code: each for each in several} for several in (before, after))
    kept_then, kept_now = (
        [each.code for each in several if each.code in then and each.code in now] for several in (before, after)
    )
    found: list[Difference] = []
    for content in after:
        earlier = then.get(content.code)
        if earlier is None:
            found.append(Difference(content.code, None, content, ()))
            continue
        names = [each.name for each in fields(Content) if getattr(earlier, each.name) != getattr(content, each.name)]
        if kept_then.index(content.code) != kept_now.index(content.code):
            names.append("position")
        if names:
            found.append(Difference(content.code, earlier, content, tuple(names)))
    return found + [Difference(each.code, each, None, ()) for each in before if each.code not in now]
