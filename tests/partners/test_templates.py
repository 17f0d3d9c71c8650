"""The return to fill in: what it holds, and what happens when it comes back."""

import csv
import io
import json
from dataclasses import replace
from datetime import date

import openpyxl
import pytest
from django.test import Client
from openpyxl.worksheet.worksheet import Worksheet
from pytest_django import DjangoAssertNumQueries

from partners.services import contract
from tests import cast
from tests.cast import MAKER, NOW, SEEN, VISITS, Cast
from tests.partners.conftest import client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]

TEMPLATE = "/api/v1/templates/riverside/2026-03"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
COLUMNS = ["centre", "measure", "period", "dimension", "category", "numerator", "denominator", "state", "reason"]
SEEN_CODE, VISITS_CODE = "crisis-contacts-seen-in-4h", "visits-to-community-partners"


def send(caller: Client, *observations: dict[str, object]) -> None:
    message = {"centre": "riverside", "observations": observations}
    sent = caller.post("/api/v1/submissions/", json.dumps(message), content_type="application/json")
    assert sent.status_code == 201, sent.content


def known(caller: Client) -> None:
    """Send a total, its breakdown, a decimal that fits no float, and a state whose reason looks like a formula."""
    pair = {"measure": SEEN_CODE, "period": "2026-03"}
    send(
        caller,
        pair | {"numerator": 41, "denominator": 52},
        pair | {"breakdown": {"deprivation_quintile": "5"}, "numerator": 1, "denominator": 2},
        pair | {"breakdown": {"ethnic_group": "B"}, "numerator": 2, "denominator": 9},
        pair | {"breakdown": {"ethnic_group": "A"}, "numerator": 3, "denominator": 9},
        {"measure": VISITS_CODE, "period": "2026-03", "state": "withheld", "reason": '=HYPERLINK("x")|\''},
    )


def rows(body: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))


def workbook(body: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(body))


def figures(body: bytes) -> Worksheet:
    page = workbook(body)["Figures"]
    assert isinstance(page, Worksheet)
    return page


def test_an_empty_return_asks_for_what_is_owed(by_key: Client) -> None:
    answer = by_key.get(f"{TEMPLATE}.csv")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="riverside-2026-03.csv"'
    assert answer.content.decode("utf-8-sig").splitlines() == [
        ",".join(COLUMNS),
        f"riverside,{SEEN_CODE},2026-03,,,,,,",
        f"riverside,{VISITS_CODE},2026-03,,,,,,",
    ]


def test_what_was_sent_is_filled_in_with_its_breakdowns_in_order(by_key: Client) -> None:
    known(by_key)
    lines = [
        (row["measure"], row["dimension"], row["category"], row["numerator"], row["denominator"], row["state"])
        for row in rows(by_key.get(f"{TEMPLATE}.csv").content)
    ]
    assert lines == [
        (SEEN_CODE, "", "", "41", "52", ""),
        (SEEN_CODE, "ethnic_group", "A", "3", "9", ""),
        (SEEN_CODE, "ethnic_group", "B", "2", "9", ""),
        (SEEN_CODE, "deprivation_quintile", "5", "1", "2", ""),
        (VISITS_CODE, "", "", "", "", "withheld"),
    ]


def test_nothing_of_another_partner_is_filled_in(people: Cast, by_key: Client) -> None:
    send(client(people.charity_key), {"measure": VISITS_CODE, "period": "2026-03", "numerator": 7})
    assert [row["numerator"] for row in rows(by_key.get(f"{TEMPLATE}.csv").content)] == ["", ""]


def test_a_formula_is_text_in_both_formats(by_key: Client) -> None:
    known(by_key)
    assert rows(by_key.get(f"{TEMPLATE}.csv").content)[4]["reason"] == "'=HYPERLINK(\"x\")|'"
    cell = figures(by_key.get(f"{TEMPLATE}.xlsx").content)["I6"]
    assert (cell.data_type, cell.value) == ("s", '=HYPERLINK("x")|\'')


@pytest.mark.parametrize(("ending", "media_type"), [("csv", "text/csv"), ("xlsx", XLSX)])
def test_sent_straight_back_it_changes_nothing(by_key: Client, ending: str, media_type: str) -> None:
    known(by_key)
    body = by_key.get(f"{TEMPLATE}.{ending}").content
    for mode in ("merge", "replace"):
        answer = by_key.post(f"/api/v1/submissions/?centre=riverside&mode={mode}", body, content_type=media_type)
        assert answer.status_code == 201, answer.content
        assert answer.json()["counts"] == {
            "received": 5, "created": 0, "changed": 0, "unchanged": 5, "removed": 0, "rejected": 0,
        }  # fmt: skip


@pytest.mark.parametrize(("ending", "media_type"), [("csv", "text/csv"), ("xlsx", XLSX)])
def test_rows_left_empty_are_passed_over(by_key: Client, ending: str, media_type: str) -> None:
    send(by_key, {"measure": VISITS_CODE, "period": "2026-03", "numerator": 7})
    body = by_key.get(f"{TEMPLATE}.{ending}").content
    answer = by_key.post("/api/v1/submissions/", body, content_type=media_type)
    assert (answer.status_code, answer.json()["counts"]["received"]) == (201, 1)


@pytest.mark.parametrize("number", ["0", "9007199254740991", "12.345678", "9007199254740990.123456", "0.000001"])
def test_numbers_come_back_as_they_went(people: Cast, by_key: Client, number: str) -> None:
    hours = contract.add_measure(
        code="hours", definition=replace(VISITS, title="Hours", whole_numbers=False), by=MAKER, at=NOW
    )
    contract.collect_measure(centre=people.riverside, measure=hours, from_date=VISITS.starts, by=MAKER, at=NOW)
    body = f"measure,period,numerator\nhours,2026-03,{number}\n"
    sent = by_key.post("/api/v1/submissions/?centre=riverside", body, content_type="text/csv")
    assert sent.status_code == 201, sent.content
    assert {row["measure"]: row["numerator"] for row in rows(by_key.get(f"{TEMPLATE}.csv").content)}["hours"] == number
    again = by_key.post("/api/v1/submissions/", by_key.get(f"{TEMPLATE}.xlsx").content, content_type=XLSX)
    assert again.json()["counts"] | {"unchanged": 1} == again.json()["counts"]


def test_the_spreadsheet_offers_lists_and_explains_them(by_key: Client) -> None:
    body = by_key.get(f"{TEMPLATE}.xlsx").content
    page = figures(body)
    assert [cell.value for cell in page[1]] == COLUMNS
    choices = {str(each.sqref).partition("2:")[0]: each.formula1 for each in page.data_validations.dataValidation}
    assert choices["H"] == '"reported,none_offered,not_collected,withheld,withdrawn"'
    offered = {
        column: [
            cell.value for (cell,) in workbook(body)["Help"][choices[column].removeprefix("Help!").replace("$", "")]
        ]
        for column in "BDE"
    }
    assert offered["B"] == [SEEN_CODE, VISITS_CODE]
    assert offered["D"][0] == "ethnic_group"
    assert {"A", "1", "99", "0-4"} <= set(offered["E"])
    words = {cell.value for row in workbook(body)["Help"].iter_rows() for cell in row}
    assert SEEN.definition in words


def test_the_same_return_is_the_same_file(by_key: Client) -> None:
    tag = by_key.get(f"{TEMPLATE}.xlsx")["ETag"]
    assert by_key.get(f"{TEMPLATE}.xlsx", headers={"If-None-Match": tag}).status_code == 304


def test_a_partner_that_owes_nothing_gets_the_columns(people: Cast) -> None:
    caller = client(cast.key(people.council))
    assert caller.get(f"{TEMPLATE}.csv").content.decode("utf-8-sig").splitlines() == [",".join(COLUMNS)]
    assert figures(caller.get(f"{TEMPLATE}.xlsx").content).max_row == 1


def test_a_name_that_reads_as_a_month_and_as_a_year_holds_both(people: Cast, by_key: Client) -> None:
    for kind in ("month", "financial_year"):
        definition = replace(VISITS, starts=date(2010, 1, 1), period_type=kind)
        code = kind.replace("_", "-")
        measure = contract.add_measure(code=code, definition=definition, by=MAKER, at=NOW)
        contract.collect_measure(centre=people.riverside, measure=measure, from_date=date(2010, 1, 1), by=MAKER, at=NOW)
        send(by_key, {"measure": code, "period": "2011-12", "numerator": 4})
    held = rows(by_key.get("/api/v1/templates/riverside/2011-12.csv").content)
    assert {row["measure"]: row["numerator"] for row in held} == {"month": "4", "financial-year": "4"}


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_centre_of_others_looks_absent(by_key: Client, ending: str) -> None:
    for centre in ("hillside", "nowhere"):
        assert by_key.get(f"/api/v1/templates/{centre}/2026-03.{ending}").status_code == 404


@pytest.mark.parametrize("period", ["2026-13", "x", "%00", "2026-03.csv", "9" * 200, "%F0%9F%92%A9"])
def test_what_is_no_period_is_refused_with_a_sentence(by_key: Client, period: str) -> None:
    answer = by_key.get(f"/api/v1/templates/riverside/{period}.csv")
    assert answer.status_code == 400
    assert "Write it like" in answer.json()["detail"]


def test_a_template_costs_the_same_whatever_it_holds(
    by_key: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    known(by_key)
    # The key with its organisation; the centre with its partners; the returns with their centres; their measures; the
    # versions; the collections; the partnerships; the totals sent; then for each way to read 2026-03 (it is a month
    # alone) the collected measures with their versions; the rows sent with measure and version.
    with django_assert_num_queries(10):
        by_key.get(f"{TEMPLATE}.csv")
