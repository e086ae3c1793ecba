"""`tracekit sql`: one read-only query, its rows in the form asked for."""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
from collections.abc import Generator
from pathlib import Path

from tracekit.cli import output
from tracekit.cli.store import add_store, opened


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument("query", metavar="QUERY", help="SQL over spans, traces, messages, scores, gaps; - reads stdin")
    parser.add_argument("--format", choices=output.FORMATS, default="table", help="form of the rows (default table)")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write them to a file instead of stdout")
    add_store(parser)
    parser.epilog = "example: tracekit sql --format json 'select model, sum(cost_usd) as usd from spans group by model'"


def run(args: argparse.Namespace) -> int:
    """Print the rows."""
    query = sys.stdin.read() if args.query == "-" else args.query
    with opened(args) as source, _interruptible():
        result = source.sql(query)
    output.write(result, args.format, output=args.output)
    return 0


@contextlib.contextmanager
def _interruptible() -> Generator[None]:
    """Let Ctrl-C end the process at once: a query runs in DuckDB, where Python's own handler would wait for its end.

    The store bears it, as it bears `kill -9`, and the shell sees 130.
    """
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
