"""`tracekit sql`: one read-only query, its rows in the form asked for."""

from __future__ import annotations

import argparse
import sys
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
    with opened(args) as source:
        result = source.sql(query)
    output.write(result, args.format, output=args.output)
    return 0
