"""Organisations, centres, the partnerships between them, and teams.

Every function validates, stores and audits in one transaction. ValidationError carries a sentence for whoever asked.
"""

from datetime import date, datetime, time

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest

from nhc import audit
from nhc.actors import Actor
from partners.models import Centre, Organisation, Partnership, Return, Team
from partners.services import slots


@transaction.atomic
def add_organisation(
    *,
    code: str,
    name: str,
    sector: Organisation.Sector | str,
    ods_code: str = "",
    demonstration: bool = False,
    by: Actor,
    at: datetime,
) -> Organisation:
    """Store an organisation. `code` is its ODS code, or a local code that starts with L."""
    organisation = Organisation(code=code, name=name, sector=sector, ods_code=ods_code, demonstration=demonstration)
    organisation.full_clean(exclude=["created_at"])
    organisation.save()
    audit.record(
        by=by, at=at, verb="organisation.added", subject="organisation", subject_id=organisation.pk, organisation=code
    )
    return organisation


@transaction.atomic
def add_centre(
    *,
    slug: str,
    name: str,
    kind: Centre.Kind | str = Centre.Kind.PILOT,
    figures: Centre.Figures | str = Centre.Figures.LIVE,
    figures_note: str = "",
    population: int | None = None,
    ods_site_code: str = "",
    day_starts: time = time(7, 0),
    by: Actor,
    at: datetime,
) -> Centre:
    """Store a centre. `figures_note` says where its figures come from and under which licence."""
    centre = Centre(
        slug=slug,
        name=name,
        kind=kind,
        figures=figures,
        figures_note=figures_note,
        population=population,
        ods_site_code=ods_site_code,
        day_starts=day_starts,
    )
    centre.full_clean(exclude=["created_at"])
    centre.save()
    audit.record(by=by, at=at, verb="centre.added", subject="centre", subject_id=centre.pk, centre=slug)
    return centre


@transaction.atomic
def add_partnership(
    *,
    organisation: Organisation,
    centre: Centre,
    from_date: date,
    until_date: date | None = None,
    by: Actor,
    at: datetime,
) -> Partnership:
    """Make the organisation a partner of the centre, from a date until (not including) another."""
    partnership = Partnership(organisation=organisation, centre=centre, from_date=from_date, until_date=until_date)
    partnership.full_clean()
    partnership.save()
    _dirty_owed(partnership, from_date=from_date)
    audit.record(
        by=by,
        at=at,
        verb="partnership.added",
        subject="partnership",
        subject_id=partnership.pk,
        details={"from": from_date.isoformat()},
        centre=centre.slug,
        organisation=organisation.code,
    )
    return partnership


@transaction.atomic
def end_partnership(*, partnership: Partnership, until_date: date, by: Actor, at: datetime) -> Partnership:
    """End the partnership on a date, and with it what the organisation owes the centre from then on.

    Its figures stay. Access of its people and keys to the centre lapses with the date.
    """
    locked = Partnership.objects.select_for_update().select_related("organisation", "centre").get(pk=partnership.pk)
    changed_from = min(until_date, locked.until_date or until_date)
    locked.until_date = until_date
    locked.full_clean()
    locked.save(update_fields=["until_date"])
    _end_returns(locked, changed_from=changed_from)
    audit.record(
        by=by,
        at=at,
        verb="partnership.ended",
        subject="partnership",
        subject_id=locked.pk,
        details={"until": until_date.isoformat()},
        centre=locked.centre.slug,
        organisation=locked.organisation.code,
    )
    return locked


def _end_returns(partnership: Partnership, *, changed_from: date) -> None:
    """End what is owed on the day the partnership ends, and mark whatever is expected otherwise than before."""
    _dirty_owed(partnership, from_date=changed_from)
    returns = Return.objects.filter(organisation=partnership.organisation, centre=partnership.centre)
    owed = returns.exclude(until_date__lte=changed_from)
    owed.exclude(until_date__lte=partnership.until_date).update(
        until_date=Greatest(partnership.until_date, F("from_date"))
    )


def _dirty_owed(partnership: Partnership, *, from_date: date) -> None:
    """Mark what the organisation owes the centre from a date on: who is expected changes with a partnership."""
    returns = Return.objects.filter(organisation=partnership.organisation, centre=partnership.centre)
    for each in returns.exclude(until_date__lte=from_date).select_for_update():
        slots.dirty_observed(
            centre=partnership.centre,
            measures=list(each.measures.values_list("measure_id", flat=True)),
            from_date=max(from_date, each.from_date),
            until_date=each.until_date,
        )


@transaction.atomic
def add_team(
    *,
    organisation: Organisation,
    centre: Centre,
    name: str,
    purpose: str = "",
    telephone: str = "",
    email: str = "",
    place: str = "",
    hours: str = "",
    by: Actor,
    at: datetime,
) -> Team:
    """Store an organisation's team at a centre; `email` is a shared mailbox, `place` where to find the team."""
    team = Team(
        organisation=organisation,
        centre=centre,
        name=name,
        purpose=purpose,
        telephone=telephone,
        email=email,
        place=place,
        hours=hours,
    )
    team.full_clean()
    team.save()
    audit.record(
        by=by,
        at=at,
        verb="team.added",
        subject="team",
        subject_id=team.pk,
        centre=centre.slug,
        organisation=organisation.code,
    )
    return team
