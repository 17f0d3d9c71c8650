"""What became of each figure of an accepted submission, read back from the history that it made."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.db.models import Exists, OuterRef

from nhc import encryption
from nhc.clock import london_date
from partners import formats, validation
from partners.models import MeasureVersion, Observation, Revision, Submission, SubmissionBody
from partners.queries import contract, rules, submissions
from partners.validation import Figure

SHOWN = 100
"""Figures on one page of a receipt."""
_READ_BACK = 1_000

type Key = tuple[int, date, str, str]


@dataclass(frozen=True, slots=True)
class Counted:
    """One figure: what held before and what holds through this submission. `kind` as in a dry run.

    For an unchanged figure both are None and `sent` is what arrived.
    """

    kind: str
    version: MeasureVersion
    period_start: date
    dimension: str
    category: str
    before: Observation | None = None
    after: Observation | None = None
    sent: Figure | None = None


def counted(submission: Submission, *, after: int = 0) -> tuple[list[Counted], int]:
    """Return up to SHOWN figures that a submission created or changed, and from where to go on (0 at the end).

    Figures that it removed stand before the first page, as many again at most.
    """
    rows = list(submissions.observations_made(submission, after=after)[: SHOWN + 1])
    shown = rows[:SHOWN]
    revision = Revision.objects.filter(submission=submission).first()
    if revision is None:
        return [_counted(row, None) for row in shown], 0
    closed = Observation.objects.filter(
        closed_seq=revision.seq,
        centre=submission.centre,
        organisation=submission.organisation,
        period_start__in=[period["start"] for period in submission.periods],
    ).select_related("version")
    before = {_key(row): row for row in closed.filter(measure_id__in={row.measure_id for row in shown})}
    found = [_counted(row, before.get(_key(row))) for row in shown]
    if not after and submission.counts.get("removed"):
        same = {name: OuterRef(name) for name in ("measure", "period_start", "dimension", "category")}
        made = Observation.objects.filter(submission=submission, **same)
        found[:0] = [_counted(None, row) for row in closed.filter(~Exists(made)).order_by("pk")[:SHOWN]]
    return found, shown[-1].pk if len(rows) > SHOWN else 0


def unchanged(submission: Submission, made: Iterable[Counted]) -> list[Counted]:
    """Return the figures that were there already, for as long as the uploaded body is kept; none of a large one."""
    if not submission.counts.get("unchanged") or submission.counts.get("received", 0) > _READ_BACK:
        return []
    body = _body(submission)
    if body is None or submission.centre is None:
        return []
    batch = formats.read(body, submission.media_type, limit=settings.SUBMISSION_OBSERVATION_LIMIT)
    codes = [row.measure for row in batch.rows]
    known = rules.rules_for(organisation_id=submission.organisation_id, centre_id=submission.centre.pk, codes=codes)
    figures = validation.check(batch, known, london_date(submission.received_at)).figures
    new = {(each.version.measure_id, each.period_start, each.dimension, each.category) for each in made}
    versions = {
        version.pk: version
        for found in contract.versions_of({figure.measure_id for figure in figures}).values()
        for version in found
    }
    return [
        Counted("unchanged", versions[each.version_id], each.period_start, each.dimension, each.category, sent=each)
        for each in figures
        if (each.measure_id, each.period_start, each.dimension, each.category) not in new
    ]


def _body(submission: Submission) -> bytes | None:
    stored = SubmissionBody.objects.filter(submission=submission).first()
    try:
        return None if stored is None else encryption.open_sealed(bytes(stored.ciphertext), purpose=str(submission.pk))
    except encryption.UnreadableError:
        return None


def _key(row: Observation) -> Key:
    return row.measure_id, row.period_start, row.dimension, row.category


def _counted(row: Observation | None, before: Observation | None) -> Counted:
    one = row or before
    assert one is not None  # noqa: S101  (one of the two is always there; tells the type checker)
    kind = "removed" if row is None else "created" if before is None else "changed"
    return Counted(kind, one.version, one.period_start, one.dimension, one.category, before, row)
