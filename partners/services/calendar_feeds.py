"""Calendars that employers publish: added, read every 15 minutes, ended."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Q
from django.utils.crypto import salted_hmac

from nhc import audit, encryption
from nhc.actors import Actor
from nhc.clock import london_date
from nhc.formats import counted
from partners.formats.calendars import read_calendar
from partners.formats.rotas import Finding, UnreadableRotaError
from partners.models import CalendarFeed, DoubleBooking, DutyRole, Shift, Team
from partners.services import fetching, rota_imports
from partners.services.fetching import Address, FetchError
from partners.services.rota_imports import Clash, Origin, Plan

EVERY = timedelta(minutes=15)
AHEAD = timedelta(days=56)
"""How far ahead a calendar is read."""
_WAITS = timedelta(minutes=14)
# Beat asks every 15 minutes; a little less lets its own jitter not cost a round.

_PURPOSE = "calendar feed"

log = structlog.get_logger(__name__)


@transaction.atomic
def add_feed(*, team: Team, duty_role: DutyRole, url: str, by: Actor, at: datetime) -> CalendarFeed:
    """Read a calendar for a team and duty role from now on. Raises ValidationError for an address that may not be."""
    try:
        address = Address.of(url)
    except FetchError as error:
        raise ValidationError({"url": str(error)}) from error
    if team.centre_id != duty_role.centre_id:
        raise ValidationError({"team": "The team must work at the centre of the duty role."})
    feed = CalendarFeed(
        team=team,
        duty_role=duty_role,
        sealed_address=encryption.seal(url.encode(), purpose=_PURPOSE),
        address_digest=salted_hmac(_PURPOSE, url, algorithm="sha256").digest(),
        shown=f"{address.host} … {url[-4:]}",
        created_at=at,
    )
    # One after the other, so that the second who adds the same calendar is told of the first.
    Team.objects.select_for_update(no_key=True).get(pk=team.pk)
    feed.validate_constraints()
    feed.save(force_insert=True)
    _audit(feed, "calendar_feed.added", by, at)
    return feed


@transaction.atomic
def end_feed(*, feed: CalendarFeed, by: Actor, at: datetime) -> CalendarFeed:
    """Read the calendar no more. The shifts it brought stay, and are changed here from now on."""
    current = CalendarFeed.objects.select_for_update(of=("self",)).get(pk=feed.pk)
    if current.ended_at is None:
        current.ended_at = at
        current.save(update_fields=["ended_at"])
        current.double_bookings.all().delete()
        _audit(current, "calendar_feed.ended", by, at)
    return current


def poll(*, by: Actor, at: datetime, limit: int = 50) -> int:
    """Read the calendars that are due, those waiting longest first; return how many. Safe to run in two places."""
    with transaction.atomic():
        due = Q(polled_at__isnull=True) | Q(polled_at__lte=at - _WAITS)
        waiting = CalendarFeed.objects.filter(due, ended_at__isnull=True).order_by(F("polled_at").asc(nulls_first=True))
        claimed = list(waiting.select_for_update(of=("self",), skip_locked=True)[:limit])
        CalendarFeed.objects.filter(pk__in=[feed.pk for feed in claimed]).update(polled_at=at)
    for feed in claimed:
        try:
            read_feed(feed_id=feed.pk, by=by, at=at)
        except Exception:  # a calendar that nobody foresaw must not keep those behind it from being read
            log.exception("calendar_failed", feed=feed.pk)
            feed.etag = ""
            _keep(feed, "The calendar could not be read. Ask the operator to look at the log.", at, failed=True)
    return len(claimed)


def read_feed(*, feed_id: int, by: Actor, at: datetime) -> str:
    """Read one calendar and take what it asks for; return the sentence kept about it.

    Good shifts are taken even where others are wrong. What cannot be, because somebody is on elsewhere, is kept as a
    double booking for people to solve. Nothing waits for the network while a row is locked: a calendar that was ended
    meanwhile changes nothing, and has no sentence.
    """
    feed = CalendarFeed.objects.select_related("team__organisation", "duty_role__centre").get(pk=feed_id)
    try:
        url = encryption.open_sealed(bytes(feed.sealed_address), purpose=_PURPOSE).decode()
        fetched = fetching.fetch(url, etag=feed.etag if _read_today(feed, at) else "")
        if fetched.body is None:
            return _keep(feed, "", at)
        entries, findings = read_calendar(fetched.body, start=at, end=at + AHEAD)
    except encryption.UnreadableError:
        log.warning("calendar_not_read", feed=feed_id, reason="UnreadableError")
        return _keep(feed, "The calendar's address can be read no more. End it here and add it again.", at, failed=True)
    except (FetchError, UnreadableRotaError) as error:
        log.warning("calendar_not_read", feed=feed_id, reason=type(error).__name__)
        return _keep(feed, str(error), at, failed=True)
    origin = Origin(feed.duty_role.centre, Shift.Source.ICALENDAR, feed.team, feed.duty_role, feed)
    try:
        with transaction.atomic():
            if not _still_read(feed):
                return ""
            made = rota_imports.plan(origin=origin, entries=entries, findings=findings, at=at)
            if made.changes:
                rota_imports.carry_out(origin=origin, made=made, by=by, at=at)
            _keep_double_bookings(feed, made.clashes, at)
    except ValidationError as error:
        return _keep(feed, " ".join(error.messages), at, failed=True)
    # Without its tag the calendar is read again in full: something in it did not fit, and may by then.
    feed.etag = "" if made.refused else fetched.etag
    return _keep(feed, _outcome(made), at)


def _still_read(feed: CalendarFeed) -> bool:
    """Lock a calendar until the transaction ends; return whether it is to be read, as nobody ended it meanwhile."""
    return (
        CalendarFeed.objects.select_for_update(of=("self",), no_key=True)
        .filter(pk=feed.pk, ended_at__isnull=True)
        .exists()
    )


def _read_today(feed: CalendarFeed, at: datetime) -> bool:
    """Whether an unchanged calendar may be passed over: each day brings another day of repeated events into view."""
    return feed.read_at is not None and london_date(feed.read_at) == london_date(at)


def _outcome(made: Plan) -> str:
    said = [
        f"{counted(len(made.add), 'shift')} added",
        f"{len(made.change)} changed",
        f"{len(made.cancel)} taken off",
        f"{made.unchanged} as before",
    ]
    if made.kept:
        said.append(f"{len(made.kept)} left as changed here")
    text = ", ".join(said) + "."
    return text + _faults(made.refused)


def _faults(refused: Sequence[Finding]) -> str:
    if not refused:
        return ""
    return f" {counted(len(refused), 'event')} not taken. {refused[0].place}: {refused[0].said}"


def _keep(feed: CalendarFeed, outcome: str, at: datetime, *, failed: bool = False) -> str:
    """Store how a reading went; an unchanged calendar (no outcome) keeps the sentence it has."""
    feed.outcome = (outcome or feed.outcome)[:500]
    feed.read_at = feed.read_at if failed else at
    still_read = CalendarFeed.objects.filter(pk=feed.pk, ended_at__isnull=True)
    still_read.update(outcome=feed.outcome, read_at=feed.read_at, etag=feed.etag)
    return feed.outcome


def _keep_double_bookings(feed: CalendarFeed, clashes: Sequence[Clash], at: datetime) -> None:
    feed.double_bookings.all().delete()
    DoubleBooking.objects.bulk_create(
        DoubleBooking(
            feed=feed,
            user=clash.asked.duty.user,
            clashes_with=clash.other,
            starts_at=clash.asked.duty.starts_at,
            ends_at=clash.asked.duty.ends_at,
            external_id=clash.asked.entry.reference,
            found_at=at,
        )
        for clash in clashes
    )


def _audit(feed: CalendarFeed, verb: str, by: Actor, at: datetime) -> None:
    audit.record(
        by=by,
        at=at,
        verb=verb,
        subject="calendar_feed",
        subject_id=feed.pk,
        details={"duty_role": feed.duty_role.code},
        centre=feed.duty_role.centre.slug,
        organisation=feed.team.organisation.code,
    )
