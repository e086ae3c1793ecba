"""`tracekit doctor --conformance`: what spans say and what the GenAI conventions want, by scope and dialect."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING

from tracekit.cli import output
from tracekit.cli.store import opened
from tracekit.text import line

if TYPE_CHECKING:
    from tracekit.query.conformance import Found, Report

EXIT_BREACHES = 1


def run(args: argparse.Namespace) -> int:
    """Print the report; 1 when a span breaks the conventions."""
    from tracekit.query import conformance, resolve
    from tracekit.query.stored import Selection

    with opened(args) as source:
        traces = tuple(resolve.trace_id(source, word) for word in args.trace)
        report = conformance.report(source, Selection(traces=traces))
    if args.json:
        output.dump({**asdict(report), "found": [_row(found) for found in report.found]})
    else:
        print("\n".join(_text(report)))
    return EXIT_BREACHES if report.conforming < report.spans else 0


def _row(found: Found) -> dict[str, object]:
    row = asdict(found)
    finding = row.pop("finding")
    return {**row, **finding, "breach": found.finding.breach}


def _text(report: Report) -> Iterator[str]:
    yield f"{report.conforming} of {report.spans} GenAI spans conform to v1.41; {report.others} others were not judged."
    for (scope, dialect), rows in groupby(report.found, key=lambda found: (found.scope, found.dialect)):
        yield ""
        yield line(f"{scope or 'no scope'} ({dialect or 'no dialect'})")
        cells = [
            [found.finding.level, str(found.count), line(found.finding.says), found.trace_id[:12], found.span_id]
            for found in rows
        ]
        yield output.rows(("level", "spans", "finding", "first trace", "span"), cells, right=("spans",))
