"""Random grids, rotas, times and inductions: exactly one verdict, equal to a slow and obvious reference.

The reference is written from the decision table of the design, clause by clause, and shares nothing with the rules.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import event, given
from hypothesis import strategies as st

from decisions.verdict import Citation, Facts, Holding, OnDuty, Post, PostKind, RightKind, VerdictKind, judge

NOW = datetime(2026, 11, 23, 11, 20, tzinfo=UTC)
ROLES, TEAMS, PEOPLE = range(1, 4), range(1, 3), range(1, 6)

posts = st.one_of(
    st.builds(
        Post,
        kind=st.just(PostKind.DUTY_ROLE),
        key=st.sampled_from(ROLES),
        name=st.just("role"),
        deputy=st.none() | st.sampled_from(ROLES),
    ),
    st.builds(Post, kind=st.just(PostKind.TEAM), key=st.sampled_from(TEAMS), name=st.just("team")),
)
people = st.builds(
    OnDuty,
    user_id=st.sampled_from(PEOPLE),
    name=st.just("somebody"),
    duty_role=st.sampled_from(ROLES),
    team=st.sampled_from(TEAMS),
    team_name=st.just("team"),
    telephone=st.sampled_from(["", "01632 960101"]),
    until=st.integers(-2, 6).map(lambda hours: NOW + timedelta(hours=hours)),
    lacks=st.sampled_from([(), (), ("The induction has run out.",)]),
)
amounts = st.none() | st.integers(0, 20).map(Decimal)
questions = st.builds(
    Facts,
    asker=st.sampled_from(PEOPLE),
    at=st.just(NOW),
    row=st.builds(
        Citation,
        number=st.just(1),
        code=st.just("case"),
        title=st.just("Case"),
        row=st.just(1),
        limit=amounts,
        act_first=st.booleans(),
    ),
    rights=st.lists(st.builds(Holding, kind=st.sampled_from(RightKind), post=posts), max_size=6, unique=True).map(
        tuple
    ),
    on_duty=st.lists(people, max_size=5, unique_by=lambda each: each.user_id).map(tuple),
    amount=amounts,
)


def on_duty(facts: Facts, user_id: int) -> bool:
    return any(each.user_id == user_id and each.until > facts.at for each in facts.on_duty)


def holds(facts: Facts, user_id: int, kind: RightKind) -> bool:
    """Whether a person on duty has a right through the duty role or the team of their shift."""
    for each in facts.on_duty:
        if each.user_id == user_id and each.until > facts.at:
            for right in facts.rights:
                place = each.duty_role if right.post.kind == "duty_role" else each.team
                if right.kind == kind and right.post.key == place:
                    return True
    return False


def may_decide_alone(facts: Facts, user_id: int) -> bool:
    return not any(each.lacks for each in facts.on_duty if each.user_id == user_id)


def has_telephone(facts: Facts, user_id: int) -> bool:
    return any(each.telephone for each in facts.on_duty if each.user_id == user_id)


def reference(facts: Facts) -> tuple[VerdictKind, set[int]]:
    """Return the answer and whom it names to be asked: nobody but for `ask`."""
    me, limit = facts.asker, facts.row.limit
    within = limit is None or (facts.amount is not None and facts.amount <= limit)
    nobody_must_agree = not [right for right in facts.rights if right.kind == "must_agree"]
    decides = holds(facts, me, RightKind.DECIDES)
    if on_duty(facts, me) and may_decide_alone(facts, me) and decides and within and nobody_must_agree:
        return VerdictKind.YES, set()
    askable = {
        other
        for other in PEOPLE
        if other != me
        and on_duty(facts, other)
        and may_decide_alone(facts, other)
        and has_telephone(facts, other)
        and (holds(facts, other, RightKind.DECIDES) or holds(facts, other, RightKind.MUST_AGREE))
    }
    if askable:
        return VerdictKind.ASK, askable
    if holds(facts, me, RightKind.CARRIES_OUT) and facts.row.act_first:
        return VerdictKind.ACT_THEN_TELL, set()
    return VerdictKind.NOBODY, set()


@given(questions)
def test_the_verdict_is_the_references(facts: Facts) -> None:
    verdict = judge(facts)
    kind, askable = reference(facts)
    event(str(kind))
    assert verdict.kind == kind
    if kind == VerdictKind.ASK:
        assert {each.user_id for each in verdict.who} == askable


@given(questions)
def test_nobody_is_named_who_is_off_duty_or_may_not_decide_alone(facts: Facts) -> None:
    verdict = judge(facts)
    for each in (*verdict.who, *verdict.besides):
        assert each.user_id != facts.asker
        assert each.until > facts.at
        assert on_duty(facts, each.user_id)
        assert may_decide_alone(facts, each.user_id)
        assert holds(facts, each.user_id, each.right)


@given(questions)
def test_nobody_is_named_twice_to_be_asked(facts: Facts) -> None:
    named = [each.user_id for each in judge(facts).who]
    assert len(named) == len(set(named))
