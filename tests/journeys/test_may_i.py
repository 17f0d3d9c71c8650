"""May I? on a phone, and the finder's heat map with its table."""

from decimal import Decimal

import pytest
from playwright.sync_api import expect

from decisions.contents import Step
from nhc import clock
from partners.models import Centre
from partners.services import duty_roles
from tests.cast import MAKER
from tests.decisions.grids import TELEPHONE, decided_by, published
from tests.journeys.visitor import Visitor


@pytest.fixture(scope="module")
def centre(site: str) -> Centre:
    """Return Riverside, whose grid in force has one scenario and whose only duty has nobody on."""
    riverside, now = Centre.objects.get(slug="riverside"), clock.now()
    role = duty_roles.add_duty_role(
        centre=riverside, code="night-lead", name="Night lead", round_the_clock=True, by=MAKER, at=now
    )
    scenario = decided_by(
        role,
        "pay-for-a-taxi",
        words="cab lift",
        guardrail="Home and no further",
        limit=Decimal(40),
        limit_unit="£",
        ladder=(Step(10, duty_role=role.pk), Step(5, telephone=TELEPHONE)),
    )
    published(riverside, [scenario], at=now)
    return riverside


def test_may_i_is_two_taps_on_a_phone(on_a_phone: Visitor, centre: Centre) -> None:
    on_a_phone.given_is_signed_in("dana")
    on_a_phone.when_follows("May I?")
    on_a_phone.then_all_is_well()
    on_a_phone.page.get_by_role("link", name="Pay for a taxi").click()
    expect(on_a_phone.page.get_by_role("heading", level=1)).to_have_text("Nobody can decide this now")
    on_a_phone.then_reads("call 01632 960999")
    on_a_phone.then_all_is_well()
    on_a_phone.page.get_by_label("How much is it, in pounds?").fill("30")
    on_a_phone.page.get_by_role("button", name="Ask again").click()
    on_a_phone.then_reads("£30")
    on_a_phone.when_follows("Ask something else")
    on_a_phone.page.get_by_label("What has come up?").fill("cab")
    on_a_phone.when_presses("Enter")
    on_a_phone.then_reads("1 answer for")
    on_a_phone.then_all_is_well()
    on_a_phone.when_opens("/centres/riverside/grid/")
    on_a_phone.then_reads("Night lead decides up to £40")
    on_a_phone.then_all_is_well()


def test_the_finder_draws_the_hours_beside_a_table_of_them(visitor: Visitor, centre: Centre) -> None:
    visitor.given_is_signed_in("alice")
    visitor.when_opens("/centres/riverside/finder/")
    visitor.then_reads("2 gaps to close")
    expect(visitor.page.get_by_role("img", name="Heat map of the hours of a week")).to_be_visible()
    visitor.then_reads("Nobody who decides Pay for a taxi is on")
    visitor.then_all_is_well()
