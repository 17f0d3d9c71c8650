"""Receiving figures: read, check, merge and answer, whole or not at all."""

import gc
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction

from nhc import audit, encryption, jobs
from nhc.actors import Actor
from nhc.clock import london_date
from nhc.identity import uuid7
from partners import findings, formats, validation
from partners.formats import Batch, Fault, MalformedError
from partners.models import Centre, Organisation, Submission, SubmissionBody, SubmissionErrors
from partners.queries import organisations as organisation_queries
from partners.queries import rules
from partners.services import differences, merge, outliers
from partners.services.differences import Change

log = structlog.get_logger(__name__)

KEPT = timedelta(days=30)
KEPT_REJECTED = timedelta(hours=24)
ATTEMPTS = 5
REASON_LENGTH = 500
UNREADABLE = "The stored upload cannot be read any more. Send the figures again."
FAILED = "Something went wrong on our side after several tries. Send the figures again; nothing was stored."


@dataclass(frozen=True, slots=True)
class Upload:
    """What arrived. `centre`, `mode` and `reason` stand beside the body in every format but JSON, which holds them."""

    organisation: Organisation
    media_type: str
    body: bytes
    centre: str | None = None
    mode: str | None = None
    reason: str | None = None
    file_name: str = ""

    @property
    def is_json(self) -> bool:
        """Whether the envelope is in the body."""
        return self.media_type == formats.MEDIA_TYPES[0]


@dataclass(slots=True)
class Outcome:
    """A submission after `receive`. `changes` is filled by a dry run, whose submission is not stored."""

    submission: Submission
    changes: list[Change] = field(default_factory=list)


class DryRunTooLargeError(ValueError):
    """A dry run takes no more observations than are answered at once."""


def receive(*, upload: Upload, by: Actor, at: datetime, dry_run: bool = False) -> Outcome:
    """Take an upload: finish it at once where it is small, store it for a worker where it is large.

    Raises MalformedError, TooManyObservationsError and DryRunTooLargeError; nothing is stored then.
    """
    limit = settings.SUBMISSION_OBSERVATION_LIMIT
    at_once = settings.SUBMISSION_SYNCHRONOUS_LIMIT
    counted = formats.count(upload.body, upload.media_type, limit=limit)
    large = counted is not None and counted > at_once
    batch = None if large else formats.read(upload.body, upload.media_type, limit=limit)
    if large or (batch is not None and len(batch.rows) > at_once):
        if dry_run:
            raise DryRunTooLargeError
        return _receive_large(upload=upload, batch=batch, by=by, at=at)
    assert batch is not None  # noqa: S101  (what is not large was read)
    # Only a dry run needs a savepoint of its own to go back to.
    with transaction.atomic(savepoint=dry_run):
        submission = _new(upload=upload, by=by, at=at, state=Submission.State.RECEIVED)
        outcome = _settle(submission=submission, upload=upload, batch=batch, by=by, at=at, dry_run=dry_run)
        if dry_run:
            transaction.set_rollback(True)
    return outcome


def _new(*, upload: Upload, by: Actor, at: datetime, state: Submission.State) -> Submission:
    return Submission(
        id=uuid7(),
        organisation=upload.organisation,
        media_type=upload.media_type,
        file_name=upload.file_name[:200],
        state=state,
        received_at=at,
        user_id=by.user_id,
        api_key_id=by.key_id,
        system_name=by.name if by.kind == "system" else "",
    )


def _keep_body(submission: Submission, upload: Upload, at: datetime) -> None:
    kept = KEPT_REJECTED if submission.state == Submission.State.REJECTED else KEPT
    SubmissionBody.objects.create(
        submission=submission,
        ciphertext=encryption.seal(upload.body, purpose=str(submission.pk)),
        expires_at=at + kept,
    )


def _receive_large(*, upload: Upload, batch: Batch | None, by: Actor, at: datetime) -> Outcome:
    """Store a large upload as received and queue its processing; one whose envelope is wrong is rejected at once.

    `batch` is the upload where it had to be read to be counted.
    """
    with transaction.atomic(savepoint=False):
        submission = _new(upload=upload, by=by, at=at, state=Submission.State.RECEIVED)
        around = Batch(formats.envelope(upload.body), []) if batch is None else batch
        if _read_envelope(submission, upload, around):
            if batch is None:
                batch = formats.read(upload.body, upload.media_type, limit=settings.SUBMISSION_OBSERVATION_LIMIT)
            return _settle(submission=submission, upload=upload, batch=batch, by=by, at=at, dry_run=False)
        submission.counts = _counts(received=0)
        submission.save(force_insert=True)
        _keep_body(submission, upload, at)
        jobs.enqueue("partners.tasks.process_submission", submission=str(submission.pk), at=at.isoformat())
        _audit(submission, by, at)
    return Outcome(submission)


def process(*, submission_id: UUID, at: datetime) -> bool:
    """Finish a stored submission; False where another worker holds it or it is finished already.

    Everything happens in one transaction that holds the submission's row: a worker that dies leaves it as it was, for
    the sweep to hand out again. After several tries it fails, with a sentence for the sender.
    """
    with transaction.atomic():
        submission = _claim(submission_id, at)
        if submission is None:
            return False
        if submission.attempts > ATTEMPTS:
            _fail(submission, FAILED, at)
            return True
    with transaction.atomic():
        submission = _claim(submission_id, None)
        if submission is None:
            return False
        with _collection_paused():
            _finish(submission, at)
    return True


@contextmanager
def _collection_paused() -> Iterator[None]:
    """Let memory grow while one large upload is taken in: of its many small tuples none is garbage before the end.

    Looking for garbage among them takes as long as checking them. Only a worker's own process does this.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _claim(submission_id: UUID, at: datetime | None) -> Submission | None:
    submission = (
        Submission.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("organisation", "api_key")
        .filter(pk=submission_id, state__in=[Submission.State.RECEIVED, Submission.State.PROCESSING])
        .first()
    )
    if submission is not None and at is not None:
        submission.state = Submission.State.PROCESSING
        submission.claimed_at = at
        submission.attempts += 1
        submission.save(update_fields=["state", "claimed_at", "attempts"])
    return submission


def _finish(submission: Submission, at: datetime) -> None:
    by = _actor_of(submission)
    stored = SubmissionBody.objects.filter(submission=submission).first()
    if stored is None:
        _fail(submission, UNREADABLE, at)
        return
    try:
        body = encryption.open_sealed(bytes(stored.ciphertext), purpose=str(submission.pk))
    except encryption.UnreadableError:
        _fail(submission, UNREADABLE, at)
        return
    upload = Upload(
        organisation=submission.organisation,
        media_type=submission.media_type,
        body=body,
        centre=None if submission.centre is None else submission.centre.slug,
        mode=submission.mode,
        reason=submission.reason or None,
    )
    try:
        batch = formats.read(body, submission.media_type, limit=settings.SUBMISSION_OBSERVATION_LIMIT)
    except MalformedError as error:
        _store_rejection(submission, upload, Batch(formats.Envelope(), []), [Fault("malformed", str(error))], at)
        _audit(submission, by, at)
        return
    _settle(submission=submission, upload=upload, batch=batch, by=by, at=at, dry_run=False)


def _fail(submission: Submission, sentence: str, at: datetime) -> None:
    submission.state = Submission.State.FAILED
    submission.processed_at = at
    submission.errors = [{"code": "failed", "detail": sentence, "occurrences": 1, "indexes": [], "pointers": []}]
    submission.save()
    _audit(submission, _actor_of(submission), at)
    log.error("submission_failed", submission=str(submission.pk))


def _actor_of(submission: Submission) -> Actor:
    if submission.user is not None:
        return Actor.user(submission.user, organisation=submission.organisation.code)
    if submission.api_key is not None:
        return Actor.key(
            prefix=submission.api_key.prefix,
            organisation=submission.organisation.code,
            key_id=submission.api_key_id,
        )
    return Actor.system(submission.system_name or "backbone")


def _settle(*, submission: Submission, upload: Upload, batch: Batch, by: Actor, at: datetime, dry_run: bool) -> Outcome:
    """Check a batch, then merge it or reject it, and store the finished submission with its audit event.

    It is judged by the day on which it arrived, however long it waited for a worker.
    """
    fresh = submission._state.adding
    faults = _read_envelope(submission, upload, batch)
    centre_id = 0 if submission.centre is None else submission.centre.pk
    contract = rules.rules_for(
        organisation_id=upload.organisation.pk, centre_id=centre_id, codes=(row.measure for row in batch.rows)
    )
    checked = validation.check(batch, contract, london_date(submission.received_at))
    if submission.centre is None:
        checked.faults = [fault for fault in checked.faults if fault.code != "measure-not-collected-here"]
    checked.faults[:0] = faults
    if not batch.rows and not checked.faults:
        checked.faults.append(Fault("missing-field", "Send at least one observation.", field="observations"))
    changes: list[Change] = []
    submission.periods = [
        {"period": name, "start": start.isoformat(), "end": end.isoformat()}
        for (start, end), name in sorted(checked.periods.items())
    ]
    if checked.faults:
        submission.warnings = findings.grouped(checked.warnings, batch)
        _store_rejection(submission, upload, batch, checked.faults, at)
    else:
        changes = _accept(submission, upload, batch, checked, at, fresh=fresh, dry_run=dry_run)
        if fresh and not dry_run:
            _keep_body(submission, upload, at)
    _audit(submission, by, at)
    return Outcome(submission, changes)


def _accept(
    submission: Submission,
    upload: Upload,
    batch: Batch,
    checked: validation.Checked,
    at: datetime,
    *,
    fresh: bool,
    dry_run: bool,
) -> list[Change]:
    assert submission.centre is not None  # noqa: S101  (a batch without a centre has a fault)
    where = {"organisation_id": upload.organisation.pk, "centre_id": submission.centre.pk}
    submission.counts = _counts(received=len(batch.rows))
    if fresh:
        submission.save(force_insert=True)  # before the observations that refer to it
    seq = merge.take_revision(centre_id=submission.centre.pk)
    counts = merge.merge(
        checked.figures,
        **where,
        submission_id=submission.pk,
        seq=seq,
        replace=submission.mode == Submission.Mode.REPLACE,
    )
    if len(checked.figures) <= settings.SUBMISSION_SYNCHRONOUS_LIMIT:
        checked.warnings.extend(outliers.found(checked.figures, batch, **where))
    submission.warnings = findings.grouped(checked.warnings, batch)
    submission.state = Submission.State.ACCEPTED
    submission.processed_at = at
    submission.counts = _counts(
        received=len(batch.rows),
        created=counts.created,
        changed=counts.changed,
        unchanged=counts.unchanged,
        removed=counts.removed,
    )
    submission.save(force_update=True)
    if counts.any_change:
        merge.record_revision(seq=seq, centre_id=submission.centre.pk, submission_id=submission.pk)
    return differences.made(checked.figures, seq=seq, **where) if dry_run else []


def _store_rejection(
    submission: Submission, upload: Upload, batch: Batch, faults: Sequence[Fault], at: datetime
) -> None:
    """Store a rejected submission with every fault, and its body for the short time that a rejected one is kept."""
    fresh = submission._state.adding
    _reject(submission, batch, faults, at)
    submission.save(force_insert=fresh, force_update=not fresh)
    SubmissionErrors.objects.create(
        submission=submission, lines=zlib.compress(findings.csv_lines(faults, batch).encode())
    )
    if fresh:
        _keep_body(submission, upload, at)
    else:
        SubmissionBody.objects.filter(submission=submission).update(expires_at=at + KEPT_REJECTED)


def _reject(submission: Submission, batch: Batch, faults: Sequence[Fault], at: datetime) -> None:
    submission.state = Submission.State.REJECTED
    submission.processed_at = at
    submission.errors = findings.grouped(faults, batch)
    wrong = {fault.index for fault in faults} | {fault.also for fault in faults}
    submission.counts = _counts(received=len(batch.rows), rejected=len(wrong - {None}))


def _counts(
    *, received: int, created: int = 0, changed: int = 0, unchanged: int = 0, removed: int = 0, rejected: int = 0
) -> dict[str, int]:
    return {
        "received": received,
        "created": created,
        "changed": changed,
        "unchanged": unchanged,
        "removed": removed,
        "rejected": rejected,
    }


def _read_envelope(submission: Submission, upload: Upload, batch: Batch) -> list[Fault]:
    """Take centre, mode and reason from where the format keeps them; return what is wrong with them."""
    faults: list[Fault] = []
    if upload.is_json:
        centre, mode, reason = batch.envelope.centre, batch.envelope.mode, batch.envelope.reason
    else:
        centre, mode, reason = upload.centre or batch.envelope.centre, upload.mode, upload.reason
        if upload.centre and batch.envelope.centre not in {None, upload.centre} and batch.rows:
            faults.append(Fault("several-centres", validation.DETAILS["several-centres"], 0, "centre", batch.line(0)))
    submission.centre = submission.centre or _centre_for(upload.organisation, centre, submission.received_at)
    if submission.centre is None:
        faults.append(_centre_fault(centre))
    if mode is None:
        submission.mode = Submission.Mode.MERGE
    elif isinstance(mode, str) and mode in Submission.Mode.values:
        submission.mode = Submission.Mode(mode)
    else:
        code = "invalid-mode" if isinstance(mode, str) else "wrong-type"
        faults.append(Fault(code, validation.DETAILS[code], field="mode"))
    if isinstance(reason, str) and validation.is_plain_text(reason, REASON_LENGTH):
        submission.reason = reason
    elif isinstance(reason, str):
        said = f"Use at most {REASON_LENGTH} characters of plain text."
        faults.append(Fault("invalid-text", said, field="reason"))
    elif reason is not None:
        faults.append(Fault("wrong-type", validation.DETAILS["wrong-type"], field="reason"))
    return faults


def _centre_for(organisation: Organisation, slug: object, at: datetime) -> Centre | None:
    """Return the centre where the organisation is a partner today, or None for any other word."""
    if not isinstance(slug, str) or not slug.isascii() or "\0" in slug or not 0 < len(slug) <= 64:
        return None
    found = organisation_queries.centre_with_partners(slug, london_date(at))
    return found.centre if found is not None and organisation.pk in found.partners else None


def _centre_fault(given: object) -> Fault:
    code = "missing-field" if given is None or given == "" else "unknown-centre"
    if given is not None and not isinstance(given, str):
        code = "wrong-type"
    detail = "Name the centre that the figures are for." if code == "missing-field" else validation.DETAILS[code]
    return Fault(code, detail, field="centre")


def _audit(submission: Submission, by: Actor, at: datetime) -> None:
    audit.record(
        by=by,
        at=at,
        verb=f"submission.{submission.state}",
        subject="submission",
        subject_id=submission.pk,
        details={"mode": str(submission.mode), **submission.counts},
        centre="" if submission.centre is None else submission.centre.slug,
        organisation=submission.organisation.code,
    )


def waiting(*, at: datetime) -> list[UUID]:
    """Return submissions that should have been finished by now: received over 30 seconds ago, claimed or not.

    `process` passes over those that a worker holds.
    """
    late = at - timedelta(seconds=30)
    return list(
        Submission.objects.filter(
            state__in=[Submission.State.RECEIVED, Submission.State.PROCESSING], received_at__lt=late
        )
        .order_by("received_at")
        .values_list("pk", flat=True)[:100]
    )
