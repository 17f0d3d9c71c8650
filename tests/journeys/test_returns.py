"""A charity with only a spreadsheet sends its figures: downloaded, filled in, put right, counted."""

import re
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Locator, expect

from tests.cast import SEEN, VISITS
from tests.journeys.visitor import Visitor

CODE = "crisis-contacts-seen-in-4h"
ABOVE = "Seen within 4 hours (31) cannot be more than contacts in a crisis (28)"
NO_NUMBER = 'Enter "Visits" as a number, like 14'
NO_CATEGORY = 'There is no category "martian"'


@pytest.mark.parametrize("browsing", ["visitor", "on_a_phone", "without_scripts"])
def test_a_spreadsheet_with_errors_is_put_right_and_counted(
    request: pytest.FixtureRequest, tmp_path: Path, browsing: str
) -> None:
    """Each way of browsing takes the newest return that is still owed, and leaves the next one to the others."""
    visitor: Visitor = request.getfixturevalue(browsing)
    visitor.given_is_signed_in("bashir")
    when_looks_at_what_is_owed(visitor)
    visitor.then_all_is_well()
    template = when_downloads_the_template(visitor, tmp_path)
    when_uploads(visitor, filled_wrongly(template))
    then_each_error_is_at_its_cell(visitor)
    visitor.then_all_is_well()
    when_corrects_two_cells_and_leaves_a_row_out(visitor)
    then_sees_what_sending_would_change(visitor)
    visitor.then_all_is_well()
    visitor.page.get_by_role("button", name="Send 2 figures").click()
    visitor.then_is_on("Your 2 figures are counted")
    visitor.then_reads("2 new")
    then_the_row_says(visitor, SEEN.title, "20 of 28", "Counted")
    visitor.then_all_is_well()
    visitor.when_follows("Our receipts")
    visitor.then_reads("return.xlsx")
    visitor.then_all_is_well()


def test_a_sheet_is_uploaded_again_after_it_was_corrected_on_the_page(visitor: Visitor, tmp_path: Path) -> None:
    visitor.given_is_signed_in("bashir")
    when_looks_at_what_is_owed(visitor)
    template = when_downloads_the_template(visitor, tmp_path)
    when_uploads(visitor, filled_wrongly(template))
    visitor.page.get_by_role("button", name="Upload a corrected file").click()
    visitor.then_reads("It takes the place of return.xlsx")
    visitor.then_all_is_well()
    when_uploads(visitor, filled(template, F2=20, G2=28, F3=7, E4="A"))
    visitor.then_reads("All 3 figures are ready: 3 new")


def test_what_someone_else_changed_meanwhile_is_shown_beside_ones_own(visitor: Visitor, tmp_path: Path) -> None:
    visitor.given_is_signed_in("bashir")
    when_looks_at_what_is_owed(visitor)
    when_uploads(visitor, filled_wrongly(when_downloads_the_template(visitor, tmp_path)))
    second = visitor.page.context.new_page()
    second.goto(visitor.page.url)
    second.get_by_label(NO_NUMBER).fill("15")
    second.get_by_role("button", name="Save and check again").click()
    visitor.page.get_by_label(NO_NUMBER).fill("14")
    visitor.page.get_by_role("button", name="Save and check again").click()
    visitor.then_reads("This sheet was changed meanwhile")
    then_the_row_says(visitor, "Cell F3", "15")
    expect(visitor.page.get_by_label("Cell F3, yours")).to_have_value("14")
    visitor.then_the_page_is_accessible()
    visitor.page.get_by_role("button", name="Keep mine").click()
    expect(visitor.page.get_by_label(ABOVE)).to_have_value("31")
    then_the_row_says(visitor, "3", "14")
    # The browser itself writes every answer of 4xx to its console.
    visitor.complaints = [said for said in visitor.complaints if "409 (Conflict)" not in said]


@pytest.mark.parametrize("browsing", ["visitor", "on_a_phone", "without_scripts"])
def test_none_to_report_takes_one_click_and_can_be_taken_back(request: pytest.FixtureRequest, browsing: str) -> None:
    visitor: Visitor = request.getfixturevalue(browsing)
    visitor.given_is_signed_in("bashir")
    visitor.when_opens("/returns/?organisation=ZZ002")
    visitor.page.get_by_role("link", name=re.compile("Send figures")).first.click()
    visitor.page.get_by_role("button", name=re.compile(f"^None to report ?: {VISITS.title}")).click()
    visitor.then_reads("none to report")
    then_the_row_says(visitor, VISITS.title, "Received")
    visitor.then_all_is_well()
    visitor.page.get_by_role("link", name=f"Withdraw {VISITS.title}").click()
    visitor.then_reads("Withdraw this answer?")
    visitor.then_all_is_well()
    visitor.page.get_by_role("button", name="Withdraw").click()
    visitor.page.get_by_role("button", name=re.compile(f"^Not collected ?: {VISITS.title}")).click()
    then_the_row_says(visitor, VISITS.title, "Not collected")


@pytest.mark.parametrize(("browsing", "visits"), [("visitor", "14"), ("on_a_phone", "15")])
def test_figures_are_typed_and_slips_are_shown_at_their_boxes(
    request: pytest.FixtureRequest, browsing: str, visits: str
) -> None:
    visitor: Visitor = request.getfixturevalue(browsing)
    visitor.given_is_signed_in("bashir")
    when_looks_at_what_is_owed(visitor)
    visitor.when_follows("Type the figures")
    visitor.page.get_by_label("Visits", exact=True).fill("many")
    visitor.page.get_by_role("button", name="Send figures").click()
    visitor.then_there_is_an_error(NO_NUMBER, at="id_numerator-1")
    visitor.then_all_is_well()
    # Both share a site: the same figure again would be nothing to send.
    visitor.page.get_by_label("Visits", exact=True).fill(visits)
    visitor.page.get_by_role("button", name="Send figures").click()
    visitor.then_reads("Your figure is counted")
    visitor.complaints = [said for said in visitor.complaints if "422 (Unprocessable" not in said]


@pytest.mark.parametrize("browsing", ["visitor", "on_a_phone"])
def test_a_key_is_made_and_revoked(request: pytest.FixtureRequest, browsing: str) -> None:
    visitor: Visitor = request.getfixturevalue(browsing)
    visitor.given_is_signed_in("bashir")
    visitor.when_opens("/keys/")
    visitor.page.get_by_role("button", name="Make a key").click()
    visitor.then_all_is_well()
    visitor.page.get_by_label("What is the key for?").fill("Night job of our records system")
    visitor.page.get_by_role("checkbox").first.check()
    visitor.page.get_by_role("button", name="Make the key").click()
    expect(visitor.page.locator("#key")).to_have_value(re.compile("^nhc_"))
    visitor.then_all_is_well()
    visitor.page.get_by_role("button", name="I have copied it").click()
    visitor.then_all_is_well()
    visitor.page.get_by_role("link", name=re.compile("^Revoke")).first.click()
    visitor.then_all_is_well()
    visitor.page.get_by_role("button", name="Revoke the key").click()
    visitor.then_reads("Revoked")


def when_looks_at_what_is_owed(visitor: Visitor) -> None:
    """Open the newest return of the trust for which nothing was sent."""
    visitor.when_opens("/returns/?organisation=ZZ001&state=due")
    if not visitor.page.get_by_role("link", name=re.compile("Send figures")).count():
        visitor.when_opens("/returns/?organisation=ZZ001&state=overdue")
    visitor.then_all_is_well()
    visitor.page.get_by_role("link", name=re.compile("Send figures")).first.click()


def when_downloads_the_template(visitor: Visitor, folder: Path) -> Path:
    with visitor.page.expect_download() as download:
        visitor.when_follows("spreadsheet (XLSX)")
    path = folder / "return.xlsx"
    download.value.save_as(path)
    return path


def filled_wrongly(template: Path) -> Path:
    """Return the template with a numerator above its denominator, words for a number and an unknown category."""
    sheet = openpyxl.load_workbook(template)["Figures"]
    centre, period = sheet["A2"].value, sheet["C2"].value
    unknown = {"A4": str(centre), "B4": CODE, "C4": str(period), "D4": "ethnic_group", "E4": "martian"}
    return filled(template, F2=31, G2=28, F3="fourteen", F4=4, G4=9, **unknown)


def filled(template: Path, **cells: str | int) -> Path:
    """Write cells into the template and return it."""
    workbook = openpyxl.load_workbook(template)
    for place, value in cells.items():
        workbook["Figures"][place] = value
    workbook.save(template)
    return template


def when_uploads(visitor: Visitor, file: Path) -> None:
    visitor.page.locator("input[type=file]").set_input_files(file)
    visitor.page.get_by_role("button", name="Upload and check").click()


def when_corrects_two_cells_and_leaves_a_row_out(visitor: Visitor) -> None:
    visitor.page.get_by_label(ABOVE).fill("20")
    visitor.page.get_by_label(NO_NUMBER).fill("14")
    visitor.page.get_by_label("Leave row 4 out").check()
    visitor.page.get_by_role("button", name="Save and check again").click()


def then_each_error_is_at_its_cell(visitor: Visitor) -> None:
    """The summary names the cells and leads to them; there each says what is wrong and takes the correction."""
    assert visitor.page.title().startswith("Error: Check your")
    summary = visitor.page.locator(".nhsuk-error-summary")
    for cell, sentence, value in (("F2", ABOVE, "31"), ("F3", NO_NUMBER, "fourteen"), ("E4", NO_CATEGORY, "martian")):
        summary.get_by_role("link", name=re.compile(f"^Cell {cell}: {re.escape(sentence)}", re.I)).click()
        box = visitor.page.get_by_label(sentence)
        expect(box).to_have_value(value)
        expect(box).to_be_in_viewport()


def then_sees_what_sending_would_change(visitor: Visitor) -> None:
    visitor.then_reads("All 2 figures are ready: 2 new")
    then_the_row_says(visitor, SEEN.title, "Not sent", "20 of 28", "New")
    then_the_row_says(visitor, VISITS.title, "Not sent", "14", "New")
    visitor.then_reads("Row 4 is left out")


def then_the_row_says(visitor: Visitor, name: str, *words: str) -> None:
    row: Locator = visitor.page.get_by_role("row").filter(has=visitor.page.get_by_role("rowheader", name=name))
    for each in words:
        expect(row.first).to_contain_text(each)
