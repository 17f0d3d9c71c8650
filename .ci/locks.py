#!/usr/bin/env python
"""Check that the lock files hold every direct dependency, with hashes, and name no host. Run by `make lint`."""

import json
import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def normalised(requirement: str) -> str:
    """Return the package's name as lock files spell it."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\s\[<>=!~;]", requirement.strip(), maxsplit=1)[0]).lower()


def python_problems() -> list[str]:
    """Compare pyproject.toml with both lock files."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [name for names in project["optional-dependencies"].values() for name in names]
    wanted = {"base": project["dependencies"], "development": [*project["dependencies"], *extras]}
    problems = []
    for lock, requirements in wanted.items():
        name = f"requirements/{lock}.txt"
        text = (ROOT / name).read_text(encoding="utf-8")
        pinned = set(re.findall(r"^([a-z0-9-]+)==", text, re.MULTILINE))
        absent = sorted({normalised(requirement) for requirement in requirements} - pinned)
        problems += [f"{name} has no {package}. Run `make lock`." for package in absent]
        if "://" in text or re.search(r"^(-i|--index-url|--extra-index-url|--find-links)", text, re.MULTILINE):
            problems.append(f"{name} names a host. Run `make lock`.")
        entries = re.split(r"^(?=[a-z0-9-]+==)", text, flags=re.MULTILINE)[1:]
        problems += [f"{name}: {entry.split()[0]} has no hash." for entry in entries if "--hash=sha256:" not in entry]
    return problems


def front_end_problems() -> list[str]:
    """Compare package.json with its lock."""
    declared = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    direct = declared["dependencies"] | declared["devDependencies"]
    problems = [
        f"package-lock.json does not hold {name} {version}. Run `make lock`."
        for name, version in direct.items()
        if lock.get(f"node_modules/{name}", {}).get("version") != version
    ]
    problems += [f"package.json gives no reason for {name}." for name in direct if name not in declared["//"]]
    for path, package in lock.items():
        if path and "integrity" not in package:
            problems.append(f"package-lock.json: {path} has no hash.")
        if "resolved" in package:
            problems.append(f"package-lock.json: {path} names a host. Run `make lock`.")
    return problems


if __name__ == "__main__":
    sys.exit("\n".join(python_problems() + front_end_problems()) or 0)
