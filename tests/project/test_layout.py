"""Where things stand and how large they may grow."""

import ast
import re
import tomllib
from collections.abc import Iterator

from tests.project.sources import PRODUCT, ROOT, files, modules, text, tree

LONGEST_MODULE = 420
LONGEST_FUNCTION = 60

# Each with the reason why splitting it would cost a reader more than its length does.
LONG_MODULES: dict[str, str] = {
    "nhc/forms.py": "every field of the design system, and nothing else: a reader looks for one and finds it here",
    "partners/validation.py": "one pass over a row and the words for what it may find stay side by side",
}
LONG_FUNCTIONS: dict[str, str] = {}

DRAWERS = {"utils", "util", "helpers", "helper", "common", "misc", "managers", "signals", "constants", "tools"}

type Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(name: str) -> Iterator[Function]:
    return (node for node in ast.walk(tree(name)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def test_the_top_level_holds_what_the_layout_names_and_no_more() -> None:
    named = {"nhc", "partners", "decisions", "dashboard", "templates", "static", "tests", "docs", "requirements"}
    named |= {"manage.py", "pyproject.toml", "docker-compose.yml", "Dockerfile", "Makefile"}
    named |= {"package.json", "package-lock.json", "README.md", "LICENCE"}
    assert {name.split("/")[0] for name in files() if not name.startswith(".")} == named


def test_documents_and_tests_have_their_places() -> None:
    assert {name.split("/")[1] for name in files() if name.startswith("docs/")} <= {
        "adr",
        "pictures",
        "reports",
        "safety",
    }
    folders = {name.split("/")[1] for name in files() if name.startswith("tests/") and name.count("/") > 1}
    assert folders <= {*PRODUCT, "project", "contract", "journeys", "faults", "bench", "long"}


def test_tests_stand_outside_the_apps() -> None:
    assert [name for name in modules(*PRODUCT) if "test" in name.rpartition("/")[2].split("_")] == []


def test_modules_are_named_for_what_they_hold() -> None:
    names = {name: name.removesuffix("/__init__.py").removesuffix(".py") for name in modules(*PRODUCT, "tests")}
    assert [name for name, path in names.items() if DRAWERS & set(path.replace("/", "_").split("_"))] == []


def test_no_module_outgrows_a_readers_patience() -> None:
    lengths = {name: text(name).count("\n") for name in modules(*PRODUCT)}
    assert {name for name, length in lengths.items() if length > LONGEST_MODULE} == set(LONG_MODULES)


def test_no_function_outgrows_a_screen() -> None:
    long = {
        f"{name}::{function.name}"
        for name in modules(*PRODUCT)
        for function in functions(name)
        if (function.end_lineno or 0) - function.lineno + 1 > LONGEST_FUNCTION
    }
    assert long == set(LONG_FUNCTIONS)


def test_everything_public_says_what_it_is_for() -> None:
    silent = [
        f"{name}:{node.lineno} {node.name}"
        for name in modules(*PRODUCT)
        for node in tree(name).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        if not node.name.startswith("_") and not ast.get_docstring(node)
    ]
    assert silent == []


def test_every_module_begins_with_what_it_is() -> None:
    assert [name for name in modules(*PRODUCT) if text(name) and not ast.get_docstring(tree(name))] == []


def test_every_module_of_partners_is_public_or_protected() -> None:
    public = {"api", "dimensions", "hours", "lifecycle", "periods", "permissions", "queries", "services"}
    contracts = tomllib.loads(text("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    protected = next(contract["protected_modules"] for contract in contracts if contract["id"] == "partners-private")
    found = {
        path.stem for path in (ROOT / "partners").iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()
    }
    whole = {name.removeprefix("partners.") for name in protected if name.count(".") == 1}
    assert whole == found - public - {"__init__", "apps", "migrations"}
    # Of the REST API its frame is public and its endpoints are not.
    endpoints = {"bodies", "contract", "openapi", "submissions", "submit", "templates", "urls"}
    assert {name.rpartition(".")[2] for name in protected if name.startswith("partners.api.")} == endpoints


def test_every_module_of_decisions_is_public_or_protected() -> None:
    contracts = {
        each["id"]: each for each in tomllib.loads(text("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    }
    protected = {name.removeprefix("decisions.") for name in contracts["decisions-private"]["protected_modules"]}
    plain = {name.removeprefix("decisions.") for name in contracts["plain-decisions"]["source_modules"]}
    found = {
        path.stem for path in (ROOT / "decisions").iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()
    }
    public = {"permissions", "queries", "services"} | plain - {"formats"}
    assert protected == found - public - {"__init__", "apps", "migrations"}


def test_everything_pure_is_held_to_it() -> None:
    """Modules of the dashboard below its tables need no framework, and the contract that keeps it so names each."""
    contracts = {
        contract["id"]: contract
        for contract in tomllib.loads(text("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    }
    lowest = {name.strip(" ()") for name in contracts["dashboard"]["layers"][-1].split(":")}
    assert {name.removeprefix("dashboard.") for name in contracts["plain-dashboard"]["source_modules"]} == lowest


def test_decisions_are_numbered_once_and_speak_of_files_that_exist() -> None:
    decisions = [name.removeprefix("docs/adr/") for name in files() if name.startswith("docs/adr/")]
    numbers = [name.partition("-")[0] for name in decisions]
    assert numbers == sorted(set(numbers))
    for name in decisions:
        decision = text(f"docs/adr/{name}")
        named = re.findall(r"`((?:nhc|partners|decisions|dashboard|tests|docs)/[\w./-]+\.\w+)`", decision)
        assert decision.startswith(f"# {name.partition('-')[0]}. ")
        assert [path for path in named if path not in files()] == []
