"""The session API: scenarios and "May I?" for signed-in people, refused to keys and to whoever does not work there."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from nhc.models import AuditEvent, User
from partners.services import duty_roles
from tests.cast import MAKER, NOW, Cast
from tests.cast import gather as gather_cast
from tests.decisions import grids
from tests.partners.conftest import at_noon, client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]

MAY_I = "/api/v1/may-i/?centre=riverside&scenario=crisis-diversion"
__all__ = ["at_noon"]


@pytest.fixture
def cast() -> Cast:
    """Riverside's grid has one scenario, which its lead decides up to 100 pounds. Nobody is on duty."""
    made = gather_cast()
    role = duty_roles.add_duty_role(centre=made.riverside, code="lead", name="Shift lead", by=MAKER, at=NOW)
    row = grids.decided_by(role, limit=Decimal(100), limit_unit="pounds")
    grids.published(made.riverside, [row], at=NOW)
    return made


def browser(user: User) -> Client:
    found = Client()
    found.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return found


def read(user: User, address: str) -> tuple[int, dict[str, Any]]:
    answer = browser(user).get(address)
    return answer.status_code, answer.json()


def test_scenarios_of_the_grid_in_force(cast: Cast) -> None:
    status, found = read(cast.alice, "/api/v1/scenarios/?centre=riverside")
    assert (status, found["results"]) == (200, [{"code": "crisis-diversion", "title": "Crisis diversion"}])


def test_a_centre_has_no_scenarios_before_its_first_publication() -> None:
    made = gather_cast()
    assert read(made.alice, "/api/v1/scenarios/?centre=riverside") == (
        200,
        {"centre": "riverside", "results": [], "next": None},
    )


def test_an_answer_names_its_row_and_why(cast: Cast) -> None:
    status, found = read(cast.alice, f"{MAY_I}&amount=120")
    assert status == 200
    assert (found["verdict"], found["who"], found["cites"]["version"]) == ("nobody", [], 1)
    assert found["why"][:2] == ["You are not on duty.", "120 pounds is over the limit of everybody who decides this."]


def test_asking_is_recorded_once(cast: Cast) -> None:
    read(cast.alice, MAY_I)
    assert [event.user_id for event in AuditEvent.objects.filter(verb="may_i.asked")] == [cast.alice.pk]


@pytest.mark.parametrize(
    "wrong",
    [
        "&amount=-1",
        "&amount=1e9",
        "&amount=",
        "&amount=1.234",
        "&at=yesterday",
        "&at=0001-01-01T00:00:00Z",
        "&at=2028-01-01T00:00:00Z",
    ],
)
def test_what_cannot_be_read_is_refused_with_a_sentence(cast: Cast, wrong: str) -> None:
    status, found = read(cast.alice, MAY_I + wrong)
    assert (status, found["type"]) == (400, "/problems/invalid-parameter")
    assert not AuditEvent.objects.filter(verb="may_i.asked").exists()


def test_a_scenario_that_the_grid_has_not_is_not_there(cast: Cast) -> None:
    assert read(cast.alice, "/api/v1/may-i/?centre=riverside&scenario=none")[0] == 404


def test_a_key_is_told_to_sign_in_and_nobody_asks_unseen(cast: Cast) -> None:
    answer = client(cast.trust_key).get(MAY_I)
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/session-needed")
    assert Client().get(MAY_I).status_code == 401


def test_only_who_works_there_asks(cast: Cast) -> None:
    assert [read(user, MAY_I)[0] for user in (cast.carol, cast.dev)] == [403, 404]
