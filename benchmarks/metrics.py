"""What deterministic metrics cost: CPU time of each on answers of a sentence, and of five over 10,000 rows."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tracekit.evals.metric import Metric
from tracekit.evals.registry import every, find
from tracekit.evals.row import Row, ToolCall
from tracekit.evals.score import Status

ROWS = 10_000
EACH = 200
FIVE = ("exact_match", "token_f1", "rouge_l", "levenshtein_ratio", "json_valid")
GOAL_SECONDS = 10.0
WORDS = (
    "the",
    "a",
    "of",
    "to",
    "and",
    "in",
    "is",
    "it",
    "on",
    "that",
    "price",
    "bike",
    "station",
    "rental",
    "open",
    "day",
    "city",
    "km",
    "fast",
    "slow",
    "red",
)
SQL = "SELECT a, count(*) FROM range(100) t(a) WHERE a > 10 GROUP BY a"
TABLE = [{"id": number, "name": WORDS[number % 10]} for number in range(20)]
TREE = {"rows": TABLE, "total": 20}
OTHERS: Mapping[str, tuple[Any, Any]] = {
    "numeric_close": ("3.5", 3.5),
    "numeric_diff": ("3.5", 3.25),
    "sql_valid": (SQL, SQL),
    "sql_equivalent": (SQL, SQL.lower()),
    "sql_result_match": (SQL, SQL.lower()),
    "table_f1": (TABLE[1:], TABLE),
    "table_diff": (TABLE[1:], TABLE),
    "json_diff": (TREE, {**TREE, "total": 21}),
    "json_field_f1": (TREE, {**TREE, "total": 21}),
}
"""Output and expected value of those that a sentence says nothing to."""
COSTLY = frozenset({"sql_result_match", "sql_equivalent"})
"""Those that are measured over fewer rows: they make databases, or optimise queries."""


def run(*, rows: int = ROWS) -> dict[str, Any]:
    """Score rows with five metrics, then fewer of them with every deterministic one.

    Args:
        rows: of the five.
    """
    made = [_row(random.Random(seed)) for seed in range(rows)]
    five = _seconds([find(name) for name in FIVE], made)
    figures = {
        name: round(_each(metric, made), 1) for name, metric in every().items() if metric.kind == "deterministic"
    }
    return {
        "benchmark": "metrics",
        "unit": "seconds of CPU; figures: microseconds of CPU a row",
        "rows": rows,
        "figures": figures,
        "results": [
            {
                "name": f"{rows} rows x {len(FIVE)} metrics",
                "value": round(five, 2),
                "goal": GOAL_SECONDS,
                "met": five <= GOAL_SECONDS,
            }
        ],
        "note": f"the five: {', '.join(FIVE)}; libraries are loaded before the clock starts.",
    }


def _each(metric: Metric, rows: Sequence[Row]) -> float:
    """Microseconds of CPU a row."""
    chosen = rows[: EACH // 20 if metric.name in COSTLY else EACH]
    if metric.name in OTHERS:
        output, expected = OTHERS[metric.name]
        chosen = [replace(row, output=output, expected=expected) for row in chosen]
    return _seconds([metric], chosen) / len(chosen) * 1e6


def _seconds(metrics: Iterable[Metric], rows: Sequence[Row]) -> float:
    metrics = list(metrics)

    async def score(some: Sequence[Row]) -> None:
        for row in some:
            for metric in metrics:
                found = await metric.score(row)
                assert found.status in {Status.OK, Status.SKIPPED, Status.INCONCLUSIVE}, found

    asyncio.run(score(rows[:1]))
    begun = time.process_time()
    asyncio.run(score(rows))
    return time.process_time() - begun


def _row(chance: random.Random) -> Row:
    """A row that most metrics can read: its answer is a sentence between quotes, so JSON and Python as well."""
    expected = " ".join(chance.choices(WORDS, k=20))
    output = " ".join(word if chance.random() < 0.8 else chance.choice(WORDS) for word in expected.split())
    ids = [f"d{chance.randint(0, 30)}" for _ in range(10)]
    calls = tuple(ToolCall(chance.choice("abc"), {"q": chance.randint(0, 3)}) for _ in range(5))
    return Row(
        input=expected,
        output=f'"{output}"',
        expected=f'"{expected}"',
        contexts=(expected,),
        retrieved=tuple(ids),
        relevant=dict.fromkeys(ids[:3], 1.0),
        tool_calls=calls,
        expected_tool_calls=calls[::-1],
        columns={"pattern": "bike", "schema": {"type": "string"}},
    )
