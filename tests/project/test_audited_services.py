"""Every write leaves who and when: a service that takes `by` records an event, itself or through what it calls."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.project.sources import PRODUCT, ROOT

type Function = ast.FunctionDef


def services() -> Iterator[Path]:
    for app in PRODUCT:
        yield from (ROOT / app).glob("services.py")
        yield from (ROOT / app / "services").rglob("*.py")


FUNCTIONS: dict[str, Function] = {
    f"{path.relative_to(ROOT)}:{node.name}": node
    for path in services()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    if isinstance(node, ast.FunctionDef)
}


def called(function: Function) -> set[str]:
    """Return the names of what a function calls; `audit.record` by both of its words."""
    names = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            match node.func:
                case ast.Name(name):
                    names.add(name)
                case ast.Attribute(ast.Name("audit"), "record"):
                    names.add("audit.record")
                case ast.Attribute(_, name):
                    names.add(name)
    return names


def recording() -> set[str]:
    """Return the names of functions that reach `audit.record`, however many calls away."""
    found = {"audit.record"}
    while more := {node.name for node in FUNCTIONS.values() if called(node) & found} - found:
        found |= more
    return found


RECORDING = recording()
WRITES = [
    name
    for name, node in FUNCTIONS.items()
    if not node.name.startswith("_") and "by" in {argument.arg for argument in node.args.kwonlyargs}
]


def test_there_are_services_to_look_at() -> None:
    assert len(WRITES) > 20


@pytest.mark.parametrize("name", WRITES)
def test_a_service_records_what_it_does(name: str) -> None:
    assert called(FUNCTIONS[name]) & RECORDING, f"{name} takes `by` and records nothing in the audit trail"
