"""Every address × every method × everybody × every place, asked for real and compared with the decision about it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import pytest
import time_machine
from django.conf import settings
from django.db import transaction
from django.shortcuts import resolve_url
from django.test import override_settings

from nhc.access import ROLES
from nhc.models import AuditEvent
from tests import cast
from tests.conftest import Database
from tests.project.access import (
    BEFORE_FACTOR,
    DECISIONS,
    GUARDED,
    KEYS,
    SEES,
    SIGNED_IN,
    SIGNED_OUT,
    Decision,
    Door,
    path_to,
)
from tests.project.addresses import Address, Reply, addresses, ask
from tests.project.world import LEFT, MIXED, OTHER_CENTRE, OTHER_ORGANISATION, OWN, WORDS, World, make_world

ADDRESSES = {address.name: address for address in addresses()}
READS, WRITES, OTHERS = ("GET", "HEAD"), ("POST",), ("PUT", "PATCH", "DELETE")

TWINS = {
    code
    for place, (code, role) in enumerate(ROLES.items())
    if role.permissions in [earlier.permissions for earlier in list(ROLES.values())[:place]]
}
FEW = {"manager", "lapsed", "read key", "signed out"}


@pytest.fixture(scope="module")
def world(committed_together: Database) -> Iterator[World]:
    """Store everybody and everything once; each request is rolled back."""
    calm = {"THROTTLE_PER_MINUTE": 10**6, "THROTTLE_BURST": 10**6, "SECOND_FACTOR_REQUIRED": False}
    with time_machine.travel(cast.NOW, tick=False), override_settings(**calm):
        with transaction.atomic():
            made = make_world()
        yield made


def test_every_address_has_a_decision() -> None:
    undecided = sorted(set(ADDRESSES) - set(DECISIONS))
    assert undecided == [], (
        "Say in tests/project/access.py who reads these addresses and who writes to them: add a line to DECISIONS, "
        'such as "partners:name": Decision(read=..., write=...)'
    )


def test_every_decision_has_an_address() -> None:
    assert sorted(set(DECISIONS) - set(ADDRESSES)) == []


@pytest.mark.parametrize("name", [name for name in ADDRESSES if name in DECISIONS])
def test_an_address_does_what_was_decided(world: World, name: str) -> None:
    wrong = faults_of(world, [cell for cell in cells_of(world, name) if cell.tells_more])
    assert not wrong, "\n".join(wrong)


@pytest.mark.long
@pytest.mark.parametrize("name", [name for name in ADDRESSES if name in DECISIONS])
def test_an_address_does_so_in_every_cell(world: World, name: str) -> None:
    wrong = faults_of(world, list(cells_of(world, name)))
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", [name for name in ADDRESSES if name in DECISIONS and name != "recovery-codes"])
def test_an_address_waits_for_a_second_factor(world: World, name: str) -> None:
    # Codes for the day when a factor is lost are not of the list: they send everybody to the second factor first.
    cells = [cell for cell in cells_of(world, name, methods=("GET", "POST")) if cell.place == OWN and cell.passes]
    gated = [cell for cell in cells if cell.who in GUARDED - TWINS and not cell.is_public]
    with override_settings(SECOND_FACTOR_REQUIRED=True), transaction.atomic():
        if name in BEFORE_FACTOR:
            wrong = [f"{cell} waits" for cell in gated if _waits(_asked(world, cell))]
        else:
            wrong = [f"{cell} does not wait" for cell in gated if not _waits(_asked(world, cell))]
        wrong += [f"{cell} waits" for cell in cells if cell.who == "employee" and _waits(_asked(world, cell))]
        transaction.set_rollback(True)
    assert not wrong, "\n".join(wrong)


def _waits(reply: Reply) -> bool:
    """Whether an answer sends to the second factor; the REST API says that one is needed."""
    return reply.location == resolve_url("second-factor") or (
        reply.status == 403 and "/problems/second-factor" in reply.body
    )


def faults_of(world: World, cells: list["Cell"]) -> list[str]:
    """Return what is wrong in each cell. Requests that are refused share a transaction, which must stay empty."""
    wrong = [f"{cell}: {fault}" for cell in cells if cell.passes and (fault := fault_in(world, cell))]
    with transaction.atomic():
        before = AuditEvent.objects.count()
        wrong += [f"{cell}: {fault}" for cell in cells if not cell.passes and (fault := fault_of(world, cell))]
        if AuditEvent.objects.count() != before:
            wrong.append("Somebody who was refused left something in the audit trail")
        transaction.set_rollback(True)
    return wrong


@dataclass(frozen=True)
class Cell:
    """One request of one person in one place, and the door it comes to."""

    method: str
    path: str
    who: str
    place: str
    door: Door | None
    form: str

    @property
    def passes(self) -> bool:
        """Whether the decision lets them in."""
        return self.door is not None and self.door.lets(self.who, self.place)

    @property
    def is_public(self) -> bool:
        """Whether nobody needs to be signed in."""
        return self.door is not None and self.door.opens >= SIGNED_OUT

    @property
    def tells_more(self) -> bool:
        """Whether it is asked on every change. The rest is asked in the long tests: a second role with the same
        permissions, other methods than GET and POST but for a few people, and elsewhere those whom the own centre
        refuses already."""
        if self.method not in {"GET", "POST"}:
            return self.who in FEW
        refused_already = self.place != OWN and not (self.door is not None and self.door.lets(self.who, OWN))
        return self.who in FEW or (self.who not in TWINS and not refused_already)

    def __str__(self) -> str:
        return f"{self.method} {self.path} by {self.who} ({self.place})"


def cells_of(world: World, name: str, *, methods: tuple[str, ...] = (*READS, *WRITES, *OTHERS)) -> Iterator[Cell]:
    """Yield every cell of an address. A method that no door takes is asked in one place: the answer knows of none.

    What a GET shows, a HEAD does not: where somebody passes, HEAD is asked at the own centre alone. What the lapsed
    visitor left behind is asked for by them alone.
    """
    decision = DECISIONS[name]
    for (place, path), method, who in product(places(world, ADDRESSES[name]), methods, world.visitors):
        if place == LEFT and who != "lapsed":
            continue
        cell = Cell(method, path, who, place, _door(decision, method), decision.form)
        if place == OWN or (cell.door is not None and not (method == "HEAD" and cell.passes)):
            yield cell


def places(world: World, address: Address) -> list[tuple[str, str]]:
    """Return the places where an address is another one, each with its path."""
    found: dict[str, str] = {}
    for place in (OWN, OTHER_CENTRE, OTHER_ORGANISATION, MIXED, LEFT):
        path = path_to(address, world.places[place])
        if path not in found.values():
            found[place] = path
    return list(found.items())


def fault_in(world: World, cell: Cell) -> str:
    """Return what is wrong with the answer in one cell; whatever it wrote is taken back."""
    with transaction.atomic():
        fault = fault_of(world, cell)
        transaction.set_rollback(True)
    return fault


def fault_of(world: World, cell: Cell) -> str:
    """Return what is wrong with the answer in one cell; nothing where it is as decided."""
    reply = _asked(world, cell)
    if reply.status >= 500:
        return str(reply.status)
    if cell.passes:
        if cell.who == "lapsed" and not cell.is_public and (leak := _kept_open(reply, cell)):
            return leak
        return "" if _passes(reply) else f"{reply.status} {reply.location}, and they may"
    api = cell.path.startswith("/api/")
    return _leak(reply, cell) or _refused(reply, cell.door, cell.who, cell.place, api=api)


def _asked(world: World, cell: Cell) -> Reply:
    return ask(world.visitors[cell.who], cell.method, cell.path, cell.form)


def _door(decision: Decision, method: str) -> Door | None:
    if method in READS:
        return decision.read
    return decision.write if method in WRITES else decision.others


def _passes(reply: Reply) -> bool:
    """Whether an answer is to somebody who passes; an empty form may be refused for what it does not say."""
    return not _asks_to_sign_in(reply) and reply.status not in {401, 403, 404, 405}


def _asks_to_sign_in(reply: Reply) -> bool:
    return reply.status == 302 and reply.location.startswith(
        (f"{resolve_url(settings.LOGIN_URL)}?next=", "/admin/login/")
    )


def _refused(reply: Reply, door: Door | None, who: str, place: str, *, api: bool) -> str:
    """Return what is wrong with a refusal: a page asks the signed-out to sign in, and the REST API says 401."""
    stranger = who in SIGNED_OUT or (who in KEYS and not api)
    if door is None:
        good = reply.status in {302, 401, 403, 404, 405, 429}
    elif stranger and not door.opens >= SIGNED_OUT:
        good = reply.status in {401, 404} if api else _asks_to_sign_in(reply) or reply.status == 404
    else:
        good = reply.status in door.refuses(who, place) or (who in SIGNED_IN and _asks_to_sign_in(reply))
    return "" if good else f"{reply.status} {reply.location}, and they may not"


def _kept_open(reply: Reply, cell: Cell) -> str:
    """Return what a page that everybody has still shows of a place where somebody no longer is.

    Their own shifts there stay on the list of theirs, with a word that they no longer work there; nobody else's name.
    """
    if cell.path.startswith("/my-shifts/"):
        return "shows who works there" if re.search(r"Thistlewood (managed|colleague|second)", reply.body) else ""
    return _leak(reply, cell)


def _leak(reply: Reply, cell: Cell) -> str:
    """Return the words of a place that a refusal shows, the address that was asked for left out.

    Of their own centre and organisation people know.
    """
    if cell.place == OWN and cell.who in SEES:
        return ""
    said = reply.body.replace(cell.path.partition("?")[0], "").lower()
    words = WORDS[{MIXED: OTHER_CENTRE, LEFT: OWN}.get(cell.place, cell.place)]
    shown = [word for word in words if word.lower() in said]
    return f"{reply.status} shows {', '.join(shown)}" if shown else ""
