"""The report as JSON, for programs: every number whole, nothing left out, null where something is unknown.

The keys are a promise, as `docs/reports.md` lists them; new ones may come.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from tracekit.evals import rowwise, summary
from tracekit.evals.comparison import Verdict, as_json
from tracekit.evals.reports.outcome import Outcome, exit_code
from tracekit.evals.reports.report import warnings
from tracekit.evals.results import as_line
from tracekit.evals.rowwise import Pair
from tracekit.evals.score import Status


def render(outcomes: Iterable[Outcome]) -> str:
    """The document of all suites, ending in a line break."""
    return json.dumps(document(list(outcomes)), ensure_ascii=True, default=str) + "\n"


def document(outcomes: list[Outcome]) -> dict[str, Any]:
    """The document as Python has it. Of one suite alone, the metrics stand at the top too, as of a comparison."""
    suites = [suite(outcome) for outcome in outcomes]
    head: dict[str, Any] = {
        "verdict": suites[0]["verdict"] if len(suites) == 1 else _verdict(outcomes),
        "exit": exit_code([outcome.exit for outcome in outcomes]),
        "coverage": min((one["coverage"] for one in suites), default=1.0),
    }
    if len(suites) == 1:
        head["metrics"] = suites[0]["metrics"]
    return {**head, "suites": suites}


def _verdict(outcomes: list[Outcome]) -> str | None:
    order = (
        Verdict.REGRESSED,
        Verdict.FLOOR,
        Verdict.INCOMPARABLE,
        Verdict.UNDECIDED,
        Verdict.INCONCLUSIVE,
        Verdict.OK,
    )
    found = {outcome.verdict for outcome in outcomes}
    return next((str(verdict) for verdict in order if verdict in found), None)


def suite(outcome: Outcome, *, rows: Sequence[Pair] | None = None) -> dict[str, Any]:
    """One suite: what it is, what was found, and every row, or those that are given."""
    run = outcome.run
    summed = summary.summary(run)
    compared = as_json(outcome.comparison) if outcome.comparison else {}
    metrics = compared.pop("metrics", {})
    return {
        "suite": run.suite,
        "verdict": None,
        "coverage": summed.coverage,
        "added": [],
        "removed": [],
        "changed": [],
        "missing": [],
        "reasons": [],
        "slices": {},
        **compared,
        "exit": outcome.exit,
        "created": run.created or None,
        "dataset": run.dataset,
        "judge": run.judge,
        "shard": run.shard,
        "trials": run.trials,
        "interrupted": run.interrupted,
        "budget_spent": run.budget_spent,
        "seconds": run.seconds,
        "app_cost_usd": run.app_cost_usd,
        "judge_cost_usd": run.judge_cost_usd,
        "judge_calls": run.judge_calls,
        "app_unpriced": run.app_unpriced,
        "judge_unpriced": run.judge_unpriced,
        "max_cost": run.max_cost,
        "warnings": list(warnings(outcome)),
        "errors": summed.errors,
        "statuses": _statuses(outcome),
        "metrics": {
            label: _described(outcome, label, summed) | metrics.get(label, {})
            for label in dict.fromkeys([*run.metrics, *metrics])
        },
        "rows": [_row(outcome, pair) for pair in (rowwise.pairs(run, outcome.base) if rows is None else rows)],
    }


def _statuses(outcome: Outcome) -> dict[str, int]:
    """How often each status came, over all results and metrics; those that are ok too."""
    found = Counter(
        str(result.scores[label].status) if label in result.scores else str(Status.MISSING)
        for result in outcome.run.results
        for label in outcome.run.metrics
    )
    return dict(sorted(found.items()))


def _described(outcome: Outcome, label: str, summed: summary.Summary) -> dict[str, Any]:
    info, found = outcome.info(label), summed.metrics.get(label)
    return {
        "name": info.name,
        "verdict": None,
        "gated": info.gated,
        "better": info.better,
        "unit": info.unit,
        "binary": info.binary,
        "ratio": info.ratio,
        "judged": info.judged,
        "version": info.version,
        "mean": found.mean if found else None,
        "scored": found.n if found else 0,
        "coverage": found.coverage if found else 0.0,
        "statuses": found.statuses if found else {},
        "compared": info.compared,
        "notes": list(info.notes),
    }


def _row(outcome: Outcome, pair: Pair) -> dict[str, Any]:
    return {
        "id": pair.id,
        "state": str(pair.kind),
        "worse": list(pair.worse),
        "better": list(pair.better),
        "scores": {
            label: {"base": cell.base, "now": cell.now, "loss": cell.loss} for label, cell in pair.cells.items()
        },
        "trials": [{"trial": result.trial, **_trial(outcome, result)} for result in pair.now],
        "base_trace_ids": [result.trace_id for result in pair.base if result.trace_id],
    }


def _trial(outcome: Outcome, result: Any) -> dict[str, Any]:
    line = as_line(result, outcome.run.metrics)
    return {name: value for name, value in line.items() if name not in {"id", "row"}}
