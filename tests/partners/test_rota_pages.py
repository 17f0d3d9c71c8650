"""The rota over HTTP: who sees it, the week and the month, who is on now, and every act on a shift."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from nhc.models import AuditEvent, User
from partners.models import DutyRole, Membership, Shift, Swap
from partners.services import duty_roles, people, shifts
from tests.factories import (
    LONG_AGO,
    CentreFactory,
    EmploymentFactory,
    MembershipFactory,
    TeamFactory,
    UserFactory,
)
from tests.partners.pages import signed_in, words
from tests.partners.rotas import MAKER, Rota, london, make_rota

NOW = london(2026, 10, 21, 10)
"""A Wednesday; clocks go back on the Sunday."""

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]


@pytest.fixture
def rota() -> Rota:
    return make_rota(centre=CentreFactory.create(slug="riverside", name="Riverside centre"))


@pytest.fixture
def manager(rota: Rota) -> Client:
    user = UserFactory.create(name="Mia")
    MembershipFactory.create(user=user, team=rota.crisis, role="manager")
    return signed_in(user)


def night(rota: Rota, user: User, day: int) -> Shift:
    return rota.add(user, rota.nights, london(2026, 10, day, 20), london(2026, 10, day + 1, 8), at=NOW)


def typed(rota: Rota, user: User, **other: str) -> dict[str, str]:
    return {
        "person": f"{user.pk}-{rota.team_of(user).pk}",
        "duty_role": "night-nurse",
        "day-day": "24",
        "day-month": "10",
        "day-year": "2026",
        "starts": "20:00",
        "ends": "08:00",
    } | other


def test_the_week_shows_who_is_on_and_where_nobody_is(rota: Rota, manager: Client) -> None:
    night(rota, rota.ana, 24)
    page = words(manager.get("/centres/riverside/rota/"))
    assert "19 October 2026 to 25 October 2026" in page
    assert "Ana , Sat 20:00 to 08:00, Night nurse 20:00 to 08:00 Crisis team" in page
    assert "Nobody is on as Night nurse from Wed 21 Oct, 20:00 to Thu 22 Oct, 08:00. Find cover" in page


def test_the_week_by_team_and_another_week(rota: Rota, manager: Client) -> None:
    night(rota, rota.cai, 28)
    page = words(manager.get("/centres/riverside/rota/?week=2026-W44&by=team"))
    assert "Open door Cai" in page
    assert "Show the week by duty" in page


def test_the_month_stands_day_under_day(rota: Rota, manager: Client) -> None:
    night(rota, rota.cai, 28)
    page = words(manager.get("/centres/riverside/rota/month/?month=2026-10"))
    assert page.index("Thu 1 Oct") < page.index("Wed 28 Oct") < page.index("Sat 31 Oct")


@pytest.mark.parametrize("query", ["week=x", "week=2026-W60", "week=9999-W01", "week=%00", "by=x&week=0000-W00"])
def test_a_week_that_is_none_is_not_found(rota: Rota, manager: Client, query: str) -> None:
    assert manager.get(f"/centres/riverside/rota/?{query}").status_code == 404


def test_now_and_next_with_the_telephone_and_the_deputy(rota: Rota, manager: Client) -> None:
    rota.crisis.telephone = "020 7946 0001"
    rota.crisis.save()
    rota.add(rota.ana, rota.lead, NOW - timedelta(hours=2), NOW + timedelta(hours=6), at=NOW)
    rota.add(rota.ben, rota.lead, NOW + timedelta(hours=6), NOW + timedelta(hours=14), at=NOW)
    duty_roles.edit_duty_role(
        duty_role=rota.nights,
        version=1,
        name="Night nurse",
        what_for="",
        deputy=rota.lead,
        position=1,
        by=MAKER,
        at=NOW,
    )
    page = words(manager.get("/centres/riverside/rota/now/"))
    assert "Ana until 16:00 Crisis team" in page
    assert "Telephone 020 7946 0001" in page
    assert "Next Ben from 16:00" in page
    assert "Ask Shift lead: Ana, 020 7946 0001" in page


@pytest.mark.parametrize("page", ["", "month/", "now/", "rota.csv"])
def test_outsiders_see_nothing_of_a_rota(rota: Rota, page: str) -> None:
    elsewhere = make_rota()
    employed = EmploymentFactory.create(organisation=rota.crisis.organisation).user
    assert signed_in(elsewhere.ana).get(f"/centres/riverside/rota/{page}").status_code == 404
    assert signed_in(employed).get(f"/centres/riverside/rota/{page}").status_code == 403
    assert Client().get(f"/centres/riverside/rota/{page}").status_code == 302


ACTS = ["shifts/add/", "shifts/{shift}/", "shifts/{shift}/cover/", "shifts/{shift}/cancel/", "import/", "duty-roles/"]


@pytest.mark.parametrize("act", ACTS)
def test_colleagues_read_the_rota_and_change_nothing(rota: Rota, act: str) -> None:
    shift = night(rota, rota.ana, 24)
    browser = signed_in(rota.ben)
    assert browser.get("/centres/riverside/rota/").status_code == 200
    address = f"/centres/riverside/rota/{act.format(shift=shift.pk)}"
    assert browser.get(address).status_code == 403
    assert browser.post(address, {"why": "Closed", "version": "1"}).status_code == 403
    shift.refresh_from_db()
    assert shift.cancelled_at is None


def test_an_administrator_changes_the_shifts_of_their_own_teams_alone(rota: Rota) -> None:
    theirs, other = night(rota, rota.ana, 24), night(rota, rota.cai, 25)
    employment = EmploymentFactory.create(organisation=rota.crisis.organisation, administrator=True)
    browser = signed_in(employment.user)
    assert browser.get(f"/centres/riverside/rota/shifts/{theirs.pk}/").status_code == 200
    assert browser.get(f"/centres/riverside/rota/shifts/{other.pk}/").status_code == 403
    assert browser.get("/centres/riverside/rota/duty-roles/").status_code == 403
    assert "Cai" not in words(browser.get("/centres/riverside/rota/shifts/add/"))


def test_a_shift_of_another_centre_is_not_found(rota: Rota, manager: Client) -> None:
    elsewhere = make_rota()
    shift = night(elsewhere, elsewhere.ana, 24)
    assert manager.get(f"/centres/riverside/rota/shifts/{shift.pk}/").status_code == 404
    assert manager.get("/centres/riverside/rota/shifts/999999999999999999999/").status_code == 404


def test_somebody_is_put_on(rota: Rota, manager: Client) -> None:
    answer = manager.post("/centres/riverside/rota/shifts/add/", typed(rota, rota.ana))
    assert answer["Location"] == "/centres/riverside/rota/?week=2026-W43"
    shift = Shift.objects.get()
    assert (shift.starts_at, shift.ends_at) == (london(2026, 10, 24, 20), london(2026, 10, 25, 8))
    assert shift.ends_at - shift.starts_at == timedelta(hours=13)
    assert shift.operational_date.isoformat() == "2026-10-24"
    assert AuditEvent.objects.filter(verb="shift.added", subject_id=str(shift.pk)).exists()


def test_somebody_who_is_on_elsewhere_is_refused_with_where(rota: Rota, manager: Client) -> None:
    night(rota, rota.ana, 24)
    elsewhere = make_rota()
    MembershipFactory.create(user=rota.ben, team=elsewhere.crisis)
    shifts.add_shift(
        duty=shifts.Duty(elsewhere.crisis, rota.ben, elsewhere.lead, london(2026, 10, 24, 20), london(2026, 10, 25, 6)),
        by=MAKER,
        at=NOW,
    )
    answer = manager.post("/centres/riverside/rota/shifts/add/", typed(rota, rota.ana))
    assert answer.status_code == 422
    assert "Ana is on another shift then: Night nurse, Sat 24 Oct, 20:00 to Sun 25 Oct, 08:00" in words(answer)
    other = words(manager.post("/centres/riverside/rota/shifts/add/", typed(rota, rota.ben)))
    assert "Ben is on another shift then: duty at another centre" in other
    assert elsewhere.centre.name not in other


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"person": "x"}, "Select who is on"),
        ({"person": ""}, "Select who is on"),
        ({"duty_role": "other"}, "Select duty role from the list"),
        ({"starts": "soon"}, "Start time must be a time, like 20:00"),
        ({"ends": "25:00"}, "End time must be a time, like 20:00"),
        ({"day-day": "31", "day-month": "2"}, "The day must be a real date"),
        ({"day-year": "9999"}, "Enter a day of this century"),
        ({"day-year": "2025"}, "That time is over"),
        ({"day-day": "27", "day-month": "3", "day-year": "2027", "ends": "01:30"}, "so it does not happen"),
        ({"ends": "01:30"}, "01:30 happens twice that night. Select which one you mean"),
        ({"starts": "\0"}, "Null characters are not allowed"),
    ],
)
def test_what_is_typed_wrong_is_said_at_its_box(rota: Rota, manager: Client, wrong: dict[str, str], said: str) -> None:
    answer = manager.post("/centres/riverside/rota/shifts/add/", typed(rota, rota.ana, **wrong))
    assert answer.status_code == 422
    assert said in words(answer)
    assert not Shift.objects.exists()


@pytest.mark.parametrize(("chosen", "hours"), [("before", 5.5), ("after", 6.5)])
def test_the_repeated_hour_is_asked_for_and_taken(rota: Rota, manager: Client, chosen: str, hours: float) -> None:
    manager.post("/centres/riverside/rota/shifts/add/", typed(rota, rota.ana, ends="01:30", ends_clocks=chosen))
    shift = Shift.objects.get()
    assert shift.ends_at - shift.starts_at == timedelta(hours=hours)
    shown = words(manager.get("/centres/riverside/rota/"))
    assert f"20:00 to 01:30 {'BST' if chosen == 'before' else 'GMT'}" in shown


def test_the_night_on_which_clocks_go_forward_is_an_hour_shorter(rota: Rota, manager: Client) -> None:
    day = {"day-day": "27", "day-month": "3", "day-year": "2027"}
    manager.post("/centres/riverside/rota/shifts/add/", typed(rota, rota.ana, **day))
    shift = Shift.objects.get()
    assert shift.ends_at - shift.starts_at == timedelta(hours=11)


def test_a_gap_leads_to_its_cover(rota: Rota, manager: Client) -> None:
    page = manager.get("/centres/riverside/rota/").content.decode()
    link = next(part.partition('"')[0] for part in page.split('href="') if "night-nurse&amp;starts=2026-10-24" in part)
    link = link.replace("&amp;", "&")
    assert 'value="20:00"' in manager.get(link).content.decode()
    assert manager.post(link, typed(rota, rota.ana)).status_code == 422
    manager.post(link, typed(rota, rota.ana, reason="Sickness"))
    assert Shift.objects.get().source == "override"
    assert "Night nurse from Sat 24 Oct" not in words(manager.get("/centres/riverside/rota/"))


def test_a_shift_is_corrected_and_a_clash_keeps_what_was_typed(rota: Rota, manager: Client) -> None:
    shift = night(rota, rota.ana, 24)
    address = f"/centres/riverside/rota/shifts/{shift.pk}/"
    assert manager.post(address, typed(rota, rota.ben, version="1")).status_code == 302
    stale = manager.post(address, typed(rota, rota.ana, version="1", starts="21:15"))
    assert stale.status_code == 409
    assert "Somebody else changed this meanwhile Now it is: Ben" in words(stale)
    assert 'value="21:15"' in stale.content.decode()
    assert manager.post(address, typed(rota, rota.ana, version="2", starts="21:15")).status_code == 302


def test_a_part_of_a_shift_is_covered(rota: Rota, manager: Client) -> None:
    shift = night(rota, rota.ana, 22)
    form = {"person": f"{rota.cai.pk}-{rota.door.pk}", "starts": "23:00", "ends": "03:00", "reason": "Course"}
    manager.post(f"/centres/riverside/rota/shifts/{shift.pk}/cover/", form | {"version": "1"})
    live = Shift.objects.filter(cancelled_at=None).order_by("starts_at")
    assert [(each.user.name, each.starts_at.hour, each.covers_id) for each in live] == [
        ("Ana", 19, shift.pk),
        ("Cai", 22, shift.pk),
        ("Ana", 2, shift.pk),
    ]
    again = manager.post(f"/centres/riverside/rota/shifts/{shift.pk}/cover/", form | {"version": "1"})
    assert again.status_code == 409
    assert "This shift can no longer be changed" in words(again)


def test_cover_beyond_the_shift_is_refused(rota: Rota, manager: Client) -> None:
    shift = night(rota, rota.ana, 22)
    form = {"person": f"{rota.cai.pk}-{rota.door.pk}", "starts": "19:00", "ends": "03:00", "reason": "Course"}
    answer = manager.post(f"/centres/riverside/rota/shifts/{shift.pk}/cover/", form | {"version": "1"})
    assert "Start time must lie within the shift: 20:00 to 08:00" in words(answer)


def test_a_cancelled_shift_leaves_a_gap_and_says_why(rota: Rota, manager: Client) -> None:
    shift = night(rota, rota.ana, 24)
    assert manager.post(f"/centres/riverside/rota/shifts/{shift.pk}/cancel/", {"version": "1"}).status_code == 422
    manager.post(f"/centres/riverside/rota/shifts/{shift.pk}/cancel/", {"version": "1", "why": "Closed"})
    shift.refresh_from_db()
    assert (shift.cancelled_how, shift.cancelled_why) == ("cancelled", "Closed")
    assert "Nobody is on as Night nurse from Sat 24 Oct" in words(manager.get("/centres/riverside/rota/"))


def test_a_placement_that_ends_leaves_a_gap_from_its_instant(rota: Rota, manager: Client) -> None:
    night(rota, rota.ana, 24)
    membership = Membership.objects.get(user=rota.ana)
    people.end_membership(membership=membership, ends_at=london(2026, 10, 25, 2), by=MAKER, at=NOW)
    page = words(manager.get("/centres/riverside/rota/"))
    assert "Nobody is on as Night nurse from Sun 25 Oct, 02:00 to Sun 25 Oct, 08:00" in page


def test_a_duty_role_is_added_given_hours_and_retired(rota: Rota, manager: Client) -> None:
    base = "/centres/riverside/rota/duty-roles/"
    answer = manager.post(base, {"name": "Front door", "position": "2", "deputy": "shift-lead"})
    assert answer["Location"] == f"{base}front-door/hours/"
    wrong = manager.post(f"{base}front-door/hours/", {"day-0": "nine to five", "version": "1"})
    assert "Monday must be hours like 09:00 to 17:00" in words(wrong)
    manager.post(f"{base}front-door/hours/", {"day-0": "09:00 to 12:00, 13:00-17:00", "version": "1"})
    assert "Monday 09:00 to 12:00, 13:00 to 17:00" in words(manager.get(base))
    stale = manager.post(f"{base}front-door/hours/", {"day-1": "09:00 to 12:00", "version": "1"})
    assert (stale.status_code, "Now it is: Monday 09:00 to 12:00" in words(stale)) == (409, True)
    manager.post(f"{base}front-door/", {"name": "Main door", "position": "2", "version": "2"})
    manager.post(f"{base}front-door/retire/", {"version": "3"})
    role = DutyRole.objects.get(code="front-door")
    assert (role.name, role.retired_at) == ("Main door", NOW)
    assert manager.get(f"{base}front-door/").status_code == 404


def test_a_duty_role_with_shifts_ahead_is_not_retired(rota: Rota, manager: Client) -> None:
    night(rota, rota.ana, 24)
    answer = manager.post("/centres/riverside/rota/duty-roles/night-nurse/retire/", {"version": "1"})
    assert "Night nurse has 1 shift left. Cancel or move them first." in words(answer)


def test_a_swap_is_asked_agreed_and_on_the_rota(rota: Rota) -> None:
    mine, theirs = night(rota, rota.ana, 24), night(rota, rota.ben, 26)
    ana, ben = signed_in(rota.ana), signed_in(rota.ben)
    assert "Ben" in words(ana.get(f"/my-shifts/{mine.pk}/swap/"))
    address = f"/my-shifts/{mine.pk}/swap/?with={rota.ben.pk}"
    assert ana.post(address, {"offered": str(theirs.pk), "note": "Wedding"}).status_code == 302
    swap = Swap.objects.get()
    assert "Ana asks you to take Night nurse, Sat 24 Oct, 20:00" in words(ben.get("/my-shifts/"))
    assert ana.post(f"/swaps/{swap.pk}/", {"answer": "agree"}).status_code == 422
    assert ben.post(f"/swaps/{swap.pk}/", {"answer": "agree"}).status_code == 302
    live = Shift.objects.filter(cancelled_at=None).order_by("starts_at")
    assert [(each.user.name, each.covers_id, each.source) for each in live] == [
        ("Ben", mine.pk, "swap"),
        ("Ana", theirs.pk, "swap"),
    ]
    again = ben.post(f"/swaps/{swap.pk}/", {"answer": "decline"})
    assert (again.status_code, "This was agreed already" in words(again)) == (409, True)


def test_swaps_concern_two_people_alone(rota: Rota, manager: Client) -> None:
    mine = night(rota, rota.ana, 24)
    signed_in(rota.ana).post(f"/my-shifts/{mine.pk}/swap/?with={rota.ben.pk}", {"offered": "none"})
    swap = Swap.objects.get()
    for other in (manager, signed_in(rota.cai)):
        assert other.get(f"/swaps/{swap.pk}/").status_code == 404
        assert other.get(f"/my-shifts/{mine.pk}/swap/").status_code == 404
    assert "swap asked" in words(manager.get("/centres/riverside/rota/"))


def test_who_has_left_the_centre_opens_no_swap_of_theirs(rota: Rota) -> None:
    mine, ana = night(rota, rota.ana, 24), signed_in(rota.ana)
    ana.post(f"/my-shifts/{mine.pk}/swap/?with={rota.ben.pk}", {"offered": "none"})
    swap = Swap.objects.get()
    assert ana.get(f"/swaps/{swap.pk}/").status_code == 200
    Membership.objects.filter(user=rota.ana).update(ends_at=LONG_AGO + timedelta(days=1))
    for address in (
        f"/swaps/{swap.pk}/",
        f"/my-shifts/{mine.pk}/swap/",
        f"/my-shifts/{mine.pk}/swap/?with={rota.ben.pk}",
    ):
        assert ana.get(address).status_code == 404
    page = ana.get("/my-shifts/")
    assert ("You no longer work there" in words(page), "/swaps/" in page.content.decode()) == (True, False)


def test_exports_hold_own_and_team_shifts_and_no_formula(rota: Rota, manager: Client) -> None:
    rota.ana.name = "=cmd|' /C calc'!A0"
    rota.ana.save()
    night(rota, rota.ana, 24)
    csv = manager.get("/centres/riverside/rota/rota.csv").content.decode("utf-8-sig")
    assert "Crisis team,night-nurse,person" in csv
    assert "2026-10-24T20:00+01:00,2026-10-25T08:00+00:00" in csv
    assert ",=cmd" not in csv
    own = signed_in(rota.ana).get("/my-shifts/my-shifts.ics").content.decode()
    assert "DTSTART:20261024T190000Z" in own
    assert "DTEND:20261025T080000Z" in own
    team = manager.get(f"/centres/riverside/rota/teams/{rota.crisis.pk}/rota.ics").content.decode()
    assert "SUMMARY:Night nurse: =cmd" in team
    assert "VEVENT" not in signed_in(rota.ben).get("/my-shifts/my-shifts.ics").content.decode()


def test_pages_hold_their_query_budgets(
    rota: Rota, manager: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    teams = TeamFactory.create_batch(5, centre=rota.centre)
    for number in range(30):
        user, team = UserFactory.create(), teams[number % 5]
        MembershipFactory.create(user=user, team=team)
        start = datetime(2026, 10, 20, 6, tzinfo=UTC) + timedelta(hours=8 * (number % 20))
        Shift.objects.create(
            team=team,
            user=user,
            duty_role=rota.lead,
            starts_at=start,
            ends_at=start + timedelta(hours=8),
            operational_date=start.date(),
            source="page",
            created_at=LONG_AGO,
        )
    # Session, person and access: 5. Duties and hours 2; shifts with their people and teams, each once, 3; placements,
    # double bookings, swaps 3. In the present week also who is on: duties and hours 2, on now, next 2.
    with django_assert_max_num_queries(17):
        assert manager.get("/centres/riverside/rota/").status_code == 200
    with django_assert_max_num_queries(13):
        assert manager.get("/centres/riverside/rota/month/").status_code == 200
    with django_assert_max_num_queries(9):
        assert manager.get("/centres/riverside/rota/now/").status_code == 200
