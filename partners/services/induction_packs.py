"""Writing a centre's inductions: steps of a draft, then opened for people to go through."""

from dataclasses import asdict, dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Max

from nhc import audit
from nhc.actors import Actor
from partners.models import Centre, InductionPack, InductionPackVersion, InductionStep
from partners.queries import induction as queries


@dataclass(frozen=True, slots=True)
class Step:
    """What a step is made of; see `partners.models.InductionStep`. `answer` counts the options from 0."""

    kind: str
    title: str
    body: str = ""
    address: str = ""
    question: str = ""
    options: tuple[str, ...] = ()
    answer: int | None = None
    feedback: str = ""
    norms: bool = False


class Clash(ValidationError):
    """Somebody else has changed the draft since: `version` is how it stands now."""

    def __init__(self, version: InductionPackVersion) -> None:
        super().__init__("Somebody else has changed this draft since you opened it. Compare, then save again.")
        self.version = version


@transaction.atomic
def draft_pack(*, centre: Centre, kind: str, by: Actor, at: datetime) -> InductionPackVersion:
    """Return the pack's draft, made from the version that is open where there is none yet."""
    pack, _ = InductionPack.objects.get_or_create(centre=centre, kind=kind, defaults={"created_at": at})
    InductionPack.objects.select_for_update().get(pk=pack.pk)
    draft = queries.draft_of(pack)
    if draft is not None:
        return draft
    newest = pack.versions.order_by("-number").first()
    draft = InductionPackVersion(
        pack=pack,
        number=1 if newest is None else newest.number + 1,
        valid_for_days=_usual(kind) if newest is None else newest.valid_for_days,
        created_at=at,
    )
    draft.full_clean()
    draft.save(force_insert=True)
    for step in [] if newest is None else newest.steps.order_by("position"):
        step.pk, step.version = None, draft
        step.save(force_insert=True)
    _audit("induction_pack.drafted", draft, by, at)
    return draft


@transaction.atomic
def add_step(
    *, version: InductionPackVersion, step: Step, edition: int | None = None, by: Actor, at: datetime
) -> InductionStep:
    """Put a step at the end of a draft. Raises Clash and ValidationError."""
    draft = _lock(version, edition)
    last = draft.steps.aggregate(last=Max("position"))["last"] or 0
    row = InductionStep(version=draft, position=last + 1, **_fields(step))
    row.full_clean()
    row.save(force_insert=True)
    _changed(draft, "steps", by, at)
    return row


@transaction.atomic
def edit_step(*, row: InductionStep, step: Step, edition: int, by: Actor, at: datetime) -> InductionStep:
    """Write a step of a draft anew. Raises Clash and ValidationError."""
    draft = _lock(row.version, edition)
    current = draft.steps.filter(pk=row.pk).first()
    if current is None:
        raise ValidationError("This step was removed meanwhile.")
    for name, value in _fields(step).items():
        setattr(current, name, value)
    current.full_clean()
    current.save()
    _changed(draft, "steps", by, at)
    return current


@transaction.atomic
def remove_step(*, row: InductionStep, edition: int, by: Actor, at: datetime) -> None:
    """Take a step out of a draft; those after it move up. Raises Clash."""
    draft = _lock(row.version, edition)
    draft.steps.filter(pk=row.pk).delete()
    draft.steps.filter(position__gt=row.position).update(position=F("position") - 1)
    _changed(draft, "steps", by, at)


@transaction.atomic
def move_up(*, row: InductionStep, edition: int, by: Actor, at: datetime) -> None:
    """Let a step of a draft change places with the one before; the first stays. Raises Clash."""
    draft = _lock(row.version, edition)
    before = draft.steps.filter(position__lt=row.position).order_by("-position").first()
    if before is None:
        return
    draft.steps.filter(pk=before.pk).update(position=row.position)
    draft.steps.filter(pk=row.pk).update(position=before.position)
    _changed(draft, "steps", by, at)


@transaction.atomic
def open_pack(
    *, version: InductionPackVersion, valid_for_days: int, edition: int, by: Actor, at: datetime
) -> InductionPackVersion:
    """Let people go through a draft from now on. Inductions by the version before hold until they run out.

    Raises Clash, and ValidationError for a draft without steps.
    """
    draft = _lock(version, edition)
    if not draft.steps.exists():
        raise ValidationError("Add a step first.")
    before = queries.version_open(draft.pack)
    if before is not None:
        before.superseded_at = at
        before.save(update_fields=["superseded_at"])
    draft.valid_for_days, draft.opened_at = valid_for_days, at
    draft.full_clean()
    draft.save()
    _audit("induction_pack.opened", draft, by, at)
    return draft


def _usual(kind: str) -> int:
    return 365 if kind == InductionPack.Kind.FULL else 30


def _fields(step: Step) -> dict[str, object]:
    return asdict(step) | {"options": list(step.options), "title": step.title.strip()}


def _lock(version: InductionPackVersion, edition: int | None) -> InductionPackVersion:
    InductionPack.objects.select_for_update().get(pk=version.pack_id)
    draft = InductionPackVersion.objects.select_related("pack__centre").get(pk=version.pk)
    if draft.opened_at is not None:
        raise ValidationError("This version was opened and stays as it is. Change the next draft.")
    if edition is not None and draft.edition != edition:
        raise Clash(draft)
    return draft


def _changed(draft: InductionPackVersion, field: str, by: Actor, at: datetime) -> None:
    draft.edition += 1
    draft.save(update_fields=["edition"])
    _audit("induction_pack.edited", draft, by, at, field)


def _audit(verb: str, version: InductionPackVersion, by: Actor, at: datetime, *fields: str) -> None:
    audit.record(
        by=by,
        at=at,
        verb=verb,
        subject="induction_pack",
        subject_id=version.pack_id,
        details={
            "kind": version.pack.kind,
            "version": version.number,
            "edition": version.edition,
            "fields": list(fields),
        },
        centre=version.pack.centre.slug,
    )
