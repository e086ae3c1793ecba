"""`tracekit eval from-traces`: a dataset of stored traces, with what people said of them as what is expected."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tracekit.cli.output import talk
from tracekit.cli.store import add_store, opened
from tracekit.errors import UsageError

_LIMIT = 1000


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.epilog = "example: tracekit eval from-traces \"project = 'shop' AND status = 'ok'\" --output qa.jsonl"
    parser.add_argument(
        "filter", metavar="FILTER", help="a SQL condition on the columns of `traces`, or words to search for"
    )
    parser.add_argument(
        "--search", action="store_true", help="FILTER is what the search box takes: status:error cost>1"
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help="the dataset to write (default: to stdout)")
    parser.add_argument("--limit", type=int, default=_LIMIT, help=f"the newest traces, at most (default {_LIMIT})")
    parser.add_argument(
        "--expected-only", action="store_true", help="only traces of which a person said what was right"
    )
    add_store(parser)


def run(args: argparse.Namespace) -> int:
    """Write a row a trace.

    Raises:
        UsageError: the filter cannot be read, no trace matches, or the file cannot be written.
    """
    from tracekit.evals import stored

    with opened(args) as source:
        found = stored.find(source, args.filter, limit=args.limit, search=args.search)
        chosen = list(stored.dataset(source, found, expected_only=args.expected_only))
    if not chosen:
        raise UsageError(f"no trace that matches {args.filter!r:.200} can be a row; nothing is written.")
    text = "".join(map(stored.line, chosen))
    if args.output is None:
        sys.stdout.write(text)
    else:
        try:
            args.output.write_text(text, "utf-8")
        except OSError as error:
            raise UsageError(f"{args.output} cannot be written: {error.strerror or error}.") from error
    corrected = sum(row.expected is not None for row in chosen)
    talk(f"{len(chosen)} rows, {corrected} of them with what a person expected.")
    return 0
