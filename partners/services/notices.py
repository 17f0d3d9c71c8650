"""Warnings 14, 7 and 1 days before somebody would stop deciding alone, and before an agreement is due for review."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.urls import reverse

from nhc import audit, formats, notices
from nhc.access import ROLES, Permission
from nhc.actors import Actor
from nhc.clock import london_date
from nhc.notices import Reminder, stage_of
from partners.models import Agreement, AgreementVersion
from partners.queries import agreements as agreement_queries
from partners.queries import induction as induction_queries

_OPENERS = [role.code for role in ROLES.values() if Permission.OPEN_AGREEMENTS in role.permissions]


@transaction.atomic
def give_notices(*, by: Actor, at: datetime) -> int:
    """Warn everybody who is due and was not warned yet; return how many notices that made.

    Safe to repeat. After days on which it did not run, each person gets the one stage that is reached by then.
    """
    reminders = [*_inductions(at), *_signatures(at), *_norms(at), *_reviews(at)]
    notices.forget(by=by, at=at)
    made = notices.give(reminders=reminders, at=at)
    if made:
        audit.record(
            by=by, at=at, verb="notices.given", subject="notices", subject_id=at.date(), details={"notices": made}
        )
    return made


def _inductions(at: datetime) -> Iterator[Reminder]:
    for days_left, each in induction_queries.ending(at):
        stage = stage_of(days_left)
        if stage is None or each.expires_at is None:
            continue
        last = formats.full_date(each.expires_at - timedelta(microseconds=1))
        yield Reminder(
            user_id=each.user_id,
            kind="induction",
            about=f"induction:{each.pk}",
            stage=stage,
            sentence=f"Your induction at {each.centre.name} ends after {last}. Complete one before your next shift "
            "after that day, or you do not decide alone in it.",
            path=reverse("partners:induction", args=[each.centre.slug]),
        )


def _signatures(at: datetime) -> Iterator[Reminder]:
    for version, stage in _due(at):
        centre, kind = version.agreement.centre, Agreement.Kind(version.agreement.kind)
        late = [
            each.organisation
            for each in agreement_queries.signings(version, at)
            if each.signature is None and each.bound
        ]
        last = formats.full_date(version.sign_by)
        for organisation, user_id in agreement_queries.concerned(centre, late, at):
            yield Reminder(
                user_id=user_id,
                kind="signature",
                about=f"version:{version.pk}:{organisation.code}",
                stage=stage,
                sentence=f"{organisation.name} has not signed the {kind.label.lower()} of {centre.name}. Unless it "
                f"does by the end of {last}, its people do not decide alone from their next shift.",
                path=reverse("partners:agreement", args=[centre.slug, kind]),
            )


def _norms(at: datetime) -> Iterator[Reminder]:
    for version, stage in _due(at):
        if version.agreement.kind != Agreement.Kind.NORMS:
            continue
        centre, last = version.agreement.centre, formats.full_date(version.sign_by)
        for user_id in agreement_queries.not_confirmed(version, at):
            yield Reminder(
                user_id=user_id,
                kind="norms",
                about=f"norms:{version.pk}",
                stage=stage,
                sentence=f"The norms charter of {centre.name} has changed. Read and confirm it by the end of {last}, "
                "or you do not decide alone from your next shift.",
                path=reverse("partners:induction-norms", args=[centre.slug]),
            )


def _reviews(at: datetime) -> Iterator[Reminder]:
    for version in agreement_queries.due_for_review(at):
        stage = None if version.review_on is None else stage_of((version.review_on - london_date(at)).days)
        if stage is None:
            continue
        centre, kind = version.agreement.centre, Agreement.Kind(version.agreement.kind)
        for user in agreement_queries.holders(centre, _OPENERS, at):
            yield Reminder(
                user_id=user.pk,
                kind="review",
                about=f"review:{version.pk}",
                stage=stage,
                sentence=f"The {kind.label.lower()} of {centre.name} is due for review on "
                f"{formats.full_date(version.review_on)}.",
                path=reverse("partners:agreement", args=[centre.slug, kind]),
            )


def _due(at: datetime) -> Iterator[tuple[AgreementVersion, int]]:
    """Return what is in force and has its last day for signing within two weeks, with the stage that is reached."""
    today = london_date(at)
    for version in agreement_queries.due_for_signing(at):
        stage = None if version.sign_by is None else stage_of((version.sign_by - today).days)
        if stage is not None:
            yield version, stage
