"""Joining the centre: invited, protected, inducted and on duty. A swap, a shift covered, the week on a phone."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Browser, expect

from nhc import clock
from nhc.clock import LONDON
from nhc.models import User
from partners.models import Employment, Membership, Shift
from partners.services import duty_roles, induction_packs, people, shifts
from partners.services.induction_packs import Step
from partners.services.shifts import Duty
from tests import cast
from tests.cast import MAKER, NOW, Cast
from tests.conftest import Database
from tests.factories import LONG_AGO
from tests.journeys.visitor import PASSWORD, Visitor, adds_a_passkey, someone
from tests.serving import web

ROTA = "/centres/riverside/rota/"


@pytest.fixture(scope="module")
def riverside(browser: Browser, committed_together: Database) -> Database:
    """Store Riverside with a duty role, an induction, an administrator, and two practitioners with shifts tomorrow."""
    gathered = cast.gather()
    _let_somebody_invite(gathered)
    _write_an_induction(gathered)
    _put_two_on(gathered)
    for user in User.objects.all():
        user.set_password(PASSWORD)
        user.save()
    return committed_together


def _let_somebody_invite(gathered: Cast) -> None:
    employment = Employment.objects.get(user=gathered.carol)
    people.set_administrator(employment=employment, administrator=True, by=MAKER, at=NOW)


def _write_an_induction(gathered: Cast) -> None:
    draft = induction_packs.draft_pack(centre=gathered.riverside, kind="full", by=MAKER, at=NOW)
    for step in (
        Step("read", "The building", body="The **front door** is never locked in the day."),
        Step("confirm", "Escalating", question="I know whom to call when I am worried"),
    ):
        induction_packs.add_step(version=draft, step=step, by=MAKER, at=NOW)
    draft.refresh_from_db()
    induction_packs.open_pack(version=draft, valid_for_days=365, edition=draft.edition, by=MAKER, at=NOW)


def _put_two_on(gathered: Cast) -> None:
    """Ana from 9:00 to 17:00 and Ben from 17:00 to 21:00, tomorrow and the day after; Mira changes the rota."""
    _joined(gathered, "mira", "manager")
    role = duty_roles.add_duty_role(
        centre=gathered.riverside, code="front-door", name="Front door", what_for="Walking in", by=MAKER, at=NOW
    )
    for name, starts, hours in (("ana", 9, 8), ("ben", 17, 4)):
        user = _joined(gathered, name, "practitioner")
        for days in (1, 2):
            at = _days_ahead(days, starts)
            duty = Duty(gathered.backbone, user, role, at, at + timedelta(hours=hours))
            shifts.add_shift(duty=duty, by=MAKER, at=NOW)


def _joined(gathered: Cast, name: str, role: str) -> User:
    user = people.add_person(
        email=f"{name}@example.org",
        name=name.capitalize(),
        organisation=gathered.trust,
        employed_from=LONG_AGO,
        by=MAKER,
        at=NOW,
    )
    people.add_membership(user=user, team=gathered.backbone, role=role, starts_at=LONG_AGO, by=MAKER, at=NOW)
    return user


def _days_ahead(days: int, hour: int) -> datetime:
    day = clock.today() + timedelta(days=days)
    return datetime(day.year, day.month, day.day, hour, tzinfo=LONDON)


@pytest.fixture
def strict(riverside: Database) -> Iterator[str]:
    """Serve Riverside as in production, with second factors, and without e-mail, so that links are shown.

    Passkeys need a host with a name, not a number.
    """
    with web(riverside, NHC_DEMO="0", NHC_EMAIL_URL="none://", DJANGO_ALLOW_ASYNC_UNSAFE="") as served:
        yield f"http://localhost:{served.port}"


@pytest.fixture(scope="module")
def plain(riverside: Database) -> Iterator[str]:
    """Serve Riverside as the demonstration does, without second factors."""
    with web(riverside, DJANGO_ALLOW_ASYNC_UNSAFE="") as served:
        yield f"http://localhost:{served.port}"


def test_somebody_invited_joins_and_goes_on_duty(browser: Browser, strict: str) -> None:
    carol, erin, alice = (someone(browser, strict) for _ in range(3))
    erin.when_opens(_invited_by(carol))
    _joins(erin)
    adds_a_passkey(erin)
    _is_inducted(erin)
    _has_worked_here_since_yesterday("erin@example.org")
    alice.when_opens("/sign-in/")
    alice.when_signs_in("alice@example.org", PASSWORD)
    adds_a_passkey(alice)
    _puts_on_now(alice, "Erin Moss, Front door")
    erin.when_opens(f"{ROTA}now/")
    erin.then_reads("Erin Moss")
    erin.then_the_page_is_accessible()
    erin.when_follows("My shifts")
    erin.then_reads("On now")
    erin.then_the_page_is_accessible()
    assert [each.complaints for each in (carol, erin, alice)] == [[], [], []]


def _invited_by(administrator: Visitor) -> str:
    """Invite Erin into the charity's team; return the path of the link."""
    administrator.when_opens("/sign-in/")
    administrator.when_signs_in("carol@example.org", PASSWORD)
    adds_a_passkey(administrator)
    administrator.when_follows("Our people")
    administrator.then_the_page_is_accessible()
    administrator.page.get_by_role("button", name="Invite someone").click()
    administrator.page.get_by_label("Name").fill("Erin Moss")
    administrator.page.get_by_label("Email address", exact=True).fill("erin@example.org")
    administrator.page.get_by_label("Team").select_option(label="Front door, Riverside centre")
    administrator.page.get_by_label("Role").select_option(label="VCFSE worker")
    administrator.then_the_page_is_accessible()
    administrator.page.get_by_role("button", name="Invite", exact=True).click()
    administrator.then_reads("Erin Moss is invited")
    administrator.then_the_page_is_accessible()
    link = administrator.page.locator("#link").input_value()
    return link[link.index("/invitations/") :]


def _joins(invited: Visitor) -> None:
    invited.then_reads("Carol invites you to work as vcfse worker in Front door at Riverside centre")
    invited.then_the_page_is_accessible()
    expect(invited.page.get_by_label("Your name")).to_have_value("Erin Moss")
    invited.page.get_by_label("Choose a password").fill("green umbrella seven")
    invited.page.get_by_role("button", name="Join").click()


def _is_inducted(visitor: Visitor) -> None:
    visitor.when_opens("/centres/riverside/directory/")
    visitor.then_the_page_is_accessible()
    visitor.when_follows("Induction")
    visitor.then_reads("You do not decide alone at present")
    visitor.then_the_page_is_accessible()
    visitor.page.get_by_role("button", name="Begin").click()
    visitor.then_reads("The front door is never locked in the day.")
    visitor.then_the_page_is_accessible()
    visitor.page.get_by_role("button", name="I have read it").click()
    visitor.page.get_by_label("I know whom to call when I am worried").check()
    visitor.then_the_page_is_accessible()
    visitor.page.get_by_role("button", name="Continue").click()
    visitor.then_reads("You are inducted at Riverside centre")
    visitor.then_the_page_is_accessible()


def _has_worked_here_since_yesterday(email: str) -> None:
    """A placement begins when the invitation is accepted: let that be yesterday, so that a shift may have begun."""
    Membership.objects.filter(user__email=email).update(starts_at=clock.now() - timedelta(days=1))


def _puts_on_now(manager: Visitor, who: str) -> None:
    """Put somebody on for a shift that began half an hour ago."""
    begun = clock.now().astimezone(LONDON) - timedelta(minutes=30)
    manager.when_opens(ROTA)
    manager.page.get_by_role("button", name="Put somebody on").click()
    manager.page.get_by_label("Who is on?").select_option(label=who)
    manager.page.get_by_label("Duty role").select_option(label="Front door")
    for part, number in (("Day", begun.day), ("Month", begun.month), ("Year", begun.year)):
        manager.page.get_by_label(part, exact=True).fill(str(number))
    manager.page.get_by_label("Start time").fill(f"{begun:%H:%M}")
    manager.page.get_by_label("End time").fill(f"{begun + timedelta(hours=2):%H:%M}")
    manager.then_the_page_is_accessible()
    manager.page.get_by_role("button", name="Put them on").click()
    manager.then_reads("Erin Moss is on the rota")
    manager.then_the_page_is_accessible()


def test_a_swap_is_asked_and_agreed(browser: Browser, plain: str) -> None:
    ana, ben = someone(browser, plain), someone(browser, plain)
    ana.given_is_signed_in("ana")
    ana.when_opens("/my-shifts/")
    ana.page.get_by_role("link", name="Ask for a swap").first.click()
    ana.page.get_by_label("Colleague").select_option(label="Ben")
    ana.then_the_page_is_accessible()
    ana.page.get_by_role("button", name="Continue").click()
    ana.page.get_by_role("radio", name="Nothing in return").check()
    ana.page.get_by_label("Message").fill("I have an exam")
    ana.then_the_page_is_accessible()
    ana.page.get_by_role("button", name="Ask", exact=True).click()
    ana.then_reads("Ben is asked")
    ben.given_is_signed_in("ben")
    ben.when_opens("/my-shifts/")
    ben.then_reads("1 swap waits for your answer")
    ben.then_the_page_is_accessible()
    ben.page.get_by_role("link", name="Ana asks you to take").click()
    ben.then_reads("I have an exam")
    ben.then_the_page_is_accessible()
    ben.page.get_by_role("button", name="Agree").click()
    expect(ben.page.get_by_role("row")).to_have_count(4)
    ana.when_opens("/my-shifts/")
    expect(ana.page.get_by_role("row")).to_have_count(2)
    assert [ana.complaints, ben.complaints] == [[], []]


def test_a_shift_is_covered(browser: Browser, plain: str) -> None:
    mira = someone(browser, plain)
    shift = Shift.objects.filter(user__email="ana@example.org").latest("starts_at")
    mira.given_is_signed_in("mira")
    mira.when_opens(f"{ROTA}shifts/{shift.pk}/")
    mira.then_the_page_is_accessible()
    mira.when_follows("Let somebody cover it, or a part of it")
    mira.page.get_by_label("Who covers?").select_option(label="Ben, Backbone")
    mira.page.get_by_label("Start time").fill("13:00")
    mira.page.get_by_label("Why?").fill("Sickness")
    mira.then_the_page_is_accessible()
    mira.page.get_by_role("button", name="Save the cover").click()
    mira.then_reads("Ben covers")
    mira.then_reads("09:00 to 13:00")
    mira.then_reads("13:00 to 17:00")
    mira.then_the_page_is_accessible()
    assert mira.complaints == []


def test_the_week_fits_a_phone_and_needs_no_scripts(browser: Browser, plain: str) -> None:
    ana = someone(browser, plain, width=320, scripts=False)
    ana.given_is_signed_in("ana")
    for page in ("", "now/", "month/"):
        ana.when_opens(f"{ROTA}{page}")
        ana.then_reads("Front door")
        ana.then_the_page_fits()
    assert ana.complaints == []
