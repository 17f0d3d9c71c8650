"""Referrals: the inbox of those who are responsible, what waits and for how long, and what became of each.

Functions that return what identifies somebody take `visible`, the condition on people that says whom the viewer sees.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Case, Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Value, When

from huddles.lifecycle import REFERRAL_OPEN, EpisodeOutcome, ReferralState
from huddles.models import Episode, Person, Referral, ReferralMove, SharingPreference
from huddles.models.referrals import TRIAGE_WITHIN
from huddles.queries.episodes import open_by_person
from huddles.queries.people import kept_of
from partners.queries.organisations import partnership
from partners.queries.people import current

if TYPE_CHECKING:
    from partners.models import Centre, Organisation, Team

SOON = timedelta(hours=4)
"""Before triage is due: when the responsible team is nudged first."""
ANSWER_WITHIN = timedelta(hours=24)
"""After triage: when whoever referred should have their answer."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many referrals of a centre wait for triage and for an answer, and how many of the former are overdue."""

    for_triage: int
    overdue: int
    for_answer: int


def inbox(
    centre: "Centre", visible: Q, *, states: Collection[str] = (), stream: str = "", overdue_at: datetime | None = None
) -> QuerySet[Referral]:
    """Return the referrals of people whom the viewer sees: open ones first, by when they are due; then newest first.

    `overdue_at` leaves those that wait for triage and were due by then.
    """
    # The ids first, so that the condition on people may join what it needs without multiplying referrals.
    found = Referral.objects.filter(centre=centre, episode__person__in=Person.objects.filter(visible, centre=centre))
    if states:
        found = found.filter(state__in=states)
    if stream:
        found = found.filter(stream__code=stream)
    if overdue_at is not None:
        found = found.filter(state=ReferralState.RECEIVED, due_at__lte=overdue_at)
    waits = Case(When(state__in=REFERRAL_OPEN, then=Value(0)), default=Value(1), output_field=IntegerField())
    rows = found.select_related(
        "episode__person__centre",
        "episode__person__merged_into__centre",
        "episode__responsible_team",
        "organisation",
        "stream",
    )
    return rows.annotate(waits=waits).order_by("waits", Case(When(waits=0, then=F("due_at"))), "-received_at", "-pk")


def of_reference(centre: "Centre", reference: str) -> Referral | None:
    """Return a centre's referral by its reference, with all that a page about it shows."""
    found = Referral.objects.select_related(
        "centre", "episode__person__merged_into", "episode__responsible_team__organisation", "organisation", "stream"
    )
    return found.filter(centre=centre, reference=reference).first()


def moves_of(referral: Referral) -> QuerySet[ReferralMove]:
    """Return everything that happened to a referral, oldest first."""
    return referral.moves.select_related("stream", "user").order_by("moved_at", "pk")


def made_by(
    user_id: int, centre: "Centre", organisations: "Collection[Organisation]", at: datetime
) -> QuerySet[Referral]:
    """Return the referrals that somebody made at a centre for some organisations, newest first.

    They lead to the person: show none of that.
    """
    made = Referral.objects.filter(user=user_id, centre=centre, organisation__in=organisations)
    found = _with_shared(made, at)
    return found.select_related("centre", "stream").order_by("-received_at", "-pk")


def sent_by(
    organisation: "Organisation", *, at: datetime, centre: str | None = None, after: tuple[str, ...] = ()
) -> QuerySet[Referral]:
    """Return the referrals that an organisation's systems sent, newest first; after a key of (instant, id).

    Only those of centres of which it is a partner at the instant.
    """
    partner = partnership(at, organisation=organisation, centre=OuterRef("centre"))
    found = Referral.objects.filter(partner, organisation=organisation, source=Referral.Source.PARTNER)
    if centre is not None:
        found = found.filter(centre__slug=centre)
    if after:
        instant, pk = after
        found = found.filter(Q(received_at__lt=instant) | Q(received_at=instant, pk__lt=int(pk)))
    return _with_shared(found, at).select_related("centre", "stream").order_by("-received_at", "-pk")


def shares(referral: Referral) -> bool:
    """Whether the person shares with whoever referred: only of referrals that `made_by` and `sent_by` returned."""
    return bool(vars(referral)["shared"])


def _with_shared(found: QuerySet[Referral], at: datetime) -> QuerySet[Referral]:
    said = SharingPreference.objects.filter(
        current(at),
        Q(person=OuterRef("episode__person")) | Q(person=OuterRef("episode__person__merged_into")),
        shares=False,
        organisation=OuterRef("organisation"),
    )
    return found.annotate(shared=~Exists(said))


def waiting(centre: "Centre", at: datetime) -> Waiting:
    """Count what waits at a centre, whoever may see it: numbers say nothing about anybody."""
    received = Q(state=ReferralState.RECEIVED)
    counts: Mapping[str, int] = Referral.objects.filter(centre=centre, state__in=REFERRAL_OPEN).aggregate(
        for_triage=Count("pk", filter=received),
        overdue=Count("pk", filter=received & Q(due_at__lte=at)),
        for_answer=Count("pk", filter=Q(state=ReferralState.TRIAGED)),
    )
    return Waiting(**counts)


def to_nudge(at: datetime) -> list[Referral]:
    """Return the referrals that wait for triage and are due soon or overdue, and those that lack an answer too long.

    The longest due first.
    """
    late = Q(state=ReferralState.RECEIVED, due_at__lte=at + SOON)
    unanswered = Q(state=ReferralState.TRIAGED, triaged_at__lte=at - ANSWER_WITHIN)
    found = Referral.objects.filter(late | unanswered, state__in=REFERRAL_OPEN)
    rows = found.select_related("centre", "episode__responsible_team", "episode__person__merged_into")
    return list(rows.order_by("due_at", "pk"))


def waits(episode: Episode) -> bool:
    """Whether a referral of an episode's person waits for triage or for an answer.

    It may be one of an episode that closed when two records of the person were joined.
    """
    kept = kept_of(episode.person)
    of_person = Q(episode__person=kept) | Q(episode__person__merged_into=kept)
    return Referral.objects.filter(of_person, state__in=REFERRAL_OPEN).exists()


def teams_of(referrals: "Collection[Referral]") -> "dict[int, Team]":
    """Return which team takes each of some referrals further, by the referral's key.

    It is the one that is responsible for the person. Where two records were joined that is not the episode's: one query
    more. Referrals are fetched with their episode, its person and team.
    """
    joined = [kept_of(each.episode.person) for each in referrals if each.episode.outcome == EpisodeOutcome.JOINED]
    now = open_by_person(joined) if joined else {}
    teams = {}
    for each in referrals:
        follows = now.get(kept_of(each.episode.person).pk) if each.episode.closed_at is not None else None
        teams[each.pk] = (follows or each.episode).responsible_team
    return teams


def open_besides(referral: Referral) -> bool:
    """Whether another referral of the same episode was taken further, or another of the person still waits."""
    others = Referral.objects.filter(episode=referral.episode_id).exclude(pk=referral.pk)
    return others.exclude(state=ReferralState.HANDED_BACK).exists() or waits(referral.episode)


def sought(found: QuerySet[Referral], text: str) -> QuerySet[Referral]:
    """Return those of some referrals that a search finds: each word in a name or as a reference; or an NHS number."""
    text = text.replace("\0", " ")
    digits = "".join(text.split()).replace("-", "")
    if digits.isdecimal() and len(digits) == 10:
        return found.filter(_of_person("nhs_number", digits))
    for word in text.split()[:6]:
        named = _of_person("given_name__icontains", word) | _of_person("family_name__icontains", word)
        called = _of_person("alias__icontains", word) | _of_person("preferred_name__icontains", word)
        found = found.filter(named | called | Q(reference__iexact=word) | Q(episode__reference__iexact=word))
    return found


def _of_person(lookup: str, value: str) -> Q:
    """Return the condition on the person's record or on the one that it was merged into."""
    return Q(**{f"episode__person__{lookup}": value}) | Q(**{f"episode__person__merged_into__{lookup}": value})


def due_of(received_at: datetime) -> datetime:
    """Return by when a referral that was received at an instant is triaged."""
    return received_at + TRIAGE_WITHIN
