"""Every permission check, taken away once: the access matrix or a test of the module notices."""

import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from pathlib import Path
from random import Random
from types import CodeType

import pytest

from tests.long.mutants import Mutant, composed_anew, mutants, watched
from tests.project.access import DECISIONS, SIGNED_IN
from tests.project.sources import ROOT
from tests.project.test_access_matrix import Cell, cells_of, fault_in, world
from tests.project.world import World

pytestmark = pytest.mark.long

__all__ = ["world"]

SHARES = 2
"""The checks are dealt out, so that both processors have work."""
MOST_CELLS = 60
"""Requests that are made for one check before the module's own tests are asked: so many of the lapsed visitor, and so
many of others."""

EDGES, SIGHT = "tests/partners/test_edges_of_access.py", "tests/huddles/test_edges_of_sight.py"

TESTS = {
    "dashboard/": (
        "tests/dashboard/test_pages.py",
        "tests/dashboard/test_history.py",
        "tests/dashboard/test_charts_services.py",
    ),
    "decisions/permissions/forums.py": (
        "tests/decisions/test_forums.py",
        "tests/decisions/test_issues.py",
        "tests/decisions/test_meetings.py",
        "tests/decisions/test_priorities.py",
        "tests/decisions/test_proposals.py",
        "tests/decisions/test_risks.py",
    ),
    "decisions/views/issues.py": ("tests/decisions/test_issues.py",),
    "decisions/views/meetings.py": ("tests/decisions/test_meetings.py",),
    "decisions/": (
        "tests/decisions/test_api.py",
        "tests/decisions/test_grid_pages.py",
        "tests/decisions/test_may_i_pages.py",
        "tests/decisions/test_round_pages.py",
    ),
    "huddles/permissions/huddles.py": ("tests/huddles/test_huddle_pages.py",),
    "huddles/permissions/people.py": (
        SIGHT,
        "tests/huddles/test_circles.py",
        "tests/huddles/test_people_pages.py",
        "tests/huddles/test_break_glass.py",
        "tests/huddles/test_merges.py",
    ),
    "huddles/permissions/referrals.py": (
        SIGHT,
        "tests/huddles/test_referral_pages.py",
        "tests/huddles/test_referral_api.py",
    ),
    "huddles/permissions/spaces.py": ("tests/huddles/test_flow_pages.py",),
    "huddles/queries/": (SIGHT, "tests/huddles/test_circles.py", "tests/huddles/test_break_glass.py"),
    "huddles/": (
        "tests/huddles/test_huddle_pages.py",
        "tests/huddles/test_people_pages.py",
        "tests/huddles/test_referral_pages.py",
        "tests/huddles/test_flow_pages.py",
    ),
    "nhc/trail.py": ("tests/nhc/test_audit.py", "tests/partners/test_audit.py"),
    "nhc/views/trail.py": ("tests/nhc/test_audit.py", "tests/partners/test_audit.py"),
    "nhc/views/sign_in.py": ("tests/nhc/test_admin.py", "tests/nhc/test_sign_in.py"),
    "nhc/": ("tests/nhc/test_sessions.py", "tests/nhc/test_sign_in.py", "tests/nhc/test_identity_providers.py"),
    "partners/api/": ("tests/partners/test_submit.py", "tests/partners/test_authentication.py"),
    "partners/permissions/agreements.py": (
        EDGES,
        "tests/partners/test_signing.py",
        "tests/partners/test_agreements.py",
    ),
    "partners/permissions/centre_roles.py": (EDGES, "tests/partners/test_centre_roles.py"),
    "partners/permissions/induction.py": (EDGES, "tests/partners/test_induction.py"),
    "partners/permissions/people.py": (
        EDGES,
        "tests/partners/test_people_pages.py",
        "tests/partners/test_invitations.py",
    ),
    "partners/permissions/rota.py": ("tests/partners/test_rota_pages.py",),
    "partners/queries/exceptions.py": (EDGES, "tests/partners/test_exceptions.py"),
    "partners/queries/": (
        EDGES,
        "tests/decisions/test_forums.py",
        "tests/partners/test_people.py",
        "tests/partners/test_areas.py",
        "tests/partners/test_permissions.py",
    ),
    "partners/views/": (
        EDGES,
        "tests/partners/test_pages.py",
        "tests/partners/test_rota_pages.py",
        "tests/partners/test_people_pages.py",
    ),
    "partners/": (
        EDGES,
        "tests/partners/test_permissions.py",
        "tests/partners/test_pages.py",
        "tests/partners/test_keys.py",
    ),
}
"""Tests to ask about checks that no request of the matrix notices, by where they stand; the first that fits."""

REDUNDANT: dict[tuple[str, str, str], str] = {}
"""Checks that another stands behind, by path, function and words, each with its reason."""


@pytest.mark.parametrize("share", range(SHARES))
def test_every_check_that_is_taken_away_is_missed(
    world: World, share: int, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    found = mutants()[share::SHARES]
    reached = _cells_by_check(world, found)
    unnoticed = [mutant for mutant in found if not _matrix_notices(world, mutant, reached[mutant.key])]
    survivors = _missed_by_tests([mutant for mutant in unnoticed if mutant.key not in REDUNDANT], tmp_path)
    record_property("told", f"{len(found)} checks, {len(found) - len(unnoticed)} noticed by the matrix")
    if survivors:
        pytest.fail("Nothing notices that these are gone:\n" + "\n".join(map(str, survivors)))


def test_reasons_are_of_checks_that_exist() -> None:
    assert set(REDUNDANT) <= {mutant.key for mutant in mutants()}


def _matrix_notices(world: World, mutant: Mutant, cells: Iterable[Cell]) -> bool:
    with mutant.applied(), composed_anew():
        return any(fault_in(world, cell) for cell in cells)


def _missed_by_tests(unnoticed: list[Mutant], folder: Path) -> list[Mutant]:
    """Return the checks of which no test of the modules they stand in notices that they are gone."""
    if not unnoticed:
        return []
    asked, found = folder / "asked.json", folder / "found.json"
    asked.write_text(json.dumps([(mutant.key, _tests(mutant)) for mutant in unnoticed]))
    name = f"without_{os.getpid()}"
    environment = os.environ | {
        "NHC_TEST_WITHOUT": str(asked),
        "NHC_TEST_FOUND": str(found),
        "PYTEST_XDIST_WORKER": name,
    }
    tests = sorted({test for mutant in unnoticed for test in _tests(mutant)})
    command = [sys.executable, "-m", "pytest", "-p", "tests.long.without", "-q", "-m", "not long", *tests]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-2000:]
    missed = {tuple(key) for key in json.loads(found.read_text())}
    return [mutant for mutant in unnoticed if mutant.key in missed]


def _tests(mutant: Mutant) -> tuple[str, ...]:
    return next(tests for start, tests in TESTS.items() if mutant.path.startswith(start))


def _cells_by_check(world: World, found: list[Mutant]) -> dict[tuple[str, str, str], list[Cell]]:
    """Return cells whose requests run a check's function, those that are refused first."""
    by_code: dict[CodeType, list[Mutant]] = defaultdict(list)
    for mutant in found:
        by_code[mutant.target().__code__].append(mutant)
    reached: dict[tuple[str, str, str], list[Cell]] = {mutant.key: [] for mutant in found}
    with watched(by_code) as entered:
        for cells in _requests(world):
            entered.clear()
            for cell in _examples(cells):
                with composed_anew():
                    fault_in(world, cell)
            for mutant in (mutant for code in entered for mutant in by_code[code]):
                reached[mutant.key] += cells
    return {key: _telling(cells) for key, cells in reached.items()}


def _telling(cells: list[Cell]) -> list[Cell]:
    """Return some cells, those that are refused first, from all over the product."""
    mixed = sorted(Random(0).sample(cells, len(cells)), key=lambda cell: cell.passes)
    lapsed = [cell for cell in mixed if cell.who == "lapsed"]
    others = [cell for cell in mixed if cell.who != "lapsed"]
    return lapsed[:MOST_CELLS] + others[:MOST_CELLS]


def _requests(world: World) -> Iterator[list[Cell]]:
    """Yield the cells of each request: an address and a method in a place, by everybody who tells more."""
    for name in DECISIONS:
        told = (cell for cell in cells_of(world, name, methods=("GET", "POST")) if cell.tells_more)
        for _, cells in groupby(sorted(told, key=_request), _request):
            yield list(cells)


def _request(cell: Cell) -> tuple[str, str, str]:
    return cell.place, cell.path, cell.method


def _examples(cells: list[Cell]) -> Iterator[Cell]:
    """Yield who shows what a request runs: somebody who passes, the lapsed visitor and somebody else who is refused."""
    kinds = {(cell.passes, cell.who == "lapsed", cell.who in SIGNED_IN): cell for cell in cells}
    yield from kinds.values()
