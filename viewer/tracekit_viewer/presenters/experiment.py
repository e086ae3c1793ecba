"""One kept run as a page shows it: the verdict, each metric, and its rows beside another run's, a window at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from tracekit import units
from tracekit.evals import rowwise
from tracekit.evals.archive import Entry
from tracekit.evals.comparison import Verdict
from tracekit.evals.reports import words
from tracekit.evals.reports.beside import Compare, beside, urgency
from tracekit.evals.reports.outcome import Outcome
from tracekit.evals.reports.report import Line, Report, report
from tracekit.evals.rowwise import Kind, Pair
from tracekit.units import Moment
from tracekit_viewer.experiments import BASELINE, Found
from tracekit_viewer.presenters.experiments import address, when
from tracekit_viewer.presenters.strip import Figure

METRIC = "metric."
"""Before the name of a metric that rows are sorted by, as in `?sort=metric.correctness`."""

_SHOWN: Mapping[str, tuple[str, Callable[[Pair], bool]]] = {
    "": ("All", lambda _: True),
    "worse": ("Became worse", lambda pair: bool(pair.worse)),
    "better": ("Became better", lambda pair: bool(pair.better)),
    "troubled": ("Without a score", lambda pair: pair.troubled),
    "flaky": ("Trials disagree", lambda pair: pair.flaky),
    "apart": ("Not compared", lambda pair: pair.kind not in {Kind.BOTH, Kind.ALONE}),
}
SHOWN = tuple(_SHOWN)
"""What `?show=` may say."""
COMPARED = frozenset({"worse", "better", "apart"})
"""What of it needs another run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the address asks for: what to compare with, which rows, in which order, from where on, and one in full."""

    id: str
    chosen: str | None
    show: str
    sort: str
    start: int
    size: int
    row: str | None

    def url(self, fragment: str = "") -> str:
        """The address; what is not asked for is left out."""
        asked = {"show": self.show, "sort": self.sort, "from": self.start, "row": self.row}
        query: dict[str, str | int] = {} if self.chosen is None else {"with": self.chosen}
        query |= {name: value for name, value in asked.items() if value}
        return address(self.id) + ("?" + urlencode(query, errors="replace") if query else "") + fragment

    def changed(self, **changes: Any) -> str:
        """The address with changes, from the first row on unless they say otherwise."""
        return replace(self, **{"start": 0, "row": None, **changes}).url()


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A word that leads to another view of the page."""

    label: str
    href: str
    active: bool
    count: int | None = None
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A row of the table, with the address that shows it in full."""

    compare: Compare
    href: str
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """The page."""

    id: str
    report: Report
    mark: str
    marks: Mapping[Verdict | None, str]
    began: Moment | None
    figures: list[Figure]
    lines: tuple[Line, ...]
    against: list[Option]
    chosen: str
    compared: bool
    shown: list[Option]
    heads: list[Option]
    by_row: Option
    by_loss: Option
    rows: list[Placed]
    first: int
    total: int
    newer: str | None
    older: str | None
    notice: str | None


def experiment(found: Found, asked: Asked, *, now: datetime) -> Experiment:
    """Make the page."""
    outcome = found.outcome
    made = report(outcome)
    pairs = rowwise.pairs(outcome.run, outcome.base)
    wanted = ordered(pairs, asked, outcome)
    window = wanted[asked.start : asked.start + asked.size]
    return Experiment(
        id=asked.id,
        report=made,
        mark=words.MARKS[made.verdict],
        marks=words.MARKS,
        began=units.moment(when(outcome.run.created), now),
        figures=_figures(outcome, pairs),
        lines=made.lines,
        against=_against(found, asked),
        chosen=found.chosen,
        compared=outcome.base is not None,
        shown=_segments(pairs, asked),
        heads=[
            Option(
                label=label,
                href=asked.changed(sort=METRIC + label),
                active=asked.sort == METRIC + label,
            )
            for label in outcome.run.metrics
        ],
        by_row=Option(label="Row", href=asked.changed(sort="id"), active=asked.sort == "id"),
        by_loss=Option(label="Greatest loss", href=asked.changed(sort=""), active=not asked.sort),
        rows=[_placed(outcome, pair, asked) for pair in window],
        first=asked.start,
        total=len(wanted),
        newer=asked.changed(start=max(asked.start - asked.size, 0)) if asked.start else None,
        older=asked.changed(start=asked.start + asked.size) if asked.start + asked.size < len(wanted) else None,
        notice=found.notice,
    )


def ordered(pairs: Sequence[Pair], asked: Asked, outcome: Outcome) -> list[Pair]:
    """The rows that are asked for, in the order that is asked for."""
    keep = _SHOWN[asked.show][1]
    return sorted((pair for pair in pairs if keep(pair)), key=_key(asked.sort, outcome))


def _key(sort: str, outcome: Outcome) -> Callable[[Pair], tuple[object, ...]]:
    if sort == "id":
        return lambda pair: (pair.id,)
    label = sort.removeprefix(METRIC)
    if not sort or label not in outcome.run.metrics:
        return urgency
    info = outcome.run.metrics[label]

    def worst_first(pair: Pair) -> tuple[object, ...]:
        cell = pair.cells[label]
        lost = 0.0 if cell.loss is None else cell.loss
        now = cell.now if cell.now is not None else 0.0
        return cell.now is not None, -lost, now if info.better == "higher" else -now

    return worst_first


def _placed(outcome: Outcome, pair: Pair, asked: Asked) -> Placed:
    active = asked.row == pair.id
    return Placed(
        compare=beside(outcome, pair, in_full=active, link="/traces/{}".format),
        href=replace(asked, row=None if active else pair.id).url("" if active else "#row"),
        active=active,
    )


def _figures(outcome: Outcome, pairs: Sequence[Pair]) -> list[Figure]:
    run = outcome.run
    rows = sum(1 for pair in pairs if pair.now)
    errors = sum(1 for result in run.results if result.error is not None)
    worse = sum(1 for pair in pairs if pair.worse)
    coverage = outcome.comparison.coverage if outcome.comparison else None
    figures = [
        Figure(
            label="Rows",
            value=units.count(rows, "rows"),
            note="" if run.trials == 1 else f"{units.plural(run.trials, 'trial')} each",
        ),
        Figure(label="Errors", value=units.count(errors, "results of which the program raised"), alarming=errors > 0),
        Figure(label="Cost", value=units.money(run.app_cost_usd), note="of the program"),
        Figure(
            label="Judge",
            value=units.money(run.judge_cost_usd),
            note=units.plural(run.judge_calls, "call") if run.judge_calls else "",
        ),
        Figure(label="Took", value=units.duration(None if run.seconds is None else run.seconds * 1_000)),
    ]
    if coverage is not None:
        figures.insert(1, Figure(label="Coverage", value=words.share(coverage, "coverage"), alarming=coverage < 0.95))  # noqa: PLR2004
    if outcome.base is not None:
        figures.insert(1, Figure(label="Became worse", value=units.count(worse, "rows"), alarming=worse > 0))
    return figures


def _against(found: Found, asked: Asked) -> list[Option]:
    choices = [("", "Nothing")]
    choices += [(BASELINE, "The baseline")] if found.has_baseline else []
    choices += [(entry.id, _named(entry)) for entry in found.others]
    return [
        Option(
            label=label,
            value=value,
            href=asked.changed(chosen=value),
            active=value == found.chosen,
        )
        for value, label in choices
    ]


def _named(entry: Entry) -> str:
    verdict = f", {entry.summary.verdict}" if entry.summary.verdict else ""
    began = when(entry.head.created)
    return f"{began:%Y-%m-%d %H:%M:%S} UTC{verdict}" if began else f"{entry.id}{verdict}"


def _segments(pairs: Sequence[Pair], asked: Asked) -> list[Option]:
    found = [
        Option(
            label=label,
            value=value,
            href=asked.changed(show=value),
            active=asked.show == value,
            count=sum(1 for pair in pairs if keep(pair)),
        )
        for value, (label, keep) in _SHOWN.items()
    ]
    return [option for option in found if option.count or option.active or not option.value]
