"""`tracekit eval metrics`: what can be measured, and how each number is to be read."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tracekit.cli import output

if TYPE_CHECKING:
    from tracekit.evals.metric import Metric


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument("--json", action="store_true", help="one JSON array, every metric with all that is known of it")
    parser.epilog = "example: tracekit eval metrics"


def run(args: argparse.Namespace) -> int:
    """Print the list."""
    from tracekit.evals.registry import every

    metrics = every()
    if args.json:
        output.dump([described(metric) for metric in metrics.values()])
        return 0
    families: dict[str, list[Metric]] = {}
    for metric in metrics.values():
        families.setdefault(family(metric), []).append(metric)
    for number, (name, members) in enumerate(sorted(families.items())):
        print(f"{'' if not number else chr(10)}{name}")
        for one in members:
            better = "" if one.better == "higher" else ", lower is better"
            print(f"  {one.name:<28} {one.summary} [{one.range}{better}]")
    print(f"\n{len(metrics)} metrics", file=sys.stdout)
    return 0


def family(metric: Metric) -> str:
    """The family of a metric: the module that it is written in."""
    return metric.function.__module__.rpartition(".")[2]


def described(metric: Metric) -> Mapping[str, Any]:
    """All that is known of a metric."""
    return {
        "name": metric.name,
        "definition": metric.summary,
        "family": family(metric),
        "inputs": list(metric.inputs),
        "options": dict(metric.options),
        "range": [metric.low, metric.high],
        "direction": metric.better,
        "binary": metric.binary,
        "unit": metric.unit,
        "kind": metric.kind,
        "source": metric.source,
        "version": metric.version,
    }
