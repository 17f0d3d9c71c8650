"""Who signs for an organisation, and the signing."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from nhc import audit
from nhc.actors import Actor
from nhc.clock import london_date
from nhc.models import User
from partners.models import AgreementVersion, Employment, Membership, Organisation, Signatory, Signature
from partners.queries import agreements as agreement_queries
from partners.queries import organisations as organisation_queries
from partners.queries.people import current
from partners.queries.staff import lasting


@transaction.atomic
def appoint_signatory(*, organisation: Organisation, user: User, capacity: str, by: Actor, at: datetime) -> Signatory:
    """Let one of an organisation's people sign for it, in a capacity such as "Chief executive".

    Raises ValidationError for somebody who is not theirs and for one who signs already.
    """
    theirs = Employment.objects.filter(current(at), user=user, organisation=organisation).exists()
    if not theirs and not Membership.objects.filter(current(at), user=user, team__organisation=organisation).exists():
        raise ValidationError({"email": f"Choose somebody who works for {organisation.name}."})
    signatory = Signatory(organisation=organisation, user=user, capacity=capacity.strip(), starts_at=at)
    signatory.full_clean()
    signatory.save(force_insert=True)
    _audit("signatory.appointed", signatory, by, at)
    return signatory


@transaction.atomic
def end_signatory(*, signatory: Signatory, by: Actor, at: datetime) -> Signatory:
    """Take the power to sign back. What they signed stays signed; ending it again changes nothing."""
    locked = Signatory.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=signatory.pk)
    if locked.ends_at is not None and locked.ends_at <= at:
        return locked
    locked.ends_at = at
    locked.save(update_fields=["ends_at"])
    _audit("signatory.ended", locked, by, at)
    return locked


@transaction.atomic
def end_with_employment(*, user: User, organisation: Organisation, ends_at: datetime, by: Actor, at: datetime) -> None:
    """End, with a person's employment, their power to sign for the employer: a later employment brings none back."""
    held = Signatory.objects.filter(lasting(ends_at), user=user, organisation=organisation)
    for signatory in held.select_for_update(of=("self",)).select_related("organisation"):
        signatory.ends_at = max(ends_at, signatory.starts_at)
        signatory.save(update_fields=["ends_at"])
        _audit("signatory.ended", signatory, by, at)


@transaction.atomic
def sign(*, version: AgreementVersion, organisation: Organisation, by: Actor, at: datetime) -> Signature:
    """Sign a version in force for an organisation.

    Raises ValidationError where a newer one is in force, where the organisation is no partner of the centre or has
    signed, and where the person does not sign for it now.
    """
    # Opening the next version waits for this lock, and this waits for it: nobody signs what was superseded.
    locked = (
        AgreementVersion.objects.select_for_update(of=("self",)).select_related("agreement__centre").get(pk=version.pk)
    )
    if locked.opened_at is None or locked.superseded_at is not None:
        raise ValidationError("This version is not the one in force. Open the agreement again and read the newest.")
    centre = locked.agreement.centre
    if not organisation_queries.is_partner(organisation, centre, london_date(at)):
        raise ValidationError(f"{organisation.name} is not a partner of {centre.name} today.")
    signing = Signatory.objects.filter(agreement_queries.signs(at), organisation=organisation)
    power = None if by.user_id is None else signing.filter(user_id=by.user_id).first()
    if power is None:
        raise ValidationError(f"You do not sign for {organisation.name}. Its administrator appoints who does.")
    signature = Signature(
        version=locked, organisation=organisation, user_id=power.user_id, capacity=power.capacity, signed_at=at
    )
    try:
        with transaction.atomic():
            signature.save(force_insert=True)
    except IntegrityError as error:
        raise ValidationError(f"{organisation.name} has signed this version already.") from error
    audit.record(
        by=by,
        at=at,
        verb="agreement.signed",
        subject="agreement",
        subject_id=locked.agreement_id,
        details={"kind": locked.agreement.kind, "version": locked.number, "signatory": power.pk},
        centre=centre.slug,
        organisation=organisation.code,
    )
    return signature


def _audit(verb: str, signatory: Signatory, by: Actor, at: datetime) -> None:
    audit.record(
        by=by,
        at=at,
        verb=verb,
        subject="signatory",
        subject_id=signatory.pk,
        details={"user": signatory.user_id},
        organisation=signatory.organisation.code,
    )
