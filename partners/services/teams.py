"""A team's entry in the directory."""

from dataclasses import asdict, dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from nhc import audit
from nhc.actors import Actor
from nhc.models import User
from partners.models import CalendarFeed, Membership, Shift, Team
from partners.queries.people import current
from partners.services import leaving


@dataclass(frozen=True, slots=True)
class Entry:
    """What the directory says of a team. `email` is a shared mailbox; `lead` works in the team, or is nobody."""

    name: str
    purpose: str
    hours: str
    place: str
    telephone: str
    email: str
    lead: int | None


class Clash(ValidationError):
    """Somebody else has changed the team since: `team` is how it stands now."""

    def __init__(self, team: Team) -> None:
        super().__init__("Somebody else has changed this team since you opened it. Compare, then save again.")
        self.team = team


def entry_of(team: Team) -> Entry:
    """Return a team's entry as it stands."""
    return Entry(
        name=team.name,
        purpose=team.purpose,
        hours=team.hours,
        place=team.place,
        telephone=team.telephone,
        email=team.email,
        lead=team.lead_id,
    )


@transaction.atomic
def edit(*, team: Team, entry: Entry, version: int, by: Actor, at: datetime) -> Team:
    """Write a team's entry, made from a version. An entry that changes nothing leaves the version as it is.

    Raises Clash where the version is not the current one any more, and ValidationError for a lead from elsewhere.
    """
    locked = (
        Team.objects.select_for_update(of=("self",)).select_related("centre", "organisation", "lead").get(pk=team.pk)
    )
    before = asdict(entry_of(locked))
    changed = sorted(field for field, value in asdict(entry).items() if before[field] != value)
    if not changed:
        return locked
    if locked.version != version:
        raise Clash(locked)
    locked.name, locked.purpose, locked.hours = entry.name, entry.purpose, entry.hours
    locked.place, locked.telephone, locked.email = entry.place, entry.telephone, entry.email
    locked.lead = _lead(locked, entry.lead, at) if "lead" in changed else locked.lead
    locked.version += 1
    locked.full_clean()
    locked.save()
    audit.record(
        by=by,
        at=at,
        verb="team.edited",
        subject="team",
        subject_id=locked.pk,
        details={"fields": list(changed), "version": locked.version},
        centre=locked.centre.slug,
        organisation=locked.organisation.code,
    )
    return locked


@transaction.atomic
def close(*, team: Team, by: Actor, at: datetime) -> Team:
    """Take a team out of the directory.

    Raises ValidationError while anybody has a placement in it, now or later, a calendar or a shift that is not over,
    and while it carries what a higher app keeps (`partners.services.leaving`).
    """
    locked = Team.objects.select_for_update(of=("self",)).select_related("centre", "organisation").get(pk=team.pk)
    if locked.closed_at is not None:
        return locked
    if Membership.objects.filter(team=locked).exclude(ends_at__lte=at).exists():
        who = f"an administrator of {locked.organisation.name}"
        raise ValidationError(f"People work in this team, or will. Ask {who} to end their placements, then close it.")
    if CalendarFeed.objects.filter(team=locked, ended_at__isnull=True).exists():
        raise ValidationError("A calendar is read for this team. End it on the rota's import page, then close.")
    if Shift.objects.filter(team=locked, cancelled_at__isnull=True, ends_at__gt=at).exists():
        raise ValidationError("The team is on the rota. Cancel its shifts or let others cover them, then close it.")
    leaving.close(team=locked, at=at)
    locked.closed_at = at
    locked.version += 1
    locked.save(update_fields=["closed_at", "version"])
    audit.record(
        by=by,
        at=at,
        verb="team.closed",
        subject="team",
        subject_id=locked.pk,
        details={"version": locked.version},
        centre=locked.centre.slug,
        organisation=locked.organisation.code,
    )
    return locked


def _lead(team: Team, lead: int | None, at: datetime) -> User | None:
    if lead is None:
        return None
    placement = Membership.objects.filter(current(at), team=team, user_id=lead).select_related("user").first()
    if placement is None:
        raise ValidationError({"lead": "Choose someone who works in the team."})
    return placement.user
