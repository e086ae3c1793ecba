"""`python -m benchmarks [NAME ...] [--json]`: run benchmarks; exit code 1 when a goal is missed."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from pathlib import Path
from typing import Any

from benchmarks import processes

NAMES = ("importtime", "overhead", "ingest", "dialects", "query", "search", "page", "evals", "metrics", "gate")
BY_NAME = ("peers",)
"""Those that run only when they are named: they install other programs."""
COUNTED = ("ingest", "dialects", "query", "search", "page", "peers")
"""Those that take a number of spans."""
_WHICH = f"which: {', '.join(NAMES)} (default: these); {', '.join(BY_NAME)} only when named"


def main() -> int:
    """Run the named benchmarks, all where none is named."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure, beside the goals.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=_WHICH)
    parser.add_argument("--spans", type=int, help=f"spans of {', '.join(COUNTED)} (1000000: the goals' size)")
    parser.add_argument("--store", type=Path, help="page: where its store is kept, to be used again within a day")
    parser.add_argument("--json", action="store_true", help="one JSON document with every figure")
    args = parser.parse_args()
    unknown = [name for name in args.names if name not in NAMES + BY_NAME]
    if unknown:
        parser.error(f"unknown benchmark {', '.join(unknown)}; there are {', '.join(NAMES + BY_NAME)}")
    reports: list[dict[str, Any]] = []
    for name in args.names or NAMES:
        print(f"{name} ...", file=sys.stderr, flush=True)
        given: dict[str, Any] = {"count": args.spans} if args.spans and name in COUNTED else {}
        if args.store and name == "page":
            given["store"] = args.store
        reports.append(importlib.import_module(f"benchmarks.{name}").run(**given))
    if args.json:
        print(json.dumps({"on": processes.machine(), "reports": reports}, indent=2))
    else:
        for report in reports:
            _print(report)
    return 0 if all(result["met"] for report in reports for result in report["results"]) else 1


def _print(report: dict[str, Any]) -> None:
    print(f"\n{report['benchmark']} ({report['unit']})")
    for result in report["results"]:
        value = result.get("ratio", result.get("value"))
        verdict = "met" if result["met"] else "MISSED"
        print(f"  {result['name']:<34} {value!s:>10}   goal {result['goal']!s:<8} {verdict}")
    print(json.dumps(report["figures"], indent=2))


if __name__ == "__main__":
    sys.exit(main())
