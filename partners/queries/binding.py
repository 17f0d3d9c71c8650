"""Which organisations are bound by what a centre agreed on."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q

from nhc.clock import london_date
from partners.models import AgreementVersion, Signature


def in_force(at: datetime) -> Q:
    """Return the condition that a version is in force at an instant: opened and not superseded."""
    return Q(opened_at__lte=at) & (Q(superseded_at__isnull=True) | Q(superseded_at__gt=at))


def bound(kinds: Iterable[str], at: datetime) -> Q:
    """Return the condition that the organisation of a partnership has signed what is in force at its centre.

    Until the end of the version's `sign_by` it is enough to have signed the one before, to have had time for that
    when this one was opened, or that there was none before. Where nothing of the kinds is in force, all are bound.
    """
    signed = Signature.objects.filter(
        version=OuterRef("pk"), organisation=OuterRef(OuterRef("organisation_id")), signed_at__lte=at
    )
    before = Signature.objects.filter(
        version=OuterRef("predecessor_id"), organisation=OuterRef(OuterRef("organisation_id"))
    )
    in_time = Q(sign_by__gte=london_date(at)) & (
        Q(predecessor__isnull=True) | Q(predecessor__sign_by__gte=F("opened_on")) | Q(Exists(before))
    )
    lacking = AgreementVersion.objects.filter(
        in_force(at), ~Q(Exists(signed)), ~in_time, agreement__centre=OuterRef("centre_id"), agreement__kind__in=kinds
    )
    return ~Q(Exists(lacking))
