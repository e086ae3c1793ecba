"""What `import tracekit` costs over a bare interpreter, and what it must not load."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import Any

ROUNDS = 15
GOAL_MS = 40.0
FORBIDDEN = ("duckdb", "starlette", "uvicorn", "pydantic", "openai", "jinja2", "pyarrow", "scipy")
STATEMENTS = {"bare": "pass", "import": "import tracekit", "sdk": "import tracekit; tracekit.autolog"}


def run(*, rounds: int = ROUNDS) -> dict[str, Any]:
    """Start interpreters in turn, and take the least of each.

    Args:
        rounds: starts of each kind.
    """
    spent: dict[str, list[float]] = {name: [] for name in STATEMENTS}
    for _ in range(rounds):
        for name, statement in STATEMENTS.items():
            begun = time.perf_counter()
            subprocess.run([sys.executable, "-c", statement], check=True)
            spent[name].append((time.perf_counter() - begun) * 1000)
    least = {name: min(times) for name, times in spent.items()}
    code = "import tracekit, sys, json; print(json.dumps(sorted(sys.modules)))"
    loaded = json.loads(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True).stdout)
    unwanted = [name for name in FORBIDDEN if name in loaded]
    over = least["import"] - least["bare"]
    return {
        "benchmark": "importtime",
        "unit": "milliseconds, least of the rounds",
        "rounds": rounds,
        "figures": {name: round(value, 1) for name, value in least.items()},
        "results": [
            {"name": "import over bare", "value": round(over, 1), "goal": GOAL_MS, "met": over <= GOAL_MS},
            {"name": "modules that must not be loaded", "value": unwanted, "goal": [], "met": not unwanted},
        ],
        "note": "`sdk` is the first use of the tracing core: it loads OpenTelemetry.",
    }
