"""The grid from a draft to consent, published and reviewed."""

import pytest

from decisions.queries import grids, rounds
from decisions.services import rounds as services
from nhc import clock
from nhc.actors import Actor
from nhc.models import User
from partners.models import Centre
from partners.queries import directory
from partners.services import duty_roles
from tests.cast import MAKER
from tests.journeys.visitor import Visitor


@pytest.fixture(scope="module")
def centre(site: str) -> Centre:
    """Return Riverside with a duty role, so that a grid has a column."""
    riverside = Centre.objects.get(slug="riverside")
    duty_roles.add_duty_role(
        centre=riverside, code="night-lead", name="Night lead", round_the_clock=True, by=MAKER, at=clock.now()
    )
    return riverside


def test_a_grid_goes_from_a_draft_to_consent_and_is_published_and_reviewed(visitor: Visitor, centre: Centre) -> None:
    visitor.given_is_signed_in("alice")
    visitor.when_opens("/centres/riverside/grid/")
    visitor.then_all_is_well()
    visitor.page.get_by_role("button", name="Begin the grid").click()
    visitor.then_all_is_well()
    visitor.page.get_by_role("button", name="Begin with an empty grid").click()
    visitor.when_follows("Add a scenario")
    visitor.then_all_is_well()
    when_writes_a_scenario(visitor)
    visitor.then_reads("Pay for a taxi is in the draft")
    visitor.then_all_is_well()
    visitor.page.get_by_label("Pay for a taxi, Night lead").select_option("Decides")
    visitor.page.get_by_role("button", name="Save the grid").click()
    visitor.then_reads("1 scenario saved")
    visitor.when_follows("1. Pay for a taxi")
    visitor.page.get_by_label("Your comment").fill("Is £40 enough at night?")
    visitor.page.get_by_role("button", name="Comment").click()
    visitor.then_reads("Is £40 enough at night?")
    visitor.then_all_is_well()
    when_asks_the_partners(visitor)
    given_everybody_agrees(centre)
    visitor.when_opens("/centres/riverside/grid/consent/")
    visitor.then_all_is_well()
    visitor.page.get_by_role("button", name="Everybody has answered: close the round").click()
    visitor.page.get_by_role("button", name="Publish version 1").click()
    visitor.then_all_is_well()
    visitor.page.get_by_role("button", name="Publish", exact=True).click()
    visitor.then_reads("Version 1 is in force")
    visitor.then_all_is_well()
    visitor.when_follows("Review the grid")
    visitor.then_all_is_well()
    visitor.page.get_by_label("What did you learn?").fill("Nothing needs to change.")
    visitor.page.get_by_role("button", name="Store the review").click()
    visitor.then_reads("Nothing needs to change.")
    visitor.then_all_is_well()


def when_writes_a_scenario(visitor: Visitor) -> None:
    """Fill the form of a scenario that a telephone answers in the end."""
    page = visitor.page
    page.get_by_label("What may come up").fill("Pay for a taxi")
    page.get_by_label("Other words that people use for it").fill("cab lift")
    page.get_by_label("Guardrail").fill("Home and no further")
    page.get_by_label("Limit, where it can be measured").fill("40")
    page.get_by_label("What the limit counts").fill("£")
    page.get_by_label("Rung 1: who is called").select_option("Night lead")
    page.get_by_label("Rung 1: to answer").fill("10")
    page.get_by_label("Rung 2: who is called").select_option("A telephone number")
    page.get_by_label("Rung 2: number, if a telephone").fill("01632 960999")
    page.get_by_label("Rung 2: to answer").fill("5")
    page.get_by_role("button", name="Add it").click()


def when_asks_the_partners(visitor: Visitor) -> None:
    visitor.when_opens("/centres/riverside/grid/consent/")
    visitor.then_all_is_well()
    visitor.page.get_by_role("button", name="Ask the partners").click()
    visitor.then_all_is_well()
    visitor.page.get_by_label("What is new, in a sentence").fill("Our first grid")
    visitor.page.get_by_role("button", name="Ask the partners").click()
    visitor.then_reads("Every partner can answer until the end of")


def given_everybody_agrees(centre: Centre) -> None:
    """Let each partner answer as its speaker does."""
    version = grids.version_in_work(centre)
    assert version is not None
    consent = rounds.open_round(version)
    assert consent is not None
    by = Actor.user(User.objects.get(email="bashir@example.org"))
    for organisation in directory.partners_at(centre, clock.now()):
        services.answer(consent=consent, organisation=organisation, answer="agree", by=by, at=clock.now())
