"""Sheets for when the service is down: whole, outside the web tier, in need of nothing, and without anybody's name."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings

from huddles.models import PressureThresholds
from huddles.services import downtime
from nhc.models import AuditEvent, Heartbeat
from tests.huddles import boards
from tests.huddles.circle import NOW, Circle

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(settings: LazySettings, tmp_path: Path) -> Path:
    settings.DOWNTIME_FOLDER = tmp_path
    return tmp_path


def sheets(folder: Path, circle: Circle) -> dict[str, str]:
    return {path.name: path.read_text("utf-8") for path in (folder / circle.centre.slug).iterdir()}


def test_the_sheets_say_of_when_they_are_and_need_nothing_else(around: Circle, folder: Path) -> None:
    boards.on_duty(around)
    boards.card(around)
    boards.action(around)
    assert downtime.write_sheets(at=NOW) >= 1
    found = sheets(folder, around)
    assert set(found) == {"board.html", "duty.html", "downtime.css"}
    for words in ("10:30", around.episode.reference, "SO", "Fridge alarm", "Call the landlord"):
        assert words in found["board.html"]
    for words in ("10:30", "Ana", "Shift lead", "Nobody is on"):
        assert words in found["duty.html"]
    loaded = [each for text in found.values() for each in re.findall(r'(?:src|href)="([^"]+)"', text)]
    assert set(loaded) == {"downtime.css"}


def test_nobody_who_is_supported_is_named(around: Circle, folder: Path) -> None:
    downtime.write_sheets(at=NOW)
    whole = "".join(sheets(folder, around).values())
    assert not [word for word in ("Saphyr", "Oakfel", "Sam ", "9990000018", "1 Canary Row") if word in whole]


def test_the_next_hour_writes_over_the_last_and_both_are_recorded(around: Circle, folder: Path) -> None:
    downtime.write_sheets_of(centre=around.centre, at=NOW)
    boards.card(around, "Boiler")
    downtime.write_sheets_of(centre=around.centre, at=NOW + timedelta(hours=1))
    assert "Boiler" in sheets(folder, around)["board.html"]
    assert AuditEvent.objects.filter(verb="downtime.written").count() == 2


def test_what_is_wrong_with_one_centre_stops_no_other_and_is_told_by_the_age_of_the_sheets(
    around: Circle, folder: Path
) -> None:
    assert downtime.write_sheets(at=NOW) == 2
    PressureThresholds.objects.create(
        centre=around.centre, number=1, parts={"people": "many"}, reason="Not as a service would", from_at=NOW
    )
    assert downtime.write_sheets(at=NOW + timedelta(hours=1)) == 1
    assert Heartbeat.objects.get(part="downtime_sheets").seen_at == NOW


def test_a_folder_that_cannot_be_written_is_said_and_stops_no_other(
    around: Circle, folder: Path, settings: LazySettings
) -> None:
    (folder / around.centre.slug).write_text("in the way")
    assert downtime.write_sheets(at=NOW) == 1  # Eve's
    settings.DOWNTIME_FOLDER = folder / "elsewhere"
    assert downtime.write_sheets(at=NOW) == 2
