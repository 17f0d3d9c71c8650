"""The decision table of "May I?", one case a line, as somebody who works at a centre would read it.

`I am` and `who else is on` name a duty; in brackets: lapsed (an induction has run out), off (the shift is over) and no
phone. The host is in the door team, everybody else in the crisis team. What the grid says may end with a limit in
pounds, which is that of all who decide and have no limit of their own (`decides up to`), and with `act first` where it
allows that.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from decisions.models import Right
from decisions.verdict import Citation, Facts, Holding, OnDuty, Post, PostKind, RightKind, Verdict, judge

TABLE = """
case                                     | I am           | the grid says                                                  | who else is on  | amount | answer        | named
I decide                                 | nurse          | nurse decides                                                  |                 |        | yes           |
I decide, whoever else is on             | nurse          | nurse decides, lead decides                                    | lead            |        | yes           |
I decide up to the limit                 | nurse          | nurse decides, limit 100                                       |                 | 99.99  | yes           |
I decide at the limit                    | nurse          | nurse decides, limit 100                                       | lead            | 100    | yes           |
An amount matters only where a limit is  | nurse          | nurse decides                                                  |                 | 100000 | yes           |
My team decides                          | nurse          | crisis team decides                                            |                 |        | yes           |
Over my limit, within another's          | nurse          | nurse decides up to 100, lead decides up to 500                | lead            | 180    | ask           | lead
At the limit of another                  | nurse          | nurse decides up to 100, lead decides up to 500                | lead            | 500    | ask           | lead
Over everybody's limit                   | nurse          | nurse decides up to 100, lead decides up to 500                | lead            | 600    | nobody        |
Another has no limit                     | nurse          | nurse decides up to 100, lead decides                          | lead            | 100000 | ask           | lead
I have no limit, others have             | nurse          | nurse decides, lead decides up to 100                          | lead            | 600    | yes           |
My own limit counts, not the row's       | nurse          | nurse decides up to 500, lead decides, limit 100               | lead            | 180    | yes           |
The row's limit is that of the others    | lead           | nurse decides up to 500, lead decides, limit 100               | nurse           | 180    | ask           | nurse
The higher of my two limits counts       | nurse          | nurse decides up to 100, crisis team decides up to 200         |                 | 180    | yes           |
A colleague with my limit is no help     | nurse          | nurse decides, limit 100                                       | nurse           | 180    | nobody        |
Over my limit, who must agree is on      | nurse          | nurse decides up to 100, lead must agree                       | nurse, lead     | 180    | ask           | lead
Over all limits and I carry out, I act   | nurse          | nurse carries out, lead decides up to 100, act first           | lead            | 180    | act_then_tell | lead
Over a limit that all have               | nurse          | nurse decides, lead decides, limit 100                         | lead            | 100.01 | nobody        |
No amount counts as over the limit       | nurse          | nurse decides, lead decides, limit 100                         | lead            |        | ask           | lead
Without an amount who decides is asked   | nurse          | nurse decides up to 100, lead decides up to 500                | nurse, lead     |        | ask           | nurse, lead
Without an amount and a limit, I decide  | nurse          | nurse decides, lead decides up to 100                          | lead            |        | yes           |
Somebody must agree                      | nurse          | nurse decides, lead must agree                                 | lead            |        | ask           | lead
Only agreement is missing, that is asked | nurse          | nurse decides, doctor must agree                               | nurse, doctor   |        | ask           | doctor
Who must agree is off, a colleague is on | nurse          | nurse decides, doctor must agree                               | nurse           |        | nobody        |
Who must agree is off, I carry it out    | nurse          | nurse decides, nurse carries out, doctor must agree, act first | nurse           |        | act_then_tell | nurse
I am lapsed, a colleague may ask further | nurse (lapsed) | nurse decides, doctor must agree                               | nurse           |        | ask           | nurse
My induction has run out                 | nurse (lapsed) | nurse decides, lead decides                                    | lead            |        | ask           | lead
My shift is over                         | nurse (off)    | nurse decides                                                  | nurse           |        | ask           | nurse
I am not on the rota                     |                | nurse decides                                                  | nurse           |        | ask           | nurse
I do not decide, somebody does           | nurse          | lead decides                                                   | lead            |        | ask           | lead
Who decides comes before who must agree  | nurse          | doctor must agree, lead decides                                | doctor, lead    |        | ask           | lead, doctor
Only who must agree is on                | nurse          | lead decides, doctor must agree                                | doctor          |        | ask           | doctor
A colleague with my duty may decide      | nurse (lapsed) | nurse decides                                                  | nurse           |        | ask           | nurse
Anybody of a team that decides           | nurse          | door team decides                                              | host            |        | ask           | host
Asking comes before acting first         | nurse          | lead decides, nurse carries out, act first                     | lead            |        | ask           | lead
Nobody can be asked, I act               | nurse          | lead decides, nurse carries out, act first                     |                 |        | act_then_tell |
I act, and tell whoever is to be told    | nurse          | lead decides, nurse carries out, host is told, act first       | host            |        | act_then_tell | host
Who cannot be telephoned is told later   | nurse          | lead decides, nurse carries out, act first                     | lead (no phone) |        | act_then_tell | lead
Acting first needs no induction          | nurse (lapsed) | nurse decides, nurse carries out, act first                    |                 |        | act_then_tell |
Over the limit and nobody to ask, I act  | nurse          | nurse decides, nurse carries out, limit 10, act first          |                 | 20     | act_then_tell |
Acting first is not allowed              | nurse          | lead decides, nurse carries out                                |                 |        | nobody        |
Acting first is not mine                 | nurse          | lead decides, host carries out, act first                      |                 |        | nobody        |
I am off duty and cannot act             | nurse (off)    | lead decides, nurse carries out, act first                     |                 |        | nobody        |
Whoever decides has gone home            | nurse          | lead decides                                                   | lead (off)      |        | nobody        |
Whoever decides is not inducted          | nurse          | lead decides                                                   | lead (lapsed)   |        | nobody        |
Whoever decides cannot be telephoned     | nurse          | lead decides                                                   | lead (no phone) |        | nobody        |
Being told is not deciding               | nurse          | lead is told, doctor is consulted                              | lead, doctor    |        | nobody        |
I must agree, and nobody else is on      | nurse          | nurse decides, nurse must agree                                |                 |        | nobody        |
Nobody decides this                      | nurse          | nurse is told                                                  | lead            |        | nobody        |
The grid says nothing                    | nurse          | nothing                                                        | lead            |        | nobody        |
"""  # noqa: E501  (a table is read across)

AT = datetime(2026, 11, 23, 11, 20, tzinfo=UTC)
DUTIES = {"nurse": 1, "lead": 2, "doctor": 3, "host": 4}
TEAMS = {"crisis team": 1, "door team": 2}
POSTS = {
    **{name: Post(PostKind.DUTY_ROLE, key, name) for name, key in DUTIES.items()},
    **{name: Post(PostKind.TEAM, key, name) for name, key in TEAMS.items()},
}
ME = 100
CASES = [[cell.strip() for cell in line.split("|")] for line in TABLE.strip().splitlines()[1:]]


def person(user_id: int, words: str) -> OnDuty:
    name, _, how = words.removesuffix(")").partition(" (")
    return OnDuty(
        user_id=user_id,
        name=name,
        duty_role=DUTIES[name],
        team=TEAMS["door team" if name == "host" else "crisis team"],
        team_name="",
        telephone="" if how == "no phone" else "01632 960101",
        until=AT + timedelta(hours=0 if how == "off" else 2),
        lacks=("The induction has run out.",) if how == "lapsed" else (),
    )


def facts(me: str, grid: str, others: str, amount: str) -> Facts:
    said = [part.strip() for part in grid.split(",")]
    rights = [
        Holding(kind, post, Decimal(limit) if limit else None)
        for part, _, limit in (each.partition(" up to ") for each in said)
        for name, post in POSTS.items()
        for kind in RightKind
        if part == f"{name} {kind.replace('_', ' ')}"
    ]
    limits = [Decimal(part.removeprefix("limit ")) for part in said if part.startswith("limit ")]
    assert len(rights) + len(limits) + said.count("act first") + said.count("nothing") == len(said), grid
    on = [person(ME, me)] if me else []
    on += [person(number, each.strip()) for number, each in enumerate(others.split(","), start=1) if each.strip()]
    row = Citation(
        1, "case", "Case", 1, limit=limits[0] if limits else None, limit_unit="pounds", act_first="act first" in said
    )
    return Facts(ME, AT, row, tuple(rights), tuple(on), Decimal(amount) if amount else None)


def answer(me: str, grid: str, others: str = "", amount: str = "") -> Verdict:
    return judge(facts(me, grid, others, amount))


@pytest.mark.parametrize(
    ("me", "grid", "others", "amount", "kind", "named"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_the_first_answer_that_fits(me: str, grid: str, others: str, amount: str, kind: str, named: str) -> None:
    verdict = answer(me, grid, others, amount)
    assert (verdict.kind, ", ".join(each.name for each in verdict.who)) == (kind, named)


def test_an_answer_cites_its_row_and_says_why() -> None:
    verdict = answer("nurse", "nurse decides, lead must agree, limit 100", "lead", "120")
    assert verdict.cites.code == "case"
    assert verdict.why == ("120 pounds is over your limit of 100 pounds.", "lead must agree.")


def test_an_answer_says_up_to_what_each_decides() -> None:
    verdict = answer(
        "nurse", "nurse decides up to 100, lead decides up to 500, doctor must agree", "lead, doctor", "180"
    )
    assert verdict.limit == 100
    assert [(each.name, each.limit) for each in verdict.who] == [("lead", 500), ("doctor", None)]


def test_whoever_is_named_is_reachable_until_their_shift_ends() -> None:
    (lead,) = answer("nurse", "lead decides", "lead").who
    assert (lead.telephone, lead.until, lead.right, lead.post) == (
        "01632 960101",
        AT + timedelta(hours=2),
        "decides",
        "lead",
    )


def test_who_is_consulted_and_told_stands_beside_the_answer() -> None:
    verdict = answer("nurse", "nurse decides, doctor is consulted, host is told", "doctor, host, lead")
    assert [(each.name, each.right) for each in verdict.besides] == [("doctor", "is_consulted"), ("host", "is_told")]


def test_a_deputy_is_named_while_they_are_on_duty_themselves() -> None:
    with_deputy = Post(PostKind.DUTY_ROLE, DUTIES["lead"], "lead", deputy=DUTIES["doctor"])
    for other, deputy in (("doctor", "doctor"), ("doctor (lapsed)", ""), ("doctor (off)", "")):
        on = (person(ME, "nurse"), person(1, "lead"), person(2, other))
        row = Citation(1, "case", "Case", 1)
        (lead,) = judge(Facts(ME, AT, row, (Holding(RightKind.DECIDES, with_deputy),), on)).who
        assert lead.deputy == deputy


def test_the_words_of_a_cell_are_the_same_in_the_table_and_in_the_rules() -> None:
    assert set(Right.Kind.values) == set(RightKind)
