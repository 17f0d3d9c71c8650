"""An issue is raised to the partnership group, answered there, and its answer comes back to whoever raised it."""

import pytest

from nhc import clock
from nhc.models import User
from partners.models import Centre, Organisation
from tests.decisions import forums as made
from tests.journeys.visitor import Visitor


@pytest.fixture(scope="module")
def group(site: str) -> None:
    """Alice sits for the trust and Bashir for the charity; a risk that the charity carries; a board."""
    riverside, at = Centre.objects.get(slug="riverside"), clock.now()
    trust, charity = Organisation.objects.get(code="ZZ001"), Organisation.objects.get(code="ZZ002")
    forum = made.forum(riverside, at=at)
    made.forum(riverside, "board", at=at)
    made.seat(forum, User.objects.get(email="alice@example.org"), trust, at=at)
    made.seat(forum, User.objects.get(email="bashir@example.org"), charity, at=at)
    made.risk(forum, trust, charity, at=at)


@pytest.mark.parametrize("browsing", ["visitor", "on_a_phone", "without_scripts"])
def test_an_issue_is_raised_answered_and_the_answer_comes_back(
    request: pytest.FixtureRequest, group: None, browsing: str
) -> None:
    """Each way of browsing raises an issue of its own and answers it."""
    visitor: Visitor = request.getfixturevalue(browsing)
    title = f"No quiet room ({browsing})"
    visitor.given_is_signed_in("operator")
    visitor.when_opens("/centres/riverside/forums/")
    visitor.then_all_is_well()
    visitor.when_follows("Raise an issue")
    visitor.then_all_is_well()
    visitor.page.get_by_label("What is it, in a few words?").fill(title)
    visitor.page.get_by_label("What happens, and what would help?").fill("The rooms are locked at eight.")
    visitor.page.get_by_label("Professional Partnership Group").check()
    visitor.page.get_by_role("button", name="Raise it").click()
    visitor.then_reads("Your issue lies with the Professional Partnership Group")
    visitor.then_all_is_well()
    visitor.when_opens("/sign-out/")
    visitor.page.locator("main").get_by_role("button", name="Sign out").click()

    visitor.given_is_signed_in("bashir")
    visitor.when_opens("/notices/")
    visitor.then_reads("An issue was raised to the Professional Partnership Group")
    visitor.when_opens("/centres/riverside/issues/?state=waiting")
    visitor.then_all_is_well()
    visitor.when_follows(title)
    visitor.page.get_by_role("button", name="Answer it").click()
    visitor.then_all_is_well()
    visitor.page.get_by_label("Your answer").fill("Two rooms stay open until ten.")
    visitor.page.get_by_role("button", name="Send the answer").click()
    visitor.then_reads("Operator is told of your answer")
    visitor.when_opens("/sign-out/")
    visitor.page.locator("main").get_by_role("button", name="Sign out").click()

    visitor.given_is_signed_in("operator")
    visitor.when_opens("/notices/")
    visitor.then_reads("has answered the issue that you raised")
    visitor.when_opens("/centres/riverside/issues/?mine=yes")
    visitor.when_follows(title)
    visitor.then_reads("Two rooms stay open until ten.")
    visitor.then_all_is_well()
    visitor.page.get_by_role("button", name="Yes, close the issue").click()
    visitor.then_reads("The issue is closed")


def test_forums_risks_and_proposals_are_read_and_answered(visitor: Visitor, group: None) -> None:
    visitor.given_is_signed_in("alice")
    for page, words in (
        ("forums/group/", "Next in turn"),
        ("forums/group/chair/", "It is the turn of"),
        ("forums/group/meetings/plan/", "Plan a meeting"),
        ("forums/group/decisions/record/", "Which measures should it move?"),
        ("risks/", "1 open risk is carried by a charity."),
        ("risks/add/", "Which organisations hold it together?"),
        ("priorities/", "The board has agreed on no outcome yet"),
    ):
        visitor.when_opens(f"/centres/riverside/{page}")
        visitor.then_reads(words)
        visitor.then_all_is_well()
    visitor.when_opens("/centres/riverside/risks/")
    visitor.when_follows("Waits grow")
    visitor.then_reads("Carried by a charity")
    visitor.then_all_is_well()
    visitor.when_opens("/centres/riverside/forums/group/proposals/make/")
    visitor.page.get_by_label("Proposal, in a few words").fill("Rooms until ten")
    visitor.page.get_by_label("What should happen, and why").fill("Two rooms stay **open**.")
    visitor.page.get_by_role("button", name="Propose it").click()
    visitor.then_reads("Those who sit here are asked to answer")
    visitor.then_all_is_well()
    visitor.page.get_by_role("button", name="Answer", exact=True).click()
    visitor.then_all_is_well()
    visitor.page.get_by_label("I agree").check()
    visitor.page.get_by_role("button", name="Answer", exact=True).click()
    visitor.then_reads("Your answer counts")
    visitor.then_all_is_well()
