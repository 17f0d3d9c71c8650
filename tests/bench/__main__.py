"""Run benchmarks: `python -m tests.bench`, as `manage.py bench` does."""

import argparse
import json
import os
import sys
from pathlib import Path

NAMES = ("submissions", "rollups", "statistics", "pages", "partnership", "decisions")


def main() -> int:
    """Measure the named groups of rows, print a table and write JSON."""
    parser = argparse.ArgumentParser(prog="manage.py bench")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of: {', '.join(NAMES)}")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--scale", choices=["small", "full"], default="small")
    asked = parser.parse_args()
    unknown = set(asked.names) - set(NAMES)
    if unknown:
        parser.error(f"There is no benchmark named {', '.join(sorted(unknown))}. Choose from: {', '.join(NAMES)}.")

    from tests.bench.arena import arena  # noqa: PLC0415  (before Django reads its settings)

    owner_url, application_url = os.environ["DATABASE_OWNER_URL"], os.environ["DATABASE_URL"]
    with arena(owner_url=owner_url, application_url=application_url) as place:
        os.environ.update(place.environment())
        import django  # noqa: PLC0415  (now the settings point at the arena)

        django.setup()
        from importlib import import_module  # noqa: PLC0415  (once Django is set up)

        results = []
        for name in asked.names or NAMES:
            print(f"{name} ...", file=sys.stderr, flush=True)  # noqa: T201  (progress of a long command)
            found = import_module(f"tests.bench.{name}").rows(place, full=asked.scale == "full")
            results.extend(found)
            for result in found:
                print(_line(result), flush=True)  # noqa: T201  (the command's output)
        from django.db import connections  # noqa: PLC0415  (likewise)

        connections.close_all()
        connections["default"].close_pool()  # type: ignore[attr-defined]  # the PostgreSQL backend has it
    if asked.json:
        asked.json.write_text(json.dumps([result.document() for result in results], indent=2) + "\n", encoding="utf-8")
    return 0


def _line(result: "Result") -> str:  # type: ignore[name-defined]  # noqa: F821  (imported once Django is set up)
    sign = "at least" if result.higher_is_better else "at most"
    more = "" if result.cpu_ms is None else f", CPU {result.cpu_ms:.1f} ms"
    more += "" if result.queries is None else f", {result.queries} queries"
    return (
        f"{'met   ' if result.met else 'MISSED'} {result.name}: {result.measured:.3f} {result.unit} against "
        f"{result.yardstick:.3f}: {result.ratio:.2f}, goal {sign} {result.goal}{more}. {result.note}"
    )


if __name__ == "__main__":
    sys.exit(main())
