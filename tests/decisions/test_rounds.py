"""Rounds of consent: answers, silence, objections, and what each does to publication."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import Error, transaction

from decisions.models import ConsentAnswer, ConsentRound, Decision, Forum, GridVersion
from decisions.permissions.grids import get_round_to_answer
from decisions.queries import rounds as queries
from decisions.services import consent_notices, publication, rounds
from nhc.actors import Actor
from nhc.models import Notice
from partners.lifecycle import IllegalMoveError
from partners.permissions import NotVisible, Viewer
from tests.decisions.grids import (
    MAKER,
    WEEK,
    Place,
    consulted,
    decided_by,
    drafted,
    make_place,
    newest,
    said,
    speaker,
)
from tests.factories import MembershipFactory, OrganisationFactory, UserFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
END = NOW + WEEK


@pytest.fixture
def place() -> Place:
    return make_place(at=NOW - timedelta(days=60))


@pytest.fixture
def draft(place: Place) -> GridVersion:
    return drafted(place.centre, [decided_by(place.rota.lead)], at=NOW)


@pytest.fixture
def consent(draft: GridVersion) -> ConsentRound:
    return consulted(draft, at=NOW)


def publish(consent: ConsentRound, *, decision: Decision | None = None) -> GridVersion:
    return publication.publish(version=consent.version, decision=decision, by=MAKER, at=END)


def decide(place: Place, *, kind: str = "group", adopted: bool = True, at: datetime = END) -> Decision:
    """Return a decision of a forum, as it is stored."""
    forum = Forum.objects.create(centre=place.centre, kind=kind, name=f"The {kind}", code=kind, created_at=NOW)
    return Decision.objects.create(
        forum=forum,
        title="The grid",
        outcome="It stands",
        adopted=adopted,
        decided_at=at,
        decided_on=at.date(),
        review_on=(at + timedelta(days=90)).date(),
    )


def test_silence_is_recorded_and_blocks_nothing(place: Place, consent: ConsentRound) -> None:
    crisis, charity = place.organisations
    said(consent, crisis, "can_live_with_it", at=NOW)
    assert rounds.close_due_rounds(by=MAKER, at=END) == 1
    assert rounds.close_due_rounds(by=MAKER, at=END) == 0
    assert newest(consent) == {crisis.code: "can_live_with_it", charity.code: "no_answer"}
    assert publish(consent).state == "published"


def test_an_objection_blocks_until_the_groups_decision_is_cited(place: Place, consent: ConsentRound) -> None:
    said(consent, place.organisations[0], "object", at=NOW)
    closed = rounds.close_round(consent=consent, by=MAKER, at=END)
    assert closed.outcome == "objection"
    with pytest.raises(ValidationError, match="objected"):
        publish(consent)
    assert publish(consent, decision=decide(place)).cites_decision is not None


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (lambda place: decide(place, kind="board"), "partnership group"),
        (lambda place: decide(make_place(at=NOW)), "this centre's"),
        (lambda place: decide(place, adopted=False), "did not adopt"),
        (lambda place: decide(place, at=NOW - HOUR), "before the objection"),
    ],
)
def test_only_a_later_decision_of_the_group_answers_an_objection(
    place: Place, consent: ConsentRound, made: Callable[[Place], Decision], sentence: str
) -> None:
    said(consent, place.organisations[0], "object", at=NOW)
    rounds.close_round(consent=consent, by=MAKER, at=END)
    with pytest.raises(ValidationError, match=sentence):
        publish(consent, decision=made(place))


def test_an_objection_may_be_lifted_after_the_round(place: Place, consent: ConsentRound) -> None:
    crisis, charity = place.organisations
    said(consent, crisis, "object", at=NOW)
    rounds.close_round(consent=consent, by=MAKER, at=END)
    with pytest.raises(IllegalMoveError):
        said(consent, charity, "agree", at=END)
    said(consent, crisis, "agree", at=END)
    assert publish(consent).state == "published"


def test_the_database_publishes_nothing_over_an_objection(place: Place, consent: ConsentRound) -> None:
    version = GridVersion.objects.filter(pk=consent.version_id)
    published = {"state": "published", "published_at": END, "next_review_on": END.date()}
    with pytest.raises(Error, match="after a round of consent has closed"), transaction.atomic():
        version.update(**published)
    said(consent, place.organisations[0], "object", at=NOW)
    rounds.close_round(consent=consent, by=MAKER, at=END)
    with pytest.raises(Error, match="an open objection"), transaction.atomic():
        version.update(**published)


def test_the_newest_answer_counts_and_the_same_again_is_one(place: Place, consent: ConsentRound) -> None:
    crisis = place.organisations[0]
    by = Actor.user(speaker(crisis))
    for answer in ("object", "agree", "agree"):
        rounds.answer(consent=consent, organisation=crisis, answer=answer, reason="So", by=by, at=NOW)
    assert (newest(consent), ConsentAnswer.objects.count()) == ({crisis.code: "agree"}, 2)


def test_a_round_ends_early_once_everybody_has_answered(place: Place, consent: ConsentRound) -> None:
    with pytest.raises(ValidationError, match="still have time"):
        rounds.close_round(consent=consent, by=MAKER, at=NOW)
    for organisation in place.organisations:
        said(consent, organisation, "agree", at=NOW)
    assert rounds.close_round(consent=consent, by=MAKER, at=NOW).outcome == "consent"


def test_nobody_answers_after_the_deadline_even_before_the_clock_closes_it(place: Place, consent: ConsentRound) -> None:
    with pytest.raises(IllegalMoveError):
        said(consent, place.organisations[0], "object", at=END)


def test_a_version_taken_back_is_a_draft_again_and_needs_a_new_round(place: Place, consent: ConsentRound) -> None:
    said(consent, place.organisations[0], "object", at=NOW)
    back = rounds.take_back(version=consent.version, reason="To change the limit", by=MAKER, at=NOW)
    assert (back.state, queries.last_round(back).outcome) == ("draft", "withdrawn")  # type: ignore[union-attr]  # there was one
    again = consulted(back, at=NOW + HOUR)
    rounds.close_round(consent=again, by=MAKER, at=END + HOUR)
    published = publication.publish(version=back, by=MAKER, at=END + HOUR)
    assert [move.state for move in published.moves.order_by("pk")] == [
        "draft",
        "consulting",
        "draft",
        "consulting",
        "published",
    ]


@pytest.mark.parametrize(
    ("days", "summary", "sentence"),
    [(6, "New", "at least 7 days"), (93, "New", "within 92 days"), (7, " ", "Say what is new")],
)
def test_a_round_leaves_time_and_says_what_is_new(draft: GridVersion, days: int, summary: str, sentence: str) -> None:
    deadline = NOW + timedelta(days=days)
    with pytest.raises(ValidationError, match=sentence):
        rounds.open_round(version=draft, edition=draft.version, summary=summary, deadline=deadline, by=MAKER, at=NOW)


def test_what_is_put_to_partners_is_what_was_read(draft: GridVersion) -> None:
    with pytest.raises(ValidationError, match="Somebody changed the grid"):
        rounds.open_round(version=draft, edition=draft.version - 1, summary="New", deadline=END, by=MAKER, at=NOW)


def test_an_objection_says_why_and_outsiders_have_no_say(place: Place, consent: ConsentRound) -> None:
    by = Actor.user(place.rota.ana)
    with pytest.raises(ValidationError, match="Say why"):
        rounds.answer(consent=consent, organisation=place.organisations[0], answer="object", by=by, at=NOW)
    with pytest.raises(ValidationError, match="Only partners"):
        rounds.answer(consent=consent, organisation=OrganisationFactory.create(), answer="agree", by=by, at=NOW)


def test_whoever_speaks_for_a_partner_answers_for_it_alone(place: Place, consent: ConsentRound) -> None:
    crisis, charity = place.organisations
    sitting = UserFactory.create()
    MembershipFactory.create(user=sitting, team=place.rota.crisis, role="group")
    slug = place.centre.slug
    for user in (speaker(crisis), sitting):
        found = get_round_to_answer(Viewer.user(user), slug, NOW, code=crisis.code)
        assert (found[1], found[2]) == (consent, crisis)
    refused = [(sitting, charity, PermissionDenied), (place.rota.ana, crisis, PermissionDenied)]
    for user, organisation, refusal in [*refused, (UserFactory.create(), crisis, NotVisible)]:
        with pytest.raises(refusal):
            get_round_to_answer(Viewer.user(user), slug, NOW, code=organisation.code)


def test_whoever_speaks_for_a_silent_partner_is_reminded_twice(place: Place, consent: ConsentRound) -> None:
    crisis, charity = place.organisations
    said(consent, charity, "agree", at=NOW)
    user = speaker(crisis)
    for at in (NOW, NOW + HOUR, END - timedelta(days=1), END - HOUR):
        consent_notices.remind_silent(by=MAKER, at=at)
    assert sorted(Notice.objects.filter(kind="consent").values_list("user_id", "stage")) == [(user.pk, 1), (user.pk, 7)]


def test_answers_and_closed_rounds_are_kept(place: Place, consent: ConsentRound) -> None:
    said(consent, place.organisations[0], "agree", at=NOW)
    rounds.close_round(consent=consent, by=MAKER, at=END)
    changes: list[Callable[[], object]] = [
        lambda: ConsentAnswer.objects.update(answer="object", reason="No"),
        lambda: ConsentAnswer.objects.all().delete(),
        lambda: ConsentRound.objects.update(outcome="objection"),
    ]
    for change in changes:
        with pytest.raises(Error), transaction.atomic():
            change()
