"""A centre's board at an instant: everything that a huddle looks at, put together before anybody meets.

Times on it are instants, never durations, so that what was rendered stays true until `changes_at`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from huddles import agenda, levels
from huddles.agenda import LANES, Lane
from huddles.levels import Level
from huddles.lifecycle import HuddleState
from huddles.queries import episodes as episode_queries
from huddles.queries import facts as fact_queries
from huddles.queries import huddle as huddle_queries
from huddles.queries.episodes import BoardRow
from huddles.queries.facts import ActionFact, CardFact, Facts, HuddleFact, LevelFact, NoteFact
from nhc.clock import london_date
from partners import hours
from partners.queries import crew, directory, late_returns
from partners.queries.crew import CrewOfDay
from partners.queries.late_returns import LateReturn
from partners.queries.rota import Gap

if TYPE_CHECKING:
    from partners.models import Centre, DutyRole, Shift, Team

STANDS_FOR = timedelta(seconds=60)
"""The longest that a board stands: nobody signals what changes in other parts, such as the rota."""
SOON = timedelta(hours=1)
"""What is due within this time needs the huddle now."""
GAP_SOON = timedelta(hours=8)
"""The same of hours without cover."""
MOST_NOW = 6


@dataclass(frozen=True, slots=True)
class NowItem:
    """Something that needs the huddle now. `kind` and `key` say what it is; `by` is the next minute of importance."""

    kind: str
    key: int
    what: str
    why: str
    owner: str
    verb: str
    by: datetime


@dataclass(frozen=True, slots=True)
class TeamPressure:
    """A team's level: declared today, None where it was not, beside calculated; and what the team wrote ahead."""

    team: "Team"
    declared: LevelFact | None
    calculated: Level
    note: NoteFact | None

    @property
    def differs(self) -> bool:
        """Whether the team feels another pressure than is counted."""
        return self.declared is not None and self.declared.level != self.calculated.number


@dataclass(frozen=True, slots=True)
class Present:
    """A partner, and whether they are at the huddle; `here` is None where nobody has said."""

    key: int
    name: str
    here: bool | None


@dataclass(frozen=True, slots=True)
class LaneShown:
    """A lane of the board with its cards. `visited`: gone through in this huddle; `open`: gone through now."""

    lane: Lane
    cards: Sequence[CardFact]
    on_agenda: bool
    visited: bool
    open: bool


@dataclass(frozen=True, slots=True)
class Duty:
    """A duty of the day: who is on now, and the hours that nobody is."""

    role: "DutyRole"
    on: Sequence["Shift"]
    gaps: Sequence[Gap]


@dataclass(frozen=True, slots=True)
class StreamCount:
    """How many open episodes a stream has, and since when the first of them that waits has waited."""

    name: str
    number: int
    waiting: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Row:
    """An open episode on the board, with its stream and the room that its person is in."""

    row: BoardRow
    stream: str
    room: str
    key: int


@dataclass(frozen=True, slots=True)
class Board:
    """A board at `at`. It stays as it is until `changes_at` unless its version rises."""

    centre: "Centre"
    at: datetime
    day: date
    facts: Facts
    huddle: HuddleFact | None
    following: HuddleFact | None
    others: Sequence[HuddleFact]
    lanes: Sequence[LaneShown]
    now: Sequence[NowItem]
    more_now: int
    pressure: Sequence[TeamPressure]
    present: Sequence[Present]
    duties: Sequence[Duty]
    rows: Sequence[Row]
    streams: Sequence[StreamCount]
    late_returns: Sequence[LateReturn]
    changes_at: datetime

    @property
    def waiting(self) -> int:
        """Return how many people wait to be seen."""
        return sum(each.row.waiting_since is not None for each in self.rows)

    @property
    def waiting_since(self) -> datetime | None:
        """Return since when the person who waits longest has waited."""
        return min((each.row.waiting_since for each in self.rows if each.row.waiting_since), default=None)

    @property
    def gaps(self) -> int:
        """Return how many stretches of the day nobody covers."""
        return sum(len(duty.gaps) for duty in self.duties)

    @property
    def late(self) -> int:
        """Return how many actions are late."""
        return sum(action.due_at <= self.at for action in self.facts.actions)

    @property
    def days_since_harm(self) -> int | None:
        """Return the days since the last harm, by the calendar: harms have dates. None where there was none."""
        harm = self.facts.harm
        return None if harm is None else (london_date(self.at) - harm.happened_on).days

    @property
    def missing(self) -> list["Team"]:
        """Return the teams that have not filled their lane today."""
        return [each.team for each in self.pressure if each.declared is None]

    @property
    def waiting_for_answer(self) -> list[CardFact]:
        """Return the cards that a forum has not answered yet."""
        return [card for card in self.facts.cards if card.issue is not None and not card.answer]


def board(centre: "Centre", at: datetime, huddle_id: int | None = None) -> Board:
    """Return a centre's board, about a huddle under way where it is named. Seven queries, however much is on it."""
    day = hours.operational_date(at, centre.day_starts)
    start = hours.day_start(day, centre.day_starts)
    end = hours.day_start(day + timedelta(days=1), centre.day_starts)
    facts = fact_queries.facts_of(centre, day=day, start=start, at=at)
    teams = list(directory.teams_at(centre, at))
    rota = crew.of_day(centre, start, end, at)
    rows = _rows(episode_queries.board_rows(centre, at), facts)
    duties = _duties(rota, at)
    now = _needed(facts, duties, at)
    huddle, following, others = _huddles(facts, day, huddle_id)
    return Board(
        centre=centre,
        at=at,
        day=day,
        facts=facts,
        huddle=huddle,
        following=following,
        others=others,
        lanes=_lanes(facts, huddle),
        now=now[:MOST_NOW],
        more_now=max(0, len(now) - MOST_NOW),
        pressure=_pressure(teams, facts, rows, rota, at),
        present=_present(facts, teams, huddle),
        duties=duties,
        rows=rows,
        streams=_streams(rows),
        late_returns=late_returns.late_at(centre, london_date(at)),
        changes_at=_changes_at(facts, rota, at, end),
    )


def _huddles(
    facts: Facts, day: date, huddle_id: int | None
) -> tuple[HuddleFact | None, HuddleFact | None, list[HuddleFact]]:
    """Return the huddle that the board is about, the next one after it, and what else is held today.

    That is the one under way, the named one where there are several, else the next planned of the day, else the last
    of the day that is over.
    """
    live = [each for each in facts.huddles if each.state == HuddleState.LIVE]
    planned = [each for each in facts.huddles if each.state == HuddleState.PLANNED]
    over = [each for each in facts.huddles if each.state in {HuddleState.CLOSED, HuddleState.MISSED}]
    of_today = [each for each in planned if each.operational_date == day]
    named = [each for each in live if each.id == huddle_id]
    shown = next(iter([*named, *live, *of_today, *reversed(over)]), None)
    following = next((each for each in planned if shown is None or each.id != shown.id), None)
    return shown, following, [each for each in [*live, *of_today] if shown is not None and each.id != shown.id]


def _lanes(facts: Facts, huddle: HuddleFact | None) -> list[LaneShown]:
    going = huddle is not None and huddle.state == HuddleState.LIVE
    cards: dict[str, list[CardFact]] = {code: [] for code in LANES}
    for card in facts.cards:
        cards[card.lane].append(card)
    order = agenda.in_order([*(huddle.agenda if huddle is not None else ()), *LANES])
    return [
        LaneShown(
            lane=LANES[code],
            cards=cards[code],
            on_agenda=huddle is None or code in huddle.agenda,
            visited=huddle is not None and code in huddle.visits,
            open=going and huddle is not None and huddle.lane == code,
        )
        for code in order
    ]


def _rows(found: Sequence[BoardRow], facts: Facts) -> list[Row]:
    known = {each.reference: each for each in facts.episodes}
    rooms = {each.now.episode: each.name for each in facts.spaces if each.now is not None and each.now.episode}
    rows = []
    for row in found:
        fact = known.get(row.reference)
        stream = "" if fact is None or fact.stream is None else fact.stream
        rows.append(Row(row, stream, rooms.get(row.reference, ""), 0 if fact is None else fact.id))
    return rows


def _streams(rows: Sequence[Row]) -> list[StreamCount]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.stream, []).append(row)
    counted = []
    for name, each in sorted(found.items(), key=lambda item: (not item[0], item[0])):
        since = [row.row.waiting_since for row in each if row.row.waiting_since is not None]
        counted.append(StreamCount(name or "Not triaged yet", len(each), len(since), min(since, default=None)))
    return counted


def _duties(rota: CrewOfDay, at: datetime) -> list[Duty]:
    """Return the day's duties; gaps that are over leave the board."""
    on: dict[int, list[Shift]] = {role.pk: [] for role in rota.roles}
    for shift in rota.on_now:
        on[shift.duty_role_id].append(shift)
    gaps: dict[int, list[Gap]] = {role.pk: [] for role in rota.roles}
    for gap in rota.gaps:
        if gap.ends_at > at:
            gaps[gap.duty_role.pk].append(gap)
    shown = [role for role in rota.roles if role.retired_at is None or role.retired_at > at]
    return [Duty(role, on[role.pk], gaps[role.pk]) for role in shown]


def _needed(facts: Facts, duties: Sequence[Duty], at: datetime) -> list[NowItem]:
    """Return what needs the huddle now, what happens first first."""
    found = [
        NowItem("card", card.id, card.title, LANES[card.lane].name, card.owner or card.team or "", "Due", card.due_at)
        for card in facts.cards
        if card.due_at is not None and card.due_at <= at + SOON
    ]
    found += [
        NowItem("action", each.id, each.words, "Action", each.owner or each.team or "", "Due", each.due_at)
        for each in facts.actions
        if each.due_at <= at + SOON
    ]
    found += [
        NowItem("gap", duty.role.pk, f"Nobody on: {duty.role.name}", "Staffing", "", "From", gap.starts_at)
        for duty in duties
        for gap in duty.gaps
        if gap.starts_at <= at + GAP_SOON
    ]
    if facts.triage_due is not None and facts.triage_due <= at + SOON:
        waiting = "1 referral waits" if facts.triage == 1 else f"{facts.triage:,} referrals wait"
        found.append(NowItem("triage", 0, f"{waiting} for triage", "Flow", "", "Due", facts.triage_due))
    return sorted(found, key=lambda item: (item.by, item.kind, item.key))


def _pressure(
    teams: Sequence["Team"], facts: Facts, rows: Sequence[Row], rota: CrewOfDay, at: datetime
) -> list[TeamPressure]:
    thresholds = levels.DEFAULTS if facts.thresholds is None else facts.thresholds
    declared = {each.team_id: each for each in facts.levels}
    notes = {each.team_id: each for each in facts.notes}
    people: dict[int, list[BoardRow]] = {}
    for row in rows:
        people.setdefault(row.row.team_id, []).append(row.row)
    late: dict[int | None, int] = {}
    for action in facts.actions:
        late[action.team_id] = late.get(action.team_id, 0) + (action.due_at <= at)
    uncovered = _hours_without_cover(rota, at)
    return [
        TeamPressure(
            team=team,
            declared=declared.get(team.pk),
            calculated=levels.calculate(
                {
                    "people": len(people.get(team.pk, ())),
                    "waiting": _longest_wait(people.get(team.pk, ()), at),
                    "gaps": uncovered.get(team.pk, 0),
                    "late": late.get(team.pk, 0),
                },
                thresholds,
            ),
            note=notes.get(team.pk),
        )
        for team in teams
    ]


def _longest_wait(rows: Iterable[BoardRow], at: datetime) -> int:
    """Return whole hours, elapsed."""
    since = min((row.waiting_since for row in rows if row.waiting_since is not None), default=None)
    return 0 if since is None else int((at - since).total_seconds() // 3600)


def _hours_without_cover(rota: CrewOfDay, at: datetime) -> dict[int, int]:
    """Return the hours of the day still to come in which a duty that a team has today is not covered, by team."""
    teams: dict[int, set[int]] = {}
    for shift in rota.shifts:
        teams.setdefault(shift.duty_role_id, set()).add(shift.team_id)
    found: dict[int, timedelta] = {}
    for gap in rota.gaps:
        left = gap.ends_at - max(gap.starts_at, at)
        if left > timedelta():
            for team in teams.get(gap.duty_role.pk, ()):
                found[team] = found.get(team, timedelta()) + left
    return {team: int(-(-lacking.total_seconds() // 3600)) for team, lacking in found.items()}


def _present(facts: Facts, teams: Sequence["Team"], huddle: HuddleFact | None) -> list[Present]:
    here = set() if huddle is None else set(huddle.here)
    absent = set() if huddle is None else set(huddle.absent)
    working = {team.organisation_id for team in teams}
    return [
        Present(each.id, each.name, True if each.id in here else False if each.id in absent else None)
        for each in facts.partners
        if huddle_queries.can_be_there(each.code, works=each.id in working)
    ]


def _changes_at(facts: Facts, rota: CrewOfDay, at: datetime, end: datetime) -> datetime:
    """Return the first instant at which the board reads differently though nobody touches it."""
    midnight = hours.day_start(london_date(at) + timedelta(days=1), time())
    edges: list[datetime | None] = [at + STANDS_FOR, midnight, end, facts.triage_due]
    timed: list[CardFact | ActionFact] = [*facts.cards, *facts.actions]
    for each in timed:
        if each.due_at is not None:
            edges += [each.due_at, each.due_at - SOON]
    for gap in rota.gaps:
        edges += [gap.starts_at - GAP_SOON, gap.starts_at, gap.ends_at]
    for shift in rota.shifts:
        edges += [shift.starts_at, shift.ends_at]
    for space in facts.spaces:
        edges += [None if space.now is None else space.now.ends_at]
        edges += [None if space.following is None else space.following.starts_at]
    return min(edge for edge in edges if edge is not None and edge > at)
