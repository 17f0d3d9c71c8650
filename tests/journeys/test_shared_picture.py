"""From signing in to where one figure came from, as people go."""

import pytest

from tests.dashboard.pages import MEASURE, OVERVIEW, SOURCES, VISITED
from tests.journeys.visitor import Visitor

SEEN = "Crisis contacts seen in 4 hours"


def test_a_member_reads_the_picture_down_to_what_was_sent(visitor: Visitor) -> None:
    visitor.given_is_signed_in("dana")
    visitor.then_is_on("Outcomes")
    visitor.then_reads("1 thing changed.")
    visitor.then_the_page_is_accessible()
    visitor.when_follows(SEEN, within=visitor.page.get_by_role("region", name="Where to look first"))
    visitor.then_is_on(SEEN)
    visitor.then_reads("March 2026: 79%.")
    then_the_interactive_figure_lies_over_the_picture(visitor)
    visitor.then_the_page_is_accessible()
    visitor.when_follows("Where the latest figure came from")
    visitor.then_is_on(f"Where {SEEN} came from, March 2026")
    visitor.then_reads("Riverside Mental Health Trust")
    visitor.then_the_page_is_accessible()


def test_without_scripts_the_picture_and_its_table_are_there(without_scripts: Visitor) -> None:
    visitor = without_scripts
    visitor.given_is_signed_in("dana")
    visitor.when_follows("Visits to community partners")
    visitor.then_is_on("Visits to community partners")
    assert visitor.page.locator(".app-spc--wide").is_visible()
    assert visitor.page.locator(".app-figure__drawing").count() == 0
    visitor.then_reads("A partner has not reported")
    visitor.when_follows("Sources of March 2026")
    visitor.then_reads("Open Door: not sent")


@pytest.mark.parametrize(
    "address",
    [OVERVIEW, MEASURE, VISITED, SOURCES, f"{MEASURE}rebases/add/", f"{MEASURE}notes/add/", "/centres/", "/help/"],
)
def test_a_phone_shows_every_page_without_scrolling_sideways(on_a_phone: Visitor, address: str) -> None:
    on_a_phone.given_is_signed_in("dana")
    on_a_phone.when_opens(address)
    on_a_phone.page.wait_for_load_state("networkidle")
    on_a_phone.then_the_page_fits()


def test_the_keyboard_goes_straight_to_the_content(visitor: Visitor) -> None:
    visitor.given_is_signed_in("dana")
    visitor.when_opens(OVERVIEW)
    visitor.when_presses("Tab", "Enter")
    visitor.then_the_focus_is_on("maincontent")


def test_signing_in_wrongly_leads_to_the_field(visitor: Visitor) -> None:
    visitor.when_opens("/sign-in/")
    visitor.when_signs_in("", "")
    visitor.then_there_is_an_error("Enter your email address", at="id_username")
    visitor.then_the_page_is_accessible()
    visitor.when_signs_in("dana@example.org", "wrong")
    visitor.then_reads("The email address or password is not right")
    visitor.when_follows("The email address or password is not right")
    visitor.then_the_focus_is_on("id_username")


def test_a_new_step_is_marked_and_taken_off(visitor: Visitor) -> None:
    visitor.given_is_signed_in("alice")
    visitor.when_opens(f"{MEASURE}rebases/add/")
    visitor.then_the_page_is_accessible()
    visitor.page.get_by_label("First period of the new step").select_option("April 2025")
    visitor.page.get_by_label("Why does the chart start a new step?").fill("The second shift began")
    visitor.page.get_by_label("Who agreed?").fill("Partnership board, 3 March 2025")
    visitor.page.get_by_role("button", name="Start the new step").click()
    visitor.then_is_on(SEEN)
    visitor.then_reads("The chart starts a new step.")
    visitor.page.get_by_role("link", name="Take off").click()
    visitor.page.get_by_role("button", name="Take it off").click()
    visitor.then_reads("It is off the chart.")


def then_the_interactive_figure_lies_over_the_picture(visitor: Visitor) -> None:
    drawing = visitor.page.locator(".app-figure__drawing")
    drawing.locator(".main-svg").first.wait_for()
    assert drawing.get_attribute("aria-hidden") == "true"
    assert visitor.page.locator(".app-spc--wide").count() == 1
