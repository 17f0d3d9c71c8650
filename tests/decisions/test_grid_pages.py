"""The grid over HTTP: read on a desk and by role, begun, edited on one page, discussed, compared, kept as a file."""

import io
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from decisions.contents import Cell, Step
from decisions.models import GridVersion
from decisions.queries import grids as queries
from decisions.queries import scenarios as scenario_queries
from decisions.services import scenarios
from nhc.models import User
from tests.decisions.grids import MAKER, TELEPHONE, Place, decided_by, drafted, published, scenario, speaker
from tests.factories import MembershipFactory, UserFactory
from tests.partners.pages import signed_in, words
from tests.partners.rotas import london

NOW = london(2026, 11, 23, 10)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]


def somebody(place: Place, role: str, name: str) -> User:
    user = UserFactory.create(name=name)
    MembershipFactory.create(user=user, team=place.rota.crisis, role=role)
    return user


@pytest.fixture
def manager(place: Place) -> Client:
    return signed_in(somebody(place, "manager", "Mia"))


@pytest.fixture
def worker(place: Place) -> Client:
    return signed_in(place.rota.ana)


def address(place: Place, rest: str = "") -> str:
    return f"/centres/{place.centre.slug}/grid/{rest}"


def in_work(place: Place) -> GridVersion:
    version = queries.version_in_work(place.centre)
    assert version is not None
    return version


def test_before_there_is_a_grid_the_page_says_how_to_begin(place: Place, manager: Client, worker: Client) -> None:
    assert "Begin the grid" in words(manager.get(address(place)))
    page = words(worker.get(address(place)))
    assert "No grid is in force yet" in page
    assert "Begin the grid" not in page


def test_the_grid_shows_words_in_cells_and_who_is_on_duty(place: Place, worker: Client) -> None:
    rota = place.rota
    rota.add(rota.ben, rota.lead, NOW - timedelta(hours=2), NOW + timedelta(hours=6), at=NOW)
    rights = frozenset({Cell("decides", rota.lead.pk), Cell("is_told", team=rota.door.pk)})
    published(place.centre, [decided_by(rota.lead, rights=rights, limit=Decimal(100), limit_unit="£")], at=NOW)
    page = words(worker.get(address(place)))
    assert "Shift lead Ben" in page
    assert "Decides to £100 Is told" in page
    assert "Next review 23 December 2026" in page


def test_a_phone_shows_the_role_of_the_persons_own_shift_or_the_one_chosen(place: Place, worker: Client) -> None:
    rota = place.rota
    rota.add(rota.ana, rota.nights, NOW - timedelta(hours=2), NOW + timedelta(hours=6), at=NOW)
    rights = frozenset({Cell("decides", rota.lead.pk), Cell("carries_out", rota.nights.pk)})
    published(place.centre, [decided_by(rota.lead, rights=rights, act_first=True)], at=NOW)
    own = words(worker.get(address(place)))
    assert "Night nurse carries out, and may act first" in own
    chosen = words(worker.get(address(place, f"?role=duty_role-{rota.lead.pk}")))
    assert "Shift lead decides" in chosen
    assert "Night nurse carries out" not in chosen


def test_a_scenario_nobody_decides_says_so(place: Place, worker: Client) -> None:
    published(place.centre, [decided_by(place.rota.lead, rights=frozenset())], at=NOW)
    page = words(worker.get(address(place)))
    assert "Nobody decides yet" in page
    assert "1 gap to close: The grid names nobody who decides Crisis diversion , At all times" in page


def test_a_starter_becomes_the_draft_with_its_duty_roles(place: Place, manager: Client) -> None:
    assert "It adds 11 duty roles to the rota" in words(manager.get(address(place, "begin/")))
    answer = manager.post(address(place, "begin/"), {"starter": "mental-health-centre"}, follow=True)
    assert "Crisis diversion instead of the emergency department" in words(answer)
    assert in_work(place).scenarios.count() == 31
    assert {"amhp", "duty-manager", "peer-worker"} <= {role.code for role in place.centre.duty_roles.all()}


def test_who_changes_no_rota_cannot_bring_duty_roles_with_a_starter(place: Place) -> None:
    member = signed_in(somebody(place, "group", "Gus"))
    answer = member.post(address(place, "begin/"), {"starter": "frailty-hub"})
    assert answer.status_code == 422
    assert "Ask the centre manager to begin with it." in words(answer)
    assert queries.version_in_work(place.centre) is None


@pytest.fixture
def draft(place: Place) -> GridVersion:
    return drafted(place.centre, [decided_by(place.rota.lead), decided_by(place.rota.lead, "room")], at=NOW)


def lists(place: Place, version: GridVersion, **chosen: str) -> dict[str, str]:
    """Return what the page would send: every list as it is stored, and some chosen otherwise."""
    sent: dict[str, str] = {}
    keys = [f"duty_role-{place.rota.lead.pk}", f"duty_role-{place.rota.nights.pk}"]
    for row in queries.scenarios_of(version):
        sent |= {f"v-{row.code}": str(row.version), f"o-{row.code}": "decides|"}
        sent |= {f"c-{row.code}-{keys[0]}": "decides", f"c-{row.code}-{keys[1]}": ""}
    return sent | {name.replace("__", "-"): value for name, value in chosen.items()}


def test_cells_of_several_scenarios_are_saved_together(place: Place, manager: Client, draft: GridVersion) -> None:
    nights = place.rota.nights.pk
    sent = lists(place, draft) | {f"c-room-duty_role-{nights}": "is_told"}
    page = words(manager.post(address(place, "draft/"), sent, follow=True))
    assert "1 scenario saved" in page
    rights = {(right.duty_role_id, right.kind) for right in scenario(draft, "room").rights.all()}
    assert rights == {(place.rota.lead.pk, "decides"), (nights, "is_told")}
    assert scenario(draft).version == 1


def test_cells_that_somebody_else_changed_meanwhile_are_shown_and_nothing_typed_is_lost(
    place: Place, manager: Client, draft: GridVersion
) -> None:
    rota = place.rota
    sent = lists(place, draft) | {f"c-room-duty_role-{rota.nights.pk}": "is_told"}
    other = scenario_queries.content_of(scenario(draft, "room"))
    rights = other.rights | {Cell("is_consulted", rota.nights.pk)}
    scenarios.edit_scenario(
        scenario=scenario(draft, "room"), version=1, content=replace(other, rights=rights), by=MAKER, at=NOW
    )
    answer = manager.post(address(place, "draft/"), sent)
    assert answer.status_code == 409
    page = words(answer)
    assert "Others wrote: Night nurse: Is consulted" in page
    again = {**sent, "v-room": "2", "o-room": "decides|is_consulted"}
    assert "1 scenario saved" in words(manager.post(address(place, "draft/"), again, follow=True))


def test_those_who_do_not_change_the_grid_read_and_comment_cell_by_cell(
    place: Place, worker: Client, draft: GridVersion
) -> None:
    assert draft.number == 1
    page = worker.get(address(place, "draft/"))
    assert "Save the grid" not in words(page)
    key = f"duty_role-{place.rota.lead.pk}"
    assert f"scenarios/room/?about={key}#comment" in page.content.decode()
    assert worker.post(address(place, "draft/"), {}).status_code == 403
    said = {"about": key, "text": "Let the desk decide."}
    page = worker.post(address(place, "draft/scenarios/room/comments/"), said, follow=True)
    assert "Ana, " in words(page)
    assert "on Shift lead Let the desk decide." in words(page)
    assert "1 open comment" in words(worker.get(address(place, "draft/")))
    settled = worker.post(address(place, f"comments/{draft.comments.get().pk}/settle/"), follow=True)
    assert "The comment is settled" in words(settled)


def typed(here: Place, **other: str) -> dict[str, str]:
    lead = f"duty_role-{here.rota.lead.pk}"
    return {
        "version": "0",
        "title": "Pay for a taxi",
        "words": "cab",
        "guardrail": "Home and no further",
        "limit": "£40",
        "limit_unit": "£",
        "minutes": "15",
        f"right-{lead}": "decides",
        "who-1": lead,
        "minutes-1": "10",
        "who-2": "telephone",
        "telephone-2": TELEPHONE,
        "minutes-2": "5",
    } | {name.replace("_", "-"): value for name, value in other.items()}


def test_a_scenario_is_added_with_its_rights_and_ladder(place: Place, manager: Client, draft: GridVersion) -> None:
    page = words(manager.post(address(place, "draft/add/"), typed(place), follow=True))
    assert "Pay for a taxi is in the draft" in page
    content = scenario_queries.content_of(scenario(draft, "pay-for-a-taxi"))
    assert (content.limit, content.limit_unit, content.minutes) == (Decimal(40), "£", 15)
    assert content.rights == {Cell("decides", place.rota.lead.pk)}
    assert content.ladder == (Step(10, place.rota.lead.pk), Step(5, telephone=TELEPHONE))


def test_who_decides_up_to_an_own_limit_keeps_it_when_the_grid_is_saved(
    place: Place, manager: Client, draft: GridVersion
) -> None:
    lead, nights = f"duty_role-{place.rota.lead.pk}", f"duty_role-{place.rota.nights.pk}"
    sent = typed(place) | {f"limit-{lead}": "500", f"right-{nights}": "decides"}
    manager.post(address(place, "draft/add/"), sent)
    where = address(place, "draft/")
    assert "to £500" in words(manager.get(where))
    row = scenario(draft, "pay-for-a-taxi")
    cell = {f"c-{row.code}-{nights}": "decides+carries_out", f"v-{row.code}": "1", f"o-{row.code}": "decides|decides"}
    manager.post(where, cell)
    assert scenario_queries.content_of(scenario(draft, "pay-for-a-taxi")).rights == {
        Cell("decides", place.rota.lead.pk, limit=Decimal(500)),
        Cell("decides", place.rota.nights.pk),
        Cell("carries_out", place.rota.nights.pk),
    }


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"limit": "", "limit_unit": "", "own": "500"}, "Say what the limit counts"),
        ({"own": "500", "right": ""}, "Shift lead does not decide. Leave the limit empty"),
    ],
)
def test_an_own_limit_is_of_who_decides_and_counts_something(
    place: Place, manager: Client, draft: GridVersion, other: dict[str, str], said: str
) -> None:
    lead = f"duty_role-{place.rota.lead.pk}"
    names = {"own": f"limit-{lead}", "right": f"right-{lead}", "limit_unit": "limit_unit", "limit": "limit"}
    sent = typed(place) | {names[name]: value for name, value in other.items()}
    assert said in words(manager.post(address(place, "draft/add/"), sent))
    assert draft.scenarios.count() == 2


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"title": ""}, "Enter what may come up"),
        ({"limit": "plenty"}, "Enter an amount as a number"),
        ({"limit": ""}, "Give the limit that this counts"),
        ({"telephone_2": ""}, "Enter the number that is called"),
        ({"minutes_1": ""}, "Enter how many minutes there are to answer"),
        ({"minutes": "0"}, "Time limit must be 1 or more"),
    ],
)
def test_what_cannot_be_stored_is_told_at_its_box(
    place: Place, manager: Client, draft: GridVersion, other: dict[str, str], said: str
) -> None:
    answer = manager.post(address(place, "draft/add/"), typed(place, **other))
    assert answer.status_code == 422
    assert said in words(answer)
    assert draft.scenarios.count() == 2


def test_a_scenario_is_changed_moved_and_taken_out(place: Place, manager: Client, draft: GridVersion) -> None:
    where = address(place, "draft/scenarios/room/")
    assert "Save the scenario" in words(manager.get(where))
    manager.post(where, typed(place, version="1", place="1", title="Lend a room"))
    assert [row.title for row in queries.scenarios_of(draft)] == ["Lend a room", "Crisis diversion"]
    old = manager.post(where, typed(place, version="1", place="1", title="Rent a room"))
    assert old.status_code == 409
    assert "What may come up: yours “Rent a room”, theirs “Lend a room”" in words(old)
    assert manager.post(f"{where}remove/", {"version": "1"}).status_code == 409
    manager.post(f"{where}remove/", {"version": "2"})
    assert draft.scenarios.count() == 1


def test_versions_are_listed_and_compared_field_by_field(place: Place, manager: Client) -> None:
    lead = place.rota.lead
    published(place.centre, [decided_by(lead), decided_by(lead, "room")], at=NOW)
    drafted(place.centre, [decided_by(lead, minutes=15), decided_by(lead, "taxi")], at=NOW)
    assert "Version 2 State Draft" in words(manager.get(address(place, "versions/")))
    page = words(manager.get(address(place, "compare/1/2/")))
    assert "Changed: Crisis diversion" in page
    assert "Time limit 1 hour 15 minutes" in page.replace("Version 1 ", "").replace("Version 2 ", "").replace(
        "What ", ""
    )
    assert "Added: Taxi" in page
    assert "Taken out: Room" in page
    assert manager.get(address(place, "compare/1/9/")).status_code == 404


def test_a_version_says_how_it_came_to_be(place: Place, worker: Client) -> None:
    published(place.centre, [decided_by(place.rota.lead)], at=NOW)
    page = words(worker.get(address(place, "versions/1/")))
    assert "Draft 16 November 2026" in page
    assert "Published 23 November 2026" in page


def test_whoever_only_speaks_for_a_partner_reads_the_grid_and_is_not_led_to_ask(place: Place, worker: Client) -> None:
    published(place.centre, [decided_by(place.rota.lead)], at=NOW)
    working = words(worker.get(address(place)))
    assert "Ask May I?" in working
    assert "Overrides to review" not in working
    page = signed_in(speaker(place.organisations[0])).get(address(place))
    assert "Crisis diversion" in words(page)
    assert "Ask May I?" not in words(page)


def test_whoever_only_speaks_for_a_partner_comments_for_it(place: Place) -> None:
    draft = drafted(place.centre, [decided_by(place.rota.lead)], at=NOW)
    _, charity = place.organisations
    page = address(place, "draft/scenarios/crisis-diversion/")
    assert signed_in(speaker(charity)).post(f"{page}comments/", {"text": "Why?"}).status_code == 302
    assert draft.comments.get().organisation == charity


def test_a_grid_is_exported_as_what_it_can_be_and_nothing_else(place: Place, manager: Client) -> None:
    published(place.centre, [decided_by(place.rota.lead)], at=NOW)
    assert manager.get(address(place, "export.csv")).status_code == 200
    assert manager.get(address(place, "export.pdf")).status_code == 404


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_what_is_exported_is_imported_again(place: Place, manager: Client, draft: GridVersion, kind: str) -> None:
    before = scenario_queries.contents_of(draft)
    body = manager.get(address(place, f"export.{kind}")).content
    sent = {"edition": str(draft.version), "file": SimpleUploadedFile(f"grid.{kind}", body)}
    page = words(manager.post(address(place, "import/"), sent, follow=True))
    assert "The draft now has the file's 2 scenarios" in page
    assert scenario_queries.contents_of(in_work(place)) == before


def test_everything_that_is_wrong_with_a_file_is_told_at_once(
    place: Place, manager: Client, draft: GridVersion
) -> None:
    body = b"code,what may come up,time limit in minutes,ladder,Night owl\na,,x,Nobody 5,\n"
    sent = {"edition": str(draft.version), "file": io.BytesIO(body)}
    answer = manager.post(address(place, "import/"), sent)
    assert answer.status_code == 422
    page = words(answer)
    for said in ("E1 : No duty role or team is called Night owl", "B2 : Say what", "C2 : A time limit", "D2 : No duty"):
        assert said in page
    assert draft.scenarios.count() == 2


def test_a_file_made_from_an_older_draft_is_refused(place: Place, manager: Client, draft: GridVersion) -> None:
    body = manager.get(address(place, "export.csv")).content
    answer = manager.post(address(place, "import/"), {"edition": "99", "file": SimpleUploadedFile("g.csv", body)})
    assert answer.status_code == 409
    assert "Somebody changed the draft meanwhile" in words(answer)
