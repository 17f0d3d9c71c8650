"""Both starter grids, as data: enough scenarios, each with guardrail and ladder, over duty roles with hours."""

from datetime import UTC, datetime, timedelta

import pytest

from decisions import starters
from decisions.finder import Finding, Holder, Row, find
from decisions.starters import Starter
from partners.hours import required

STARTERS = [pytest.param(each, id=each.code) for each in starters.offered()]
MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
END = MONDAY + timedelta(days=28)


@pytest.mark.parametrize("starter", STARTERS)
def test_there_are_25_scenarios_or_more_over_8_duty_roles_or_more(starter: Starter) -> None:
    assert len({each.code for each in starter.scenarios}) == len(starter.scenarios) >= 25
    assert len({each.title for each in starter.scenarios}) == len(starter.scenarios)
    assert len({each.code for each in starter.duty_roles}) == len(starter.duty_roles) >= 8


@pytest.mark.parametrize("starter", STARTERS)
def test_each_scenario_has_a_guardrail_of_its_own_and_two_rungs_or_more(starter: Starter) -> None:
    assert len({each.guardrail for each in starter.scenarios}) == len(starter.scenarios)
    assert [each.code for each in starter.scenarios if len(each.ladder) < 2 or len(each.guardrail) < 30] == []
    assert [each.code for each in starter.scenarios if (each.limit is None) != (each.limit_unit == "")] == []
    assert sum(each.limit is not None for each in starter.scenarios) >= 12


@pytest.mark.parametrize("starter", STARTERS)
def test_every_right_rung_and_deputy_is_a_duty_role_of_the_grid_and_every_duty_role_is_used(starter: Starter) -> None:
    codes = {each.code for each in starter.duty_roles}
    called = {rung.duty_role for each in starter.scenarios for rung in each.ladder if not rung.telephone}
    assert called | {each.deputy for each in starter.duty_roles} - {None} <= codes
    assert {code for each in starter.scenarios for code in each.rights} == codes


@pytest.mark.parametrize("starter", STARTERS)
def test_the_last_rung_answers_round_the_clock(starter: Starter) -> None:
    always = {each.code for each in starter.duty_roles if each.round_the_clock}
    last = [each.ladder[-1] for each in starter.scenarios]
    assert [rung for rung in last if not rung.telephone and rung.duty_role not in always] == []


def laid_over_its_own_hours(starter: Starter, *, absent: str = "") -> list[Finding]:
    """Return what the finder says where somebody is on in all the hours asked for, but for one duty."""
    holders = {}
    for role in starter.duty_roles:
        wanted = ((MONDAY, END),) if role.round_the_clock else tuple(required(role.hours, MONDAY, END))
        holders[role.code] = Holder(role.code, role.name, wanted, () if role.code == absent else wanted)
    rows = [
        Row(
            each.code,
            each.title,
            tuple(code for code, kind in each.rights.items() if kind == "decides"),
            tuple(rung.duty_role for rung in each.ladder if rung.duty_role),
        )
        for each in starter.scenarios
    ]
    return find(rows, holders, MONDAY, END)


@pytest.mark.parametrize("starter", STARTERS)
def test_at_every_hour_exactly_one_duty_role_decides(starter: Starter) -> None:
    assert laid_over_its_own_hours(starter) == []
    assert laid_over_its_own_hours(starter, absent="duty-manager") != []


@pytest.mark.parametrize(
    "subject",
    [
        "crisis-diversion",
        "rapid-specialist-advice",
        "gp-advice-and-guidance",
        "social-support",
        "safeguarding-adult",
        "safeguarding-child",
        "room-and-space",
    ],
)
def test_what_comes_up_everywhere_is_in_both(subject: str) -> None:
    assert all(subject in {each.code for each in starter.scenarios} for starter in starters.offered())


def test_an_unknown_starter_is_not_read_from_the_disk() -> None:
    with pytest.raises(KeyError):
        starters.read("../settings")
