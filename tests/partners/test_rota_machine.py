"""Random shifts, cover, swaps and cancellations over both clock changes, against a slow and obvious reference.

The reference keeps who is on in half hours of elapsed time, and reads the clock on the wall for each of them.
"""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from nhc.actors import Actor
from nhc.models import User
from partners.hours import LONDON
from partners.models import DutyRole, Shift
from partners.queries import rota as queries
from partners.services import shifts, swaps
from tests.partners.rotas import MAKER, Rota, make_rota

pytestmark = pytest.mark.django_db

STEP = timedelta(minutes=30)
SLOTS = 144
"""Three days."""
WINDOWS = [datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 10, 24, tzinfo=UTC), datetime(2026, 12, 30, tzinfo=UTC)]

OVERLAPS = """
SELECT count(*) FROM partners_shift a JOIN partners_shift b ON a.user_id = b.user_id AND a.id < b.id
WHERE a.cancelled_at IS NULL AND b.cancelled_at IS NULL AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at
"""

people = st.integers(0, 2)
slots = st.integers(0, SLOTS - 1)
lengths = st.integers(1, 48)


class RotaMachine(RuleBasedStateMachine):
    """`on[person][slot]` is the duty that a person holds in a half hour, by the name of its key."""

    def __init__(self) -> None:
        super().__init__()
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.rota: Rota = make_rota()
        self.on: list[list[int | None]] = [[None] * SLOTS for _ in range(3)]

    @initialize(window=st.sampled_from(WINDOWS))
    def begin(self, window: datetime) -> None:
        self.start = window
        self.end = window + SLOTS * STEP
        self.at = window - timedelta(days=1)

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.undo.__exit__(None, None, None)

    def instant(self, slot: int) -> datetime:
        return self.start + slot * STEP

    def slot(self, at: datetime) -> int:
        return (at - self.start) // STEP

    def free(self, person: int, start: int, end: int) -> bool:
        return all(held is None for held in self.on[person][start:end])

    def live(self) -> list[Shift]:
        return list(queries.live().filter(user__in=self.rota.people).order_by("starts_at", "user_id"))

    def chosen(self, place: int) -> Shift | None:
        found = self.live()
        return found[place % len(found)] if found else None

    def person(self, user: User) -> int:
        return self.rota.people.index(user)

    def put(self, person: int, start: int, end: int, held: int | None) -> None:
        self.on[person][start:end] = [held] * (end - start)

    @rule(person=people, of_nights=st.booleans(), start=slots, length=lengths)
    def add(self, person: int, of_nights: bool, start: int, length: int) -> None:
        end = min(start + length, SLOTS)
        role = self.rota.nights if of_nights else self.rota.lead
        user = self.rota.people[person]
        if self.free(person, start, end):
            self.rota.add(user, role, self.instant(start), self.instant(end), at=self.at)
            self.put(person, start, end, role.pk)
        else:
            with pytest.raises(ValidationError, match="on another shift then"):
                self.rota.add(user, role, self.instant(start), self.instant(end), at=self.at)

    @rule(place=st.integers(0, 50))
    def cancel(self, place: int) -> None:
        shift = self.chosen(place)
        if shift is not None:
            shifts.cancel_shift(shift=shift, version=shift.version, why="Closed", by=MAKER, at=self.at)
            self.put(self.person(shift.user), self.slot(shift.starts_at), self.slot(shift.ends_at), None)

    @rule(place=st.integers(0, 50), person=people, start=slots, length=lengths)
    def move(self, place: int, person: int, start: int, length: int) -> None:
        shift = self.chosen(place)
        if shift is None:
            return
        was, before = self.person(shift.user), [list(row) for row in self.on]
        end = min(start + length, SLOTS)
        self.put(was, self.slot(shift.starts_at), self.slot(shift.ends_at), None)
        duty = self.rota.duty(self.rota.people[person], shift.duty_role, self.instant(start), self.instant(end))
        if self.free(person, start, end):
            shifts.edit_shift(shift=shift, version=shift.version, duty=duty, by=MAKER, at=self.at)
            self.put(person, start, end, shift.duty_role_id)
        else:
            self.on = before
            with pytest.raises(ValidationError):
                shifts.edit_shift(shift=shift, version=shift.version, duty=duty, by=MAKER, at=self.at)

    @rule(place=st.integers(0, 50), person=people, skip=st.integers(0, 47), length=lengths)
    def cover(self, place: int, person: int, skip: int, length: int) -> None:
        shift = self.chosen(place)
        if shift is None or self.person(shift.user) == person:
            return
        first, stop = self.slot(shift.starts_at), self.slot(shift.ends_at)
        start = first + skip % (stop - first)
        end = min(start + length, stop)
        user = self.rota.people[person]
        possible = self.free(person, start, end)

        def act() -> None:
            shifts.cover_shift(
                shift=shift,
                version=shift.version,
                user=user,
                team=self.rota.team_of(user),
                starts_at=self.instant(start),
                ends_at=self.instant(end),
                reason="Sickness",
                by=MAKER,
                at=self.at,
            )

        if possible:
            act()
            self.put(self.person(shift.user), start, end, None)
            self.put(person, start, end, shift.duty_role_id)
        else:
            with pytest.raises(ValidationError), transaction.atomic():
                act()

    @rule(place=st.integers(0, 50), other=st.integers(0, 50), person=people, in_return=st.booleans())
    def swap(self, place: int, other: int, person: int, in_return: bool) -> None:
        shift, offered = self.chosen(place), self.chosen(other) if in_return else None
        asked = self.rota.people[person]
        if shift is None or shift.user == asked or (offered is not None and offered.user != asked):
            return
        before = [list(row) for row in self.on]
        taken = [(shift, asked)] if offered is None else [(shift, asked), (offered, shift.user)]
        for each, _ in taken:
            self.put(self.person(each.user), self.slot(each.starts_at), self.slot(each.ends_at), None)
        spans = [(self.person(to), self.slot(each.starts_at), self.slot(each.ends_at)) for each, to in taken]
        by = Actor.user(shift.user)
        if all(self.free(*span) for span in spans):
            waiting = swaps.ask_swap(shift=shift, offered=offered, asked_of=asked, by=by, at=self.at)
            swaps.agree_swap(swap=waiting, by=Actor.user(asked), at=self.at)
            for (each, _), span in zip(taken, spans, strict=True):
                self.put(*span, each.duty_role_id)
        else:
            self.on = before
            with pytest.raises(ValidationError, match="on another shift then"):
                swaps.ask_swap(shift=shift, offered=offered, asked_of=asked, by=by, at=self.at)

    @invariant()
    def nobody_is_on_twice(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(OVERLAPS)
            assert cursor.fetchone() == (0,)

    @invariant()
    def the_rota_is_what_the_reference_says(self) -> None:
        stored: list[list[int | None]] = [[None] * SLOTS for _ in range(3)]
        for shift in self.live():
            span = range(self.slot(shift.starts_at), self.slot(shift.ends_at))
            for slot in span:
                stored[self.person(shift.user)][slot] = shift.duty_role_id
        assert stored == self.on

    @invariant()
    def gaps_are_exact(self) -> None:
        found = {
            (gap.duty_role.pk, self.slot(gap.starts_at), self.slot(gap.ends_at))
            for gap in queries.gaps(self.rota.centre, self.start, self.end)
        }
        assert found == {gap for role in (self.rota.lead, self.rota.nights) for gap in self.expected_gaps(role)}

    def expected_gaps(self, role: DutyRole) -> list[tuple[int, int, int]]:
        lacking = [self.wanted(role, slot) and all(row[slot] != role.pk for row in self.on) for slot in range(SLOTS)]
        found, begun = [], None
        for slot, lacks in enumerate([*lacking, False]):
            if lacks and begun is None:
                begun = slot
            elif not lacks and begun is not None:
                found.append((role.pk, begun, slot))
                begun = None
        return found

    def wanted(self, role: DutyRole, slot: int) -> bool:
        wall = self.instant(slot).astimezone(LONDON)
        return role.round_the_clock or wall.hour >= 20 or wall.hour < 8

    @rule(slot=slots)
    def who_is_on_is_who_the_reference_says(self, slot: int) -> None:
        found = {
            (each.shift.user_id, role.pk)
            for role, on in queries.on_duty(self.rota.centre, self.instant(slot)).items()
            for each in on
        }
        held = [(user.pk, self.on[place][slot]) for place, user in enumerate(self.rota.people)]
        assert found == {(user, role) for user, role in held if role is not None}


def test_no_overlap_and_exact_gaps_whatever_people_do() -> None:
    # A step costs a dozen queries, so a quarter of the profile's examples: 10 short, 100 long.
    examples = max(settings().max_examples // 4, 1)
    run_state_machine_as_test(RotaMachine, settings=settings(max_examples=examples, stateful_step_count=20))
