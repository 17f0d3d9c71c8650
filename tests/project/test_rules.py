"""House rules that a review would otherwise have to remember."""

import ast
import importlib.util
import re

import pytest
from django.apps import apps
from django.db.models import Model

from tests.project.sources import PRODUCT, ROOT, comments, files, modules, text, tree

CLOCKS = {"now", "today", "utcnow", "localdate", "localtime", "fromtimestamp"}
EDGES = re.compile(
    r"/(api|views|tasks|management|admin|demonstration)(/|\.py)|^nhc/(pages|gates|health|requests|sessions|checks|navigation)\.py"
)
SILENCERS = re.compile(r"# (?:noqa|type: ignore|pragma)\b")
MODELS: list[type[Model]] = [model for app in PRODUCT for model in apps.get_app_config(app).get_models()]


def calls(name: str, owners: set[str], attributes: set[str]) -> list[str]:
    """Return where a module reads one of the attributes of one of the owners, as `path:line owner.attribute`."""
    return [
        f"{name}:{node.lineno} {ast.unparse(node)}"
        for node in ast.walk(tree(name))
        if isinstance(node, ast.Attribute) and node.attr in attributes
        if ast.unparse(node.value).rpartition(".")[2] in owners
    ]


def imported(name: str) -> set[str]:
    """Return the names of the modules that a file imports."""
    nodes = list(ast.walk(tree(name)))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return plain | {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}


def test_one_module_reads_the_clock() -> None:
    found = [call for name in modules(*PRODUCT) for call in calls(name, {"datetime", "date", "timezone"}, CLOCKS)]
    assert [call.partition(":")[0] for call in found] == ["nhc/clock.py"]
    # An identifier begins with its time of making, so that rows made together lie together; nobody reads it as a date.
    others = [name for name in modules(*PRODUCT) if name != "nhc/identity.py"]
    assert [call for name in others for call in calls(name, {"time"}, {"time", "time_ns"})] == []


def test_the_clock_is_asked_at_the_edge_and_its_answer_passed_in() -> None:
    inner = [name for name in modules(*PRODUCT) if not EDGES.search(name) and name != "nhc/clock.py"]
    assert [call for name in inner for call in calls(name, {"clock"}, {"now", "today"})] == []
    assert [name for name in inner if re.search(r"from nhc\.clock import .*\b(now|today)\b", text(name))] == []


def test_what_silences_a_check_says_which_and_why() -> None:
    unexplained = []
    for name in modules(*PRODUCT, "tests", "manage.py", ".ci"):
        lines = text(name).splitlines()
        for number, comment in comments(name):
            if SILENCERS.match(comment) is None:
                continue
            rule = re.match(
                r"# (?:noqa: [A-Z]+\d+(?:, [A-Z]+\d+)*|type: ignore\[[a-z, -]+\]|pragma: no cover)", comment
            )
            reason = comment[rule.end() :].strip(" #()") if rule else ""
            if rule is None or not (reason or lines[number - 2].lstrip().startswith("#")):
                unexplained.append(f"{name}:{number} {comment}")
    assert unexplained == []


# Put together here, so that this file does not name what it forbids.
MACHINES = re.compile("|".join(["/" + "work/", "/" + "home/", "/" + "Users/", "/" + "root/", r"C:\\" + "Users"]))
REGISTRIES = re.compile(
    "|".join(["py" + "pi.org", "python" + "hosted", "npm" + "js.(?:org|com)", "registry" + r"\.\w"])
)


@pytest.mark.parametrize("forbidden", [MACHINES, REGISTRIES], ids=["machine", "registry"])
def test_no_file_knows_one_machine_or_one_registry(forbidden: re.Pattern[str]) -> None:
    found = [f"{name}: {match.group()}" for name in files() for match in forbidden.finditer(text(name))]
    assert found == []


def test_every_dependency_has_a_reason_and_a_bound() -> None:
    sections = re.findall(r"^(?:dependencies|embedded|development) = \[\n(.*?)^\]", text("pyproject.toml"), re.M | re.S)
    lines = [line for section in sections for line in section.splitlines()]
    assert len(sections) == 3
    assert [line for line in lines if not re.fullmatch(r'  "[\w.-]+(\[[\w,-]+\])?[=>]=[^"]+",\s*# \S.+', line)] == []


def test_every_dependency_is_locked_by_its_hash() -> None:
    specification = importlib.util.spec_from_file_location("locks", ROOT / ".ci" / "locks.py")
    assert specification is not None
    assert specification.loader is not None
    locks = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(locks)
    assert locks.python_problems() + locks.front_end_problems() == []


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_a_model_has_a_name_to_show_and_no_order_of_its_own(model: type[Model]) -> None:
    assert "__str__" in vars(model)
    assert not model._meta.ordering


def test_domain_logic_hangs_on_no_signal() -> None:
    """One listener: grants follow migrations. What a write entails stands in its service."""
    signals = {"django.dispatch", "django.db.models.signals", "django.core.signals", "django.contrib.auth.signals"}
    assert [name for name in modules(*PRODUCT) if imported(name) & signals] == ["nhc/apps.py"]
