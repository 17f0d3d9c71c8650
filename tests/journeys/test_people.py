"""Records of people in real browsers: found, changed by two at once, joined, shared, and opened in an emergency."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest
from playwright.sync_api import Browser, expect

from huddles.models import Episode, Person
from huddles.services import episodes, people, streams
from huddles.services.people import Details
from nhc import clock
from nhc.models import User
from partners.models import Centre, Organisation, Team
from partners.services import duty_roles, organisations, shifts
from partners.services import people as staff
from partners.services.shifts import Duty
from tests.cast import MAKER
from tests.conftest import Database
from tests.factories import LONG_AGO
from tests.huddles.circle import SAM
from tests.journeys.visitor import PASSWORD, Visitor, adds_a_passkey, someone
from tests.serving import web

PEOPLE = "/centres/riverside/people/"
NOOR = Details(given_name="Noor", family_name="Made-up", born_on=date(1990, 2, 1), telephone="01632 960 004")
IVO = Details(given_name="Ivo", family_name="Madeup-Doe", born_on=date(1971, 6, 9), what_matters="A walk every day.")
WREN = Details(given_name="Wren", family_name="Fictitious", born_on=date(1969, 8, 30))


@dataclass(frozen=True)
class Around:
    """Riverside with a crisis team of the trust, where Ana and Ben work, and Dee, Dora and Pria of the council."""

    centre: Centre
    crisis: Team
    desk: Team
    since: datetime

    def supported(self, details: Details) -> Episode:
        """Let the crisis team support somebody."""
        person = people.register_person(centre=self.centre, details=details, by=MAKER, at=self.since)
        return episodes.open_episode(person=person, team=self.crisis, reason="Referred", by=MAKER, at=self.since)


@pytest.fixture(scope="module")
def around(site: str) -> Around:
    """Add the crisis team, who works there, and Dee, who is on duty for the council."""
    centre, trust = Centre.objects.get(slug="riverside"), Organisation.objects.get(code="ZZ001")
    since = clock.now() - timedelta(hours=1)
    crisis = organisations.add_team(organisation=trust, centre=centre, name="Crisis team", by=MAKER, at=since)
    desk = Team.objects.get(centre=centre, name="Service desk")
    ana, ben, dee, dora, pria = (
        _worker(name, team, role)
        for name, team, role in (
            ("ana", crisis, "practitioner"),
            ("ben", crisis, "practitioner"),
            ("dee", desk, "practitioner"),
            ("dora", desk, "practitioner"),
            ("pria", desk, "privacy"),
        )
    )
    for user in (ana, ben, dee, dora, pria):
        user.set_password(PASSWORD)
        user.save()
    lead = duty_roles.add_duty_role(
        centre=centre, code="shift-lead", name="Shift lead", round_the_clock=True, by=MAKER, at=since
    )
    shifts.add_shift(duty=Duty(desk, dee, lead, since, since + timedelta(hours=9)), by=MAKER, at=since)
    streams.set_front_door(centre=centre, team=crisis, self_referral=False, by=MAKER, at=since)
    return Around(centre, crisis, desk, since)


def _worker(name: str, team: Team, role: str) -> User:
    user = staff.add_person(
        email=f"{name}@example.org",
        name=name.capitalize(),
        organisation=team.organisation,
        employed_from=LONG_AGO,
        by=MAKER,
        at=LONG_AGO,
    )
    staff.add_membership(user=user, team=team, role=role, starts_at=LONG_AGO, by=MAKER, at=LONG_AGO)
    return user


@pytest.fixture
def ben(browser: Browser, site: str, around: Around) -> Iterator[Visitor]:
    """Return Ben, signed in, in a browser beside that of the journey's visitor."""
    beside = someone(browser, site)
    beside.given_is_signed_in("ben")
    yield beside
    beside.page.context.close()
    assert beside.complaints == []


@pytest.fixture
def strict(site: str, around: Around, committed_together: Database) -> Iterator[str]:
    """Serve the same centre as in production, with second factors; passkeys need a host with a name."""
    with web(committed_together, NHC_DEMO="0", DJANGO_ALLOW_ASYNC_UNSAFE="") as served:
        yield f"http://localhost:{served.port}"


def names_nobody(visitor: Visitor, details: Details) -> None:
    """Neither the address nor the title of a page says whom it is about: both stand in histories."""
    for told in (visitor.page.url, visitor.page.title()):
        assert not [name for name in (details.given_name, details.family_name) if name.casefold() in told.casefold()]


def then_is_refused(visitor: Visitor, status: str) -> None:
    """Exactly one answer refused, which browsers note; everything else they noted stays a complaint."""
    told = [said for said in visitor.complaints if f"status of {status} " in said]
    assert len(told) == 1
    visitor.complaints.remove(told[0])


def test_somebody_is_found_and_two_who_change_one_record_lose_no_words(
    visitor: Visitor, ben: Visitor, around: Around
) -> None:
    sam = around.supported(SAM).person
    visitor.given_is_signed_in("ana")
    visitor.when_opens("/centres/riverside/")
    visitor.when_finds_in_the_menu("People")
    visitor.then_all_is_well()
    visitor.page.get_by_role("searchbox").fill("saphir oakfeld")
    visitor.when_presses("Enter")
    visitor.then_reads("1 record found among those you may read")
    visitor.then_all_is_well()
    names_nobody(visitor, SAM)
    visitor.when_follows("Saphyr Oakfel")
    visitor.then_reads("Your team is responsible for them.")
    visitor.then_all_is_well()
    names_nobody(visitor, SAM)
    visitor.when_follows("Change the record")
    visitor.then_all_is_well()
    ben.when_opens(f"{PEOPLE}{sam.reference}/change/")
    ben.page.get_by_label("Telephone number").fill("01632 960 002")
    ben.page.get_by_role("button", name="Save").click()
    ben.then_reads("The record is changed")
    visitor.page.get_by_label("What matters to them").fill("Her sister is called first.")
    visitor.page.get_by_role("button", name="Save").click()
    visitor.then_reads("Somebody else has changed this since you opened it")
    visitor.then_reads("01632 960 002")
    expect(visitor.page.get_by_label("What matters to them")).to_have_value("Her sister is called first.")
    then_is_refused(visitor, "409")
    visitor.then_all_is_well()
    visitor.page.get_by_label("Telephone number").fill("01632 960 002")
    visitor.page.get_by_role("button", name="Save").click()
    visitor.then_reads("Her sister is called first.")
    visitor.then_reads("01632 960 002")
    visitor.when_follows("What was changed")
    visitor.then_reads("Ben")
    visitor.then_reads("01632 960 001")
    visitor.then_all_is_well()


def test_somebody_new_may_be_the_same_person_and_two_people_join_the_records(
    visitor: Visitor, ben: Visitor, around: Around
) -> None:
    kept = around.supported(NOOR).person
    visitor.given_is_signed_in("ana")
    visitor.when_opens("/centres/riverside/referrals/new/")
    visitor.page.get_by_label("First name").fill("Noor")
    visitor.page.get_by_label("Last name").fill("Madeup")
    for part, number in (("Day", "1"), ("Month", "2"), ("Year", "1990")):
        visitor.page.get_by_label(part, exact=True).fill(number)
    visitor.page.get_by_label("What is happening, and what would help?").fill("Came in by herself, and is tired.")
    visitor.then_all_is_well()
    visitor.page.get_by_role("button", name="Send the referral").click()
    visitor.then_reads("is received")
    names_nobody(visitor, NOOR)
    again = Person.objects.get(family_name="Madeup")
    visitor.when_finds_in_the_menu("People")
    visitor.page.get_by_role("searchbox").fill("noor")
    visitor.when_presses("Enter")
    visitor.then_reads("May be the same person")
    visitor.then_all_is_well()
    visitor.when_follows("Noor Madeup")
    visitor.then_reads("Two records of one person hide things")
    visitor.when_follows("Join it to another record")
    visitor.page.get_by_label("Reference of the other record").fill(kept.reference)
    visitor.page.get_by_label("How do you know that both are the same person?").fill("She says so.")
    visitor.then_all_is_well()
    visitor.page.get_by_role("button", name="Ask for it").click()
    visitor.then_reads("Somebody else around both has to confirm it")
    visitor.when_follows(f"{kept.reference} and {again.reference}")
    visitor.then_reads("You asked for this")
    visitor.then_all_is_well()
    assert visitor.page.get_by_role("button", name="join them").count() == 0
    ben.when_opens(PEOPLE)
    ben.when_follows(f"{kept.reference} and {again.reference}")
    ben.page.get_by_role("button", name="They are the same person: join them").click()
    ben.then_reads("Both records read as one now")
    ben.then_all_is_well()
    ben.when_opens(f"{PEOPLE}{again.reference}/")
    expect(ben.page).to_have_url(f"{ben.site}{PEOPLE}{kept.reference}/")


def test_what_somebody_says_about_sharing_closes_their_record_on_a_phone(
    browser: Browser, site: str, around: Around, ben: Visitor
) -> None:
    ivo = around.supported(IVO)
    helper = User.objects.get(email="dora@example.org")
    episodes.add_to_circle(episode=ivo, team=None, user=helper, role="Housing", by=MAKER, at=clock.now())
    dora = someone(browser, site, width=360)
    dora.given_is_signed_in("dora")
    dora.when_opens(PEOPLE)
    dora.then_all_is_well()
    dora.when_follows("Ivo Madeup-Doe")
    dora.then_reads("A walk every day.")
    dora.then_all_is_well()
    ben.when_opens(f"{PEOPLE}{ivo.person.reference}/")
    ben.when_follows("Record what they say about sharing")
    ben.page.get_by_label("Organisation").select_option(label="Borough Council")
    ben.page.get_by_role("radio", name="No", exact=True).check()
    ben.page.get_by_label("What they said").fill("Not with the council")
    ben.then_all_is_well()
    ben.page.get_by_role("button", name="Save what they said").click()
    ben.then_reads("The record is not shared with Borough Council from now on")
    dora.page.reload()
    expect(dora.page.get_by_role("heading", level=1)).to_have_text("Page not found")
    then_is_refused(dora, "404")
    dora.then_all_is_well()
    dora.when_opens(PEOPLE)
    dora.then_reads("Your teams are responsible for nobody now")
    dora.page.context.close()
    assert dora.complaints == []


def test_an_emergency_opens_a_record_on_a_phone_and_is_reviewed(browser: Browser, strict: str, around: Around) -> None:
    wren = around.supported(WREN)
    dee, pria = someone(browser, strict, width=360), someone(browser, strict)
    for visitor, name in ((dee, "dee"), (pria, "pria")):
        visitor.when_opens("/sign-in/")
        visitor.when_signs_in(f"{name}@example.org", PASSWORD)
        adds_a_passkey(visitor)
    dee.when_opens(f"/centres/riverside/episodes/{wren.reference}/")
    dee.then_reads("The record is closed to you")
    assert "Fictitious" not in dee.page.content()
    dee.then_all_is_well()
    dee.page.get_by_role("button", name="Open the record in an emergency").click()
    dee.then_reads("a privacy officer reviews why")
    dee.page.get_by_role("button", name="Open the record", exact=True).click()
    dee.then_there_is_an_error("Enter what the emergency is", at="id_reason")
    then_is_refused(dee, "422")
    dee.then_all_is_well()
    dee.page.get_by_label("What is the emergency?").fill("Found unwell in the waiting room")
    dee.page.get_by_role("button", name="Open the record", exact=True).click()
    expect(dee.page.get_by_role("heading", level=1)).to_have_text("Wren Fictitious")
    dee.then_reads("You opened it in an emergency.")
    dee.then_all_is_well()
    names_nobody(dee, WREN)
    pria.when_opens("/centres/riverside/")
    pria.when_finds_in_the_menu("Opened records")
    pria.then_reads("Found unwell in the waiting room")
    pria.then_all_is_well()
    assert "Fictitious" not in pria.page.content()
    pria.page.get_by_role("link", name=f"Review {wren.person.reference}").click()
    pria.then_all_is_well()
    pria.page.get_by_label("It was needed", exact=True).check()
    pria.page.get_by_role("button", name="Save the review").click()
    pria.then_reads("0 records to review")
    pria.then_all_is_well()
    assert [dee.complaints, pria.complaints] == [[], []]
