"""Five people change cards and actions on versions long gone, while huddles open and close: nothing typed is lost."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from huddles.agenda import LANES, Kind
from huddles.models import Action, ActionEdit, Attendance, Card, CardEdit, Huddle, HuddleRecord
from huddles.queries import facts
from huddles.services import actions, attendance, cards, closing, huddles
from huddles.services.edits import Clash
from nhc.actors import Actor
from partners.lifecycle import IllegalMoveError
from tests.factories import MembershipFactory, UserFactory
from tests.huddles import circle
from tests.huddles.circle import NOW

pytestmark = pytest.mark.django_db

persons, places = st.integers(0, 4), st.integers(0, 9)
words = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30).filter(
    str.strip
)
fields = st.sampled_from(["title", "words"])


class BoardMachine(RuleBasedStateMachine):
    """`typed` is every text that anybody sent for a thing and field; `seen` the version each person last read of it.

    Reading is an act of its own, so that most people save over something older than what stands.
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
        self.seen: dict[tuple[int, str, int], int] = {}
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

    def note(self, kind: str, key: int, field: str, text: str) -> None:
        self.typed.setdefault((kind, key, field), set()).add(text.strip())

    def all_see(self, kind: str, key: int) -> None:
        for person in range(len(self.people)):
            self.seen[person, kind, key] = 1

    @rule(person=persons, title=words)
    def add_card(self, person: int, title: str) -> None:
        by = self.by(person)
        entry = cards.Entry(lane="safety", title=title)
        card = cards.add_card(centre=self.circle.centre, entry=entry, by=by, at=self.at)
        self.note("card", card.pk, "title", title)
        self.all_see("card", card.pk)

    @rule(person=persons, text=words)
    def add_action(self, person: int, text: str) -> None:
        by = self.by(person)
        entry = actions.Entry(words=text, due_at=self.at + timedelta(hours=1), owner=self.people[person])
        action = actions.add_action(centre=self.circle.centre, entry=entry, by=by, at=self.at)
        self.note("action", action.pk, "words", text)
        self.all_see("action", action.pk)

    @rule(person=persons, place=places)
    def read(self, person: int, place: int) -> None:
        card = self.one(Card, place)
        self.seen[person, "card", card.pk] = card.version
        action = self.one(Action, place)
        self.seen[person, "action", action.pk] = action.version

    @rule(person=persons, place=places, field=fields, text=words)
    def edit_card(self, person: int, place: int, field: str, text: str) -> None:
        card, by = self.one(Card, place), self.by(person)
        before = self.seen[person, "card", card.pk]
        try:
            made = cards.edit_card(card=card, fields={field: text}, version=before, by=by, at=self.at)
            assert getattr(made, field) == text.strip() or before < card.version
        except Clash as clash:
            self.clashes += len(clash.fields)
        self.note("card", card.pk, field, text)

    @rule(person=persons, place=places, text=words)
    def edit_action(self, person: int, place: int, text: str) -> None:
        action, by = self.one(Action, place), self.by(person)
        version = self.seen[person, "action", action.pk]
        self.attempt(
            lambda: actions.edit_action(action=action, fields={"words": text}, version=version, by=by, at=self.at)
        )
        self.note("action", action.pk, "words", text)

    @rule(person=persons, place=places)
    def close_or_open_card(self, person: int, place: int) -> None:
        card, by = self.one(Card, place), self.by(person)
        act = cards.close_card if card.state == "open" else cards.reopen_card
        act(card=card, by=by, at=self.at)

    @rule(person=persons)
    def start(self, person: int) -> None:
        by = self.by(person)
        self.attempt(
            lambda: huddles.start_unplanned(
                centre=self.circle.centre, kind=Kind.DAILY, chair=self.people[person], by=by, at=self.at
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
        for card in Card.objects.all():
            for field in ("title", "words"):
                kept.setdefault(("card", card.pk, field), set()).add(getattr(card, field))
        for action in Action.objects.all():
            kept.setdefault(("action", action.pk, "words"), set()).add(action.words)
        for edit in CardEdit.objects.all():
            kept[("card", edit.card_id, edit.field)] |= {edit.before, edit.after}
        for change in ActionEdit.objects.all():
            kept[("action", change.action_id, change.field)] |= {change.before, change.after}
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


def test_nothing_typed_is_lost_and_nothing_closed_changes() -> None:
    run_state_machine_as_test(BoardMachine, settings=settings(settings.default, stateful_step_count=30))


def test_the_machine_would_notice_a_text_that_is_lost() -> None:
    """What it is for: an edit that leaves no history."""
    machine = BoardMachine()
    try:
        machine.begin("Fridge")
        machine.edit_card(0, 0, "title", "Freezer")
        machine.everything_that_was_typed_is_somewhere()
        card = Card.objects.get()
        Card.objects.filter(pk=card.pk).update(title="Oven")
        machine.note("card", card.pk, "title", "Hob")
        with pytest.raises(AssertionError):
            machine.everything_that_was_typed_is_somewhere()
    finally:
        machine.teardown()
