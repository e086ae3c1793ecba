"""`tracekit eval`: run suites, and say whether a change made a program worse. Other verbs have modules of their own."""

from __future__ import annotations

import argparse
import contextlib
import functools
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tracekit.cli.judging import add_judging
from tracekit.cli.output import talk
from tracekit.errors import UsageError

if TYPE_CHECKING:
    from tracekit.evals.asking import Asked
    from tracekit.evals.dataset import Dataset
    from tracekit.evals.reports.outcome import Outcome
    from tracekit.evals.services import Serving
    from tracekit.evals.session import Options
    from tracekit.evals.suite import Suite

VERBS = {
    "metrics": "list the metrics",
    "metric": "score one row with one metric",
    "merge": "put the result files of shards together, and compare",
    "from-traces": "make a dataset of stored traces",
    "compare": "compare two result files row by row: did it become worse",
    "judge": "compare a judge's answers with human labels",
}
"""The words that may follow `eval`; anything else is a suite to run."""

_MOST_TRACES = 1000


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of a run."""
    parser.usage = "tracekit eval [FLAGS] [PATH ...]"
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = "\n".join(
        [
            "example: tracekit eval evals/ --save",
            *(f"tracekit eval {verb}: {summary}" for verb, summary in VERBS.items()),
        ]
    )
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files or folders with suites (default evals/)")
    parser.add_argument("-k", dest="filter", metavar="TEXT", help="only suites with this in their name")
    parser.add_argument("--save", action="store_true", help="make this run the baseline")
    parser.add_argument("--baseline", type=Path, metavar="DIR", help="where baselines are (default .tracekit/baseline)")
    parser.add_argument("--no-compare", action="store_true", help="hold against no baseline; floors stand")
    parser.add_argument("--strict", action="store_true", help="fail where the comparison is inconclusive")
    parser.add_argument("--trials", type=int, metavar="N", help="answers to each row")
    parser.add_argument("--concurrency", type=int, metavar="N", help="rows at a time")
    parser.add_argument("--max-cost", type=float, metavar="USD", help="stop when so much is spent: exit code 4")
    parser.add_argument("--shard", metavar="I/N", help="run one of N parts; `tracekit eval merge` puts them together")
    parser.add_argument("--resume", action="store_true", help="go on with a run that did not come to its end")
    parser.add_argument("--reuse-outputs", action="store_true", help="score the last run's answers of unchanged rows")
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--outputs", type=Path, metavar="FILE", help="answers by id, which stand for the function's")
    source.add_argument("--traces", metavar="FILTER", help="score stored traces: a condition on `traces`, or words")
    parser.add_argument(
        "--limit", type=int, default=_MOST_TRACES, help=f"of --traces, the newest (default {_MOST_TRACES})"
    )
    parser.add_argument("--metric", action="append", default=[], metavar="SPEC", help="with --traces: score with this")
    add_judging(parser)
    parser.add_argument(
        "--no-canary", action="store_true", help="do not judge the frozen set that shows a judge's drift"
    )
    add_reports(parser)
    parser.add_argument(
        "--dir", type=Path, help="data directory for traces and runs (default $TRACEKIT_DIR or .tracekit)"
    )


def add_reports(parser: argparse.ArgumentParser) -> None:
    """Add the flags that say in which forms an outcome is wanted."""
    parser.add_argument("--json", action="store_true", help="the report as one JSON document on stdout")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write the result file, for `merge` and `compare`")
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write JUnit XML")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write Markdown for a pull request's comment")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a report page")


def run(args: argparse.Namespace) -> int:
    """Run the suites that are named, report, and return the exit code.

    Raises:
        UsageError: a path, a flag or a suite cannot be used as it is.
    """
    from tracekit.cli.reporting import write
    from tracekit.evals.session import outcome

    with contextlib.redirect_stdout(sys.stderr):  # what programs print is talk; stdout is for the report
        options = _options(args)
        outcomes: list[Outcome] = []
        for suite in _suites(args, options.rows):
            outcomes.append(outcome(suite, options))
            if outcomes[-1].run.interrupted:
                break
    return write(outcomes, args)


def _options(args: argparse.Namespace) -> Options:
    from tracekit.evals.dataset import Shard
    from tracekit.evals.progress import progress
    from tracekit.evals.session import Options, baselines, data_directory
    from tracekit.evals.starting import record

    directory = data_directory(args.dir)
    rows = _stored(args, directory) if args.traces is not None else None
    if rows is None:
        record(directory)  # before the suites are imported, so that their clients are traced
    return Options(
        directory=directory,
        baselines=baselines(args.baseline),
        services=functools.partial(_services, args, directory),
        save=args.save,
        compare=not args.no_compare and rows is None,
        strict=args.strict,
        trials=args.trials,
        concurrency=args.concurrency,
        max_cost=args.max_cost,
        shard=None if args.shard is None else Shard.parse(args.shard),
        resume=args.resume,
        reuse=args.reuse_outputs,
        outputs=args.outputs,
        rows=rows,
        shown=progress(),
        tell=talk,
    )


def _services(args: argparse.Namespace, directory: Path, suite: Suite) -> Serving:
    from tracekit.evals.services import of

    return of(
        suite,
        judge=args.judge,
        embedder=args.embedder,
        samples=args.judge_samples,
        cache="off" if args.no_cache else "only" if args.cache_only else "use",
        directory=directory,
        canary=not args.no_canary,
    )


def _suites(args: argparse.Namespace, rows: Dataset | None) -> list[Suite]:
    from tracekit.evals.asking import asked
    from tracekit.evals.collecting import collect
    from tracekit.evals.suite import Suite

    if args.metric and rows is None:
        raise UsageError("--metric is for stored traces: give --traces FILTER; a suite names its own metrics.")
    if args.metric and args.paths:
        raise UsageError("--metric and a suite both say what to score with; give one of them.")
    if args.metric and rows is not None:
        wanted: tuple[Asked, ...] = asked(args.metric)
        return [Suite(name="traces", function=None, dataset=rows, asked=wanted)]
    found = collect(args.paths, filter=args.filter)
    if len(found) > 1 and (args.output or args.outputs):
        flag = "--output" if args.output else "--outputs"
        raise UsageError(f"{flag} is for one suite, and there are {len(found)}; choose one with -k or FILE::NAME.")
    return found


def _stored(args: argparse.Namespace, directory: Path) -> Dataset:
    from tracekit.evals import stored
    from tracekit.evals.dataset import Dataset
    from tracekit.query.source import open_source

    with open_source(directory) as source:
        found = stored.find(source, args.traces, limit=args.limit)
        if not found:
            raise UsageError(f"no trace in {directory} matches {args.traces!r:.200}.")
        return Dataset(list(stored.rows(source, found)), name="the traces")
