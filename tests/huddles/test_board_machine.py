"""Five people change cards and actions on versions long gone, while huddles open and close: nothing typed is lost."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from huddles.agenda import CARD_LANES, LANES, Kind
from huddles.models import Action, ActionEdit, Attendance, Card, CardEdit, Huddle, HuddleRecord
from huddles.queries import facts
from huddles.services import actions, attendance, cards, closing, edits, huddles
from huddles.services.edits import Clash
from nhc.actors import Actor
from partners.lifecycle import IllegalMoveError
from partners.models import Team
from tests.factories import MembershipFactory, UserFactory
from tests.huddles import circle
from tests.huddles.circle import NOW

pytestmark = pytest.mark.django_db

persons, places = st.integers(0, 4), st.integers(0, 9)
words = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30).filter(
    str.strip
)
changes = st.fixed_dictionaries(
    {},
    optional={
        "title": words,
        "words": words,
        "lane": st.sampled_from(CARD_LANES),
        "owner": st.integers(0, 5),  # five people, and the team
        "due_at": st.integers(1, 9),
    },
)
FIELDS: dict[type[Card | Action], tuple[str, ...]] = {
    Card: ("title", "words", "lane", "owner", "due_at"),
    Action: ("words", "owner", "due_at"),
}


@dataclass
class Form:
    """What somebody has before them: of which version, what they were shown, and what its boxes hold now."""

    version: int
    shown: dict[str, object]
    held: dict[str, object]


class BoardMachine(RuleBasedStateMachine):
    """`typed` is everything that anybody sent for a thing and field; `forms` is what each person has open of each.

    Forms are opened by an act of its own, so that most people save over something older than what stands; and whoever
    met a clash goes on with the form that it showed them.
    """

    def __init__(self) -> None:
        super().__init__()
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.circle = circle.gather()
        more = [UserFactory.create(name=name) for name in ("Fay", "Gus")]
        for user in more:
            MembershipFactory.create(user=user, team=self.circle.crisis)
        self.people = [self.circle.ana, self.circle.ben, self.circle.cai, *more]
        self.at: datetime = NOW
        self.typed: dict[tuple[str, int, str], set[str]] = {}
        self.forms: dict[tuple[int, type, int], Form] = {}
        self.frozen: dict[int, str] = {}
        self.version = self.clashes = 0

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.undo.__exit__(None, None, None)

    @initialize(title=words)
    def begin(self, title: str) -> None:
        self.add_card(0, title)
        self.add_action(1, title)

    def by(self, person: int) -> Actor:
        self.at += timedelta(minutes=1)
        return Actor.user(self.people[person])

    def note(self, thing: Card | Action, field: str, value: object) -> None:
        text = edits.text_of(value).strip()
        if text:
            self.typed.setdefault((type(thing).__name__, thing.pk, field), set()).add(text)

    def open_form(self, person: int, thing: Card | Action) -> None:
        stands = standing(thing)
        self.forms[person, type(thing), thing.pk] = Form(thing.version, stands, dict(stands))

    @rule(person=persons, title=words)
    def add_card(self, person: int, title: str) -> None:
        by = self.by(person)
        entry = cards.Entry(lane="safety", title=title)
        card = cards.add_card(centre=self.circle.centre, entry=entry, by=by, at=self.at)
        self.note(card, "title", title)
        for each in range(len(self.people)):
            self.open_form(each, card)

    @rule(person=persons, text=words)
    def add_action(self, person: int, text: str) -> None:
        by = self.by(person)
        entry = actions.Entry(words=text, due_at=self.at + timedelta(hours=1), owner=self.people[person])
        action = actions.add_action(centre=self.circle.centre, entry=entry, by=by, at=self.at)
        self.note(action, "words", text)
        for each in range(len(self.people)):
            self.open_form(each, action)

    @rule(person=persons, place=places)
    def read(self, person: int, place: int) -> None:
        self.open_form(person, self.one(Card, place))
        self.open_form(person, self.one(Action, place))

    @rule(person=persons, place=places, typed=changes)
    def edit_card(self, person: int, place: int, typed: dict[str, Any]) -> None:
        self.save(person, self.one(Card, place), typed)

    @rule(person=persons, place=places, typed=changes)
    def edit_action(self, person: int, place: int, typed: dict[str, Any]) -> None:
        self.save(person, self.one(Action, place), typed)

    def save(self, person: int, thing: Card | Action, typed: dict[str, Any]) -> None:
        """Type into the form that somebody has open, and send all of it, as a browser does."""
        by, form = self.by(person), self.forms[person, type(thing), thing.pk]
        meant = {name: self.meant(name, value) for name, value in typed.items() if name in FIELDS[type(thing)]}
        form.held |= meant
        for name, value in meant.items():
            self.note(thing, "team" if isinstance(value, Team) else name, value)
        before = standing(thing)
        try:
            after = standing(self.send(thing, form, by))
        except Clash as clash:
            missed = {name for name in clash.fields if before[name] == form.shown[name]}
            held = {**form.held, **clash.untouched}
            self.clashes += len(clash.fields)
            self.forms[person, type(thing), thing.pk] = Form(clash.thing.version, standing(clash.thing), held)
        else:
            missed = {name for name in after if after[name] != before[name] != form.shown[name]}
            assert after == before | {name: form.held[name] for name in after if form.held[name] != form.shown[name]}
        assert not missed, "it clashes where nobody else changed anything, or was overwritten unseen"

    def meant(self, name: str, value: Any) -> object:
        if name == "owner":
            return [*self.people, self.circle.crisis][value]
        return NOW + timedelta(hours=value) if name == "due_at" else value.strip()

    def send(self, thing: Card | Action, form: Form, by: Actor) -> Card | Action:
        owner = form.held["owner"]
        fields: dict[str, Any] = form.held | {"owner": None, "team": None}
        if owner is not None:
            fields["team" if isinstance(owner, Team) else "owner"] = owner
        if isinstance(thing, Card):
            return cards.edit_card(card=thing, fields=fields, version=form.version, by=by, at=self.at)
        return actions.edit_action(action=thing, fields=fields, version=form.version, by=by, at=self.at)

    @rule(person=persons, place=places)
    def close_or_open_card(self, person: int, place: int) -> None:
        card, by = self.one(Card, place), self.by(person)
        act = cards.close_card if card.state == "open" else cards.reopen_card
        act(card=card, by=by, at=self.at)

    @rule(person=persons, kind=st.sampled_from([Kind.DAILY, Kind.CASE_REVIEW]))
    def start(self, person: int, kind: Kind) -> None:
        by = self.by(person)
        self.attempt(
            lambda: huddles.start_unplanned(
                centre=self.circle.centre, kind=kind, chair=self.people[person], by=by, at=self.at
            )
        )

    @rule(person=persons, place=places, lane=st.sampled_from(sorted(LANES)))
    def open_lane(self, person: int, place: int, lane: str) -> None:
        if (huddle := self.any_huddle(place)) is not None:
            by = self.by(person)
            self.attempt(lambda: huddles.open_lane(huddle=huddle, lane=lane, by=by, at=self.at))

    @rule(person=persons, place=places, here=st.booleans())
    def mark(self, person: int, place: int, here: bool) -> None:
        if (huddle := self.any_huddle(place)) is not None:
            by, organisation = self.by(person), self.circle.crisis.organisation
            self.attempt(
                lambda: attendance.mark(huddle=huddle, organisation=organisation, here=here, by=by, at=self.at)
            )

    @rule(person=persons, place=places, summary=words)
    def close(self, person: int, place: int, summary: str) -> None:
        huddle = self.any_huddle(place)
        if huddle is None:
            return
        by = self.by(person)
        try:
            record = closing.close_huddle(huddle=huddle, summary=summary, by=by, at=self.at)
        except IllegalMoveError:
            assert huddle.pk in self.frozen
        else:
            assert huddle.pk not in self.frozen
            self.frozen[huddle.pk] = record.digest

    @rule(place=places)
    def meddle(self, place: int) -> None:
        """Go round the services: PostgreSQL alone refuses."""
        huddle = self.any_huddle(place)
        if huddle is None or huddle.pk not in self.frozen:
            return
        for rows, change in (
            (Huddle.objects.filter(pk=huddle.pk), {"summary": "Other"}),
            (HuddleRecord.objects.filter(huddle=huddle), {"digest": "0" * 64}),
            (Attendance.objects.filter(huddle=huddle), {"here": True}),
        ):
            if rows.exists():
                with pytest.raises(DatabaseError), transaction.atomic():
                    rows.update(**change)

    def one[Row: (Card, Action)](self, model: type[Row], place: int) -> Row:
        rows = list(model.objects.order_by("pk"))
        return rows[place % len(rows)]

    def any_huddle(self, place: int) -> Huddle | None:
        rows = list(Huddle.objects.order_by("pk"))
        return rows[place % len(rows)] if rows else None

    def attempt(self, act: Callable[[], object]) -> None:
        """Do what may be refused; a refusal leaves everything as it was."""
        try:
            act()
        except (IllegalMoveError, ValidationError):
            return

    @invariant()
    def everything_that_was_typed_is_somewhere(self) -> None:
        kept: dict[tuple[str, int, str], set[str]] = {}
        things: list[Card | Action] = [*Card.objects.all(), *Action.objects.all()]
        for thing in things:
            for field in (*FIELDS[type(thing)], "team"):
                kept[type(thing).__name__, thing.pk, field] = {edits.text_of(getattr(thing, field))}
        for edit in CardEdit.objects.all():
            kept["Card", edit.card_id, edit.field] |= {edit.before, edit.after}
        for change in ActionEdit.objects.all():
            kept["Action", change.action_id, change.field] |= {change.before, change.after}
        assert all(texts <= kept[key] for key, texts in self.typed.items())

    @invariant()
    def closed_huddles_are_what_they_were(self) -> None:
        for record in HuddleRecord.objects.select_related("huddle"):
            assert record.digest == self.frozen[record.huddle_id] == closing.digest_of(record.contents)
            assert record.huddle.state == "closed"

    @invariant()
    def the_version_of_the_board_only_rises(self) -> None:
        version = facts.version_of(self.circle.centre.pk)
        assert version >= self.version
        self.version = version


def standing(thing: Card | Action) -> dict[str, object]:
    return {name: edits.standing(thing, name) for name in FIELDS[type(thing)]}


def test_nothing_typed_is_lost_and_nothing_closed_changes() -> None:
    run_state_machine_as_test(BoardMachine, settings=settings(settings.default, stateful_step_count=30))


def test_the_machine_would_notice_a_text_that_is_lost() -> None:
    """What it is for: an edit that leaves no history."""
    machine = BoardMachine()
    try:
        machine.begin("Fridge")
        machine.edit_card(0, 0, {"title": "Freezer"})
        machine.everything_that_was_typed_is_somewhere()
        card = Card.objects.get()
        Card.objects.filter(pk=card.pk).update(title="Oven")
        machine.note(card, "title", "Hob")
        with pytest.raises(AssertionError):
            machine.everything_that_was_typed_is_somewhere()
    finally:
        machine.teardown()


def test_the_machine_would_notice_a_change_that_is_overwritten_unseen() -> None:
    """What it is for: a form that says it is of the version that stands, and holds what was read before."""
    machine = BoardMachine()
    try:
        machine.begin("Fridge")
        machine.edit_card(0, 0, {"title": "Freezer", "owner": 5})
        machine.forms[1, Card, Card.objects.get().pk].version = 2
        with pytest.raises(AssertionError):
            machine.edit_card(1, 0, {"words": "It drips"})
    finally:
        machine.teardown()
