"""The list of kept runs as a page shows it: each with the verdict that it got on its day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

from tracekit import units
from tracekit.evals.archive import Entry
from tracekit.evals.comparison import Verdict
from tracekit.evals.reports import words
from tracekit.text import line
from tracekit.units import Moment, Quantity

METRICS = 6
"""Metrics of a run that the list names; its page has them all."""

_NAME = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A metric's mean in a run, with the verdict that it got."""

    label: str
    value: Quantity
    mark: str
    word: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One kept run."""

    id: str
    href: str
    suite: str
    suite_href: str
    mark: str
    word: str
    meaning: str
    began: Moment | None
    size: str
    notes: list[str]
    scores: list[Score]
    more: int
    coverage: Quantity
    covered: bool
    errors: int
    app: Quantity
    judge: Quantity
    took: Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The page."""

    rows: list[Row]
    total: int
    suite: str | None
    suites: list[tuple[str, str, bool]]
    unreadable: list[str]
    newer: str | None
    older: str | None


def listing(
    entries: Sequence[Entry], *, suite: str | None, start: int, size: int, unreadable: Sequence[str], now: datetime
) -> Listing:
    """Make the page.

    Args:
        entries: all kept runs, newest first.
        suite: show those of this one only.
        start: how many newer ones are on pages before this one.
        size: how many a page has.
        unreadable: files that are no runs.
        now: what "ago" counts from.
    """
    names = list(dict.fromkeys(entry.head.suite for entry in entries))
    wanted = [entry for entry in entries if suite is None or entry.head.suite == suite]
    segments = [
        ("All", _url(None, 0), suite is None),
        *((line(name, _NAME) or "(unnamed)", _url(name, 0), name == suite) for name in names),
    ]
    return Listing(
        rows=[row(entry, now=now) for entry in wanted[start : start + size]],
        total=len(wanted),
        suite=suite,
        suites=segments if len(names) > 1 or suite is not None else [],
        unreadable=list(unreadable),
        newer=_url(suite, max(start - size, 0)) if start else None,
        older=_url(suite, start + size) if start + size < len(wanted) else None,
    )


def row(entry: Entry, *, now: datetime) -> Row:
    """A run as the list shows it."""
    head, found = entry.head, entry.summary
    verdict = as_verdict(found.verdict)
    return Row(
        id=entry.id,
        href=address(entry.id),
        suite=line(head.suite, _NAME) or "(unnamed)",
        suite_href=_url(head.suite, 0),
        mark=words.MARKS[verdict],
        word="SCORED" if verdict is None else str(verdict),
        meaning="compared with nothing" if verdict is None else words.MEANINGS[verdict],
        began=units.moment(when(head.created), now),
        size=units.plural(found.rows, "row")
        + ("" if head.trials == 1 else f", {units.plural(head.trials, 'trial')} each"),
        notes=[
            word
            for word, holds in (
                ("interrupted", head.interrupted),
                ("budget spent", head.budget_spent),
                (line(f"shard {head.shard}", _NAME), head.shard is not None),
            )
            if holds
        ],
        scores=[
            Score(
                label=label,
                value=words.score(metric.mean, head.metrics[label]),
                mark=words.MARKS[as_verdict(metric.verdict)],
                word=metric.verdict or "",
            )
            for label, metric in list(found.metrics.items())[:METRICS]
            if label in head.metrics
        ],
        more=max(len(found.metrics) - METRICS, 0),
        coverage=words.share(found.coverage, "coverage"),
        covered=found.coverage >= 0.95,  # noqa: PLR2004 - the least that the gate accepts by itself
        errors=found.errors,
        app=units.money(head.app_cost_usd),
        judge=units.money(head.judge_cost_usd),
        took=units.duration(None if head.seconds is None else head.seconds * 1_000),
    )


def as_verdict(word: str | None) -> Verdict | None:
    """A verdict that a file says; None of what is none."""
    return Verdict(word) if word in set(Verdict) else None


def when(created: str) -> datetime | None:
    """When a run began; None of what is no time."""
    try:
        found = datetime.fromisoformat(created)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def address(identity: str) -> str:
    """The page of a run."""
    return f"/experiments/{identity}"


def _url(suite: str | None, start: int) -> str:
    query = {**({} if suite is None else {"suite": suite}), **({"from": start} if start else {})}
    return "/experiments?" + urlencode(query, errors="replace") if query else "/experiments"
