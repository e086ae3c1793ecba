"""The report as one HTML file: it asks nothing of anybody, opens from a disk, and works without its script.

The policy in its head allows its own style and its own script by their digests, and nothing else; what a row holds is
text. The script does one thing: it sorts the rows.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from tracekit import text, units
from tracekit.evals import rowwise
from tracekit.evals.reports import words
from tracekit.evals.reports.beside import Compare, beside, urgency
from tracekit.evals.reports.outcome import Outcome
from tracekit.evals.reports.report import Report, report

if TYPE_CHECKING:
    from jinja2 import Template

ROWS = 2_000
"""Rows of the table; the first are those that a reader looks for."""
IN_FULL = 500
"""Rows that are shown with what went in and what came out."""
LONGEST = 4_000
"""Characters of one text."""


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

    def link(found: str) -> str | None:
        return words.address(viewer, f"/traces/{found}")

    pairs = sorted(rowwise.pairs(outcome.run, outcome.base), key=urgency)
    labels = tuple(outcome.run.metrics)
    made = report(outcome)
    return Suite(
        number=number,
        report=made,
        mark=words.MARKS[made.verdict],
        labels=labels,
        rows=tuple(
            beside(outcome, pair, place=place, in_full=place < IN_FULL, link=link)
            for place, pair in enumerate(pairs[:ROWS])
        ),
        left_out=max(len(pairs) - ROWS, 0),
        compared=outcome.base is not None,
    )


def cut(content: str) -> str:
    """A text as long as the page takes; what is left out is counted."""
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
    environment.filters["cut"] = cut
    environment.filters["shown"] = words.shown
    return environment.get_template("report.html")


def _file(name: str) -> str:
    return (resources.files("tracekit.evals.reports") / "files" / name).read_text("utf-8")


def _digest(content: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
