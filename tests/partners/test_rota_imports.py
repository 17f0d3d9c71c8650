"""Rotas from files: everything wrong at once with its row, a preview that changes nothing, and the same file twice."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from nhc.models import AuditEvent
from partners.models import Shift
from partners.services import shifts
from tests.factories import CentreFactory, EmploymentFactory, MembershipFactory, UserFactory
from tests.partners.pages import Page, csv_file, signed_in, words
from tests.partners.rotas import MAKER, Rota, london, make_rota

NOW = london(2026, 10, 21, 10)
IMPORT = "/centres/riverside/rota/import/"
HEADER = "team,duty role,person,starts,ends,reference"

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]


@pytest.fixture
def rota() -> Rota:
    return make_rota(centre=CentreFactory.create(slug="riverside"))


@pytest.fixture
def manager(rota: Rota) -> Client:
    user = UserFactory.create(name="Mia")
    MembershipFactory.create(user=user, team=rota.crisis, role="manager")
    return signed_in(user)


def chosen(answer: Page) -> str:
    found = re.search(r'name="chosen" value="([^"]+)"', answer.content.decode())
    assert found is not None
    return found[1]


def choose(browser: Client, *rows: str, header: str = HEADER) -> Page:
    return browser.post(IMPORT, {"file": csv_file(header, *rows)})


def take(browser: Client, *rows: str) -> None:
    answer = browser.post(IMPORT, {"chosen": chosen(choose(browser, *rows))})
    assert answer.status_code == 302


def row(rota: Rota, *, day: int = 24, reference: str = "A1", ends: str = "08:00") -> str:
    return f"Crisis team,night-nurse,{rota.ana.email},2026-10-{day} 20:00,2026-10-{day + 1} {ends},{reference}"


def test_a_preview_changes_nothing_and_the_import_does(rota: Rota, manager: Client) -> None:
    preview = choose(manager, row(rota))
    assert "1 shift to add, 0 to change, 0 as before" in words(preview)
    assert not Shift.objects.exists()
    manager.post(IMPORT, {"chosen": chosen(preview)})
    shift = Shift.objects.get()
    assert (shift.user, shift.source, shift.external_id) == (rota.ana, "csv", "A1")
    assert shift.ends_at - shift.starts_at == timedelta(hours=13)
    assert set(AuditEvent.objects.filter(verb__startswith="rota.").values_list("verb", flat=True)) == {"rota.imported"}


@pytest.mark.parametrize("reference", ["A1", ""])
def test_the_same_file_again_changes_nothing(rota: Rota, manager: Client, reference: str) -> None:
    take(manager, row(rota, reference=reference))
    again = choose(manager, row(rota, reference=reference))
    assert "The file changes nothing 0 shifts to add, 0 to change, 1 as before" in words(again)
    assert "chosen" not in again.content.decode()


def test_what_was_previewed_twice_is_imported_once(rota: Rota, manager: Client) -> None:
    sealed = chosen(choose(manager, row(rota)))
    assert manager.post(IMPORT, {"chosen": sealed}).status_code == 302
    second = manager.post(IMPORT, {"chosen": sealed})
    assert (second.status_code, "The rota was changed meanwhile" in words(second)) == (409, True)
    assert Shift.objects.count() == 1


def test_a_reference_changes_its_shift_and_keeps_the_old_one(rota: Rota, manager: Client) -> None:
    take(manager, row(rota))
    take(manager, row(rota, ends="06:00"))
    old, new = Shift.objects.order_by("pk")
    assert (old.cancelled_how, new.covers_id, new.cancelled_at) == ("gone", old.pk, None)
    assert new.ends_at == london(2026, 10, 25, 6)


def test_what_people_changed_here_stays(rota: Rota, manager: Client) -> None:
    take(manager, row(rota))
    shift = Shift.objects.get()
    shifts.cancel_shift(shift=shift, version=1, why="Closed", by=MAKER, at=NOW)
    assert "1 left as changed here since" in words(choose(manager, row(rota)))
    differs = words(choose(manager, row(rota, ends="06:00")))
    assert "Row 2 : This shift was covered, swapped or cancelled here and differs in the file by now" in differs


def test_everything_wrong_is_said_at_once_with_its_row(rota: Rota, manager: Client) -> None:
    email = rota.ana.email
    answer = choose(
        manager,
        f"Nowhere,night-nurse,{email},2026-10-24 20:00,2026-10-25 08:00,",
        f"Crisis team,nothing,{email},2026-10-24 20:00,2026-10-25 08:00,",
        "Crisis team,night-nurse,nobody@example.org,2026-10-24 20:00,2026-10-25 08:00,",
        f"Crisis team,night-nurse,{email},soon,2026-10-25 01:30,",
        f"Crisis team,night-nurse,{email},2026-10-24 20:00,2026-10-26 20:00,",
        f"Crisis team,night-nurse,{email},2026-10-26 20:00,2026-10-26 20:00,",
        f"Crisis team,night-nurse,{email},2026-10-01 20:00,2026-10-02 08:00,",
        f"Crisis team,night-nurse,{rota.cai.email},2026-10-26 20:00,2026-10-27 08:00,",
        ",,,2027-03-28 01:30,,",
        '"=HYPERLINK(""x"")",night-nurse,@SUM(A1),2026-10-24 20:00,2026-10-25 08:00,',
    )
    said = words(answer)
    for sentence in (
        "Row 2 : No team of the centre is called 'Nowhere'",
        "Row 3 : The centre has no duty role 'nothing'",
        "Row 4 : Nobody in Crisis team is called 'nobody@example.org'",
        "Row 5 : Starts: 'soon' is no date and time. Write it like 2026-10-24 20:00.",
        "Row 5 : Ends: 2026-10-25 01:30 happens twice: the clocks go back. Write 2026-10-25T01:30+01:00 for the first",
        "Row 6 : The shift must be 24 hours or shorter",
        "Row 7 : The shift must end after it starts",
        "Row 8 : That time is over",
        "Row 9 : Nobody in Crisis team is called",
        "Row 10 : Enter the team",
        "Row 10 : Starts: 2027-03-28 01:30 does not happen",
        "Row 11 : No team of the centre is called '=HYPERLINK(\"x\")'",
    ):
        assert sentence in said, sentence
    assert not Shift.objects.exists()


def test_double_bookings_in_a_file_and_with_the_rota_are_refused(rota: Rota, manager: Client) -> None:
    rota.add(rota.ben, rota.lead, london(2026, 10, 24, 22), london(2026, 10, 25, 6), at=NOW)
    answer = choose(
        manager,
        row(rota),
        f"Crisis team,shift-lead,{rota.ana.email},24/10/2026 23:00,25/10/2026 05:00,B",
        f"Crisis team,night-nurse,{rota.ben.email},2026-10-24T20:00+01:00,2026-10-25T08:00Z,C",
        row(rota, day=26),
    )
    said = words(answer)
    assert "Row 3 : Ana is on another shift of this file then (Row 2)" in said
    assert "Row 4 : Ben is on another shift then: Shift lead, Sat 24 Oct, 22:00 to Sun 25 Oct, 06:00" in said
    assert "Row 5 : This shift is there twice" in said


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "The selected file is empty"),
        (b"\n\n", "The selected file is empty"),
        (b"\xff\xfe\x00", "The selected file is not text"),
        (b"a\0b", "The selected file is not text"),
        (b"PK\x03\x04" + b"\x80" * 100, "The selected file is not text"),
        (b"team,person\n", "The first row has no column named duty role"),
        (b"team,team,duty role,person,starts,ends\n", "names the column team twice"),
        (b'team,duty role,person,starts,ends\n"' + b"x" * 200_000 + b'"', "could not be read"),
        (b"team,duty role,person,starts,ends\n" + b"a,b,c,d,e\n" * 2_001, "2,000 shifts or fewer"),
        (b"x" * 1_000_001, "must be smaller than 1"),
        (b"BEGIN:VCALENDAR\nEND:VCALENDAR", "Select the team whose calendar this is"),
    ],
)
def test_what_is_no_rota_is_refused_in_words(rota: Rota, manager: Client, body: bytes, said: str) -> None:
    answer = manager.post(IMPORT, {"file": SimpleUploadedFile("rota.csv", body)})
    assert (answer.status_code, said in words(answer)) == (422, True), words(answer)


@pytest.mark.parametrize("sealed", ["", "x", "a:b:c", "\0"])
def test_a_preview_that_was_changed_by_hand_is_refused(rota: Rota, manager: Client, sealed: str) -> None:
    answer = manager.post(IMPORT, {"chosen": sealed})
    assert (answer.status_code, "too old" in words(answer)) == (409, True)


def test_an_administrator_imports_for_their_own_teams_alone(rota: Rota) -> None:
    employment = EmploymentFactory.create(organisation=rota.door.organisation, administrator=True)
    answer = choose(signed_in(employment.user), row(rota))
    assert "Row 2 : You may not change the rota of Crisis team" in words(answer)


def test_an_export_taken_in_again_changes_nothing(rota: Rota, manager: Client) -> None:
    rota.add(rota.ana, rota.nights, london(2026, 10, 24, 20), london(2026, 10, 25, 8), at=NOW)
    exported = manager.get("/centres/riverside/rota/rota.csv").content
    answer = manager.post(IMPORT, {"file": SimpleUploadedFile("rota.csv", exported)})
    assert "The file changes nothing 0 shifts to add, 0 to change, 1 as before" in words(answer)


def test_a_calendar_is_previewed_and_imported(rota: Rota, manager: Client) -> None:
    lines = [
        "BEGIN:VCALENDAR",
        "BEGIN:VEVENT",
        "UID:1",
        "SUMMARY:Ana",
        "DTSTART;TZID=Europe/London:20261024T200000",
        "DTEND;TZID=Europe/London:20261025T080000",
        "RRULE:FREQ=WEEKLY;COUNT=2",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    file = SimpleUploadedFile("rota.ics", "\r\n".join(lines).encode())
    preview = manager.post(IMPORT, {"file": file, "team": str(rota.crisis.pk), "duty_role": "night-nurse"})
    assert "2 shifts to add" in words(preview)
    manager.post(IMPORT, {"chosen": chosen(preview)})
    assert [each.ends_at - each.starts_at for each in Shift.objects.order_by("starts_at")] == [
        timedelta(hours=13),
        timedelta(hours=12),
    ]
