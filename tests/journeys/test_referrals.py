"""Coming in by the front door: asking for support on a phone, referred by a partner; answered, or handed back."""

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, expect

from huddles.models import Referral
from huddles.services import people, streams
from nhc import clock
from partners.models import Centre, Organisation
from partners.services import organisations
from partners.services import people as staff
from tests.cast import MAKER
from tests.factories import LONG_AGO
from tests.huddles.circle import SAM
from tests.journeys.visitor import PASSWORD, Visitor, someone

CENTRE = "/centres/riverside/"
WORDS = "I have not slept for four nights."


@pytest.fixture(scope="module")
def door(site: str) -> str:
    """Let the trust's crisis team, where Ana works, receive referrals from everybody; return the server's address."""
    centre, trust = Centre.objects.get(slug="riverside"), Organisation.objects.get(code="ZZ001")
    since = clock.now() - timedelta(hours=1)
    crisis = organisations.add_team(organisation=trust, centre=centre, name="Crisis team", by=MAKER, at=since)
    ana = staff.add_person(
        email="ana@example.org", name="Ana", organisation=trust, employed_from=LONG_AGO, by=MAKER, at=LONG_AGO
    )
    staff.add_membership(user=ana, team=crisis, role="practitioner", starts_at=LONG_AGO, by=MAKER, at=LONG_AGO)
    ana.set_password(PASSWORD)
    ana.save()
    streams.set_front_door(centre=centre, team=crisis, self_referral=True, by=MAKER, at=since)
    streams.begin_with_usual_streams(centre=centre, by=MAKER, at=since)
    people.register_person(centre=centre, details=SAM, by=MAKER, at=since)
    return site


def asks_for_support(visitor: Visitor, given_name: str, family_name: str, born: tuple[str, str, str]) -> str:
    """Go through the public pages, the crisis advice first; return all that is read once it is sent."""
    visitor.when_opens(f"{CENTRE}refer-yourself/")
    crisis = visitor.page.get_by_role("heading", name="Call 999 or go to A&E now").bounding_box()
    onward = visitor.page.get_by_role("button", name="It can wait: ask for support").bounding_box()
    assert crisis is not None
    assert onward is not None
    assert crisis["y"] < visitor.page.evaluate("window.innerHeight")
    assert crisis["y"] < onward["y"]
    visitor.then_all_is_well()
    visitor.page.get_by_role("button", name="It can wait: ask for support").click()
    visitor.then_reads("If somebody is in danger now, call 999.")
    visitor.then_all_is_well()
    visitor.page.get_by_label("I do", exact=True).check()
    visitor.page.get_by_label("First name").fill(given_name)
    visitor.page.get_by_label("Last name").fill(family_name)
    for part, number in zip(("Day", "Month", "Year"), born, strict=True):
        visitor.page.get_by_label(part, exact=True).fill(number)
    visitor.page.get_by_label("How can we reach you?").fill("01632 960 005")
    visitor.page.get_by_label("What is happening, and what would help?").fill(WORDS)
    visitor.page.get_by_role("button", name="Send", exact=True).click()
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("We have what you sent")
    visitor.then_all_is_well()
    return visitor.page.locator("body").inner_text()


def test_somebody_asks_for_support_and_is_answered(browser: Browser, door: str, visitor: Visitor) -> None:
    stranger, known = someone(browser, door, width=360), someone(browser, door, width=360)
    told = asks_for_support(stranger, "Testina", "Exampleton", ("9", "6", "1971"))
    assert asks_for_support(known, "Saphyr", "Oakfel", ("3", "4", "1985")) == told
    assert stranger.page.url == known.page.url
    for each in (stranger, known):
        each.page.context.close()
        assert each.complaints == []
    visitor.given_is_signed_in("ana")
    visitor.when_opens(CENTRE)
    visitor.when_finds_in_the_menu("Referrals")
    visitor.then_all_is_well()
    referral = Referral.objects.get(episode__person__family_name="Exampleton")
    visitor.when_follows(referral.reference)
    visitor.then_reads(WORDS)
    visitor.then_reads("01632 960 005")
    visitor.then_all_is_well()
    assert "Exampleton" not in visitor.page.title()
    visitor.page.get_by_role("button", name="Triage it").click()
    visitor.page.get_by_label("Outreach").check()
    visitor.page.get_by_label("What do you tell whoever referred?").fill("We come to see you tomorrow at 10:00.")
    visitor.then_all_is_well()
    visitor.page.get_by_role("button", name="Send it into this stream").click()
    visitor.then_reads("The referral is answered and in the stream Outreach")
    visitor.then_reads("We come to see you tomorrow at 10:00.")
    visitor.then_all_is_well()


def test_a_referral_is_not_handed_back_before_anything_was_tried(browser: Browser, door: str, visitor: Visitor) -> None:
    bashir = someone(browser, door)
    bashir.given_is_signed_in("bashir")
    bashir.when_opens(CENTRE)
    bashir.when_finds_in_the_menu("Refer somebody")
    bashir.then_all_is_well()
    bashir.page.get_by_role("button", name="Refer somebody").click()
    bashir.page.get_by_label("What are they called, if the name is not known?").fill("The man with the dog")
    bashir.page.get_by_label("What is happening, and what would help?").fill("Sleeps in the doorway since Monday.")
    bashir.page.get_by_label("For which organisation do you refer?").select_option(label="Open Door")
    bashir.then_all_is_well()
    bashir.page.get_by_role("button", name="Send the referral").click()
    referral = Referral.objects.get(organisation__code="ZZ002")
    bashir.then_reads(f"Referral {referral.reference} is received")
    bashir.then_all_is_well()
    assert "The man with the dog" not in bashir.page.content()
    visitor.given_is_signed_in("ana")
    visitor.when_opens(f"{CENTRE}referrals/{referral.reference}/")
    visitor.when_follows("Hand it back, as the last resort")
    visitor.page.get_by_label("What do you tell whoever referred?").fill("The street outreach team can help.")
    visitor.then_all_is_well()
    visitor.page.get_by_role("button", name="Hand it back").click()
    visitor.then_there_is_an_error("Enter which alternatives you tried", at="id_alternatives_tried")
    visitor.complaints = [said for said in visitor.complaints if "status of 422 " not in said]
    visitor.then_all_is_well()
    assert Referral.objects.get(pk=referral.pk).state == "received"
    tried = "Outreach went twice; housing has no bed this week."
    visitor.page.get_by_label("Which alternatives did you try?").fill(tried)
    visitor.page.get_by_role("button", name="Hand it back").click()
    visitor.then_reads("The referral is handed back")
    bashir.when_opens(f"{CENTRE}referrals/made/")
    bashir.then_reads("The street outreach team can help.")
    bashir.then_all_is_well()
    bashir.page.context.close()
    assert bashir.complaints == []
