"""Random drafts, rounds, answers and publications, against a slow and obvious account of what should have happened."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from decisions.contents import Content
from decisions.models import Decision, GridVersion
from decisions.queries import grids as queries
from decisions.queries import proposals as proposal_queries
from decisions.queries import rounds as round_queries
from decisions.queries import scenarios as scenario_queries
from decisions.services import grids, publication, rounds, scenarios
from nhc.actors import Actor
from partners.lifecycle import IllegalMoveError
from tests.decisions.grids import MAKER, decided, decided_by, group, make_place, said, scenario

pytestmark = pytest.mark.django_db

BEGAN = datetime(2026, 3, 20, 9, tzinfo=UTC)
DAY = timedelta(days=1)
ANSWERS = st.sampled_from(["agree", "can_live_with_it", "object"])
REFUSALS = (ValidationError, IllegalMoveError)


class VersionMachine(RuleBasedStateMachine):
    """What should be: `work` is the state of the version in work, `said` each partner's newest answer in its round.

    `history` has, for each publication, its instant and what the version said then.
    """

    def __init__(self) -> None:
        super().__init__()
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.at = BEGAN
        self.place = make_place(at=BEGAN - DAY)
        self.row = decided_by(self.place.rota.lead)
        group(self.place, at=BEGAN - DAY)
        self.work: str | None = None
        self.edition = 0
        self.deadline: datetime | None = None
        self.closed = False
        self.said: dict[int, str] = {}
        self.history: list[tuple[datetime, list[Content]]] = []

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.undo.__exit__(None, None, None)

    def version(self) -> GridVersion | None:
        return queries.version_in_work(self.place.centre)

    @rule(hours=st.integers(1, 100))
    def time_passes(self, hours: int) -> None:
        self.at += timedelta(hours=hours)

    @rule()
    def the_deadline_comes(self) -> None:
        self.at = max(self.at, self.deadline or self.at)
        self.the_clock_closes_what_is_due()

    @rule(minutes=st.integers(1, 60))
    def somebody_writes(self, minutes: int) -> None:
        draft = grids.start_draft(centre=self.place.centre, by=MAKER, at=self.at)
        self.work = self.work or "draft"
        content = replace(self.row, minutes=minutes)
        try:
            with transaction.atomic():
                if draft.scenarios.exists():
                    row = scenario(draft)
                    scenarios.edit_scenario(scenario=row, version=row.version, content=content, by=MAKER, at=self.at)
                else:
                    scenarios.add_scenario(version=draft, content=content, by=MAKER, at=self.at)
        except IllegalMoveError:
            assert self.work == "consulting"
        else:
            assert self.work == "draft"

    @rule(days=st.integers(5, 9))
    def a_round_is_opened(self, days: int) -> None:
        version = self.version()
        if version is None:
            return
        deadline = self.at + days * DAY
        try:
            with transaction.atomic():
                rounds.open_round(
                    version=version, edition=version.version, summary="New", deadline=deadline, by=MAKER, at=self.at
                )
        except REFUSALS:
            assert self.work != "draft" or days < 7
        else:
            assert self.work == "draft"
            self.work, self.deadline, self.closed, self.said = "consulting", deadline, False, {}

    @rule(partner=st.integers(0, 1), answer=ANSWERS)
    def a_partner_answers(self, partner: int, answer: str) -> None:
        version = self.version()
        consent = None if version is None else round_queries.last_round(version)
        if consent is None:
            return
        organisation = self.place.organisations[partner]
        over = self.closed or self.deadline is None or self.at >= self.deadline
        lifts = self.said.get(organisation.pk) == "object" and answer != "object"
        allowed = self.work == "consulting" and (not over or lifts)
        try:
            with transaction.atomic():
                said(consent, organisation, answer, at=self.at)
        except REFUSALS:
            assert not allowed
        else:
            assert allowed
            self.said[organisation.pk] = answer

    @rule()
    def the_clock_closes_what_is_due(self) -> None:
        due = self.work == "consulting" and not self.closed and self.deadline is not None and self.deadline <= self.at
        assert rounds.close_due_rounds(by=MAKER, at=self.at) == int(due)
        self.closed = self.closed or due

    @rule(minutes=st.integers(1, 60), answers=st.lists(st.none() | ANSWERS, min_size=2, max_size=2))
    def a_round_runs_to_its_end(self, minutes: int, answers: list[str | None]) -> None:
        """What chance alone would hardly ever do in order."""
        self.somebody_writes(minutes=minutes)
        self.a_round_is_opened(days=7)
        for partner, answer in enumerate(answers):
            if answer is not None:
                self.a_partner_answers(partner=partner, answer=answer)
        self.the_deadline_comes()

    @rule()
    def somebody_takes_it_back(self) -> None:
        version = self.version()
        if version is None:
            return
        taken = self.work == "consulting"
        with suppress(IllegalMoveError):
            rounds.take_back(version=version, reason="To change it", by=MAKER, at=self.at)
            assert taken
        self.work = "draft"

    @rule(decides=st.booleans())
    def somebody_publishes(self, decides: bool) -> None:
        version = self.version()
        if version is None:
            return
        says = scenario_queries.contents_of(version)
        fine = self.work == "consulting" and self.closed and (decides or "object" not in self.said.values())
        try:
            with transaction.atomic():
                decision = self.decision(version) if decides else None
                publication.publish(version=version, decision=decision, by=Actor.user(self.place.rota.ana), at=self.at)
        except REFUSALS:
            assert not fine or (self.history and self.history[-1][0] == self.at)
        else:
            assert fine
            self.history.append((self.at, says))
            self.work = None

    def decision(self, version: GridVersion) -> Decision | None:
        """Let the group adopt what it is asked, where it is asked anything; it was asked when the round closed."""
        consent = round_queries.last_round(version)
        asked = None if consent is None else proposal_queries.open_about(consent)
        return None if consent is None or asked is None else decided(consent, self.place.rota.ana, at=self.at)

    @invariant()
    def the_version_in_force_at_every_instant_is_known(self) -> None:
        for at in (BEGAN, self.at, *(at + offset for at, _ in self.history for offset in (-DAY, timedelta(), DAY))):
            expected = sum(published <= at for published, _ in self.history)
            found = queries.version_in_force(self.place.centre, at)
            assert (0 if found is None else self.published().index(found) + 1) == expected

    @invariant()
    def what_was_published_says_what_it_said(self) -> None:
        assert [scenario_queries.contents_of(version) for version in self.published()] == [
            says for _, says in self.history
        ]

    @invariant()
    def the_version_in_work_is_in_the_state_that_it_should_be(self) -> None:
        version = self.version()
        assert (None if version is None else version.state) == self.work

    def published(self) -> list[GridVersion]:
        return [each for each in queries.versions_of(self.place.centre).order_by("number") if each.published_at]


def test_versions_whatever_people_do() -> None:
    # A step costs some dozens of queries, so a quarter of the profile's examples: 10 short, 100 long.
    examples = max(settings().max_examples // 4, 1)
    run_state_machine_as_test(VersionMachine, settings=settings(max_examples=examples, stateful_step_count=40))
