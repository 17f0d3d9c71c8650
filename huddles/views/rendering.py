"""Boards as this process has rendered them: one rendering for all of an audience, until the board changes."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.http import parse_etags
from django.utils.safestring import SafeString, mark_safe

from huddles import agenda, slot_codes
from huddles.agenda import KIND_NAMES, LANES
from huddles.lifecycle import HuddleState
from huddles.permissions.huddles import BoardAudience
from huddles.queries import board as board_queries
from huddles.queries import facts as fact_queries
from huddles.queries.board import Board
from huddles.views.addresses import Addresses
from nhc.clock import LONDON

if TYPE_CHECKING:
    from partners.models import Centre

_PARTS = ("huddles/board/_head.jinja", "huddles/board/_now.jinja", "huddles/board/_rest.jinja")
TEMPLATES = {
    BoardAudience.ON_DUTY: _PARTS,
    BoardAudience.MEMBER: _PARTS,
    BoardAudience.WALL: ("huddles/wall/_board.jinja",),
}
"""Each part is one element with an identity of its own, which its page may place where it likes."""


CATCHING_UP = 3
"""How often a board is read again that changed while it was read; the next version's signal is on its way by then."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A board as an audience sees it: good from the instant it was made until `until`, unless its version rises.

    `html` are the `parts` one after the other, as pages fetch them.
    """

    version: int
    board: Board
    parts: tuple[SafeString, ...]
    html: SafeString
    etag: str
    made_at: datetime
    until: datetime


class _Kept:
    """The last rendering of one board for one audience. Whoever asks while it is made waits for it."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.rendered: Rendered | None = None

    def get(self, version: int, at: datetime) -> Rendered | None:
        """Return what is kept where it still holds."""
        kept = self.rendered
        if kept is None or kept.version < version or not kept.made_at <= at < kept.until:
            return None
        return kept


type _Key = tuple[str, int, BoardAudience, int | None]

_boards: dict[_Key, _Kept] = {}


def rendered(centre: "Centre", audience: BoardAudience, at: datetime, huddle: str = "") -> Rendered:
    """Return a board for an audience. One query where it is rendered already.

    `huddle` is the key of a huddle under way: where several are, the board can be about any of them.
    """
    key = (str(connection.settings_dict["NAME"]), centre.pk, audience)
    version = fact_queries.version_of(centre.pk)
    found = _rendered((*key, None), centre, version, at)
    others = {each.id for each in found.board.others if each.state == HuddleState.LIVE}
    for old in [each for each in list(_boards) if each[:3] == key and each[3] not in {None, *others}]:
        _boards.pop(old, None)
    chosen = next((each for each in others if str(each) == huddle), None)
    return found if chosen is None else _rendered((*key, chosen), centre, version, at)


def _rendered(key: _Key, centre: "Centre", version: int, at: datetime) -> Rendered:
    kept = _boards.setdefault(key, _Kept())
    found = kept.get(version, at)
    if found is None:
        with kept.lock:
            found = kept.get(version, at)
            if found is None:
                found = _render(centre, key[2], at, key[3])
                kept.rendered = found
    return found


def answer(request: HttpRequest, shown: Rendered) -> HttpResponse:
    """Return a rendering with its ETag, or 304 where the page has it already."""
    wanted = parse_etags(request.headers.get("If-None-Match", ""))
    if shown.etag in (each.removeprefix("W/") for each in wanted):
        reply = HttpResponse(status=304)
        del reply["Content-Type"]
    else:
        reply = HttpResponse(shown.html)
    reply["ETag"] = shown.etag
    reply["NHC-Version"] = str(shown.version)
    reply["NHC-Until"] = shown.until.isoformat(timespec="milliseconds")
    return reply


def clock_words(board: Board) -> Callable[[datetime | None], str]:
    """Return how a board writes an instant: "09:30" on its own day, "Fri 3 Apr, 09:30" on any other."""
    today = board.at.astimezone(LONDON).date()

    def words(at: datetime | None) -> str:
        if at is None:
            return ""
        local = at.astimezone(LONDON)
        return f"{local:%H:%M}" if local.date() == today else f"{local:%a} {local.day} {local:%b, %H:%M}"

    return words


def _up_to_its_version(centre: "Centre", at: datetime, huddle_id: int | None) -> Board:
    """Return a board with everything that its version stands for, though it was written after `at` was read.

    A change is as old as its own request, and nothing of after `at` is on a board of then. How far clocks of two
    machines differ is bounded: beyond what a rendering stands for, the next one has it.
    """
    found = board_queries.board(centre, at, huddle_id)
    for _ in range(CATCHING_UP):
        changed_at = found.facts.changed_at
        if changed_at is None or not found.at < changed_at <= at + board_queries.STANDS_FOR:
            break
        found = board_queries.board(centre, changed_at, huddle_id)
    return found


def _next_lane(board: Board) -> str:
    """Return the lane that a huddle under way goes on with; '' after the last of its agenda."""
    huddle = board.huddle
    return "" if huddle is None else agenda.following(huddle.agenda, huddle.lane, huddle.visits)


def _render(centre: "Centre", audience: BoardAudience, at: datetime, huddle_id: int | None) -> Rendered:
    found = _up_to_its_version(centre, at, huddle_id)
    context = {
        "centre": centre,
        "board": found,
        "on_duty": audience == BoardAudience.ON_DUTY,
        "names": LANES,
        "kinds": KIND_NAMES,
        "link": Addresses(centre.slug),
        "next_lane": _next_lane(found),
        "when": clock_words(found),
        "codes": slot_codes.of_day(
            {row.row.reference: row.key for row in found.rows}, day=found.day, secret=settings.SECRET_KEY.encode()
        ),
    }
    parts = tuple(mark_safe(render_to_string(name, context)) for name in TEMPLATES[audience])  # noqa: S308  (templates)
    html = mark_safe("\n".join(parts))  # noqa: S308  (rendered templates)
    digest = hashlib.sha256(f"{audience}\n{html}".encode()).hexdigest()[:32]
    return Rendered(found.facts.version, found, parts, html, f'"{digest}"', at, found.changes_at)
