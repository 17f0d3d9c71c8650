"""Whose record may be disposed of, by which rule and since when."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Max, Prefetch, Q

from huddles.models import Episode, Person, RetentionRule
from huddles.retention import LONGEST, RULES, Rule, kept_until
from nhc.clock import london_date

if TYPE_CHECKING:
    from partners.models import Centre


@dataclass(frozen=True, slots=True)
class Due:
    """A kept record that may be disposed of since `due_on`, with those that were merged into it."""

    person: Person
    merged: tuple[Person, ...]
    rule: Rule
    last_seen: date
    due_on: date


def rule_of(centre: "Centre", at: datetime) -> Rule:
    """Return the rule that a centre follows at an instant; the longest where it has chosen none."""
    chosen = RetentionRule.objects.filter(centre=centre, adopted_at__lte=at).order_by("-adopted_at", "-pk").first()
    return LONGEST if chosen is None else RULES[chosen.code]


def due(centre: "Centre", at: datetime, *, only: Person | None = None) -> Iterator[Due]:
    """Return the records of a centre, or `only` one, that may be disposed of today, in London; the longest due first.

    A record with an open episode, its own or of one merged into it, is not. One that never had an episode counts from
    the day on which it was opened. Of joined records the latest date of birth counts.
    """
    rule, today = rule_of(centre, at), london_date(at)
    long_ago = at - timedelta(days=365 * rule.years)
    kept = Person.objects.filter(
        centre=centre, merged_into__isnull=True, disposed_at__isnull=True, registered_at__lte=long_ago
    )
    if only is not None:
        kept = kept.filter(pk=only.pk)
    open_now = Episode.objects.filter(centre=centre, closed_at__isnull=True)
    found = kept.exclude(Q(pk__in=open_now.values("person")) | Q(pk__in=_absorbing(centre)))
    found = found.annotate(own=Max("episodes__closed_at"), others=Max("absorbed__episodes__closed_at"))
    waiting = []
    for person in found.prefetch_related(Prefetch("absorbed", to_attr="joined")):
        ends = [each for each in (person.own, person.others, person.registered_at) if each is not None]
        last_seen = london_date(max(ends))
        both = (person, *person.joined)
        born_on = max((each.born_on for each in both if each.born_on is not None), default=None)
        about = any(each.born_about for each in both)
        due_on = kept_until(rule, last_seen=last_seen, born_on=born_on, born_about=about)
        if due_on <= today:
            waiting.append(Due(person, tuple(person.joined), rule, last_seen, due_on))
    yield from sorted(waiting, key=lambda each: (each.due_on, each.person.pk))


def _absorbing(centre: "Centre") -> "list[int]":
    """Return the kept records that have an open episode of a record merged into them."""
    found = Episode.objects.filter(centre=centre, closed_at__isnull=True, person__merged_into__isnull=False)
    return [key for key in found.values_list("person__merged_into", flat=True) if key is not None]
