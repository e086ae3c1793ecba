"""`tracekit eval`: the verbs of evaluation, each in a module of its own."""

from __future__ import annotations

import argparse

VERBS = {
    "metrics": "list the metrics",
    "metric": "score one row with one metric",
    "compare": "compare two result files row by row: did it become worse",
    "judge": "compare a judge's answers with human labels",
}
"""The words that may follow `eval`; anything else is a suite to run."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of a run."""
    parser.epilog = "\n".join(f"tracekit eval {verb}: {summary}" for verb, summary in VERBS.items())


def run(args: argparse.Namespace) -> int:
    """Run the suites that are named."""
    del args
    return 2
