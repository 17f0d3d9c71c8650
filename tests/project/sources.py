"""The repository's own files, as the rules in this folder read them."""

import ast
import io
import shutil
import subprocess
import tokenize
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("nhc", "partners", "decisions", "dashboard")


@cache
def files() -> tuple[str, ...]:
    """Return every file that is, or would be, in the repository, relative to its root; what git ignores is left out."""
    listed = subprocess.run(
        # A clone may belong to another user than the one who tests it.
        [
            shutil.which("git") or "git",
            "-c",
            "safe.directory=*",
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return tuple(sorted(name for name in set(listed.split("\0")) if name and (ROOT / name).is_file()))


@cache
def modules(*folders: str) -> tuple[str, ...]:
    """Return the Python files under the folders, migrations left out: those are written by a command."""
    return tuple(
        name
        for name in files()
        if name.endswith(".py") and name.split("/")[0] in folders and "/migrations/" not in name
    )


@cache
def text(name: str) -> str:
    """Return a file's content; nothing where it is not text."""
    try:
        return (ROOT / name).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


@cache
def tree(name: str) -> ast.Module:
    """Return a Python file, parsed."""
    return ast.parse(text(name))


def comments(name: str) -> list[tuple[int, str]]:
    """Return a Python file's comments with their line numbers; what only looks like one inside a string is none."""
    tokens = tokenize.generate_tokens(io.StringIO(text(name)).readline)
    return [(token.start[0], token.string) for token in tokens if token.type == tokenize.COMMENT]
