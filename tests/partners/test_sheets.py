"""A partner with only a spreadsheet: the file is read, checked at its cells, corrected and sent."""

import datetime
import io
from decimal import Decimal

import openpyxl
import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from partners.formats import files
from partners.formats.files import UnreadableFileError, read_file
from partners.models import Observation, SheetDraft, Submission
from tests.cast import Cast
from tests.partners.pages import Page, csv_file, signed_in, title, version, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]

RETURN = "/returns/ZZ001/riverside/2026-03/"
SEEN, VISITS = "crisis-contacts-seen-in-4h", "visits-to-community-partners"
HEADER = "measure,period,numerator,denominator"


@pytest.fixture
def browser(people: Cast) -> Client:
    return signed_in(people.bashir)


def upload(browser: Client, *lines: str) -> str:
    """Upload lines under the usual header and return the address of the check."""
    answer = browser.post(RETURN, {"file": csv_file(HEADER, *lines)})
    assert answer.status_code == 302, words(answer)
    return answer["Location"]


def save(browser: Client, sheet: str, **typed: str) -> Page:
    """Save what was typed on the check page and return the next one."""
    changes = {name.replace("_", "-"): text for name, text in typed.items()}
    return browser.post(sheet, {"version": version(browser.get(sheet)), **changes}, follow=True)


def spreadsheet(*rows: list[object]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as workbook:
        page = workbook.add_worksheet("March")
        day = workbook.add_format({"num_format": "mmm-yy"})
        for row, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                if isinstance(cell, datetime.date):
                    page.write_datetime(row, column, cell, day)
                elif cell is not None:
                    page.write(row, column, cell)
    return out.getvalue()


def test_errors_are_shown_at_their_cells_corrected_there_and_sent(browser: Client) -> None:
    sheet = upload(browser, f"{SEEN},2026-03,fourteen,20", f"{VISITS},2026-03,,")
    page: Page = browser.get(sheet)
    assert title(page).startswith("Error: Check your March 2026 figures")
    assert "0 of 2 figures are ready and 2 need you" in words(page)
    assert 'Cell C2: enter "Seen within 4 hours" as a number, like 14' in words(page)
    assert "Cell C3: say why Visits to community partners is empty" in words(page)
    assert b'<input class="nhsuk-input nhsuk-input--error" id="cell-C2" name="cell-C2" value="fourteen"' in page.content
    page = save(browser, sheet, cell_C2="14", why_3="not_collected")
    assert "All 2 figures are ready: 2 new" in words(page)
    assert "Now Not sent Will be 14 of 20 What happens New" in words(page)
    receipt = browser.post(f"{sheet}send/", {"version": version(page)}, follow=True)
    assert "Your 2 figures are counted" in words(receipt)
    assert set(Observation.objects.values_list("state", "numerator", "denominator")) == {
        ("reported", 14, 20), ("not_collected", None, None),
    }  # fmt: skip
    assert Submission.objects.get().file_name == "march.csv"


def test_what_was_typed_stays_until_it_is_right(browser: Client) -> None:
    sheet = upload(browser, f"{SEEN},2026-03,fourteen,20")
    page = save(browser, sheet, cell_C2="about 14")
    assert 'name="cell-C2" value="about 14"' in page.content.decode()
    assert Observation.objects.count() == 0


@pytest.mark.parametrize(
    ("answer", "stored"),
    [
        ("none", ("reported", 0)),
        ("none_offered", ("none_offered", None)),
        ("not_collected", ("not_collected", None)),
        ("withheld", ("withheld", None)),
    ],
)
def test_four_answers_are_stored_as_what_they_are(browser: Client, answer: str, stored: tuple[str, int | None]) -> None:
    sheet = upload(browser, f"{VISITS},2026-03,,")
    page = save(browser, sheet, why_2=answer)
    browser.post(f"{sheet}send/", {"version": version(page)})
    assert Observation.objects.values_list("state", "numerator").get() == stored


def test_the_fifth_answer_sends_nothing_for_its_row(browser: Client) -> None:
    sheet = upload(browser, f"{SEEN},2026-03,14,20", f"{VISITS},2026-03,,")
    page = save(browser, sheet, why_3="later")
    assert "Row 3 is left out and not sent." in words(page)
    browser.post(f"{sheet}send/", {"version": version(page)})
    assert Observation.objects.get().measure.code == SEEN
    assert "Send figures" in words(browser.get("/returns/"))


def test_one_answer_does_for_all_empty_rows(browser: Client) -> None:
    periods = [f"{VISITS},2026-{month:02},," for month in (1, 2, 3)]
    sheet = upload(browser, *periods, f"{SEEN},2026-03,,")
    assert "The same answer for all 4 empty rows" in words(browser.get(sheet))
    page = save(browser, sheet, same_answer="not_collected", why_2="none")
    browser.post(f"{sheet}send/", {"version": version(page)})
    states = Observation.objects.order_by("period_start", "measure__code").values_list("state", flat=True)
    assert list(states) == ["reported", "not_collected", "not_collected", "not_collected"]


def test_the_same_figure_twice_is_left_out_once(browser: Client) -> None:
    sheet = upload(browser, f"{VISITS},2026-03,7,", f"{VISITS},2026-03,8,")
    page: Page = browser.get(sheet)
    assert "Rows 2 and 3 hold the same figure" in words(page)
    page = save(browser, sheet, leave_3="1")
    assert "Send 1 figure" in words(page)


def test_a_column_of_their_own_can_be_left_out(browser: Client) -> None:
    answer = browser.post(RETURN, {"file": csv_file(f"notes,{HEADER}", f"from Jo,{VISITS},2026-03,seven,")})
    sheet = answer["Location"]
    assert 'Cell A1: we do not use the column "notes"' in words(browser.get(sheet))
    page = save(browser, sheet, leave_column_A="1")
    assert 'Cell D2: enter "Visits" as a number, like 14' in words(page)
    page = save(browser, sheet, cell_D2="7")
    assert "Send 1 figure" in words(page)


def test_a_heading_can_be_corrected(browser: Client) -> None:
    answer = browser.post(RETURN, {"file": csv_file("measure,period,how many", f"{VISITS},2026-03,7")})
    sheet = answer["Location"]
    assert "The first row has no column named numerator" in words(browser.get(sheet))
    assert "Send 1 figure" in words(save(browser, sheet, cell_C1="numerator"))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (f"{SEEN},2026-03,31,28", "Cell C2: seen within 4 hours (31) cannot be more than contacts in a crisis (28)"),
        (f"{SEEN},2026-03,31,", 'Cell D2: enter "Contacts in a crisis" too'),
        (f"{VISITS},2026-03,-1,", "Cell C2: enter 0 or more"),
        (f"{VISITS},2026-03,1.5,", "Cell C2: enter a whole number, like 14"),
        (f"{VISITS},2026-03,1,2", "Cell D2: clear this cell: the measure has no denominator"),
        ("visits-to-comunity,2026-03,1,", f'There is no measure "visits-to-comunity". Did you mean "{VISITS}"?'),
        (f"{VISITS},2026-W10,1,", "Cell B2: enter the month, like 2026-03"),
        (f"{VISITS},2026-05,1,", "Cell B2: this period has not begun"),
        (f"{VISITS},,1,", "Cell B2: enter the period"),
        (f"{VISITS},2026-03,1,,surplus", "Cell E2: there is no column name above this cell. Clear it"),
    ],
)
def test_each_slip_is_named_in_the_words_of_the_page(browser: Client, line: str, said: str) -> None:
    page = words(browser.get(upload(browser, line)))
    assert said.lower() in page.lower()
    assert "/api/" not in page


def test_far_from_earlier_figures_is_said_and_stops_nobody(browser: Client) -> None:
    earlier = [f"{VISITS},{2024 + month // 12}-{month % 12 + 1:02},{20 + month % 3}," for month in range(26)]
    sheet = upload(browser, *earlier)
    browser.post(f"{sheet}send/", {"version": "1"})
    page = words(browser.get(upload(browser, f"{VISITS},2026-03,2000,")))
    assert "Worth a look: Far from your own earlier figures" in page
    assert "Send 1 figure" in page


def test_before_and_after_are_shown_for_what_was_sent_already(browser: Client) -> None:
    first = upload(browser, f"{SEEN},2026-03,41,52", f"{VISITS},2026-03,7,")
    browser.post(f"{first}send/", {"version": "1"})
    page = words(browser.get(upload(browser, f"{SEEN},2026-03,43,52", f"{VISITS},2026-03,7,")))
    assert "1 corrected, 1 without change" in page
    assert "Now 41 of 52 Will be 43 of 52 What happens Corrected" in page


def test_someone_elses_change_is_shown_beside_what_was_typed(browser: Client) -> None:
    sheet = upload(browser, f"{VISITS},2026-03,seven,")
    save(browser, sheet, cell_C2="eight")
    clash = browser.post(sheet, {"version": "1", "cell-C2": "nine", "why-9": "none"})
    assert clash.status_code == 409
    assert "This sheet was changed meanwhile" in words(clash)
    assert "Now in the sheet eight" in words(clash)
    assert 'name="cell-C2" value="nine"' in clash.content.decode()
    browser.post(sheet, {"version": version(clash), "cell-C2": "9"})
    assert "Send 1 figure" in words(browser.get(sheet))


def test_a_page_that_is_out_of_date_cannot_send(browser: Client) -> None:
    sheet = upload(browser, f"{VISITS},2026-03,7,")
    browser.post(sheet, {"version": "1", "cell-C2": "8"})
    assert browser.post(f"{sheet}send/", {"version": "1"}).status_code == 409
    assert Observation.objects.count() == 0


def test_sending_twice_leads_to_one_receipt(browser: Client) -> None:
    sheet = upload(browser, f"{VISITS},2026-03,7,")
    first, second = (browser.post(f"{sheet}send/", {"version": "1"})["Location"] for _ in range(2))
    assert first == second
    assert browser.get(sheet)["Location"] == first


def test_a_corrected_file_and_throwing_away(browser: Client) -> None:
    sheet = upload(browser, f"{VISITS},2026-03,seven,")
    assert "Select a file" in words(browser.post(f"{sheet}upload/", {"version": "1"}))
    browser.post(f"{sheet}upload/", {"version": "1", "file": csv_file(HEADER, f"{VISITS},2026-03,7,")})
    assert "Send 1 figure" in words(browser.get(sheet))
    assert "Throw this sheet away?" in words(browser.get(f"{sheet}discard/"))
    after = browser.post(f"{sheet}discard/", follow=True)
    assert "march.csv was thrown away" in words(after)
    assert SheetDraft.objects.count() == 0


def test_a_long_sheet_shows_the_rows_that_need_someone(browser: Client) -> None:
    lines = [f"{VISITS},{2016 + month // 12}-{month % 12 + 1:02},{month}," for month in range(4, 104)]
    lines[50] = lines[50].rpartition(",")[0].rpartition(",")[0] + ",many,"
    page = browser.get(upload(browser, *lines))
    assert "49 rows that need nothing" in words(page)
    assert "48 more rows that need nothing are not shown" in words(page)
    assert page.content.count(b"<tr") < 10


def test_only_so_many_slips_are_listed_at_once(browser: Client) -> None:
    lines = [f"{VISITS},{2016 + month // 12}-{month % 12 + 1:02},many," for month in range(4, 84)]
    page = words(browser.get(upload(browser, *lines)))
    assert "Only the first 50 rows that need you are listed here. There are 80 in total" in page
    assert page.count('enter "Visits" as a number') == 50


def test_5001_rows_lead_to_a_receipt_that_says_they_are_being_read(browser: Client) -> None:
    lines = [f"{VISITS},2026-03,{number}," for number in range(5_001)]
    answer = browser.post(RETURN, {"file": csv_file(HEADER, *lines)}, follow=True)
    assert "We are reading your figures" in words(answer)
    assert SheetDraft.objects.count() == 0


@pytest.mark.parametrize("typed", [{"cell-ZZZ9999999": "x"}, {"cell-A0": "x"}, {"why-99": "none"}, {"leave-77": "1"}])
def test_places_outside_the_sheet_are_passed_over(browser: Client, typed: dict[str, str]) -> None:
    sheet = upload(browser, f"{VISITS},2026-03,7,")
    assert browser.post(sheet, {"version": "1", **typed}).status_code == 302
    assert "Send 1 figure" in words(browser.get(sheet))


@pytest.mark.parametrize("text", ["\0", "\ud800", "7" * 100_000, "<script>", "=1+1"])
def test_nothing_that_is_typed_breaks_the_page(browser: Client, text: str) -> None:
    sheet = upload(browser, f"{VISITS},2026-03,seven,")
    data = {"version": "1", "cell-C2": text.encode("utf-8", "surrogatepass").decode("latin-1")}
    assert browser.post(sheet, data, follow=True).status_code == 200
    assert b"<script>" not in browser.get(sheet).content.partition(b"<main")[2]


FAULTY = {
    "no file": (None, "Select a file"),
    "nothing in it": (b"", "The selected file is empty"),
    "blank": (b" \n\n", "The selected file is empty"),
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0\0", files.WRONG_KIND),
    "NUL bytes": (f"{HEADER}\n{VISITS},2026-03,\0,".encode(), files.WRONG_KIND),
    "old spreadsheet": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), files.WRONG_KIND),
    "broken archive": (b"PK\x03\x04broken", files.UNREADABLE),
    "open quotation mark": (f'{HEADER}\n"visits'.encode(), files.UNREADABLE),
    "another table": (b"name,age\nJo,4\n", files.NOT_THE_TEMPLATE),
    "too large": (b"x" * 20_000_000, "The selected file must be smaller than 20MB"),
}


@pytest.mark.parametrize("fault", FAULTY)
def test_a_file_that_cannot_be_taken_is_refused_in_one_sentence(browser: Client, fault: str) -> None:
    body, sentence = FAULTY[fault]
    data = {} if body is None else {"file": SimpleUploadedFile("march.csv", body)}
    answer = browser.post(RETURN, data)
    assert answer.status_code == 422
    assert title(answer).startswith("Error: Figures for March 2026")
    assert words(answer).count(sentence) == 2  # in the summary and at the field
    assert (SheetDraft.objects.count(), Submission.objects.count()) == (0, 0)


def test_a_spreadsheet_keeps_its_letters_and_gets_its_periods_back(browser: Client) -> None:
    body = spreadsheet(
        [None],
        [None, "Measure", "Period", "Numerator"],
        [None, VISITS, datetime.date(2026, 3, 1), "seven"],
        [None],
        [None, VISITS, datetime.date(2026, 2, 1), 7.0],
    )
    answer = browser.post(RETURN, {"file": SimpleUploadedFile("own.xlsx", body)})
    page = words(browser.get(answer["Location"]))
    assert "We read own.xlsx , sheet March" in page
    assert "Cell D3" in page
    assert "2026-02" in page


def test_a_protected_spreadsheet_is_called_that() -> None:
    with pytest.raises(UnreadableFileError, match="password protected"):
        read_file(b"\xd0\xcf\x11\xe0" + bytes(600), name="March.XLSX", kind="month", most=10)


@pytest.mark.parametrize(
    ("body", "cells"),
    [
        ("measure,period,numerator\nvisits,Mar-26,7", ["visits", "2026-03", "7"]),
        ("measure;period;numerator\nvisits;01/03/2026;7", ["visits", "2026-03", "7"]),
        ("measure\tperiod\tnumerator\nvisits\tMarch 2026\t7", ["visits", "2026-03", "7"]),
        ("measure,period,numerator\nvisits,02/03/2026,7", ["visits", "2026-03-02", "7"]),
        ("measure,period,numerator\nvisits,31/02/2026,7", ["visits", "31/02/2026", "7"]),
        ("measure,period,reason\nvisits,2026-03,café", ["visits", "2026-03", "café"]),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_what_spreadsheet_programs_do_to_csv_is_undone(body: str, cells: list[str], encoding: str) -> None:
    grid, _ = read_file(body.encode(encoding), name="a.csv", kind="month", most=10)
    assert grid.rows[1] == cells


@pytest.mark.parametrize(
    ("breakdown", "sentence"),
    [
        ("ethnic_group,indian", 'There is no category "indian". Did you mean "H", Indian?'),
        ("ethnic_group,martian", 'There is no category "martian". Copy one from the template\'s sheet Help'),
        ("deprivation_quintile,7", 'There is no category "7". Enter 1, 2, 3, 4, 5 or 99, or leave the row out'),
        ("ethnic_group,", "Enter the category"),
    ],
)
def test_a_category_that_is_no_code_is_answered_with_the_code(browser: Client, breakdown: str, sentence: str) -> None:
    file = csv_file("measure,period,dimension,category,numerator,denominator", f"{SEEN},2026-03,{breakdown},1,2")
    sheet = browser.post(RETURN, {"file": file})["Location"]
    assert sentence in words(browser.get(sheet))


def test_a_period_that_goes_on_is_said_once_and_not_at_every_figure(browser: Client) -> None:
    file = csv_file(HEADER, f"{SEEN},2026-04,1,2", f"{VISITS},2026-04,3,")
    sheet = browser.post("/returns/ZZ001/riverside/2026-04/", {"file": file})["Location"]
    page = words(browser.get(sheet))
    assert page.count("A period has not ended") == 1
    assert "Worth a look" not in page


def test_what_every_row_repeats_is_said_once_under_the_sheet(browser: Client) -> None:
    page = words(browser.get(upload(browser, f"{SEEN},2026-03,x,2", f"{VISITS},2026-03,3,")))
    assert "Column B (period) is 2026-03 in every row" in page


def test_commas_between_thousands_are_taken(browser: Client) -> None:
    page = browser.get(upload(browser, f'{VISITS},2026-03,"1,204",'))
    assert "Will be 1,204" in words(page)


def test_the_template_goes_out_comes_back_and_is_accepted(browser: Client) -> None:
    body = browser.get("/api/v1/templates/riverside/2026-03.xlsx?organisation=ZZ001").content
    workbook = openpyxl.load_workbook(io.BytesIO(body))
    page = workbook["Figures"]
    page["F2"], page["G2"], page["F3"] = 41, 52, 7
    out = io.BytesIO()
    workbook.save(out)
    sheet = browser.post(RETURN, {"file": SimpleUploadedFile("march.xlsx", out.getvalue())})["Location"]
    checked = browser.get(sheet)
    assert "sheet Figures" in words(checked)
    browser.post(f"{sheet}send/", {"version": version(checked)})
    stored = {(each.measure.code, each.numerator) for each in Observation.objects.select_related("measure")}
    assert stored == {(SEEN, Decimal(41)), (VISITS, Decimal(7))}
