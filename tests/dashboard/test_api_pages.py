"""Rolled-up series and lineages over HTTP: 200 entries a page at most, and no period outside the measure's life."""

import pytest
from django.test import Client

from tests.cast import NOW, Cast
from tests.dashboard.figures import SEEN, VISITS, ethnic_group, roll, seen, send, visits
from tests.factories import FIRST_DAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]

ROLLUPS = "/api/v1/rollups/"
LINEAGE = "/api/v1/rollups/lineage/"
LONG = {"from": "1948-01", "to": "9997-12"}


@pytest.fixture
def member(people: Cast) -> Client:
    """Return a client that calls with the trust's key."""
    return Client(headers={"Authorization": f"Bearer {people.trust_key}"})


def pages(member: Client, path: str, **asked: str | int) -> list[list[dict[str, object]]]:
    """Return the entries of every page, followed by `next` as it is."""
    found, address = [], member.get(path, {"centre": "riverside", **asked}).json()
    while True:
        found.append(address["results"])
        if address["next"] is None:
            return found
        address = member.get(address["next"]).json()


def two_years(people: Cast) -> None:
    for year in (2024, 2025):
        for month in range(1, 13):
            cells = [seen(f"{year}-{month:02}", 9 + month, 40, **ethnic_group(code)) for code in "ABCDEFGHJK"]
            send(people.trust, seen(f"{year}-{month:02}", 99, 400), *cells)
    roll()


def test_a_breakdown_comes_in_pages_that_hold_each_entry_once(people: Cast, member: Client) -> None:
    two_years(people)
    found = pages(member, ROLLUPS, measure=SEEN, dimension="ethnic_group")
    assert [len(page) for page in found] == [200, 40]
    keys = [(entry["category"], entry["start"]) for page in found for entry in page]
    assert keys == sorted(set(keys))
    smaller = pages(member, ROLLUPS, measure=SEEN, dimension="ethnic_group", limit=7)
    assert [entry for page in smaller for entry in page] == [entry for page in found for entry in page]


def test_a_total_comes_in_pages(people: Cast, member: Client) -> None:
    two_years(people)
    found = pages(member, ROLLUPS, measure=SEEN, limit=10)
    assert [len(page) for page in found] == [10, 10, 4]
    assert [page[0]["period"] for page in found] == ["2024-01", "2024-11", "2025-09"]


def test_a_lineage_comes_in_pages(people: Cast, member: Client) -> None:
    two_years(people)
    send(people.charity, seen("2025-01", 5, 40), seen("2025-01", 5, 40, **ethnic_group("B")))
    found = pages(member, LINEAGE, measure=SEEN, period="2025-01", limit=4)
    assert [len(page) for page in found] == [4, 4, 4, 1]
    assert [page[0]["category"] for page in found] == [None, "B", "F", "K"]
    whole = pages(member, LINEAGE, measure=SEEN, period="2025-01")
    assert [entry for page in found for entry in page] == whole[0]


def test_no_period_comes_before_the_measure_or_after_the_current_one(people: Cast, member: Client) -> None:
    send(people.trust, visits("2026-02", 41))
    roll()
    entries = [entry for page in pages(member, ROLLUPS, measure=VISITS, **LONG) for entry in page]
    assert entries[0]["start"] == FIRST_DAY.isoformat()
    assert str(entries[-1]["period"]) == f"{NOW:%Y-%m}"
    later = member.get(ROLLUPS, {"centre": "riverside", "measure": VISITS, "from": "9990-01", "to": "9997-12"})
    assert (later.status_code, later.json()["results"]) == (200, [])


def test_a_page_that_is_known_is_not_sent_again_and_a_cursor_of_another_list_is_refused(
    people: Cast, member: Client
) -> None:
    two_years(people)
    first = member.get(ROLLUPS, {"centre": "riverside", "measure": SEEN, "limit": "5"})
    second = member.get(first.json()["next"])
    assert first["ETag"] != second["ETag"]
    assert member.get(first.json()["next"], headers={"If-None-Match": second["ETag"]}).status_code == 304
    other = member.get(first.json()["next"].replace(SEEN, VISITS))
    assert (other.status_code, other.json()["type"]) == (400, "/problems/invalid-cursor")
