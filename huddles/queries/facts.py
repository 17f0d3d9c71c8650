"""Everything that a board shows out of our own tables, and who the partners are: one query, however much there is."""

from collections.abc import Collection
from datetime import date, datetime
from typing import TYPE_CHECKING

import msgspec
from django.db import connection

from huddles.models.spaces import LONGEST_BOOKING
from huddles.queries.spaces import AHEAD
from nhc.clock import london_date

if TYPE_CHECKING:
    from partners.models import Centre


class HuddleFact(msgspec.Struct, frozen=True):
    """A huddle of the day. `here` are the keys of partners who are, `absent` of those who are not; `visits` lanes."""

    id: int
    kind: str
    turn: int
    operational_date: date
    state: str
    planned_at: datetime
    started_at: datetime | None
    closed_at: datetime | None
    chair: str | None
    chair_id: int | None
    chair_works_for: str | None
    agenda: list[str]
    timer_minutes: int
    lane: str
    here: list[int]
    absent: list[int]
    visits: list[str]


class CardFact(msgspec.Struct, frozen=True):
    """An open card. `issue` is the key of what a forum was asked, `answer` what it answered."""

    id: int
    lane: str
    title: str
    words: str
    owner: str | None
    team: str | None
    episode: str | None
    due_at: datetime | None
    opened_at: datetime
    changed_at: datetime
    changed_by: str | None
    issue: int | None
    forum: str | None
    issue_state: str | None
    answer: str | None


class ActionFact(msgspec.Struct, frozen=True):
    """An open action."""

    id: int
    words: str
    owner: str | None
    team: str | None
    team_id: int | None
    card: str | None
    due_at: datetime
    opened_at: datetime


class NoteFact(msgspec.Struct, frozen=True):
    """What a team told the huddle ahead today."""

    team_id: int
    words: str
    who: str | None
    noted_at: datetime


class LevelFact(msgspec.Struct, frozen=True):
    """What a team declared today."""

    team_id: int
    level: int
    words: str
    declared_at: datetime


class HarmFact(msgspec.Struct, frozen=True):
    """The last harm that stands."""

    happened_on: date
    words: str


class SignalFact(msgspec.Struct, frozen=True):
    """The pinned signal."""

    measure: str
    title: str
    period: str
    value: str
    sentence: str
    pictured: dict[str, object]


class SinceFact(msgspec.Struct, frozen=True):
    """What happened since an instant: overnight, since the last huddle. Counts alone."""

    at: datetime
    cards: int
    harms: int
    referrals: int
    came: int
    went: int
    done: int


class EpisodeFact(msgspec.Struct, frozen=True):
    """An open episode's key and the stream that its last referral went to, by its reference. No identity."""

    id: int
    reference: str
    stream: str | None


class BookingFact(msgspec.Struct, frozen=True):
    """A booking of a room; `episode` is the reference of whom it is for."""

    team: str
    starts_at: datetime
    ends_at: datetime
    episode: str | None


class SpaceFact(msgspec.Struct, frozen=True):
    """A room in use: the booking that is on, and the next one within a day."""

    name: str
    now: BookingFact | None
    following: BookingFact | None


class PartnerFact(msgspec.Struct, frozen=True):
    """A partner of the centre today."""

    id: int
    code: str
    name: str


class Facts(msgspec.Struct, frozen=True):
    """A board's own part. `done_today` counts actions; `triage` and `overdue` referrals that wait for triage."""

    version: int
    changed_at: datetime | None
    partners: list[PartnerFact]
    huddles: list[HuddleFact]
    cards: list[CardFact]
    actions: list[ActionFact]
    notes: list[NoteFact]
    levels: list[LevelFact]
    episodes: list[EpisodeFact]
    spaces: list[SpaceFact]
    done_today: int
    triage: int
    overdue: int
    triage_due: datetime | None
    since: SinceFact
    thresholds: dict[str, list[int]] | None = None
    thresholds_number: int | None = None
    harm: HarmFact | None = None
    signal: SignalFact | None = None


_SINCE = """
coalesce((SELECT max(closed_at) FROM huddles_huddle
          WHERE centre_id = %(centre)s AND kind = 'daily' AND state = 'closed' AND operational_date < %(day)s
            AND closed_at > %(start)s - interval '4 days'),
         %(start)s - interval '24 hours')
"""

_BOOKING = """
SELECT jsonb_build_object('team', t.name, 'starts_at', b.starts_at, 'ends_at', b.ends_at,
                          'episode', e.reference) AS booking
FROM huddles_spacebooking b JOIN partners_team t ON t.id = b.team_id LEFT JOIN huddles_episode e ON e.id = b.episode_id
WHERE b.space_id = s.id AND b.cancelled_at IS NULL
"""

_FACTS = f"""
WITH since AS MATERIALIZED (SELECT {_SINCE} AS at)
SELECT jsonb_build_object(
  'version', coalesce((SELECT number FROM huddles_boardversion WHERE centre_id = %(centre)s), 0),
  'changed_at', (SELECT changed_at FROM huddles_boardversion WHERE centre_id = %(centre)s),
  'partners', (
    SELECT coalesce(jsonb_agg(jsonb_build_object('id', o.id, 'code', o.code, 'name', o.name)
                              ORDER BY o.name, o.id), '[]')
    FROM partners_organisation o
    WHERE EXISTS (SELECT 1 FROM partners_partnership p
                  WHERE p.organisation_id = o.id AND p.centre_id = %(centre)s AND p.from_date <= %(today)s
                    AND (p.until_date IS NULL OR p.until_date > %(today)s))),
  'huddles', (
    SELECT coalesce(jsonb_agg(jsonb_build_object(
      'id', h.id, 'kind', h.kind, 'turn', h.turn, 'operational_date', h.operational_date, 'state', h.state,
      'planned_at', h.planned_at,
      'started_at', h.started_at, 'closed_at', h.closed_at, 'chair', u.name, 'chair_id', h.chair_id,
      'chair_works_for', o.name, 'agenda', h.agenda, 'timer_minutes', h.timer_minutes, 'lane', h.lane,
      'here', coalesce((SELECT jsonb_agg(organisation_id) FROM huddles_attendance
                        WHERE huddle_id = h.id AND here), '[]'),
      'absent', coalesce((SELECT jsonb_agg(organisation_id) FROM huddles_attendance
                          WHERE huddle_id = h.id AND NOT here), '[]'),
      'visits', coalesce((SELECT jsonb_agg(lane ORDER BY opened_at, id) FROM huddles_lanevisit
                          WHERE huddle_id = h.id), '[]')) ORDER BY h.planned_at, h.id), '[]')
    FROM huddles_huddle h LEFT JOIN nhc_user u ON u.id = h.chair_id
    LEFT JOIN partners_organisation o ON o.id = h.chair_organisation_id
    WHERE h.centre_id = %(centre)s AND (h.operational_date = %(day)s OR h.state = 'live'
          OR h.state = 'planned' AND h.planned_at BETWEEN %(at)s AND %(at)s + interval '3 days')),
  'cards', (
    SELECT coalesce(jsonb_agg(jsonb_build_object(
      'id', c.id, 'lane', c.lane, 'title', c.title, 'words', c.words, 'owner', u.name, 'team', t.name,
      'episode', e.reference, 'due_at', c.due_at, 'opened_at', c.opened_at,
      'changed_at', coalesce(last.at, c.recorded_at), 'changed_by', last.name, 'issue', c.raised_issue_id,
      'forum', f.name, 'issue_state', i.state, 'answer', i.answer)
      ORDER BY c.due_at NULLS LAST, c.opened_at, c.id), '[]')
    FROM huddles_card c LEFT JOIN nhc_user u ON u.id = c.owner_id LEFT JOIN partners_team t ON t.id = c.team_id
    LEFT JOIN huddles_episode e ON e.id = c.episode_id
    LEFT JOIN decisions_issue i ON i.id = c.raised_issue_id LEFT JOIN decisions_forum f ON f.id = i.forum_id
    LEFT JOIN LATERAL (SELECT x.at, who.name FROM huddles_cardedit x LEFT JOIN nhc_user who ON who.id = x.user_id
                       WHERE x.card_id = c.id AND x.applied ORDER BY x.at DESC, x.id DESC LIMIT 1) last ON true
    WHERE c.centre_id = %(centre)s AND c.state = 'open'),
  'actions', (
    SELECT coalesce(jsonb_agg(jsonb_build_object(
      'id', a.id, 'words', a.words, 'owner', u.name, 'team', t.name, 'team_id', coalesce(a.team_id, c.team_id),
      'card', c.title, 'due_at', a.due_at, 'opened_at', a.opened_at) ORDER BY a.due_at, a.id), '[]')
    FROM huddles_action a LEFT JOIN nhc_user u ON u.id = a.owner_id LEFT JOIN partners_team t ON t.id = a.team_id
    LEFT JOIN huddles_card c ON c.id = a.card_id WHERE a.centre_id = %(centre)s AND a.state = 'open'),
  'notes', (
    SELECT coalesce(jsonb_agg(jsonb_build_object('team_id', n.team_id, 'words', n.words, 'who', n.who,
                                                 'noted_at', n.noted_at)), '[]')
    FROM (SELECT DISTINCT ON (n.team_id) n.team_id, n.words, u.name AS who, n.noted_at
          FROM huddles_lanenote n JOIN partners_team t ON t.id = n.team_id LEFT JOIN nhc_user u ON u.id = n.user_id
          WHERE t.centre_id = %(centre)s AND n.operational_date = %(day)s
          ORDER BY n.team_id, n.noted_at DESC, n.id DESC) n),
  'levels', (
    SELECT coalesce(jsonb_agg(jsonb_build_object('team_id', l.team_id, 'level', l.level, 'words', l.words,
                                                 'declared_at', l.declared_at)), '[]')
    FROM (SELECT DISTINCT ON (l.team_id) l.team_id, l.level, l.words, l.declared_at
          FROM huddles_pressurelevel l JOIN partners_team t ON t.id = l.team_id
          WHERE t.centre_id = %(centre)s AND l.operational_date = %(day)s
          ORDER BY l.team_id, l.declared_at DESC, l.id DESC) l),
  'episodes', (
    SELECT coalesce(jsonb_agg(jsonb_build_object('id', e.id, 'reference', e.reference, 'stream', s.name)), '[]')
    FROM huddles_episode e
    LEFT JOIN LATERAL (SELECT r.stream_id FROM huddles_referral r WHERE r.episode_id = e.id AND r.stream_id IS NOT NULL
                       ORDER BY r.triaged_at DESC NULLS LAST, r.id DESC LIMIT 1) r ON true
    LEFT JOIN huddles_stream s ON s.id = r.stream_id
    WHERE e.centre_id = %(centre)s AND e.closed_at IS NULL),
  'spaces', (
    SELECT coalesce(jsonb_agg(jsonb_build_object('name', s.name, 'now', now.booking, 'following', following.booking)
                              ORDER BY s.position, s.name, s.id), '[]')
    FROM huddles_space s
    LEFT JOIN LATERAL ({_BOOKING} AND b.starts_at <= %(at)s AND b.starts_at > %(longest_ago)s
                       AND b.ends_at > %(at)s ORDER BY b.starts_at LIMIT 1) now ON true
    LEFT JOIN LATERAL ({_BOOKING} AND b.starts_at > %(at)s AND b.starts_at <= %(ahead)s
                       ORDER BY b.starts_at LIMIT 1) following ON true
    WHERE s.centre_id = %(centre)s AND s.active),
  'done_today', (SELECT count(*) FROM huddles_action
                 WHERE centre_id = %(centre)s AND state = 'done' AND done_at >= %(start)s),
  'triage', (SELECT count(*) FROM huddles_referral WHERE centre_id = %(centre)s AND state = 'received'),
  'overdue', (SELECT count(*) FROM huddles_referral
              WHERE centre_id = %(centre)s AND state = 'received' AND due_at <= %(at)s),
  'triage_due', (SELECT min(due_at) FROM huddles_referral WHERE centre_id = %(centre)s AND state = 'received'),
  'since', (
    SELECT jsonb_build_object(
      'at', since.at,
      'cards', (SELECT count(*) FROM huddles_card WHERE centre_id = %(centre)s AND opened_at > since.at),
      'harms', (SELECT count(*) FROM huddles_harm
                WHERE centre_id = %(centre)s AND recorded_at > since.at AND withdrawn_at IS NULL),
      'referrals', (SELECT count(*) FROM huddles_referral WHERE centre_id = %(centre)s AND received_at > since.at),
      'came', (SELECT count(*) FROM huddles_episode WHERE centre_id = %(centre)s AND opened_at > since.at),
      'went', (SELECT count(*) FROM huddles_episode WHERE centre_id = %(centre)s AND closed_at > since.at),
      'done', (SELECT count(*) FROM huddles_action
               WHERE centre_id = %(centre)s AND state = 'done' AND done_at > since.at)) FROM since)
) || coalesce((
    SELECT jsonb_build_object('thresholds', parts, 'thresholds_number', number) FROM huddles_pressurethresholds
    WHERE centre_id = %(centre)s AND from_at <= %(at)s ORDER BY number DESC LIMIT 1), '{{}}'::jsonb)
|| coalesce((
    SELECT jsonb_build_object('harm', jsonb_build_object('happened_on', happened_on, 'words', words)) FROM huddles_harm
    WHERE centre_id = %(centre)s AND withdrawn_at IS NULL ORDER BY happened_on DESC, id DESC LIMIT 1), '{{}}'::jsonb)
|| coalesce((
    SELECT jsonb_build_object('signal', jsonb_build_object(
      'measure', measure, 'title', title, 'period', period, 'value', value, 'sentence', sentence, 'pictured', pictured))
    FROM (SELECT * FROM huddles_pinnedsignal WHERE centre_id = %(centre)s ORDER BY pinned_at DESC, id DESC LIMIT 1) last
    WHERE measure <> ''), '{{}}'::jsonb)
"""

_decoder = msgspec.json.Decoder(Facts)


def facts_of(centre: "Centre", *, day: date, start: datetime, at: datetime) -> Facts:
    """Return a board's own part on an operational day that starts at `start`, as it stands at `at`. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT ({_FACTS})::text",
            {
                "centre": centre.pk,
                "day": day,
                "start": start,
                "at": at,
                "today": london_date(at),
                "longest_ago": at - LONGEST_BOOKING,
                "ahead": at + AHEAD,
            },
        )
        return _decoder.decode(cursor.fetchone()[0])


def versions_of(centres: Collection[int]) -> dict[int, int]:
    """Return the versions of some centres' boards, by centre: those that have none yet are left out. One query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT centre_id, number FROM huddles_boardversion WHERE centre_id = ANY(%s)", [list(centres)])
        return dict(cursor.fetchall())


def version_of(centre_id: int) -> int:
    """Return the version of a centre's board; 0 before anything was written on it."""
    return versions_of([centre_id]).get(centre_id, 0)
