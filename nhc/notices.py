"""Notices: what people are told ahead of time, once a stage, on a page and by an e-mail that says nothing of it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.db import connection, transaction
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse

from nhc import audit, jobs
from nhc.actors import Actor
from nhc.models import Notice, User

STAGES = (1, 7, 14)
"""Days before something lapses at which people are warned."""

KEPT = timedelta(days=365)
_LOCK = 73010
_BODY = """Something needs your attention before long.

Sign in to read it:
{link}

This mailbox is not read.
"""


@dataclass(frozen=True, slots=True)
class Reminder:
    """What one person is told: see `nhc.models.Notice`."""

    user_id: int
    kind: str
    about: str
    stage: int
    sentence: str
    path: str


def stage_of(days_left: int) -> int | None:
    """Return the nearest stage that is reached with some days left; None where it is too early or too late."""
    return next((stage for stage in STAGES if 0 <= days_left <= stage), None)


@transaction.atomic
def give(*, reminders: Collection[Reminder], at: datetime) -> int:
    """Store what nobody was told yet and queue an e-mail for each; return how many, which the caller records.

    Safe to repeat and to run in two places.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [_LOCK])
    wanted = {(each.user_id, each.kind, each.about, each.stage): each for each in reminders}
    told = set(
        Notice.objects.filter(
            user__in={each.user_id for each in reminders}, about__in={each.about for each in reminders}
        )
        .values_list("user_id", "kind", "about", "stage")
        .iterator()
    )
    made = Notice.objects.bulk_create(
        [
            Notice(
                user_id=each.user_id,
                kind=each.kind,
                about=each.about,
                stage=each.stage,
                sentence=each.sentence,
                path=each.path,
                created_at=at,
            )
            for key, each in sorted(wanted.items())
            if key not in told
        ],
        batch_size=1000,
    )
    if not made:
        return 0
    _count({notice.user_id for notice in made})
    jobs.enqueue_all("nhc.tasks.send_notice", ({"notice": notice.pk} for notice in made))
    return len(made)


def stages_given(*, kind: str, prefix: str) -> dict[str, set[int]]:
    """Return at which stages anybody was told of the things of a kind that begin so, by the thing. One query."""
    found: dict[str, set[int]] = {}
    given = Notice.objects.filter(kind=kind, about__startswith=prefix)
    for about, stage in given.values_list("about", "stage").distinct():
        found.setdefault(about, set()).add(stage)
    return found


@transaction.atomic
def see(*, user: User, by: Actor, at: datetime) -> int:
    """Mark a person's notices as seen; return how many were new."""
    seen = Notice.objects.filter(user=user, seen_at__isnull=True).update(seen_at=at)
    if seen:
        _count({user.pk})
        audit.record(by=by, at=at, verb="notices.seen", subject="user", subject_id=user.pk, details={"notices": seen})
    return seen


@transaction.atomic
def forget(*, by: Actor, at: datetime) -> int:
    """Remove notices that are a year old; return how many."""
    old = Notice.objects.filter(created_at__lte=at - KEPT)
    users = set(old.values_list("user_id", flat=True))
    gone, _ = old.delete()
    if gone:
        _count(users)
        audit.record(
            by=by,
            at=at,
            verb="retention.applied",
            subject="retention",
            subject_id=at.date(),
            details={"notices": gone},
        )
    return gone


def of(user: User) -> QuerySet[Notice]:
    """Return a person's notices, newest first."""
    return Notice.objects.filter(user=user).order_by("-created_at", "-pk")


def send(*, notice_id: int) -> None:
    """Send the e-mail of a notice that was not seen yet. It says that there is something, and nothing of what."""
    notice = (
        Notice.objects.select_related("user").filter(pk=notice_id, seen_at__isnull=True, user__is_active=True).first()
    )
    if notice is not None:
        body = _BODY.format(link=settings.PUBLIC_URL + reverse("notices"))
        send_mail("A notice waits for you", body, None, [notice.user.email])


def _count(users: Collection[int]) -> None:
    """Write anew how many notices each of these people has not seen."""
    unseen = (
        Notice.objects.filter(user=OuterRef("pk"), seen_at__isnull=True)
        .order_by()
        .values("user")
        .annotate(number=Count("pk"))
        .values("number")
    )
    User.objects.filter(Q(pk__in=users)).update(notices_unseen=Coalesce(Subquery(unseen), 0))
