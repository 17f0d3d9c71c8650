"""The REST API against its own OpenAPI document: whatever is sent, no answer that the document does not name.

Every check of schemathesis is on: no 5xx, no undocumented status, media type, header or body, nothing answered without
a key, no unknown method, nothing accepted that the schema forbids, and nothing refused that it allows unless a rule
beyond it says so (`tests.contract.hooks`).
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import cast, serving
from tests.cast import Cast
from tests.conftest import Database
from tests.dashboard.figures import ethnic_group, roll, seen, send, visits
from tests.serving import Served

pytestmark = [pytest.mark.fault, pytest.mark.xdist_group("servers")]

SEED = 20261122

type Run = Callable[..., int]


@pytest.fixture(scope="module")
def served(committed_together: Database) -> Iterator[tuple[Served, Cast]]:
    people = cast.gather()
    send(people.trust, visits("2026-03", 40), seen("2026-03", 41, 52), seen("2026-03", 12, 30, **ethnic_group("A")))
    send(people.charity, visits("2026-03", 4), seen("2026-02", 3, 9))
    roll()
    with serving.web(committed_together) as server:
        yield server, people


@pytest.fixture
def run(served: tuple[Served, Cast], tmp_path: Path, record_property: Callable[[str, object], None]) -> Run:
    """Return a function that runs schemathesis with a key, fails with what it found, and returns how much it sent."""

    def run(key: str, *options: str) -> int:
        schemathesis, report = Path(sys.executable).parent / "schemathesis", tmp_path / "report.json"
        command = [
            str(schemathesis),
            "run",
            f"http://127.0.0.1:{served[0].port}/api/v1/openapi.json",
            "--seed",
            str(SEED),
        ]
        command += ["--header", f"Authorization: Bearer {key}", "--checks", "all", "--continue-on-failure", *options]
        command += ["--report", "json", "--report-json-path", str(report)]
        variables = {"SCHEMATHESIS_HOOKS": "tests.contract.hooks", "PYTHONPATH": str(serving.ROOT)}
        done = subprocess.run(command, env=os.environ | variables, cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        sent = json.loads(report.read_text())["test_cases"]["generated"]
        record_property("told", f"schemathesis: {sent:,} cases, seed {SEED}, none found anything")
        return int(sent)

    return run


def test_every_answer_is_documented(run: Run, served: tuple[Served, Cast]) -> None:
    assert run(served[1].trust_key, "--phases", "examples,coverage,fuzzing", "--max-examples", "5") >= 150


def test_every_answer_to_a_key_that_only_reads_is_documented(run: Run, served: tuple[Served, Cast]) -> None:
    key = cast.key(served[1].trust, "read")
    assert run(key, "--phases", "examples,fuzzing", "--max-examples", "5") >= 50


@pytest.mark.long
def test_every_answer_is_documented_at_full_length(run: Run, served: tuple[Served, Cast]) -> None:
    assert run(served[1].trust_key, "--max-examples", "150") >= 3_000
