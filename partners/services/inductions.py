"""Going through an induction, step by step, and confirming the norms charter again when it has changed."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction

from nhc import audit
from nhc.actors import Actor
from nhc.clock import london_date
from nhc.models import User
from partners.models import (
    Agreement,
    AgreementVersion,
    Induction,
    InductionPackVersion,
    InductionStep,
    InductionStepDone,
    NormsConfirmation,
)
from partners.queries import agreements as agreement_queries
from partners.queries import induction as queries
from partners.queries.standing import end_of


@dataclass(frozen=True, slots=True)
class Progress:
    """What doing a step came to. `right` is False for a wrong answer to a check, and nothing is stored then."""

    induction: Induction
    right: bool
    feedback: str = ""


@transaction.atomic
def begin(*, user: User, version: InductionPackVersion, by: Actor, at: datetime) -> Induction:
    """Begin a version that is open, or go on with the one under way. Raises ValidationError for any other version."""
    # The person's row: two tabs that begin at once go on with one induction.
    User.objects.select_for_update().get(pk=user.pk)
    under_way = queries.under_way(user.pk, version)
    if under_way is not None:
        return under_way
    if version.opened_at is None or version.superseded_at is not None:
        raise ValidationError("This induction was replaced by a newer one. Begin that one.")
    induction = Induction(user=user, centre_id=version.pack.centre_id, version=version, started_at=at)
    induction.full_clean()
    induction.save(force_insert=True)
    _audit("induction.begun", induction, by, at)
    return induction


@transaction.atomic
def do_step(
    *,
    induction: Induction,
    step: InductionStep,
    confirmed: bool = False,
    choice: int | None = None,
    norms: int | None = None,
    by: Actor,
    at: datetime,
) -> Progress:
    """Do one step; the last one completes the induction. Doing a step again changes nothing.

    `confirmed` ticks what a confirm step asks, `choice` answers a check, `norms` is the key of the version of the norms
    charter that was shown. Raises ValidationError for an unticked confirmation, an answer that is missing, a step of
    another version, and where the charter has changed since it was shown.
    """
    locked = (
        Induction.objects.select_for_update(of=("self",))
        .select_related("version__pack__centre", "user")
        .get(pk=induction.pk)
    )
    if step.version_id != locked.version_id:
        raise ValidationError("This step belongs to another induction.")
    if locked.completed_at is not None or locked.done.filter(step=step).exists():
        return Progress(locked, right=True, feedback=step.feedback)
    if step.kind == InductionStep.Kind.CONFIRM and not confirmed:
        raise ValidationError({"confirmed": "Tick the box to confirm it."})
    if step.kind == InductionStep.Kind.CHECK:
        if choice is None or not 0 <= choice < len(step.options):
            raise ValidationError({"choice": "Select an answer."})
        if choice != step.answer:
            return Progress(locked, right=False, feedback=step.feedback)
    if step.norms:
        _confirm_shown(locked, norms, by, at)
    InductionStepDone.objects.create(induction=locked, step=step, done_at=at)
    left = locked.version.steps.exclude(done__induction=locked).exists()
    _audit("induction.step_done", locked, by, at, step=step.position)
    if not left:
        locked.completed_at = at
        locked.expires_at = end_of(london_date(at) + timedelta(days=locked.version.valid_for_days))
        locked.full_clean()
        locked.save()
        _audit("induction.completed", locked, by, at)
    return Progress(locked, right=True, feedback=step.feedback)


@transaction.atomic
def confirm_norms(*, user: User, version: AgreementVersion, by: Actor, at: datetime) -> NormsConfirmation:
    """Confirm the norms charter that is in force. Confirming it again changes nothing.

    Raises ValidationError for what is not a norms charter in force.
    """
    locked = (
        AgreementVersion.objects.select_for_update(of=("self",)).select_related("agreement__centre").get(pk=version.pk)
    )
    if locked.agreement.kind != Agreement.Kind.NORMS or locked.opened_at is None or locked.superseded_at is not None:
        raise ValidationError("The norms charter has changed since. Open it again and read the newest.")
    confirmation, made = NormsConfirmation.objects.get_or_create(
        user=user, version=locked, defaults={"confirmed_at": at}
    )
    if made:
        audit.record(
            by=by,
            at=at,
            verb="norms.confirmed",
            subject="agreement",
            subject_id=locked.agreement_id,
            details={"version": locked.number},
            centre=locked.agreement.centre.slug,
        )
    return confirmation


def _confirm_shown(induction: Induction, shown: int | None, by: Actor, at: datetime) -> None:
    """Confirm the charter in force, if that is the one that was shown; a centre without one has nothing to confirm."""
    charter = agreement_queries.in_force_at(induction.version.pack.centre, at).get(Agreement.Kind.NORMS)
    if charter is None:
        return
    if charter.pk != shown:
        raise ValidationError("The norms charter has changed since you opened this page. Read it again below.")
    confirm_norms(user=induction.user, version=charter, by=by, at=at)


def _audit(verb: str, induction: Induction, by: Actor, at: datetime, **details: int) -> None:
    pack = induction.version.pack
    audit.record(
        by=by,
        at=at,
        verb=verb,
        subject="induction",
        subject_id=induction.pk,
        details={"kind": pack.kind, "version": induction.version.number, **details},
        centre=pack.centre.slug,
    )
