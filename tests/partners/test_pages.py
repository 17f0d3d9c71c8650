"""Pages of people who act for an organisation: returns, answers in one click, typed figures, receipts, keys."""

import json
import re
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from nhc.models import User
from partners.models import ApiKey, Observation, SheetDraft, Submission
from partners.services import answers, contract, keys, organisations, submissions
from partners.services.submissions import Upload
from tests import cast
from tests.cast import MAKER, NOW, SEEN, VISITS, Cast
from tests.factories import FIRST_DAY, SubmissionFactory
from tests.partners.conftest import client
from tests.partners.pages import Page, csv_file, signed_in, title, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]

RETURN = "/returns/ZZ001/riverside/2026-03/"
SEEN_CODE, VISITS_CODE = "crisis-contacts-seen-in-4h", "visits-to-community-partners"


@pytest.fixture
def browser(people: Cast) -> Client:
    return signed_in(people.bashir)


def send(people: Cast, *observations: dict[str, object], file_name: str = "") -> Submission:
    body = json.dumps({"centre": "riverside", "observations": observations}).encode()
    upload = Upload(organisation=people.trust, media_type="application/json", body=body, file_name=file_name)
    return submissions.receive(upload=upload, by=MAKER, at=NOW).submission


def seen(numerator: int, denominator: int, period: str = "2026-03") -> dict[str, object]:
    return {"measure": SEEN_CODE, "period": period, "numerator": numerator, "denominator": denominator}


def typed_boxes(page: Page) -> dict[str, str]:
    """Return the boxes of the typed form as a browser would send them."""
    return dict(re.findall(r'<input[^>]*name="([a-z]+-\d)"[^>]*?value="([^"]*)"', page.content.decode()))


def standing() -> dict[str, Decimal | None]:
    return dict(Observation.objects.filter(closed_seq=None).values_list("measure__code", "numerator"))


def test_returns_are_listed_by_centre_and_period_in_words(people: Cast, browser: Client) -> None:
    send(people, seen(41, 52), {"measure": VISITS_CODE, "period": "2026-03", "state": "withheld"})
    page = words(browser.get("/returns/"))
    assert "Period April 2026 Centre Riverside centre Due 14 May 2026 Figures 2 Due" in page
    assert "Due 14 April 2026 Figures 1 Received 1 Withheld" in page
    assert "Due 14 March 2026 Figures 2 Overdue" in page
    assert page.index("April 2026") < page.index("February 2026")


def test_returns_of_several_organisations_are_chosen_by_address(browser: Client) -> None:
    assert "What Riverside Mental Health Trust has agreed to send" in words(browser.get("/returns/"))
    page = browser.get("/returns/?organisation=ZZ002")
    assert "What Open Door has agreed to send" in words(page)
    assert "/returns/ZZ002/riverside/2026-03/" in page.content.decode()


def test_returns_can_be_filtered_by_state(people: Cast, browser: Client) -> None:
    send(people, seen(41, 52))
    page = browser.get("/returns/?state=received").content.decode()
    assert "/2026-03/" in page
    assert "/2026-02/" not in page
    assert "No return matches" in words(browser.get("/returns/?state=not_collected"))


def test_old_returns_are_on_later_pages(people: Cast, browser: Client) -> None:
    people.trust_return.from_date = people.trust_return.from_date.replace(year=2020)
    people.trust_return.save()
    first = browser.get("/returns/")
    older = first.content.decode().partition('<a href="?')[2].partition('"')[0].replace("&amp;", "&")
    second = words(browser.get(f"/returns/?{older}"))
    assert "Period September 2024" in words(first)
    assert "Period August 2024" in second
    assert "Period September 2024" not in second


@pytest.mark.parametrize("query", ["after=x", "after=%00", "centre=%00", "state=x", "centre=hillside", "after=W10:abc"])
def test_an_address_that_was_changed_by_hand_is_no_error(browser: Client, query: str) -> None:
    assert browser.get(f"/returns/?{query}").status_code == 200
    assert browser.get(f"/receipts/?{query}").status_code == 200


def test_the_list_of_returns_costs_the_same_whatever_it_holds(
    people: Cast, browser: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    send(people, seen(41, 52), seen(3, 4, "2026-02"), seen(5, 6, "2026-01"))
    # The session and the person; where they stand and the organisations; the centres; the returns with their centres,
    # their measures, the versions, the collections, the partnerships, the totals sent; the organisations whose keys
    # they manage. Where they stand is read once, for the navigation and beside their name too.
    with django_assert_num_queries(12):
        browser.get("/returns/")


def test_one_return_shows_what_is_owed_and_what_was_sent(people: Cast, browser: Client) -> None:
    send(people, seen(38, 50, "2026-02"), seen(41, 52))
    page = words(browser.get(RETURN))
    assert "Figures for March 2026" in page
    assert SEEN.definition in page
    assert "Last sent 38 of 50 February 2026" in page
    assert "41 of 52 State Received" in page
    assert "Not sent State Due" in page
    assert "/api/v1/templates/riverside/2026-03.xlsx?organisation=ZZ001" in browser.get(RETURN).content.decode()


def test_one_return_costs_the_same_whatever_it_holds(
    people: Cast, browser: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    send(people, seen(38, 50, "2026-02"), seen(41, 52), {"measure": VISITS_CODE, "period": "2026-03", "numerator": 1})
    # The session and the person; where they stand, once for the whole page, and the organisation; the centre; may they
    # send; the returns, measures, versions, collections, partnerships, totals; the collected versions; this period's
    # and earlier figures; sheets that wait.
    with django_assert_num_queries(16):
        browser.get(RETURN)


@pytest.mark.parametrize(
    ("answer", "words_said", "stored"),
    [("none", "none to report", ("reported", 0, 0)), ("not_collected", "not collected", ("not_collected", None, None))],
)
def test_an_answer_in_one_click_is_stored_and_can_be_withdrawn(
    browser: Client, answer: str, words_said: str, stored: tuple[str, int | None, int | None]
) -> None:
    page = browser.post(f"{RETURN}answer/", {"measure": SEEN_CODE, "answer": answer}, follow=True)
    assert f"Done Crisis contacts seen in 4 hours, March 2026: {words_said}" in words(page)
    assert Observation.objects.values_list("state", "numerator", "denominator").get() == stored
    withdraw = f"{RETURN}withdraw/{SEEN_CODE}/"
    assert withdraw in page.content.decode()
    assert "Withdraw this answer?" in words(browser.get(withdraw))
    assert "March 2026: withdrawn" in words(browser.post(withdraw, follow=True))
    assert Observation.objects.filter(closed_seq=None).count() == 0


def test_a_click_never_overwrites_a_figure(people: Cast, browser: Client) -> None:
    send(people, seen(41, 52))
    browser.post(f"{RETURN}answer/", {"measure": SEEN_CODE, "answer": "none"})
    assert Observation.objects.values_list("numerator", flat=True).get() == 41


@pytest.mark.parametrize("data", [{}, {"measure": "x", "answer": "none"}, {"measure": SEEN_CODE, "answer": "\0"}])
def test_an_answer_to_nothing_is_not_found(browser: Client, data: dict[str, str]) -> None:
    assert browser.post(f"{RETURN}answer/", data).status_code == 404


def test_figures_can_be_typed(browser: Client) -> None:
    typed = {"numerator-0": "1,041", "denominator-0": "2000", "state-1": "withheld"}
    page = browser.post(f"{RETURN}type/", typed, follow=True)
    assert "Your 2 figures are counted" in words(page)
    assert "Shown as withheld, not as 0" in words(page)
    assert set(Observation.objects.values_list("state", "numerator")) == {("reported", 1041), ("withheld", None)}


def test_typed_slips_are_shown_at_their_boxes_and_leave_nothing_behind(browser: Client) -> None:
    page = browser.post(f"{RETURN}type/", {"numerator-0": "31", "denominator-0": "28", "numerator-1": "many"})
    assert page.status_code == 422
    assert title(page).startswith("Error: Type your March 2026 figures")
    assert words(page).count("Seen within 4 hours (31) cannot be more than contacts in a crisis (28)") == 2
    assert words(page).count('Enter "Visits" as a number, like 14') == 2
    assert 'value="many"' in page.content.decode()
    assert Submission.objects.count() == 0


def test_typing_nothing_says_so_and_emptying_a_box_asks_why(people: Cast, browser: Client) -> None:
    assert "There is no figure to send" in words(browser.post(f"{RETURN}type/", {}))
    send(people, seen(41, 52))
    boxes = typed_boxes(browser.get(f"{RETURN}type/"))
    assert boxes["numerator-0"] == "41"
    emptied = boxes | {"numerator-0": "", "denominator-0": "", "numerator-1": "7"}
    assert "Enter a figure, or say why there is none" in words(browser.post(f"{RETURN}type/", emptied))


def test_typing_sends_only_what_was_changed(people: Cast, browser: Client) -> None:
    send(people, seen(41, 52))
    boxes = typed_boxes(browser.get(f"{RETURN}type/"))
    send(people, seen(43, 52))
    browser.post(f"{RETURN}type/", boxes | {"numerator-1": "7"})
    assert standing() == {SEEN_CODE: 43, VISITS_CODE: 7}


def test_typing_over_a_correction_shows_both_and_asks_again(people: Cast, browser: Client) -> None:
    send(people, seen(41, 52))
    boxes = typed_boxes(browser.get(f"{RETURN}type/"))
    send(people, seen(43, 52))
    clash = browser.post(f"{RETURN}type/", boxes | {"numerator-0": "42"})
    assert clash.status_code == 422
    assert "Someone else changed this figure since you opened the page. It is now: 43 of 52" in words(clash)
    assert standing() == {SEEN_CODE: 43}
    again = typed_boxes(clash)
    assert again["numerator-0"] == "42"
    assert browser.post(f"{RETURN}type/", again).status_code == 302
    assert standing() == {SEEN_CODE: 42}


def test_after_a_clash_untouched_boxes_show_what_stands_now(people: Cast, browser: Client) -> None:
    send(people, seen(41, 52))
    boxes = typed_boxes(browser.get(f"{RETURN}type/"))
    send(people, seen(43, 52))
    slip = typed_boxes(browser.post(f"{RETURN}type/", boxes | {"numerator-1": "many"}))
    assert (slip["numerator-0"], slip["numerator-1"]) == ("43", "many")
    browser.post(f"{RETURN}type/", slip | {"numerator-1": "7"})
    assert standing() == {SEEN_CODE: 43, VISITS_CODE: 7}


def test_a_figure_that_changed_in_the_moment_of_answering_is_left_as_it_is(people: Cast) -> None:
    place = (people.seen.pk, date(2026, 3, 1))
    send(people, seen(41, 52))
    with pytest.raises(answers.ChangedMeanwhileError):
        answers.send_answer(
            organisation=people.trust,
            centre=people.riverside,
            measure=SEEN_CODE,
            period="2026-03",
            answer=answers.Answer.NOT_COLLECTED,
            pair=True,
            standing={place: None},
            by=MAKER,
            at=NOW,
        )
    assert standing() == {SEEN_CODE: 41}


def test_a_closed_period_offers_nothing_to_send(people: Cast, browser: Client) -> None:
    people.trust_return.closes_after_days = 1
    people.trust_return.save()
    page = words(browser.get(RETURN))
    assert "This period is closed to changes" in page
    assert "Upload and check" not in page
    refused = browser.post(f"{RETURN}answer/", {"measure": SEEN_CODE, "answer": "none"}, follow=True)
    assert "Your figures were not accepted" in words(refused)


@pytest.mark.parametrize("period", ["2026-13", "x", "2026-05", "%00", "9" * 50])
def test_what_is_no_period_yet_is_not_found(browser: Client, period: str) -> None:
    assert browser.get(f"/returns/ZZ001/riverside/{period}/").status_code == 404


def test_a_receipt_tells_each_figure_what_happened_to_it(people: Cast, browser: Client) -> None:
    send(people, seen(41, 52), seen(3, 4, "2026-02"), {"measure": VISITS_CODE, "period": "2026-03", "numerator": 7})
    submission = send(
        people,
        seen(43, 52),
        {"measure": VISITS_CODE, "period": "2026-03", "numerator": 7},
        {"measure": VISITS_CODE, "period": "2026-02", "numerator": 2},
        {"measure": SEEN_CODE, "period": "2026-02", "state": "withdrawn"},
        file_name="march.xlsx",
    )
    page = words(browser.get(f"/receipts/{submission.pk}/"))
    assert "Your 4 figures are counted" in page
    assert "1 new, 1 corrected, 1 withdrawn, 1 without change" in page
    assert "You sent 43 of 52 What happened Corrected from 41 of 52 to 43 of 52" in page
    assert "You sent 2 What happened Counted" in page
    assert "Withdrawn. It was 3 of 4" in page
    assert "You sent 7 What happened No change: it was counted already" in page
    assert "See the shared picture of Riverside centre" in page
    assert "Something is wrong, correct it" in page


def test_without_the_body_what_stayed_is_counted_and_not_listed(people: Cast, browser: Client) -> None:
    send(people, seen(41, 52))
    submission = send(people, seen(41, 52))
    submission.body.delete()
    assert "1 figure was counted already and stays as it is" in words(browser.get(f"/receipts/{submission.pk}/"))


def test_a_long_receipt_goes_on_from_page_to_page(people: Cast, browser: Client) -> None:
    months = [f"{year}-{month:02}" for year in range(2017, 2026) for month in range(1, 13)]
    submission = send(people, *[seen(1, 2, period) for period in months])
    first = browser.get(f"/receipts/{submission.pk}/").content.decode()
    assert first.count("1 of 2") == 100
    following = first.partition('href="?after=')[2].partition('"')[0]
    second = browser.get(f"/receipts/{submission.pk}/?after={following}").content.decode()
    assert second.count("1 of 2") == len(months) - 100


def test_a_refused_submission_lists_its_errors_and_hands_them_out(people: Cast, browser: Client) -> None:
    body = f"measure,period,numerator,denominator\n{SEEN_CODE},2026-03,x,1\n{SEEN_CODE},2026-02,y,1\n".encode()
    upload = Upload(people.trust, "text/csv", body, centre="riverside")
    submission = submissions.receive(upload=upload, by=MAKER, at=NOW).submission
    page = browser.get(f"/receipts/{submission.pk}/")
    assert title(page).startswith("Error: Your figures were not accepted")
    assert "2 of 2 figures have an error" in words(page)
    assert "2 times. Cells C2, C3" in words(page)
    lines = browser.get(f"/receipts/{submission.pk}/errors.csv")
    assert lines["Content-Type"] == "text/csv; charset=utf-8"
    assert lines.content.decode().splitlines()[1].startswith("0,2,numerator,not-a-number,")


@pytest.mark.parametrize(
    ("state", "said"), [("received", "We are reading your figures"), ("failed", "Your figures could not be read")]
)
def test_other_states_of_a_receipt_are_said_in_words(people: Cast, browser: Client, state: str, said: str) -> None:
    submission = SubmissionFactory.create(
        organisation=people.trust,
        centre=people.riverside,
        state=state,
        processed_at=None if state == "received" else NOW,
        counts={},
        errors=[{"code": "failed", "detail": submissions.FAILED}] if state == "failed" else [],
    )
    page = words(browser.get(f"/receipts/{submission.pk}/"))
    assert said in page
    assert ("Look again" in page) == (state == "received")
    assert (submissions.FAILED in page) == (state == "failed")


def test_receipts_are_listed_newest_first_and_page_by_page(people: Cast, browser: Client) -> None:
    SubmissionFactory.create_batch(45, organisation=people.trust, centre=people.riverside)
    page, found = browser.get("/receipts/").content.decode(), 0
    for expected in (20, 20, 5):
        assert page.count('<a href="/receipts/0') == expected
        found += expected
        following = page.partition('<a href="?')[2].partition('"')[0].replace("&amp;", "&")
        page = browser.get(f"/receipts/?{following}").content.decode() if following else ""
    assert found == 45
    assert page == ""


def test_receipts_are_filtered_by_centre(people: Cast, browser: Client) -> None:
    organisations.add_partnership(
        organisation=people.trust, centre=people.hillside, from_date=FIRST_DAY, by=MAKER, at=NOW
    )
    SubmissionFactory.create(organisation=people.trust, centre=people.riverside)
    assert browser.get("/receipts/?centre=riverside").content.count(b'<a href="/receipts/0') == 1
    assert "No receipt matches" in words(browser.get("/receipts/?centre=hillside"))


def test_the_list_of_receipts_costs_the_same_whatever_it_holds(
    people: Cast, browser: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    SubmissionFactory.create_batch(5, organisation=people.trust, centre=people.riverside)
    # The session and the person; where they stand, once for the whole page, and the organisations; the centres; the
    # submissions with their organisation and centre.
    with django_assert_num_queries(6):
        browser.get("/receipts/")


def test_a_key_is_made_shown_once_and_works(browser: Client) -> None:
    made = browser.post("/keys/ZZ001/make/", {"label": "Night job", "scopes": ["submit", "read"]}, follow=True)
    text = made.content.decode().partition('id="key" value="')[2].partition('"')[0]
    assert client(text).get("/api/v1/submissions/").status_code == 200
    assert text.encode() not in b"".join(str(value).encode() for value in browser.session.values())
    again = browser.get("/keys/ZZ001/made/", follow=True)
    assert text not in again.content.decode()
    assert "Night job" in words(again)


def test_a_key_ends_on_its_date(browser: Client) -> None:
    form = {"label": "x", "scopes": ["read"], "expires-day": "1", "expires-month": "5", "expires-year": "2026"}
    browser.post("/keys/ZZ001/make/", form)
    key = ApiKey.objects.get(label="x")
    assert key.expires_at is not None
    assert key.expires_at.isoformat() == "2026-04-30T23:00:00+00:00"
    with time_machine.travel(NOW + timedelta(days=40), tick=False):
        assert "Expired" in words(signed_in(User.objects.get(email="bashir@example.org")).get("/keys/"))


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"scopes": ["read"]}, "Enter what the key is for"),
        ({"label": "x"}, "Select what the key may do"),
        ({"label": "x", "scopes": ["everything"]}, "Select"),
        ({"label": "x" * 81, "scopes": ["read"]}, "80 characters or fewer"),
        (
            {"label": "x", "scopes": ["read"], "expires-day": "2", "expires-month": "4", "expires-year": "2026"},
            "The date when it stops working must be 3 April 2026 or later",
        ),
    ],
)
def test_a_key_that_cannot_be_made_says_why(browser: Client, form: dict[str, object], said: str) -> None:
    before = ApiKey.objects.count()
    answer = browser.post("/keys/ZZ001/make/", form)
    assert (answer.status_code, ApiKey.objects.count()) == (422, before)
    assert said in words(answer)


def test_a_key_is_revoked_after_asking(people: Cast, browser: Client) -> None:
    prefix = keys.key_prefix(people.trust_key)
    assert "Revoke this key?" in words(browser.get(f"/keys/{prefix}/revoke/"))
    assert client(people.trust_key).get("/api/v1/submissions/").status_code == 200
    after = browser.post(f"/keys/{prefix}/revoke/", follow=True)
    assert f"The key nhc_{prefix} is revoked" in words(after)
    assert client(people.trust_key).get("/api/v1/submissions/").status_code == 401
    assert browser.get(f"/keys/{prefix}/revoke/").status_code == 404


def test_the_list_of_keys_costs_the_same_whatever_it_holds(
    people: Cast, browser: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(3):
        cast.key(people.trust, "read")
    # The session and the person; where they stand, once for the whole page, and the organisations; the keys with who
    # made them.
    with django_assert_num_queries(5):
        browser.get("/keys/")


def everything(people: Cast) -> list[str]:
    """Return the address of every page about the trust."""
    sheet = signed_in(people.bashir).post(RETURN, {"file": csv_file("measure,period,numerator", "visits,2026-03,x")})
    send(people, seen(41, 52))
    receipt = f"/receipts/{Submission.objects.get().pk}/"
    return [
        "/returns/?organisation=ZZ001", RETURN, f"{RETURN}type/", f"{RETURN}withdraw/{SEEN_CODE}/",
        sheet["Location"], f"{sheet['Location']}upload/", f"{sheet['Location']}discard/",
        "/receipts/?organisation=ZZ001", receipt, f"{receipt}errors.csv",
        "/keys/?organisation=ZZ001", "/keys/ZZ001/make/", "/keys/ZZ001/made/",
        f"/keys/{keys.key_prefix(people.trust_key)}/revoke/",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["carol", "operator", "dev"])
def test_to_people_of_others_nothing_of_an_organisation_is_there(people: Cast, name: str) -> None:
    addresses = everything(people)
    stranger = signed_in(getattr(people, name))
    assert [url for url in addresses if stranger.get(url).status_code != 404] == []
    assert stranger.post(RETURN, {"file": csv_file("x")}).status_code == 404
    assert stranger.post(f"{RETURN}answer/", {"measure": SEEN_CODE, "answer": "none"}).status_code == 404
    assert stranger.post(f"/sheets/{SheetDraft.objects.get().pk}/send/", {"version": "1"}).status_code == 404


def test_an_employee_reads_and_only_a_submitter_sends(people: Cast) -> None:
    addresses = everything(people)
    alice = signed_in(people.alice)
    allowed = [url for url in addresses if alice.get(url).status_code == 200]
    assert [url.partition("?")[0] for url in allowed] == [
        "/returns/", RETURN, "/receipts/", addresses[8], addresses[9]
    ]  # fmt: skip
    assert "Only people who send figures for Riverside Mental Health Trust can change these" in words(alice.get(RETURN))
    assert alice.post(RETURN, {"file": csv_file("x")}).status_code == 404


def test_someone_without_an_organisation_is_told_what_to_do(people: Cast) -> None:
    dev = signed_in(people.dev)
    for address in ("/returns/", "/receipts/"):
        assert "You do not act for an organisation" in words(dev.get(address))
    assert "You manage no organisation's keys" in words(dev.get("/keys/"))
    assert "Our returns" not in words(dev.get("/help/"))
    assert "Our returns" in words(signed_in(people.carol).get("/help/"))


def test_another_centre_of_others_is_not_found(browser: Client) -> None:
    for slug in ("hillside", "nowhere"):
        assert browser.get(f"/returns/ZZ001/{slug}/2026-03/").status_code == 404


def test_signed_out_people_are_asked_to_sign_in() -> None:
    answer = Client().get("/returns/")
    assert answer["Location"].startswith("/sign-in/")


def test_a_month_and_a_financial_year_of_one_name_stand_side_by_side(people: Cast, browser: Client) -> None:
    definition = replace(VISITS, title="Yearly visits", period_type="financial_year", starts=FIRST_DAY)
    yearly = contract.add_measure(code="yearly", definition=definition, by=MAKER, at=NOW)
    contract.collect_measure(centre=people.riverside, measure=yearly, from_date=FIRST_DAY, by=MAKER, at=NOW)
    contract.add_return(
        organisation=people.trust,
        centre=people.riverside,
        measures=[yearly],
        from_date=FIRST_DAY,
        period_type="financial_year",
        by=MAKER,
        at=NOW,
    )
    page = words(browser.get("/returns/ZZ001/riverside/2025-26/"))
    assert "Figures for April 2025 to March 2026" in page
    assert "Yearly visits" in page
    assert "April 2025 to March 2026" in words(browser.get("/returns/"))
