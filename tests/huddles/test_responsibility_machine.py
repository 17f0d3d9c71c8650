"""Random handing over, closing, opening, joining and leaving: every open episode has one responsible team, always."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import ClassVar

import pytest
from django.core.exceptions import ValidationError
from django.db import Error, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from huddles.lifecycle import EpisodeOutcome
from huddles.models import Episode, Person, PersonMerge, Responsibility
from huddles.services import episodes, merges, people
from huddles.services.people import Details
from partners.lifecycle import IllegalMoveError
from partners.models import Team
from tests.huddles.circle import MAKER, NOW, Circle, by, settle

MOST = 4
"""People at the centre, so that a run meets each of them several times."""

_WRONG = """
WITH changes AS (
  SELECT e.id, c.at FROM huddles_episode AS e
  CROSS JOIN LATERAL (
    SELECT lower(held) AS at FROM huddles_responsibility WHERE episode_id = e.id
    UNION SELECT upper(held) FROM huddles_responsibility WHERE episode_id = e.id AND NOT upper_inf(held)
    UNION SELECT e.opened_at UNION SELECT e.closed_at UNION SELECT e.opened_at - interval '1 second'
    UNION SELECT now() + interval '100 years'
  ) AS c WHERE c.at IS NOT NULL
)
SELECT count(*) FROM changes JOIN huddles_episode AS e USING (id)
WHERE (SELECT count(*) FROM huddles_responsibility AS r WHERE r.episode_id = e.id AND r.held @> changes.at)
      <> (changes.at >= e.opened_at AND (e.closed_at IS NULL OR changes.at < e.closed_at))::int
"""
"""At how many of the instants at which something changed an open episode has not one team, or a closed one has any."""


class Machine(RuleBasedStateMachine):
    """A model of who is responsible, beside the tables; every step is one transaction, settled as a commit would.

    Each run starts from the same centre, and is rolled back.
    """

    around: ClassVar[Circle]

    def __init__(self) -> None:
        super().__init__()
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.at: datetime = NOW
        self.people: list[Person] = [self.around.sam]
        self.teams: list[Team] = [self.around.crisis, self.around.door, self.around.council]
        self.responsible: dict[int, int] = {self.around.episode.pk: self.around.crisis.pk}
        self.whose: dict[int, int] = {self.around.episode.pk: self.around.sam.pk}
        """Of every open episode, on which person's record it is."""
        self.reads_as: dict[int, int] = {}
        """Of every merged record, which one is kept."""
        self.ended: dict[int, int] = {}
        """Of every merged record whose episode closed with the merge, which team was responsible."""

    def teardown(self) -> None:
        """Forget everything."""
        transaction.set_rollback(True)
        self.undo.__exit__(None, None, None)

    def attempt(self, act: Callable[[], object]) -> bool:
        """Do something and settle it, or leave nothing of it; return whether it was done."""
        self.at += timedelta(minutes=1)
        try:
            with transaction.atomic():
                act()
                settle()
        except (ValidationError, IllegalMoveError):
            return False
        return True

    def kept(self, person: int) -> int:
        """Return the record as which a record reads."""
        return self.reads_as.get(person, person)

    def open_of(self, person: int) -> int | None:
        """Return the open episode of a record and of all that read as the same one."""
        return next((each for each, of in self.whose.items() if self.kept(of) == self.kept(person)), None)

    def some(self, number: int) -> Episode:
        """Return one of the episodes there are."""
        found = list(Episode.objects.order_by("pk"))
        return found[number % len(found)]

    @rule(number=st.integers(0, 50), team=st.integers(0, 2))
    def hand(self, number: int, team: int) -> None:
        episode, to = self.some(number), self.teams[team]
        done = self.attempt(
            lambda: episodes.hand_responsibility(episode=episode, to_team=to, reason="Agreed", by=MAKER, at=self.at)
        )
        assert done == (self.responsible.get(episode.pk, to.pk) != to.pk)
        if done:
            self.responsible[episode.pk] = to.pk

    @rule(number=st.integers(0, 50))
    def close(self, number: int) -> None:
        episode = self.some(number)
        done = self.attempt(
            lambda: episodes.close_episode(episode=episode, outcome=EpisodeOutcome.COMPLETED, by=MAKER, at=self.at)
        )
        assert done == (episode.pk in self.responsible)
        self.responsible.pop(episode.pk, None)
        self.whose.pop(episode.pk, None)

    @rule(number=st.integers(0, 50), team=st.integers(0, 2))
    def open(self, number: int, team: int) -> None:
        person = self.people[number % len(self.people)]
        opened: list[Episode] = []
        alone = self.open_of(person.pk) is None
        done = self.attempt(
            lambda: opened.append(
                episodes.open_episode(person=person, team=self.teams[team], reason="Referred", by=MAKER, at=self.at)
            )
        )
        assert done == alone
        if done:
            self.responsible[opened[0].pk] = self.teams[team].pk
            self.whose[opened[0].pk] = self.kept(person.pk)

    @precondition(lambda self: len(self.people) < MOST)
    @rule()
    def register(self) -> None:
        name = f"Guest {len(self.people)}"
        said = Details(alias=name)
        self.people.append(people.register_person(centre=self.around.centre, details=said, by=MAKER, at=self.at))

    @rule(one=st.integers(0, 3), other=st.integers(0, 3))
    def join(self, one: int, other: int) -> None:
        kept, merged = (self.people[number % len(self.people)] for number in (one, other))
        ana, ben = by(self.around.ana), by(self.around.ben)
        stand_alone = not {kept.pk, merged.pk} & {*self.reads_as} and merged.pk not in self.reads_as.values()
        stays, ends = self.open_of(kept.pk), self.open_of(merged.pk)

        def both() -> None:
            asked = merges.ask_merge(kept=kept, merged=merged, reason="Same", by=ana, at=self.at)
            merges.confirm_merge(merge=asked, by=ben, at=self.at)

        assert self.attempt(both) == (stand_alone and kept != merged)
        if stand_alone and kept != merged:
            self.reads_as[merged.pk] = kept.pk
            if stays is not None and ends is not None:
                self.ended[merged.pk] = self.responsible.pop(ends)
                del self.whose[ends]

    @rule(number=st.integers(0, 5))
    def part(self, number: int) -> None:
        standing = list(PersonMerge.objects.filter(state="merged").order_by("pk"))
        if not standing:
            return
        merge = standing[number % len(standing)]
        before = set(Episode.objects.values_list("pk", flat=True))

        def both() -> None:
            merges.ask_undo(merge=merge, reason="Two", by=by(self.around.ben), at=self.at)
            merges.undo_merge(merge=merge, by=by(self.around.ana), at=self.at)

        assert self.attempt(both)
        del self.reads_as[merge.merged_id]
        again = set(Episode.objects.exclude(pk__in=before).values_list("pk", flat=True))
        team = self.ended.pop(merge.merged_id, None)
        assert len(again) == (team is not None)
        if team is not None:
            self.responsible |= dict.fromkeys(again, team)
            self.whose |= dict.fromkeys(again, merge.merged_id)

    @rule(number=st.integers(0, 50), start=st.integers(-90, 90), length=st.integers(1, 90), team=st.integers(0, 2))
    def write_past_the_services(self, number: int, start: int, length: int, team: int) -> None:
        """No row that is added by hand is ever a second one, or one beyond the episode: PostgreSQL refuses all."""
        episode, begins = self.some(number), self.at + timedelta(minutes=start)
        held = DateTimeTZRange(begins, begins + timedelta(minutes=length), "[)")
        to = self.teams[team]
        with pytest.raises(Error), transaction.atomic():  # noqa: PT012  (the row, and the commit that refuses it)
            Responsibility.objects.create(
                episode=episode, team=to, employer=to.organisation, held=held, reason="By hand", by_name="hand"
            )
            settle()

    @rule(number=st.integers(0, 50), minutes=st.integers(1, 90))
    def end_past_the_services(self, number: int, minutes: int) -> None:
        """No row ends by hand while its episode goes on."""
        rows = Responsibility.objects.filter(episode=self.some(number), held__upper_inf=True)
        with transaction.atomic():
            refused = False
            try:
                with transaction.atomic():
                    for row in rows:
                        until = max(self.at, row.held.lower) + timedelta(minutes=minutes)
                        row.held = DateTimeTZRange(row.held.lower, until, "[)")
                        row.save(update_fields=["held"])
                    settle()
            except Error:
                refused = True
            assert refused == rows.exists()

    @invariant()
    def one_team_at_every_instant(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_WRONG)
            assert cursor.fetchone() == (0,)
        stand = Episode.objects.filter(closed_at__isnull=True).values_list("pk", "responsible_team")
        assert dict(stand) == self.responsible

    @invariant()
    def one_open_episode_a_person(self) -> None:
        found = Episode.objects.filter(closed_at__isnull=True).select_related("person")
        whose = [episode.person.merged_into_id or episode.person_id for episode in found]
        assert len(whose) == len(set(whose))


@pytest.mark.django_db
def test_every_open_episode_has_one_responsible_team_at_every_instant(around: Circle) -> None:
    Machine.around = around
    # The profile says how many runs: 40 on every change, 400 in the long tests.
    profile = settings(suppress_health_check=list(HealthCheck), stateful_step_count=30)
    run_state_machine_as_test(Machine, settings=profile)
