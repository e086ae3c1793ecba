"""The report as one HTML file: it asks nothing of anybody, opens from a disk, and works without its script.

The policy in its head allows its own style and its own script by their digests, and nothing else; what a row holds is
text. The script does one thing: it sorts the rows.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from tracekit import text, units
from tracekit.evals import rowwise
from tracekit.evals.reports import words
from tracekit.evals.reports.outcome import Outcome, trace_id
from tracekit.evals.reports.report import Report, report
from tracekit.evals.results import Result, Run
from tracekit.evals.row import write_row
from tracekit.evals.rowwise import Cell, Kind, Pair
from tracekit.evals.score import Status
from tracekit.units import Quantity

if TYPE_CHECKING:
    from jinja2 import Template

ROWS = 2_000
"""Rows of the table; the first are those that a reader looks for."""
IN_FULL = 500
"""Rows that are shown with what went in and what came out."""
LONGEST = 4_000
"""Characters of one text."""
_SHOWN = ("input", "output", "expected", "contexts", "tool_calls", "expected_tool_calls", "retrieved", "relevant")


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One metric of one row: both values, which way it went, and a number to sort by."""

    base: Quantity
    now: Quantity
    way: str
    status: str
    key: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One answer: where it came from, what was scored, and what went in and out."""

    name: str
    trace_id: str | None
    href: str | None
    error: str | None
    scores: tuple[tuple[str, str, str], ...]
    texts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compare:
    """A row in both runs."""

    number: int
    id: str
    kind: Kind
    marks: tuple[str, ...]
    cells: tuple[Compared, ...]
    trace_id: str | None
    href: str | None
    now: tuple[Trial, ...]
    base: tuple[Trial, ...]
    in_full: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """A suite as the page shows it; `left_out` rows are not in the table."""

    number: int
    report: Report
    mark: str
    labels: tuple[str, ...]
    rows: tuple[Compare, ...]
    left_out: int
    compared: bool


def render(outcomes: Iterable[Outcome], *, title: str = "Evaluation", viewer: str | None = None) -> str:
    """The page.

    Args:
        outcomes: one for each suite.
        title: what the window is called.
        viewer: address of a viewer that has the traces, to link them.
    """
    suites = [suite(outcome, number=number, viewer=viewer) for number, outcome in enumerate(outcomes)]
    style, script = _file("report.css"), _file("report.js")
    policy = (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; base-uri 'none'; "
        "form-action 'none'"
    )
    return _template().render(
        suites=suites, title=title, style=style, script=script, policy=policy, marks=words.MARKS, unknown=units.UNKNOWN
    )


def suite(outcome: Outcome, *, number: int = 0, viewer: str | None = None) -> Suite:
    """What the page shows of a suite: first the rows that became worse, then those in trouble, then the others."""
    pairs = sorted(rowwise.pairs(outcome.run, outcome.base), key=_urgency)
    labels = tuple(outcome.run.metrics)
    made = report(outcome)
    return Suite(
        number=number,
        report=made,
        mark=words.MARKS[made.verdict],
        labels=labels,
        rows=tuple(_compare(outcome, pair, place=place, viewer=viewer) for place, pair in enumerate(pairs[:ROWS])),
        left_out=max(len(pairs) - ROWS, 0),
        compared=outcome.base is not None,
    )


def _urgency(pair: Pair) -> tuple[bool, float, bool, bool]:
    return not pair.worse, -pair.severity, not pair.troubled, pair.kind in {Kind.BOTH, Kind.ALONE}


def _compare(outcome: Outcome, pair: Pair, *, place: int, viewer: str | None) -> Compare:
    in_full = place < IN_FULL
    found = {
        "worse": bool(pair.worse),
        "better": bool(pair.better),
        "troubled": pair.troubled,
        "flaky": pair.flaky,
    }
    worst = _trace(pair)
    return Compare(
        number=place,
        id=pair.id,
        kind=pair.kind,
        marks=tuple(name for name, holds in found.items() if holds),
        cells=tuple(_cell(outcome, label, cell) for label, cell in pair.cells.items()),
        trace_id=worst,
        href=words.address(viewer, f"/traces/{worst}") if worst else None,
        now=tuple(_trial(outcome.run, result, viewer) for result in pair.now) if in_full else (),
        base=tuple(_trial(outcome.base or outcome.run, result, viewer) for result in pair.base) if in_full else (),
        in_full=in_full,
    )


def _trace(pair: Pair) -> str | None:
    return next((found for result in pair.now if (found := trace_id(result))), None)


def _cell(outcome: Outcome, label: str, cell: Cell) -> Compared:
    info = outcome.info(label)
    loss = cell.loss or 0.0
    return Compared(
        base=words.score(cell.base, info, "baseline"),
        now=words.score(cell.now, info),
        way="worse" if loss > 0 else "better" if loss < 0 else "same",
        status=", ".join(dict.fromkeys(map(str, cell.statuses))),
        key=cell.now if cell.loss is None else -rowwise.severity(cell, info) if loss > 0 else -loss,
    )


def _trial(run: Run, result: Result, viewer: str | None) -> Trial:
    found = trace_id(result)
    return Trial(
        name=f"trial {result.trial}" if run.trials > 1 else "",
        trace_id=found,
        href=words.address(viewer, f"/traces/{found}") if found else None,
        error=_cut(result.error) if result.error is not None else None,
        scores=tuple(
            (
                label,
                words.score(score.value, run.metrics[label]).text
                if score.status is Status.OK and label in run.metrics
                else str(score.status),
                _cut(score.rationale or ""),
            )
            for label, score in result.scores.items()
        ),
        texts=tuple(_texts(result)),
    )


def _texts(result: Result) -> Iterable[tuple[str, str]]:
    if result.row is None:
        return
    data = write_row(result.row)
    for name in (*_SHOWN, *(name for name in result.row.columns if name not in _SHOWN)):
        if data.get(name) not in (None, [], {}):
            value = data[name]
            yield name, _cut(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str))


def _cut(content: str) -> str:
    if len(content) <= LONGEST:
        return content
    return f"{content[:LONGEST]}… ({len(content) - LONGEST:,} more characters)"


def visible(content: Any) -> str:
    """Foreign text with what hides in it spelled out; line breaks stay."""
    return "\n".join(text.visible(line.replace("\t", "    ")) for line in str(content).split("\n"))


@lru_cache(maxsize=1)
def _template() -> Template:
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415 - the other forms need none

    environment = Environment(
        loader=PackageLoader("tracekit.evals.reports", "files"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["visible"] = visible
    environment.filters["shown"] = words.shown
    return environment.get_template("report.html")


def _file(name: str) -> str:
    return (resources.files("tracekit.evals.reports") / "files" / name).read_text("utf-8")


def _digest(content: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
