"""A reader who sends figures too pads and corrects their own, reads every state, and still recovers no other's count.

What is read is solved by someone who knows the rule and how one's own figures are added to it. Against the rule on each
sum alone the same padding succeeds.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import pytest
from django.test import Client

from partners.models import Organisation, Revision
from partners.services import contract
from tests import cast
from tests.cast import MAKER, NOW, Cast
from tests.dashboard.attacks import SMALL, ruled
from tests.dashboard.figures import roll, send
from tests.dashboard.pages import MONTHS, reader
from tests.factories import FIRST_DAY
from tests.partners.conftest import client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]

type Entry = Mapping[str, object]

HELPED, MONTH, OTHER_MONTH = "helped", "2026-02", "2026-03"
SECRETS = dict(zip(MONTHS, SMALL, strict=False))
"""Each small count in a month of its own."""
PADDING = [within + more for within in range(20, 25) for more in (0, 100, 200)]
"""Each is far from the next, so that nothing which looks at three states sees two that are alike."""
COUNTS = range(60)


@pytest.fixture
def centre(people: Cast) -> Cast:
    """Return the cast of a centre that collects a count by sex."""
    counted = replace(cast.VISITS, title="People helped", numerator_label="People", breakdowns=("sex",))
    measure = contract.add_measure(code=HELPED, definition=counted, by=MAKER, at=NOW)
    contract.collect_measure(centre=people.riverside, measure=measure, from_date=FIRST_DAY, by=MAKER, at=NOW)
    return people


def figure(count: int, sex: str = "", month: str = MONTH) -> dict[str, object]:
    sent: dict[str, object] = {"measure": HELPED, "period": month, "numerator": count}
    return sent | ({"breakdown": {"sex": sex}} if sex else {})


def padded(organisation: Organisation, sex: str = "", months: Iterable[str] = (MONTH,)) -> list[str]:
    """Send every figure of the padding in turn; return the instant after each."""
    instants = []
    for own in PADDING:
        send(organisation, *(figure(own, sex, month) for month in months))
        instants.append(Revision.objects.latest("seq").visible_at.isoformat())
    roll()
    return instants


def read(door: Client, **asked: str) -> list[Entry]:
    answer = door.get("/api/v1/rollups/", {"centre": "riverside", "measure": HELPED, **asked})
    assert answer.status_code == 200, answer.content
    found: list[Entry] = answer.json()["results"]
    return found


def over_time(door: Client, instants: Iterable[str], sex: str = "") -> dict[str, list[object]]:
    """Return the counts that were shown of a cell at each instant, by month; None where it was hidden."""
    dimension = {"dimension": "sex"} if sex else {}
    shown: dict[str, list[object]] = {}
    for instant in instants:
        for entry in read(door, **dimension, as_known_at=instant):
            if entry["category"] == (sex or None):
                shown.setdefault(str(entry["period"]), []).append(entry["numerator"])
    return shown


def rule(count: int) -> int | None:
    shown = ruled((count, 0), rated=False)
    return None if shown is None else shown[0]


def sifted(shown: Sequence[object]) -> set[int]:
    """Return what the others may have sent, to someone who knows what they sent themselves and how it is added."""
    return {
        count
        for count in COUNTS
        if shown == [None if (near := rule(count)) is None else rule(own + near) for own in PADDING]
    }


def sifted_from_sums(count: int) -> set[int]:
    """Return what they may have sent if each sum was under the rule and nothing else."""
    shown = [rule(own + count) for own in PADDING]
    return {each for each in COUNTS if shown == [rule(own + each) for own in PADDING]}


def test_ones_own_padded_cell_says_nothing_of_another_partners(centre: Cast) -> None:
    for month, count in {**SECRETS, MONTH: 33}.items():
        send(centre.trust, figure(47, "", month), figure(count, "1", month), figure(47 - count, "2", month))
    shown = over_time(client(centre.charity_key), padded(centre.charity, "1", [*SECRETS, MONTH]), "1")
    for month, secret in SECRETS.items():
        assert sifted_from_sums(secret) == {secret}
        assert sifted(shown[month]) == set(SMALL)
    assert sifted(shown[MONTH]) == {33, 34, 35, 36, 37}


def test_ones_own_padding_beside_it_and_the_exact_total_say_too_little(centre: Cast) -> None:
    for month, secret in SECRETS.items():
        send(centre.trust, figure(47, "", month), figure(secret, "1", month), figure(47 - secret, "2", month))
    shown = over_time(client(centre.charity_key), padded(centre.charity, "2", SECRETS), "2")
    assert {entry["numerator"] for entry in read(client(centre.charity_key))} == {47}
    for month, secret in SECRETS.items():
        assert sifted_from_sums(47 - secret) == {47 - secret}
        left = {47 - beside for beside in sifted(shown[month])} if any(shown[month]) else set(SMALL)
        assert len(left & set(SMALL)) > 2


def test_an_outsiders_padded_total_says_nothing_of_another_partners(centre: Cast) -> None:
    for month, secret in SECRETS.items():
        send(centre.trust, figure(secret, "", month))
    shown = over_time(reader(centre.carol), padded(centre.charity, "", SECRETS))
    assert [sifted(shown[month]) for month in SECRETS] == [set(SMALL)] * len(SECRETS)


def test_an_outsiders_padded_total_and_the_lineage_leave_no_count(centre: Cast) -> None:
    send(centre.trust, figure(13))  # shown as 15, it is 13 at least
    send(centre.council, figure(1))
    instants = padded(centre.charity)
    together = sifted(over_time(reader(centre.carol), instants)[MONTH])
    assert together == {13, 14, 15, 16, 17}
    assert sifted_from_sums(14) == {14}
    asked = {"centre": "riverside", "measure": HELPED, "period": MONTH}
    lineage = reader(centre.carol).get("/api/v1/rollups/lineage/", asked).json()["results"]
    shown = {entry["organisation"]: entry["numerator"] for entry in lineage}
    of_trust = [each for each in COUNTS if shown["ZZ001"] is None or rule(each) == shown["ZZ001"]]
    assert shown["ZZ002"] == PADDING[-1]
    assert len({all_ - one for all_ in together for one in of_trust} & set(SMALL)) > 1


def test_an_outsider_reads_a_total_that_others_had_plenty_or_no_part_in(centre: Cast) -> None:
    send(centre.charity, figure(41), figure(41, month=OTHER_MONTH))
    send(centre.trust, figure(23, month=OTHER_MONTH))
    roll()
    assert [each["numerator"] for each in read(reader(centre.carol))] == [40, 65]


def test_corrections_by_others_hide_every_dimension_in_the_end_where_one_holds_a_small_count(centre: Cast) -> None:
    send(centre.council, figure(24), figure(20, "1"), figure(4, "2"))
    instants = []
    for month in (MONTH, OTHER_MONTH):
        for count in 4 * (60, 75):
            send(centre.charity, figure(count, "", month), figure(count, "1", month))
            instants.append(Revision.objects.latest("seq").visible_at.isoformat())
    roll()
    shown = over_time(client(centre.trust_key), instants, "1")
    assert shown[MONTH][:5] == [80, 95, 80, 95, 80]
    assert set(shown[MONTH][5:]) == {None}
    assert shown[OTHER_MONTH] == 4 * [60, 75]
