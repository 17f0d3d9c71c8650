"""An agreement is read and signed for an organisation, and an induction gone through, in a browser."""

import pytest

from nhc import clock
from nhc.models import User
from partners.models import Centre, Organisation
from partners.queries import agreements as queries
from tests.journeys.visitor import Visitor
from tests.partners import agreements as made


@pytest.mark.parametrize("browsing", ["visitor", "without_scripts"])
def test_an_agreement_is_compared_and_signed(request: pytest.FixtureRequest, site: str, browsing: str) -> None:
    """Each way of browsing opens a version of its own and signs it."""
    visitor: Visitor = request.getfixturevalue(browsing)
    riverside, trust = Centre.objects.get(slug="riverside"), Organisation.objects.get(code="ZZ001")
    version = made.opened(riverside, at=clock.now())
    if not queries.signatories_of(trust, clock.now()).exists():
        made.signatory(trust, at=clock.now(), user=User.objects.get(email="bashir@example.org"))
    visitor.given_is_signed_in("bashir")
    visitor.when_opens("/centres/riverside/agreements/")
    visitor.then_all_is_well()
    visitor.when_follows("Information-sharing agreement")
    visitor.then_reads("Nothing changes until the end of")
    visitor.then_all_is_well()
    visitor.page.get_by_role("button", name="Sign for Riverside Mental Health Trust").click()
    visitor.then_reads("Nobody shares names.")
    visitor.then_all_is_well()
    visitor.page.get_by_label("I have read this version and sign it for the organisation").check()
    visitor.page.get_by_role("button", name="Sign", exact=True).click()
    visitor.then_reads(f"You have signed version {version.number} for Riverside Mental Health Trust")
    visitor.then_all_is_well()
    visitor.when_follows(f"Version {version.number}")
    visitor.then_reads("Signed by")
    visitor.then_all_is_well()


def test_the_fast_track_is_gone_through_on_a_phone(on_a_phone: Visitor, site: str) -> None:
    made.pack(Centre.objects.get(slug="riverside"), "fast-track", at=clock.now())
    on_a_phone.given_is_signed_in("alice")
    on_a_phone.when_opens("/centres/riverside/induction/")
    on_a_phone.then_reads("You do not decide alone at present")
    on_a_phone.then_all_is_well()
    on_a_phone.page.get_by_role("button", name="Begin").click()
    on_a_phone.then_all_is_well()
    on_a_phone.page.get_by_role("button", name="I have read it").click()
    on_a_phone.page.get_by_role("button", name="I have watched it").click()
    on_a_phone.page.get_by_label("I know whom to tell.").check()
    on_a_phone.page.get_by_role("button", name="Continue").click()
    on_a_phone.page.get_by_label("Nobody", exact=True).check()
    on_a_phone.page.get_by_role("button", name="Continue").click()
    on_a_phone.then_reads("Not quite. A rung that does not answer is passed by.")
    on_a_phone.complaints = [said for said in on_a_phone.complaints if "422 (Unprocessable" not in said]
    on_a_phone.then_all_is_well()
    on_a_phone.page.get_by_label("The next rung").check()
    on_a_phone.page.get_by_role("button", name="Continue").click()
    on_a_phone.then_reads("You are inducted at Riverside centre")
    on_a_phone.then_reads("You may decide alone where the decision is yours")
    on_a_phone.then_all_is_well()
    on_a_phone.when_follows("Who is inducted")
    on_a_phone.then_all_is_well()
