"""Permission checks, each taken away once: what refuses is made never to refuse, what narrows is made not to.

Whether there is such a thing at all (`is None`, no `isinstance`, a malformed address) is no check of permission:
nothing is shown of what is not there.
"""

import ast
import copy
import importlib
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from inspect import unwrap
from itertools import chain
from types import CodeType, FunctionType

from tests.project import sources

REFUSALS = {"NotVisible", "PermissionDenied", "AuthenticationFailed"}
WIDER_REFUSALS = {*REFUSALS, "Http404", "Problem"}
"""In modules that are about access alone. Elsewhere these refuse what is malformed, or not there."""
ANSWERS = {"HttpResponseRedirect", "redirect_to_login", "response"}
"""What middleware answers instead of going on."""
WHOLE = (
    "partners/permissions/",
    "decisions/permissions/",
    "huddles/permissions/",
    "nhc/gates.py",
    "partners/api/endpoint.py",
)
"""Modules that are about access alone: what narrows there is a check too."""
STANDING = (
    "nhc/trail.py",
    "partners/queries/people.py",
    "partners/queries/exceptions.py",
    "huddles/queries/circles.py",
)
"""Modules where conditions of queries decide who stands where."""


@dataclass(frozen=True)
class Mutant:
    """A check that can be taken away: where it stands, in its words, and how the function reads without it."""

    path: str
    line: int
    function: str
    words: str
    tree: ast.Module

    @property
    def key(self) -> tuple[str, str, str]:
        """What names it whatever its line."""
        return self.path, self.function, self.words

    def __str__(self) -> str:
        return f"{self.path}:{self.line} {self.function}: {self.words}"

    def target(self) -> FunctionType:
        """Return the function that holds the check."""
        found: object = importlib.import_module(
            self.path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
        )
        for name in self.function.split("."):
            found = getattr(found, name)
        if isinstance(found, property):
            found = found.fget
        function = unwrap(found)  # type: ignore[arg-type]  # a function, decorated or not
        assert isinstance(function, FunctionType), self
        return function

    def code(self) -> CodeType:
        """Return the function's code without the check."""
        return next(code for code in _codes(compile(self.tree, self.path, "exec")) if code.co_qualname == self.function)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Take the check away for a while."""
        function = self.target()
        kept = function.__code__
        function.__code__ = self.code()
        try:
            yield
        finally:
            function.__code__ = kept


def mutants() -> list[Mutant]:
    """Return every check of the product that can be taken away."""
    return [mutant for path in sources.modules(*sources.PRODUCT) if _may_check(path) for mutant in _of(path)]


def _may_check(path: str) -> bool:
    access = path.startswith(WHOLE) or path in STANDING
    return access or "/views/" in path or "/api/" in path or path in {"dashboard/api.py", "decisions/api.py"}


def _of(path: str) -> Iterator[Mutant]:
    whole = path.startswith(WHOLE)
    known: Counter[tuple[str, str]] = Counter()
    for name, function in _functions(sources.tree(path)):
        for node in ast.walk(function):
            standing = path in STANDING
            for change, words in chain(_changes(node, whole=whole), _narrowing(node, whole=whole, standing=standing)):
                known[name, words] += 1
                again = f" ({known[name, words]})" if known[name, words] > 1 else ""
                yield Mutant(path, _line(node), name, words + again, _changed(path, node, change))


def _functions(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from ((f"{node.name}.{each.name}", each) for each in node.body if isinstance(each, ast.FunctionDef))


type Change = Callable[[ast.AST], None]


def _changes(node: ast.AST, *, whole: bool) -> Iterator[tuple[Change, str]]:
    """Yield what can be taken away at a node, and its words."""
    match node:
        case ast.If(test=test, body=[ast.Raise(exc=raised), *_]) if _named(raised) & (
            WIDER_REFUSALS if whole else REFUSALS
        ):
            operands = test.values if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or) else [test]
            told = [(at, each) for at, each in enumerate(operands) if not _is_absence(each)]
            if told:
                yield _never, f"if {ast.unparse(test)}"
            if len(operands) > 1:
                yield from ((_without_operand(at), f"or {ast.unparse(each)}") for at, each in told)
        case ast.If(test=test, body=[ast.Return(value=ast.expr())]) if whole and not _is_absence(test):
            yield _if_always, f"if {ast.unparse(test)}: return"
        case ast.Return(value=ast.Call(func=called)) if whole and _last(called) in ANSWERS:
            yield _lets_through, f"return {ast.unparse(called)}"
        case ast.comprehension(ifs=[_, *_]) if whole:
            yield from ((_without("ifs", at), f"for ... if {ast.unparse(each)}") for at, each in enumerate(node.ifs))
        case ast.Assign(value=ast.BinOp(op=ast.BitAnd(), right=right)) if whole:
            yield _without_second, f"& {ast.unparse(right)}"
        case ast.keyword(arg=str(name), value=ast.Compare() as value) if whole:
            yield _always, f"{name}={ast.unparse(value)}"


def _narrowing(node: ast.AST, *, whole: bool, standing: bool) -> Iterator[tuple[Change, str]]:
    """Yield what a query does not ask any more."""
    match node:
        case ast.Call(func=ast.Attribute(attr="filter"), args=args, keywords=words) if whole or standing:
            yield from ((_without("args", at), f"filter({ast.unparse(each)})") for at, each in enumerate(args))
            yield from ((_without("keywords", at), f"filter({ast.unparse(each)})") for at, each in enumerate(words))
        case ast.BinOp(op=ast.BitAnd(), left=left, right=right) if standing:
            yield _twice("right"), f"{ast.unparse(left)} &"
            yield _twice("left"), f"& {ast.unparse(right)}"


def _is_absence(test: ast.expr) -> bool:
    words = ast.unparse(test)
    return words.endswith(" is None") or words.startswith("not isinstance(")


def _never(node: ast.AST) -> None:
    """Keep the condition, so that the function closes over the same names, and make it never hold."""
    assert isinstance(node, ast.If)
    node.test = ast.BoolOp(ast.And(), [ast.Constant(value=False), node.test])


def _if_always(node: ast.AST) -> None:
    assert isinstance(node, ast.If)
    node.test = ast.BoolOp(ast.Or(), [ast.Constant(value=True), node.test])


def _lets_through(node: ast.AST) -> None:
    assert isinstance(node, ast.Return)
    node.value = ast.Constant(value=None)


def _last(called: ast.expr) -> str:
    return ast.unparse(called).rpartition(".")[2]


def _always(node: ast.AST) -> None:
    assert isinstance(node, ast.keyword)
    node.value = ast.BoolOp(ast.Or(), [ast.Constant(value=True), node.value])


def _without_operand(at: int) -> Change:
    def change(node: ast.AST) -> None:
        assert isinstance(node, ast.If)
        assert isinstance(node.test, ast.BoolOp)
        node.test.values[at] = ast.BoolOp(ast.And(), [ast.Constant(value=False), node.test.values[at]])

    return change


def _without(field: str, at: int) -> Change:
    def change(node: ast.AST) -> None:
        del getattr(node, field)[at]

    return change


def _without_second(node: ast.AST) -> None:
    assert isinstance(node, ast.Assign)
    assert isinstance(node.value, ast.BinOp)
    node.value = node.value.left


def _twice(side: str) -> Change:
    """Put one side of a conjunction in the place of the other, too."""

    def change(node: ast.AST) -> None:
        assert isinstance(node, ast.BinOp)
        node.left = node.right = getattr(node, side)

    return change


def _line(node: ast.AST) -> int:
    """Return where a node stands; a comprehension stands where its condition does."""
    shown = node.ifs[0] if isinstance(node, ast.comprehension) else node
    return shown.lineno if isinstance(shown, ast.stmt | ast.expr | ast.keyword) else 0


def _named(raised: ast.expr | None) -> set[str]:
    called = raised.func if isinstance(raised, ast.Call) else raised
    return {called.id} if isinstance(called, ast.Name) else set()


def _changed(path: str, node: ast.AST, change: Change) -> ast.Module:
    """Return the module's tree with one node changed; the tree that others share stays as it is."""
    tree = sources.tree(path)
    place = next(at for at, each in enumerate(ast.walk(tree)) if each is node)
    changed = copy.deepcopy(tree)
    change(next(each for at, each in enumerate(ast.walk(changed)) if at == place))
    return ast.fix_missing_locations(changed)


@contextmanager
def watched(codes: Iterable[CodeType]) -> Iterator[set[CodeType]]:
    """Gather which of the functions begin to run."""
    entered: set[CodeType] = set()

    def note(code: CodeType, _offset: int) -> None:
        entered.add(code)

    tool, start = sys.monitoring.PROFILER_ID, sys.monitoring.events.PY_START
    sys.monitoring.use_tool_id(tool, "permissions")
    sys.monitoring.register_callback(tool, start, note)
    try:
        for code in codes:
            sys.monitoring.set_local_events(tool, code, start)
        yield entered
    finally:
        sys.monitoring.free_tool_id(tool)


@contextmanager
def composed_anew() -> Iterator[None]:
    """Forget the queries that a process composes once: checks are parts of them."""
    from nhc.compositions import composed  # noqa: PLC0415  (a plugin is read before Django is set up)

    composed.cache_clear()
    try:
        yield
    finally:
        composed.cache_clear()


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from _codes(each)
