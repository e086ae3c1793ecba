"""`tracekit eval metric`: one row, scored by one metric, with everything behind the number."""

from __future__ import annotations

import argparse
import ast
import asyncio
import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tracekit.cli import output
from tracekit.cli.judging import add_judging, services
from tracekit.cli.store import add_store, opened
from tracekit.errors import UsageError
from tracekit.text import line

if TYPE_CHECKING:
    from tracekit.evals.metric import Metric
    from tracekit.evals.row import Row
    from tracekit.evals.score import Score

EXIT_UNDECIDED = 3
_SHOWN = 2000


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument("name", metavar="NAME", help="the metric, with options or without: ndcg, ndcg(k=10)")
    parser.add_argument("--row", required=True, metavar="JSON", help="the row, or @FILE, or - for stdin")
    parser.add_argument(
        "--option", action="append", default=[], metavar="NAME=VALUE", help="an option of the metric: k=10"
    )
    parser.add_argument("--json", action="store_true", help="the score as one JSON object")
    add_judging(parser)
    add_store(parser)
    parser.epilog = (
        'example: tracekit eval metric token_f1 --row \'{"output": "in Paris", "expected": "Paris"}\' '
        "(exit code 3 when there is no value)"
    )


def run(args: argparse.Namespace) -> int:
    """Print the score; 3 where there is none."""
    from tracekit.evals import spec
    from tracekit.evals.registry import find
    from tracekit.evals.score import Status

    asked = spec.parse(args.name)
    if asked.operator is not None or asked.aggregate != "mean":
        raise UsageError(f"{args.name!r} asks for an aggregate of rows, and this is one row; name the metric alone.")
    metric = find(asked.name)
    options = {**asked.options, **dict(map(_option, args.option))}
    metric.checked(options)
    row = _row(args.row)
    if _wants_spans(metric, row):
        row = _traced(row, args)
    score = asyncio.run(_scored(metric, row, options, args))
    if args.json:
        output.dump(described(score))
    else:
        _print(metric, score)
    return 0 if score.status is Status.OK else EXIT_UNDECIDED


def described(score: Score) -> Mapping[str, Any]:
    """A score as JSON has it."""
    return {
        "value": score.value,
        "label": score.label,
        "passed": score.passed,
        "status": str(score.status),
        "rationale": score.rationale,
        "details": dict(score.details),
    }


def _print(metric: Metric, score: Score) -> None:
    unit = "" if metric.unit is None else f" {metric.unit}"
    value = "no value" if score.value is None else f"{score.value:.6g}{unit}"
    better = "higher" if metric.better == "higher" else "lower"
    print(f"{metric.name}  {value}  ({metric.range}, {better} is better)")
    passed = None if score.passed is None else "yes" if score.passed else "no"
    told = {"status": str(score.status), "passed": passed, "label": score.label, "rationale": score.rationale}
    for name, said in (*told.items(), *score.details.items()):
        if said is not None:
            text = said if isinstance(said, str) else json.dumps(output.plain(said), ensure_ascii=False)
            print(f"  {line(str(name))}: {line(text, _SHOWN)}")


def _option(text: str) -> tuple[str, Any]:
    name, given, value = text.partition("=")
    if not given or not name.strip():
        raise UsageError(f"--option {text!r} is no option; write it like k=10 or gain=exponential.")
    return name.strip(), _value(value)


def _value(text: str) -> Any:
    """What is JSON or a value of Python is that; all else is text."""
    for read in (json.loads, ast.literal_eval):
        try:
            return read(text)
        except (ValueError, SyntaxError, RecursionError):
            continue
    return text


def _row(given: str) -> Row:
    from tracekit.evals.row import read_row

    where = "--row"
    if given == "-":
        given, where = sys.stdin.read(), "stdin"
    elif given.startswith("@"):
        where = given[1:]
        try:
            given = Path(where).read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{where} cannot be read: {getattr(error, 'strerror', None) or error}.") from error
    try:
        data = json.loads(given)
    except json.JSONDecodeError as error:
        raise UsageError(
            f"{where} is no JSON: {error.msg} at line {error.lineno}, column {error.colno}: {_near(given, error.pos)}"
        ) from error
    except RecursionError:
        raise UsageError(f"{where} is nested deeper than it can be read.") from None
    row = read_row(data, where=where)
    return row if "spans" not in row.columns else _with_spans(row, where)


def _near(text: str, place: int) -> str:
    return repr(text[max(place - 20, 0) : place + 20])


def _with_spans(row: Row, where: str) -> Row:
    """A row that brings its spans along, in the columns of the view."""
    spans = row.columns["spans"]
    if not isinstance(spans, list) or not all(isinstance(span, dict) for span in spans):
        raise UsageError(f"{where}: spans is {spans!r:.60}; it is a list of objects, rows of the view `spans`.")
    columns = {name: value for name, value in row.columns.items() if name != "spans"}
    return replace(row, spans=tuple(spans), columns=columns)


def _wants_spans(metric: Metric, row: Row) -> bool:
    """Whether the metric needs the trace of the row, and the row only names it."""
    from tracekit.evals.metric import has

    if row.trace_id is None or row.spans is not None:
        return False
    choices = [name.split("|") for name in metric.inputs]
    return any("spans" in names and not any(has(row, name) for name in names) for names in choices)


def _traced(row: Row, args: argparse.Namespace) -> Row:
    """The row with what the store holds of its trace."""
    from tracekit.evals.observed import with_trace
    from tracekit.evals.stored import spans_of
    from tracekit.query import resolve

    assert row.trace_id is not None
    with opened(args) as source:
        trace_id = resolve.trace_id(source, row.trace_id)
        return with_trace(row, spans_of(source, [trace_id]).get(trace_id, []))


async def _scored(metric: Metric, row: Row, options: Mapping[str, Any], args: argparse.Namespace) -> Score:
    """The score; who is not asked for is not looked for, so that a missing key is no error then."""
    if not metric.asks_for:
        return await metric.score(row, options=options)
    judging = services(args, directory=args.dir)
    try:
        return await metric.score(row, services=judging, options=options)
    finally:
        await judging.aclose()
