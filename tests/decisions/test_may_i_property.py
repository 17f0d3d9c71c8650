"""Random facts: exactly one verdict, equal to a slow and obvious reference in its kind, names, deputies and limits.

The reference is written from the decision table, clause by clause, and shares nothing with the rules. That the facts
are those of the rota, the inductions and the grid is compared in `test_may_i_worlds`.
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
    lambda user_id, **rest: OnDuty(user_id=user_id, name=f"Person {user_id}", **rest),
    user_id=st.sampled_from(PEOPLE),
    duty_role=st.sampled_from(ROLES),
    team=st.sampled_from(TEAMS),
    team_name=st.just("team"),
    telephone=st.sampled_from(["", "01632 960101"]),
    until=st.integers(-2, 6).map(lambda hours: NOW + timedelta(hours=hours)),
    lacks=st.sampled_from([(), (), ("The induction has run out.",)]),
)
amounts = st.none() | st.integers(0, 20).map(Decimal)
rights = st.sampled_from(RightKind).flatmap(
    lambda kind: st.builds(
        Holding, kind=st.just(kind), post=posts, limit=amounts if kind == RightKind.DECIDES else st.none()
    )
)
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
    rights=st.lists(rights, max_size=6, unique_by=lambda each: (each.kind, each.post.kind, each.post.key)).map(tuple),
    on_duty=st.lists(people, max_size=5, unique_by=lambda each: each.user_id).map(tuple),
    amount=amounts,
)


def present(facts: Facts, user_id: int) -> OnDuty | None:
    for each in facts.on_duty:
        if each.user_id == user_id and each.until > facts.at:
            return each
    return None


def has(facts: Facts, user_id: int, right: Holding) -> bool:
    """Whether somebody on duty has a right through the duty role or the team of their shift."""
    shift = present(facts, user_id)
    if shift is None:
        return False
    if right.post.kind == "duty_role":
        return right.post.key == shift.duty_role
    return right.post.key == shift.team


def is_within(facts: Facts, right: Holding) -> bool:
    """Whether the amount is within a decider's limit; a missing amount is over every limit."""
    limit = right.limit if right.limit is not None else facts.row.limit
    return limit is None or (facts.amount is not None and facts.amount <= limit)


def inducted(facts: Facts, user_id: int) -> bool:
    shift = present(facts, user_id)
    return shift is not None and shift.lacks == ()


def named(facts: Facts, rights: list[Holding]) -> list[tuple[str, str]]:
    """Return who may be named for some rights, in the order of the rights, with who stands in for them."""
    found: list[tuple[str, str]] = []
    for right in rights:
        for shift in facts.on_duty:
            other = shift.user_id
            if other == facts.asker or not has(facts, other, right) or not inducted(facts, other):
                continue
            if shift.name not in [name for name, _ in found]:
                found.append((shift.name, deputy(facts, right, other)))
    return found


def deputy(facts: Facts, right: Holding, of: int) -> str:
    if right.post.deputy is None:
        return ""
    for shift in facts.on_duty:
        other = shift.user_id
        if other not in (of, facts.asker) and shift.duty_role == right.post.deputy and inducted(facts, other):
            return shift.name
    return ""


def of_kind(facts: Facts, *kinds: RightKind) -> list[Holding]:
    return [right for kind in kinds for right in facts.rights if right.kind == kind]


type Named = list[tuple[str, str]]


def reference(facts: Facts) -> tuple[VerdictKind, Named, Named]:
    """Return the answer, whom it names, and whom it names besides."""
    me = facts.asker
    deciders, agreers = of_kind(facts, RightKind.DECIDES), of_kind(facts, RightKind.MUST_AGREE)
    beside = named(facts, of_kind(facts, RightKind.IS_CONSULTED, RightKind.IS_TOLD))
    i_decide = inducted(facts, me) and any(has(facts, me, right) and is_within(facts, right) for right in deciders)
    if i_decide and not agreers:
        return VerdictKind.YES, [], beside
    if i_decide:
        asked = agreers
    else:
        asked = [right for right in deciders if facts.amount is None or is_within(facts, right)] + agreers
    reachable = [each for each in named(facts, asked) if telephone(facts, each[0])]
    if reachable:
        return VerdictKind.ASK, reachable, beside
    if facts.row.act_first and any(has(facts, me, right) for right in of_kind(facts, RightKind.CARRIES_OUT)):
        told = named(facts, deciders + agreers + of_kind(facts, RightKind.IS_TOLD))
        return VerdictKind.ACT_THEN_TELL, told, named(facts, of_kind(facts, RightKind.IS_CONSULTED))
    return VerdictKind.NOBODY, [], []


def telephone(facts: Facts, name: str) -> str:
    return next(each.telephone for each in facts.on_duty if each.name == name)


@given(questions)
def test_the_verdict_is_the_references(facts: Facts) -> None:
    verdict = judge(facts)
    kind, who, besides = reference(facts)
    event(str(kind))
    assert verdict.kind == kind
    assert [(each.name, each.deputy) for each in verdict.who] == who
    assert [(each.name, each.deputy) for each in verdict.besides] == besides


@given(questions)
def test_nobody_is_named_who_is_off_duty_or_may_not_decide_alone(facts: Facts) -> None:
    verdict = judge(facts)
    for each in (*verdict.who, *verdict.besides):
        assert each.user_id != facts.asker
        assert each.until > facts.at
        assert inducted(facts, each.user_id)
        assert any(has(facts, each.user_id, right) for right in of_kind(facts, each.right))


@given(questions)
def test_nobody_is_asked_to_decide_beyond_their_limit(facts: Facts) -> None:
    verdict = judge(facts)
    for each in verdict.who if verdict.kind == VerdictKind.ASK else ():
        assert facts.amount is None or each.limit is None or facts.amount <= each.limit
