"""`tracekit eval merge`: the result files of shards as one run, and what it comes to beside the baseline."""

from __future__ import annotations

import argparse
from pathlib import Path

from tracekit.cli.eval import add_reports
from tracekit.cli.output import talk


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.epilog = "example: tracekit eval merge shard-*.jsonl --junit report.xml"
    parser.add_argument("shards", nargs="+", type=Path, metavar="SHARD.jsonl", help="result files of --shard --output")
    parser.add_argument("--save", action="store_true", help="make the whole the baseline")
    parser.add_argument("--baseline", type=Path, metavar="DIR", help="where baselines are (default .tracekit/baseline)")
    parser.add_argument("--strict", action="store_true", help="fail where the comparison is inconclusive")
    add_reports(parser)
    parser.add_argument("--dir", type=Path, help="data directory that the run is kept in")


def run(args: argparse.Namespace) -> int:
    """Merge, compare and report.

    Raises:
        UsageError: the files are not parts of one run, or cannot be read.
    """
    from tracekit.cli.reporting import write
    from tracekit.evals import results, session

    whole = results.merge([results.read(path) for path in args.shards])
    directory = session.data_directory(args.dir)
    made = session.concluded(
        whole,
        directory=directory,
        baselines=session.baselines(args.baseline),
        strict=args.strict,
        save=args.save,
        tell=talk,
    )
    return write([made], args)
