"""Pytest plugin: runs tests as they are, then those that come to a permission check once more without it.

Each check is taken away in a fork, which needs no start of its own. `NHC_TEST_WITHOUT` names a file with pairs of a
check's key and the files of tests to ask about it, `NHC_TEST_FOUND` one that takes the keys that no test missed.
"""

import json
import os
import signal
import sys
from collections import defaultdict
from pathlib import Path
from types import CodeType

import pytest
from _pytest.runner import runtestprotocol
from django.db import connections

from tests.long.mutants import Mutant, composed_anew, mutants, watched

PATIENCE = 300
"""Seconds after which a test that does not end without the check counts as failed."""


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool:
    """Run every test once, noting which functions it enters; then ask about each check."""
    files = {tuple(key): tuple(some) for key, some in json.loads(Path(os.environ["NHC_TEST_WITHOUT"]).read_text())}
    asked = [mutant for mutant in mutants() if mutant.key in files]
    tests = _tests_by_code(session, {mutant.target().__code__ for mutant in asked})
    missed = []
    for mutant in asked:
        own = [item for item in tests[mutant.target().__code__] if item.nodeid.startswith(files[mutant.key])]
        noticed = _is_noticed(mutant, own)
        missed += [] if noticed else [mutant.key]
        print(f"{'noticed' if noticed else 'MISSED '} {mutant}", file=sys.stderr, flush=True)  # noqa: T201  (progress of a long run)
    session._setupstate.teardown_exact(None)
    Path(os.environ["NHC_TEST_FOUND"]).write_text(json.dumps(missed))
    return True


def _tests_by_code(session: pytest.Session, codes: set[CodeType]) -> dict[CodeType, list[pytest.Item]]:
    """Return the tests that enter each function, the quickest first. Fixtures of the session stay set up."""
    found: dict[CodeType, list[tuple[float, int]]] = defaultdict(list)
    items = session.items
    with watched(codes) as entered:
        for place, item in enumerate(items):
            entered.clear()
            with composed_anew():
                reports = runtestprotocol(item, log=False, nextitem=items[(place + 1) % len(items)])
            for report in reports:
                if report.failed:
                    raise pytest.UsageError(
                        f"{item.nodeid} fails with every check in its place.\n{report.longreprtext}"
                    )
            for code in entered:
                found[code].append((sum(report.duration for report in reports), place))
    return defaultdict(list, {code: [items[place] for _, place in sorted(some)] for code, some in found.items()})


def _is_noticed(mutant: Mutant, tests: list[pytest.Item]) -> bool:
    if not tests:
        return False
    for each in connections.all(initialized_only=True):
        each.close()
    # The fork must not share what is open: a connection ended there would end here.
    connections["default"].close_pool()  # type: ignore[attr-defined]  # the PostgreSQL backend has it
    child = os.fork()
    if not child:
        signal.alarm(PATIENCE)
        os._exit(int(_fails_without(mutant, tests)))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0


def _fails_without(mutant: Mutant, tests: list[pytest.Item]) -> bool:
    tests[0].session._setupstate.teardown_exact(tests[0])
    with mutant.applied(), composed_anew():
        for place, item in enumerate(tests):
            following = tests[(place + 1) % len(tests)]
            if any(report.failed for report in runtestprotocol(item, log=False, nextitem=following)):
                return True
    return False
