"""The safety documents stay true: every control names a test that exists and runs, every table has its retention."""

import ast
import re
from dataclasses import dataclass
from functools import cache

import pytest
from django.apps import apps

from tests.project.sources import ROOT, files, text, tree

FOLDER = "docs/safety/"
HAZARD_LOG = text(f"{FOLDER}hazard-log.md")
DOCUMENTS = [name for name in files() if name.startswith(FOLDER)]

FIELDS = ["Hazard", "Causes", "Effect", "Initial risk", "Residual risk", "Status", "Owner"]
IN_SCOPE = "Controls in place; residual risk to be accepted by the Clinical Safety Officer"
OUT_OF_SCOPE = "Not yet applicable: the function does not exist in this release"
NAMED_TEST = re.compile(r"tests/[\w/]+\.py::\w+")


@dataclass(frozen=True)
class Hazard:
    """One section of the hazard log. `controls` are (control, what shows it) as the table's cells say."""

    code: str
    fields: dict[str, str]
    controls: list[tuple[str, str]]


def rows(section: str) -> list[list[str]]:
    """Return the cells of every table row in a piece of Markdown, headings and rules between them left out."""
    lines = [line.strip("| ") for line in section.splitlines() if line.startswith("|")]
    split = [[cell.strip() for cell in line.split(" | ")] for line in lines]
    return [cells for cells in split if not set("".join(cells)) <= set("-:| ")]


def hazards() -> list[Hazard]:
    """Return the sections of the hazard log, in their order."""
    found = []
    for section in re.split(r"^## (?=H\d+\. )", HAZARD_LOG, flags=re.MULTILINE)[1:]:
        code, _, rest = section.partition(". ")
        described, _, controlled = rest.partition("| Control | Shown by |")
        table = {cells[0]: cells[1] for cells in rows(described) if cells[0] != "Field"}
        found.append(Hazard(code, table, [(cells[0], cells[1]) for cells in rows(controlled)]))
    return found


def matrix() -> dict[tuple[str, str], int]:
    """Return the risk of each (severity, likelihood), as the document's own matrix says."""
    table = HAZARD_LOG.partition("| Likelihood |")[2].partition("\n\n")[0]
    severities, *lines = rows(f"| Likelihood |{table}")
    return {
        (severity, line[0]): int(risk)
        for line in lines
        for severity, risk in zip(severities[1:], line[1:], strict=True)
    }


def risk(entry: str) -> int:
    """Return the risk that an entry states. Raises AssertionError where the matrix says another."""
    stated = re.fullmatch(r"(\w+) severity, ([\w ]+) likelihood: (\d)(?:\. .+)?", entry)
    assert stated is not None, entry
    severity, likelihood, level = stated.groups()
    assert matrix()[severity, likelihood.capitalize()] == int(level), entry
    return int(level)


@cache
def skipped(name: str) -> str:
    """Return why a named test does not show anything: absent, skipped or expected to fail; nothing where it does."""
    path, _, function = name.partition("::")
    if not (ROOT / path).is_file():
        return "no such file"
    whole = [node for node in tree(path).body if isinstance(node, ast.Assign) and "pytestmark" in ast.unparse(node)]
    found = [node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    for node in found:
        if node.name == function:
            marks = [ast.unparse(mark) for mark in [*whole, *node.decorator_list]]
            body = [ast.unparse(call.func) for call in ast.walk(node) if isinstance(call, ast.Call)]
            set_aside = re.search(r"\b(skip|skipif|xfail|importorskip)\b", "\n".join(marks + body))
            return "skipped or expected to fail" if set_aside else ""
    return "no such test"


HAZARDS = hazards()


def test_the_log_holds_every_hazard() -> None:
    assert [hazard.code for hazard in HAZARDS] == [f"H{number}" for number in range(1, 16)]
    assert len(matrix()) == 25


@pytest.mark.parametrize("hazard", HAZARDS, ids=lambda hazard: hazard.code)
def test_a_hazard_is_described_scored_and_owned(hazard: Hazard) -> None:
    assert list(hazard.fields) == FIELDS
    assert all(hazard.fields.values())
    assert hazard.fields["Owner"] == "Clinical Safety Officer: to be appointed by the deploying organisation"
    if hazard.fields["Status"] == OUT_OF_SCOPE:
        risk(hazard.fields["Initial risk"])
        assert hazard.fields["Residual risk"] == "To be assessed when the function is built"
    else:
        assert hazard.fields["Status"] == IN_SCOPE
        assert risk(hazard.fields["Residual risk"]) <= risk(hazard.fields["Initial risk"])


@pytest.mark.parametrize("hazard", HAZARDS, ids=lambda hazard: hazard.code)
def test_a_hazard_in_scope_has_controls_and_each_names_its_tests(hazard: Hazard) -> None:
    if hazard.fields["Status"] == OUT_OF_SCOPE:
        assert hazard.controls == []
        return
    assert hazard.controls
    for control, shown in hazard.controls:
        names = shown.replace("`", "").split(", ")
        assert [name for name in names if not NAMED_TEST.fullmatch(name)] == [], control


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_test_that_a_document_names_exists_and_runs(document: str) -> None:
    wrong = [f"{name}: {reason}" for name in NAMED_TEST.findall(text(document)) if (reason := skipped(name))]
    assert wrong == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_file_that_a_document_names_exists(document: str) -> None:
    named = re.findall(r"`((?:nhc|partners|decisions|dashboard|docs)/[\w./-]+\.\w+)`", text(document))
    linked = [f"{FOLDER}{link}" for link in re.findall(r"\]\(([\w-]+\.md)\)", text(document))]
    assert [name for name in named + linked if name not in files()] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_document_says_who_must_own_it(document: str) -> None:
    assert re.search(r"must be owned by|to be appointed by the deploying organisation", text(document))


def test_every_table_has_its_retention() -> None:
    schedule = {cells[0].strip("`") for cells in rows(text(f"{FOLDER}retention-schedule.md"))}
    tables = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    assert tables - schedule == set()


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("tests/absent.py::test_anything", "no such file"),
        ("tests/project/test_safety.py::test_anything", "no such test"),
        ("tests/project/test_safety.py::test_the_log_holds_every_hazard", ""),
    ],
)
def test_a_name_alone_shows_nothing(name: str, reason: str) -> None:
    assert skipped(name) == reason
