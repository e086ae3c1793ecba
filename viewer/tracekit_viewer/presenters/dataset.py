"""What a dataset of the listed traces will be: how many rows, what is left out and why, and the first of them."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tracekit import units
from tracekit.evals.row import Row, write_row
from tracekit.query.reviewing import Chosen
from tracekit_viewer.presenters.question import Question
from tracekit_viewer.text import Folded, folded

_ALL = 1_000_000
"""More traces than a store is likely to have."""
_OWN = ("input", "output", "expected")


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A row as the page shows it: its fields, the long ones folded, each with its name."""

    trace_id: str
    fields: list[tuple[str, Folded]]
    others: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The page."""

    question: Question
    words: str
    facts: list[str]
    problems: list[str]
    examples: list[Example]
    file: str | None
    other: tuple[str, str]
    command: str
    back: str


def dataset(found: Chosen, first: Sequence[Row], *, question: Question, expected_only: bool, most: int) -> View:
    """Make the page.

    Args:
        found: the traces.
        first: the first rows that they make.
        question: what was asked for.
        expected_only: whether a row needs what a person said was right.
        most: traces that a file has at most.
    """
    size = len(found.trace_ids)
    problems: list[str] = []
    if found.more:
        problems.append(
            f"More than {most:,} traces fit, the most that a file from here has: narrow the list down, or let the "
            "command below write them all."
        )
    if found.notice is not None:
        problems.append(f"The search could not look everywhere, so the file would lack rows: {found.notice}")
    if not first:
        problems.append(
            "A person has corrected none of the traces that fit, and found none right, yet."
            if expected_only
            else "No trace that can be a row fits."
        )
    rows = units.plural(size - found.unended, "trace")
    whose = "that people reviewed, those of which they said what was right"
    facts = [f"of {rows} {whose}" if expected_only else f"{rows}, a row each"]
    if found.unended:
        facts.append(f"{units.plural(found.unended, 'trace')} without a span that has ended: left out")
    switch = {} if expected_only else {"expected": "only"}
    label = "All of them" if expected_only else "Only those with what a person expected"
    here = {"expected": "only"} if expected_only else {}
    return View(
        question=question,
        words=question.text,
        facts=facts,
        problems=problems,
        examples=[_example(row) for row in first],
        file=None if problems else question.elsewhere("/dataset.jsonl", **here),
        other=(label, question.elsewhere("/dataset", **switch)),
        command=_command(question, expected_only=expected_only),
        back=question.url(),
    )


def _command(question: Question, *, expected_only: bool) -> str:
    """What does the same in a terminal."""
    flag = " --expected-only" if expected_only else ""
    return (
        f"tracekit eval from-traces --search {shlex.quote(question.text)} --limit {_ALL} --output dataset.jsonl{flag}"
    )


def _example(row: Row) -> Example:
    data: dict[str, Any] = dict(write_row(row))
    shown = [(name, folded(data[name])) for name in _OWN if data.get(name) is not None]
    others = [name for name in data if name not in {*_OWN, "id", "trace_id"}]
    return Example(trace_id=str(row.trace_id), fields=shown, others=others)
