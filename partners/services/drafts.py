"""Sheets on their way to becoming submissions: uploaded, corrected, sent, or thrown away. Nothing typed is lost."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec
from django.conf import settings
from django.db import transaction

from nhc import audit, encryption
from nhc.actors import Actor
from nhc.identity import uuid7
from partners import periods
from partners.formats import MalformedError, TooManyObservationsError
from partners.formats.files import TooLongToShowError, UnreadableFileError, as_sent, read_file
from partners.formats.grids import Grid
from partners.formats.reading import CSV
from partners.models import Centre, Organisation, SheetDraft, Submission
from partners.queries import contract
from partners.services import checks, submissions
from partners.services.answers import Answer
from partners.services.submissions import Upload

KEPT = timedelta(days=30)
TOO_MANY = "The selected file must hold 200,000 rows or fewer"


class StaleDraftError(ValueError):
    """Someone changed the sheet since the page was opened. `current` is the sheet as it is now."""

    def __init__(self, current: SheetDraft) -> None:
        super().__init__("The sheet was changed meanwhile.")
        self.current = current


class SentDraftError(ValueError):
    """The sheet was sent meanwhile, as `submission`."""

    def __init__(self, submission: Submission) -> None:
        super().__init__("The sheet was sent meanwhile.")
        self.submission = submission


class DiscardedDraftError(ValueError):
    """The sheet was thrown away meanwhile."""


class NotReadyError(ValueError):
    """The sheet has errors, so it cannot be sent."""


@dataclass(frozen=True, slots=True)
class Corrections:
    """What a person changed on the page. Rows and columns are counted from 0; `cells` is by (row, column)."""

    cells: Mapping[tuple[int, int], str] = field(default_factory=dict)
    answers: Mapping[int, Answer] = field(default_factory=dict)
    rows_left_out: Collection[int] = ()
    rows_put_back: Collection[int] = ()
    columns_left_out: Collection[int] = ()


@dataclass(frozen=True, slots=True)
class File:
    """A file as it was chosen: its name, its bytes, and the kind of period of the return it is for."""

    name: str
    body: bytes
    period: str
    kind: str = periods.MONTH


def upload(
    *, organisation: Organisation, centre: Centre, file: File, by: Actor, at: datetime
) -> SheetDraft | Submission:
    """Keep a chosen file as a draft to check; one with more rows than a page can check is sent as it is.

    Raises UnreadableFileError with a sentence for the person.
    """
    try:
        grid, sheet = _read(file)
    except TooLongToShowError:
        return _send_as_it_is(organisation, centre, file, by, at)
    draft = SheetDraft(
        id=uuid7(),
        organisation=organisation,
        centre=centre,
        period=file.period,
        user_id=_person(by),
        created_at=at,
    )
    with transaction.atomic():
        _keep(draft, grid, by, at, file_name=file.name, sheet_name=sheet)
        draft.save(force_insert=True)
        _audit(draft, "sheet.uploaded", by, at, rows=len(grid.rows))
    return draft


def replace_file(*, draft: SheetDraft, version: int, file: File, by: Actor, at: datetime) -> SheetDraft | Submission:
    """Put a corrected file in the place of the draft's. A very long one is sent, and the draft discarded.

    Raises UnreadableFileError, StaleDraftError, SentDraftError and DiscardedDraftError.
    """
    try:
        grid, sheet = _read(file)
    except TooLongToShowError:
        with transaction.atomic():
            _locked(draft, version)
            discard(draft=draft, by=by, at=at)
            return _send_as_it_is(draft.organisation, draft.centre, file, by, at)
    with transaction.atomic():
        current = _locked(draft, version)
        current.version += 1
        _keep(current, grid, by, at, file_name=file.name, sheet_name=sheet)
        current.save(force_update=True)
        _audit(current, "sheet.replaced", by, at, rows=len(grid.rows))
    return current


def correct(*, draft: SheetDraft, version: int, corrections: Corrections, by: Actor, at: datetime) -> SheetDraft:
    """Write what a person changed into the sheet. Places outside the sheet are passed over.

    Raises StaleDraftError, SentDraftError and DiscardedDraftError.
    """
    with transaction.atomic():
        current = _locked(draft, version)
        grid = grid_of(current)
        width = grid.width
        for (row, column), text in corrections.cells.items():
            if row < len(grid.rows) and column < width:
                grid.put(row, column, text)
        _answer(current, grid, corrections.answers)
        dropped = (set(grid.left_out) | set(corrections.rows_left_out)) - set(corrections.rows_put_back)
        grid.left_out = sorted(row for row in dropped if row < len(grid.rows))
        columns = set(grid.columns_left_out) | set(corrections.columns_left_out)
        grid.columns_left_out = sorted(column for column in columns if column < width)
        current.version += 1
        _keep(current, grid, by, at)
        current.save(force_update=True)
        _audit(current, "sheet.corrected", by, at, cells=len(corrections.cells), answers=len(corrections.answers))
    return current


def send(*, draft: SheetDraft, version: int, by: Actor, at: datetime) -> Submission:
    """Send the sheet. Sent twice, it answers with the first submission.

    Raises StaleDraftError, DiscardedDraftError, and NotReadyError where the sheet has errors by now.
    """
    with transaction.atomic():
        try:
            current = _locked(draft, version)
        except SentDraftError as sent:
            return sent.submission
        grid = grid_of(current)
        organisation, centre = current.organisation, current.centre
        if not checks.check(organisation=organisation, centre=centre, grid=grid, by=by, at=at).ready:
            raise NotReadyError
        sheet = Upload(
            organisation=organisation,
            media_type=CSV,
            body=grid.as_csv(),
            centre=centre.slug,
            file_name=current.file_name,
        )
        submission = submissions.receive(upload=sheet, by=by, at=at).submission
        if submission.state != Submission.State.ACCEPTED:
            raise NotReadyError
        current.submission = submission
        current.content = b""
        current.version += 1
        current.save(force_update=True)
        _audit(current, "sheet.sent", by, at, rows=len(grid.rows))
    return submission


def discard(*, draft: SheetDraft, by: Actor, at: datetime) -> None:
    """Throw the sheet away. One that was sent already stays, and so do its figures."""
    with transaction.atomic():
        current = SheetDraft.objects.select_for_update(of=("self",)).filter(pk=draft.pk, submission=None).first()
        if current is not None:
            current.delete()
            _audit(draft, "sheet.discarded", by, at)


def grid_of(draft: SheetDraft) -> Grid:
    """Return the draft's sheet. Raises nhc.encryption.UnreadableError where the key that sealed it is gone."""
    return msgspec.json.decode(encryption.open_sealed(bytes(draft.content), purpose=str(draft.pk)), type=Grid)


def _read(file: File) -> tuple[Grid, str]:
    return read_file(file.body, name=file.name, kind=file.kind, most=settings.SUBMISSION_SYNCHRONOUS_LIMIT)


def _send_as_it_is(organisation: Organisation, centre: Centre, file: File, by: Actor, at: datetime) -> Submission:
    try:
        body, media_type = as_sent(file.body, kind=file.kind, most=settings.SUBMISSION_OBSERVATION_LIMIT)
        sent = Upload(
            organisation=organisation, media_type=media_type, body=body, centre=centre.slug, file_name=file.name
        )
        return submissions.receive(upload=sent, by=by, at=at).submission
    except (TooLongToShowError, TooManyObservationsError) as error:
        raise UnreadableFileError(TOO_MANY) from error
    except MalformedError as error:
        raise UnreadableFileError(str(error).removesuffix(".")) from error


def _locked(draft: SheetDraft, version: int) -> SheetDraft:
    """Return the draft as it is now, held until the transaction ends, where nobody else moved it on."""
    current = (
        SheetDraft.objects.select_for_update(of=("self",))
        .select_related("organisation", "centre", "submission", "changed_by")
        .filter(pk=draft.pk)
        .first()
    )
    if current is None:
        raise DiscardedDraftError
    if current.submission is not None:
        raise SentDraftError(current.submission)
    if current.version != version:
        raise StaleDraftError(current)
    return current


def _keep(
    draft: SheetDraft, grid: Grid, by: Actor, at: datetime, *, file_name: str | None = None, sheet_name: str = ""
) -> None:
    if file_name is not None:
        draft.file_name, draft.sheet_name = file_name[:200], sheet_name
    draft.changed_by_id = _person(by)
    draft.updated_at = at
    draft.expires_at = at + KEPT
    draft.content = encryption.seal(msgspec.json.encode(grid), purpose=str(draft.pk))


def _person(by: Actor) -> int:
    if by.user_id is None:
        raise ValueError("Sheets are uploaded and corrected by people.")
    return by.user_id


def _answer(draft: SheetDraft, grid: Grid, answers: Mapping[int, Answer]) -> None:
    """Write why a row is empty into its own cells, in columns that are added where the sheet has none."""
    open_rows = set(grid.unanswered_rows())
    pairs = _pairs(draft) if Answer.NONE in answers.values() else frozenset()
    left_out = set(grid.left_out)
    for row, answer in answers.items():
        if row not in open_rows:
            continue
        if answer is Answer.LATER:
            left_out.add(row)
        elif answer is Answer.NONE:
            grid.put(row, grid.column("numerator"), "0")
            if grid.text(row, grid.columns().get("measure")) in pairs:
                grid.put(row, grid.column("denominator"), "0")
        else:
            grid.put(row, grid.column("state"), answer.value)
    grid.left_out = sorted(left_out)


def _pairs(draft: SheetDraft) -> frozenset[str]:
    """Return the codes of the measures whose figures are pairs, as the centre collects them."""
    days = {reading.start for kind in periods.EXAMPLES if (reading := _reading(draft.period, kind)) is not None}
    return frozenset(
        version.measure.code
        for day in days
        for version in contract.collected_versions(draft.centre, day).values()
        if version.has_denominator
    )


def _reading(text: str, kind: str) -> periods.Period | None:
    try:
        return periods.parse(text, kind)
    except (periods.InvalidPeriodError, periods.WrongPeriodTypeError):
        return None


def _audit(draft: SheetDraft, verb: str, by: Actor, at: datetime, **details: int) -> None:
    audit.record(
        by=by,
        at=at,
        verb=verb,
        subject="sheet",
        subject_id=draft.pk,
        details=details,
        centre=draft.centre.slug,
        organisation=draft.organisation.code,
    )
