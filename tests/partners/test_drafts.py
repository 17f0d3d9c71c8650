"""Uploaded sheets through the service: kept sealed, corrected, sent once, thrown away, forgotten."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.conf import LazySettings

from nhc.actors import Actor
from nhc.models import AuditEvent
from partners.formats.files import UnreadableFileError
from partners.models import Observation, SheetDraft, Submission
from partners.services import checks, drafts, retention, submissions
from partners.services.answers import Answer
from partners.services.drafts import (
    Corrections,
    DiscardedDraftError,
    File,
    NotReadyError,
    SentDraftError,
    StaleDraftError,
)
from tests import cast
from tests.cast import NOW, Cast

pytestmark = pytest.mark.django_db

SEEN, VISITS = "crisis-contacts-seen-in-4h", "visits-to-community-partners"
HEADER = "measure,period,numerator,denominator"


def csv_file(*lines: str) -> File:
    return File("march.csv", "\n".join([HEADER, *lines]).encode(), "2026-03")


def upload(people: Cast, file: File) -> SheetDraft:
    made = drafts.upload(organisation=people.trust, centre=people.riverside, file=file, by=by(people), at=NOW)
    assert isinstance(made, SheetDraft)
    return made


def by(people: Cast) -> Actor:
    return Actor.user(people.bashir, organisation="ZZ001")


def correct(people: Cast, draft: SheetDraft, version: int, corrections: Corrections) -> SheetDraft:
    return drafts.correct(draft=draft, version=version, corrections=corrections, by=by(people), at=NOW)


def check(people: Cast, draft: SheetDraft) -> checks.Check:
    grid = drafts.grid_of(draft)
    return checks.check(organisation=people.trust, centre=people.riverside, grid=grid, by=by(people), at=NOW)


@pytest.fixture
def people() -> Cast:
    return cast.gather()


def test_an_upload_waits_sealed_and_stores_no_figure(people: Cast) -> None:
    draft = upload(people, csv_file(f"{SEEN},2026-03,41,52"))
    kept = SheetDraft.objects.get(pk=draft.pk)
    assert SEEN.encode() not in bytes(kept.content)
    assert drafts.grid_of(kept).text(1, 2) == "41"
    assert (Submission.objects.count(), Observation.objects.count()) == (0, 0)
    assert AuditEvent.objects.filter(verb="sheet.uploaded", subject_id=str(draft.pk)).count() == 1


def test_a_check_uses_the_contract_and_keeps_nothing(people: Cast) -> None:
    found = check(people, upload(people, csv_file(f"{SEEN},2026-03,60,52", f"{VISITS},2026-03,,")))
    assert [(each.row, each.column, each.code) for each in found.errors] == [(1, 2, "numerator-above-denominator")]
    assert (found.unanswered, found.figures, found.ready) == ([2], 2, False)
    assert (Submission.objects.count(), Observation.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("answer", "numerator", "denominator", "state"),
    [
        (Answer.NONE, "0", "0", ""),
        (Answer.NOT_OFFERED, "", "", "none_offered"),
        (Answer.NOT_COLLECTED, "", "", "not_collected"),
        (Answer.WITHHELD, "", "", "withheld"),
    ],
)
def test_an_answer_is_written_into_its_row(
    people: Cast, answer: Answer, numerator: str, denominator: str, state: str
) -> None:
    draft = upload(people, csv_file(f"{SEEN},2026-03,,"))
    changed = correct(people, draft, 1, Corrections(answers={1: answer}))
    grid = drafts.grid_of(changed)
    cells = [grid.text(1, grid.columns().get(name)) for name in ("numerator", "denominator", "state")]
    assert cells == [numerator, denominator, state]
    assert check(people, changed).ready


def test_none_of_a_count_has_no_denominator(people: Cast) -> None:
    draft = correct(people, upload(people, csv_file(f"{VISITS},2026-03,,")), 1, Corrections(answers={1: Answer.NONE}))
    assert drafts.grid_of(draft).rows[1] == [VISITS, "2026-03", "0", ""]


def test_later_leaves_the_row_out_until_it_is_put_back(people: Cast) -> None:
    draft = upload(people, csv_file(f"{SEEN},2026-03,41,52", f"{VISITS},2026-03,,"))
    draft = correct(people, draft, 1, Corrections(answers={2: Answer.LATER}))
    assert check(people, draft).ready
    draft = correct(people, draft, 2, Corrections(rows_put_back={2}))
    assert check(people, draft).unanswered == [2]


def test_a_page_out_of_date_changes_nothing(people: Cast) -> None:
    draft = upload(people, csv_file(f"{VISITS},2026-03,7,"))
    correct(people, draft, 1, Corrections(cells={(1, 2): "8"}))
    with pytest.raises(StaleDraftError) as stale:
        correct(people, draft, 1, Corrections(cells={(1, 2): "9"}))
    assert drafts.grid_of(stale.value.current).text(1, 2) == "8"
    assert SheetDraft.objects.get().version == 2


def test_sent_once_it_answers_with_the_same_submission(people: Cast) -> None:
    draft = upload(people, csv_file(f"{VISITS},2026-03,7,"))
    first = drafts.send(draft=draft, version=1, by=by(people), at=NOW)
    assert drafts.send(draft=draft, version=1, by=by(people), at=NOW) == first
    assert (first.state, first.file_name, first.user_id) == ("accepted", "march.csv", people.bashir.pk)
    kept = SheetDraft.objects.get()
    assert (bytes(kept.content), kept.submission_id) == (b"", first.pk)
    assert Submission.objects.count() == 1
    with pytest.raises(SentDraftError):
        correct(people, draft, 2, Corrections())


def test_a_sheet_with_errors_is_never_sent(people: Cast) -> None:
    draft = upload(people, csv_file(f"{VISITS},2026-03,seven,"))
    with pytest.raises(NotReadyError):
        drafts.send(draft=draft, version=1, by=by(people), at=NOW)
    assert Submission.objects.count() == 0
    assert drafts.grid_of(SheetDraft.objects.get()).text(1, 2) == "seven"


def test_thrown_away_it_is_gone_and_nothing_was_sent(people: Cast) -> None:
    draft = upload(people, csv_file(f"{VISITS},2026-03,7,"))
    drafts.discard(draft=draft, by=by(people), at=NOW)
    assert (SheetDraft.objects.count(), Observation.objects.count()) == (0, 0)
    with pytest.raises(DiscardedDraftError):
        correct(people, draft, 1, Corrections())
    assert AuditEvent.objects.filter(verb="sheet.discarded").count() == 1


def test_thrown_away_after_it_was_sent_the_receipt_still_finds_it(people: Cast) -> None:
    draft = upload(people, csv_file(f"{VISITS},2026-03,7,"))
    drafts.send(draft=draft, version=1, by=by(people), at=NOW)
    drafts.discard(draft=draft, by=by(people), at=NOW)
    assert SheetDraft.objects.count() == 1


def test_a_corrected_file_takes_the_place_of_the_first(people: Cast) -> None:
    draft = upload(people, csv_file(f"{VISITS},2026-03,seven,"))
    drafts.replace_file(draft=draft, version=1, file=csv_file(f"{VISITS},2026-03,7,"), by=by(people), at=NOW)
    kept = SheetDraft.objects.get()
    assert (drafts.grid_of(kept).text(1, 2), kept.version) == ("7", 2)


def test_a_page_out_of_date_sends_no_very_long_file(people: Cast) -> None:
    draft = upload(people, csv_file(f"{VISITS},2026-03,seven,"))
    correct(people, draft, 1, Corrections(cells={(1, 2): "7"}))
    long = csv_file(*[f"{VISITS},2026-03,{number}," for number in range(5_001)])
    with pytest.raises(StaleDraftError):
        drafts.replace_file(draft=draft, version=1, file=long, by=by(people), at=NOW)
    assert SheetDraft.objects.get().version == 2
    assert not Submission.objects.exists()


def test_a_date_at_the_end_of_time_is_shown_as_it_was_typed(people: Cast) -> None:
    draft = upload(people, csv_file(f"{VISITS},01/12/9999,7,"))
    assert [finding.code for finding in check(people, draft).errors] == ["invalid-period"]


def test_5001_rows_are_sent_at_once_and_read_by_a_worker(people: Cast) -> None:
    made = drafts.upload(
        organisation=people.trust,
        centre=people.riverside,
        file=csv_file(*[f"{VISITS},2026-03,{number}," for number in range(5_001)]),
        by=by(people),
        at=NOW,
    )
    assert isinstance(made, Submission)
    assert (made.state, made.file_name) == ("received", "march.csv")
    assert SheetDraft.objects.count() == 0


def test_a_long_file_may_be_saved_as_spreadsheet_programs_save_it(people: Cast, settings: LazySettings) -> None:
    settings.SUBMISSION_SYNCHRONOUS_LIMIT = 1
    lines = ["measure;period;numerator;reason", f"{VISITS};01/02/2026;7;caf\u00e9", f"{VISITS};Mar-26;1,008;"]
    file = File("march.csv", "\n".join(lines).encode("cp1252"), "2026-03")
    made = drafts.upload(organisation=people.trust, centre=people.riverside, file=file, by=by(people), at=NOW)
    assert isinstance(made, Submission)
    assert submissions.process(submission_id=made.pk, at=NOW)
    stored = Observation.objects.order_by("period_start")
    assert [(each.numerator, each.reason) for each in stored] == [(Decimal(7), "caf\u00e9"), (Decimal(1008), "")]


def test_5000_rows_are_still_checked_on_the_page(people: Cast) -> None:
    draft = upload(people, csv_file(*[f"{VISITS},2026-03,{number}," for number in range(5_000)]))
    assert check(people, draft).errors[0].code == "duplicate-key"


def test_200001_rows_are_refused_in_words(people: Cast) -> None:
    lines = csv_file(*[f"{VISITS},2026-03,7,"] * 200_001)
    with pytest.raises(UnreadableFileError, match="must hold 200,000 rows or fewer"):
        drafts.upload(organisation=people.trust, centre=people.riverside, file=lines, by=by(people), at=NOW)


def test_a_sheet_goes_30_days_after_its_last_change(people: Cast) -> None:
    draft = upload(people, csv_file(f"{VISITS},2026-03,7,"))
    retention.forget_expired(at=NOW + timedelta(days=30) - timedelta(seconds=1))
    assert SheetDraft.objects.filter(pk=draft.pk).exists()
    retention.forget_expired(at=NOW + timedelta(days=30))
    assert not SheetDraft.objects.filter(pk=draft.pk).exists()
