"""`tracekit eval compare`: two result files, row by row, and whether the second is worse."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from tracekit.cli import output
from tracekit.errors import UsageError
from tracekit.text import line

if TYPE_CHECKING:
    from tracekit.evals.comparison import Comparison, MetricComparison

ROWS = 10
"""Rows of each metric that became worse, unless asked for more."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument("base", metavar="BASE.jsonl", type=Path, help="the results to compare with")
    parser.add_argument("cand", metavar="CAND.jsonl", type=Path, help="the results in question")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument(
        "--rows", type=int, default=ROWS, metavar="N", help="rows shown that became worse (%(default)s)"
    )
    parser.add_argument("--alpha", type=float, default=0.05, metavar="P", help="chance of a false alarm (%(default)s)")
    parser.add_argument(
        "--min-coverage", type=float, default=0.95, metavar="SHARE", help="scores that must be there (%(default)s)"
    )
    parser.add_argument(
        "--tolerance", action="append", default=[], metavar="[NAME=]LOSS", help="loss that does not matter"
    )
    parser.add_argument(
        "--min-effect", action="append", default=[], metavar="[NAME=]LOSS", help="least loss that is a regression"
    )
    parser.add_argument("--floor", action="append", default=[], metavar="BOUND", help="bound: 'f1 >= 0.8'")
    parser.add_argument("--gate", action="append", metavar="NAME", help="metric that decides; the others are told")
    for name, words in (
        ("lower", "lower is better"),
        ("higher", "higher is better"),
        ("binary", "scores are verdicts, 0 and 1"),
        ("ratio", "differences are ratios"),
    ):
        parser.add_argument(f"--{name}", action="append", default=[], metavar="NAME", help=f"of this metric, {words}")
    parser.add_argument("--test", choices=["exact", "mid_p", "wilcoxon"], default="exact", help="test (%(default)s)")
    parser.add_argument("--interval", choices=["t", "bca"], default="t", help="interval of differences (%(default)s)")
    parser.add_argument(
        "--slice", action="append", default=[], metavar="KEY", help="look at parts: cluster, or a name in the metadata"
    )
    parser.add_argument("--subset", action="store_true", help="CAND.jsonl lacks rows on purpose")
    parser.add_argument("--strict", action="store_true", help="what is inconclusive ends with exit code 3")
    parser.epilog = "Exit codes: 0 fine, 1 worse or below a floor, 3 not decided, 5 not comparable."


def run(args: argparse.Namespace) -> int:
    """Compare, print, and return the exit code of the comparison."""
    from tracekit.evals import results
    from tracekit.evals.compare import compare
    from tracekit.evals.comparison import as_json
    from tracekit.evals.known import Overrides

    found = compare(
        results.read(args.base),
        results.read(args.cand),
        alpha=args.alpha,
        min_coverage=args.min_coverage,
        tolerance=_margin("--tolerance", args.tolerance),
        min_effect=_margin("--min-effect", args.min_effect),
        strict=args.strict,
        test=args.test,
        interval=args.interval,
        overrides=Overrides(
            lower=frozenset(args.lower),
            higher=frozenset(args.higher),
            binary=frozenset(args.binary),
            ratio=frozenset(args.ratio),
            gate=None if args.gate is None else frozenset(args.gate),
        ),
        floors=args.floor,
        slices=args.slice,
        subset=args.subset,
    )
    if args.json:
        output.dump(as_json(found))
    else:
        _print(found, rows=max(args.rows, 0))
    return found.exit


def _margin(flag: str, given: Iterable[str]) -> float | Mapping[str, float]:
    """`0.05` for all metrics, or `NAME=0.05` for each."""
    for_all: list[float] = []
    by_label: dict[str, float] = {}
    for text in given:
        label, equals, number = text.rpartition("=")
        try:
            value = float(number)
        except ValueError:
            raise UsageError(f"{flag} is {text!r}; it is a number, or NAME=number.") from None
        if equals:
            by_label[label] = value
        else:
            for_all.append(value)
    if (by_label and for_all) or len(for_all) > 1:
        raise UsageError(f"{flag} is given for all metrics and once more; give one number, or one for each NAME.")
    return by_label or (for_all[0] if for_all else 0.0)


_RIGHT = ("n", "base", "cand", "diff", "se", "p", "adjusted", "mde")


def _print(found: Comparison, *, rows: int) -> None:
    names = ("metric", "n", "base", "cand", "diff", "se", "95 % ci", "test", "p", "adjusted", "mde", "verdict")
    output.table(names, [_cells(metric) for metric in found.metrics.values()], right=_RIGHT)
    for metric in found.metrics.values():
        for sentence in _sentences(metric, rows):
            print(f"  {sentence}")
    for name, metrics in found.slices.items():
        print(f"\n{line(name)} (explored, does not decide)")
        output.table(names, [_cells(metric) for metric in metrics.values()], right=_RIGHT)
    for words, ids in (("added", found.added), ("removed", found.removed), ("changed", found.changed)):
        if ids:
            print(f"{len(ids)} rows {words}, not compared: {_some(ids, rows)}")
    for reason in found.reasons:
        print(line(reason, 400))
    print(f"coverage {found.coverage:.1%}; {found.verdict}, exit code {found.exit}")


def _cells(metric: MetricComparison) -> list[str]:
    ci = "" if metric.ci is None else f"{metric.ci[0]:.4g} to {metric.ci[1]:.4g}"
    numbers = (metric.mean_base, metric.mean_cand, metric.diff, metric.se)
    factor = " x" if metric.ratio else ""
    shown = ["" if value is None else f"{value:.4g}" for value in numbers]
    if shown[2]:
        shown[2] += factor
    return [
        line(metric.name),
        str(metric.n),
        *shown,
        ci + (factor if ci else ""),
        metric.test or "",
        *("" if value is None else f"{value:.3g}" for value in (metric.p, metric.p_adjusted)),
        "" if metric.mde is None else f"{metric.mde:.3g}{factor}",
        str(metric.verdict),
    ]


def _sentences(metric: MetricComparison, rows: int) -> Iterable[str]:
    name = line(metric.name)
    for floor in metric.floors:
        if floor.value is not None:
            yield f"{name}: {line(floor.spec)} {'holds' if floor.holds else 'does not hold'}: {floor.value:.4g}"
    if metric.verdict == "INCONCLUSIVE" and metric.n:
        yield f"{name}: {_would_settle(metric)}"
    if metric.worst_case is not None:
        low, high = metric.worst_case
        yield f"{name}: {metric.coverage:.1%} of the scores are there; with the others diff is {low:.4g} to {high:.4g}"
    if metric.verdict in {"REGRESSED", "FLOOR"} and metric.changes and rows:
        worse = "; ".join(f"{line(one.id)} {one.base:.4g} → {one.cand:.4g}" for one in metric.changes[:rows])
        more = f"; {len(metric.changes) - rows} more" if len(metric.changes) > rows else ""
        yield f"{name}: {len(metric.changes)} rows worse: {worse}{more}"
    if metric.flaky:
        passes = "" if metric.pass_at_k is None else f"; pass@k {metric.pass_at_k:.4g}, pass^k {metric.pass_hat_k:.4g}"
        yield f"{name}: {len(metric.flaky)} rows are flaky: {_some(metric.flaky, rows)}{passes}"
    for note in metric.notes:
        yield f"{name}: {line(note, 400)}"


def _would_settle(metric: MetricComparison) -> str:
    if metric.mde is None:
        seen = "no loss could be shown with these rows"
    elif metric.ratio:
        seen = f"a factor of {metric.mde:.3g} would be seen with a chance of 80 %"
    else:
        seen = f"a loss of {metric.mde:.3g} would be seen with a chance of 80 %"
    needed = [
        f"{number:,} {what}"
        for number, what in ((metric.rows_needed, "rows"), (metric.trials_needed, "trials of each row"))
        if number is not None
    ]
    return f"{seen}; {' or '.join(needed)} would settle what was seen" if needed else seen


def _some(ids: tuple[str, ...], rows: int) -> str:
    shown = ", ".join(map(line, ids[:rows]))
    return f"{shown} and {len(ids) - rows} more" if len(ids) > rows else shown
