"""Kept runs, read once: what the pages of experiments ask the archive, and the statistics where they can be had.

A comparison needs the extra `eval`. Without it everything else is shown, and the page says what is missing.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from tracekit.errors import UsageError
from tracekit.evals import results, rowwise
from tracekit.evals.archive import Archive, Entry
from tracekit.evals.reports.beside import urgency
from tracekit.evals.reports.outcome import Outcome
from tracekit.evals.results import Run
from tracekit.evals.rowwise import Pair
from tracekit_viewer.kept import Kept
from tracekit_viewer.presenters.experiments import when

BASELINE = "baseline"
"""What `?with=` says for the baseline of the suite."""
_HELD = 6
_REFUSED = 1
"""The exit code of a regression, and of a bound that does not hold."""
_LACKING = (
    "The statistics of the comparison need the extra `eval`, which is not installed here: "
    'pip install "tracekit-llm[eval]". The rows are compared without them.'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A run beside another.

    Attributes:
        outcome: both, with the statistics where they could be had.
        chosen: what it is compared with: an id, `baseline`, or nothing.
        others: what it could be compared with: runs of the suite.
        has_baseline: whether the suite has a baseline.
        notice: why there are no statistics.
    """

    outcome: Outcome
    chosen: str
    others: tuple[Entry, ...]
    has_baseline: bool
    notice: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """A run that the gate refused, and the rows that became worse, the greatest loss first."""

    entry: Entry
    rows: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class Experiments:
    """The archive as pages ask it; called from worker threads, several at a time."""

    archive: Archive
    _runs: Kept = field(default_factory=lambda: Kept(_HELD))
    _compared: Kept = field(default_factory=lambda: Kept(_HELD))
    _lost: Kept = field(default_factory=lambda: Kept(_HELD))

    def entries(self, suite: str | None = None) -> list[Entry]:
        """The kept runs, newest first."""
        return self.archive.entries(suite)

    def losses(self, *, since: datetime) -> list[Loss]:
        """What the newest run of each suite lost, where it began since then and its gate refused it, newest first."""
        found = (self._loss(entry) for entry in self.archive.newest() if entry.summary.exit == _REFUSED)
        recent = (loss for loss in found if (began := when(loss.entry.head.created)) is not None and began >= since)
        return sorted(recent, key=lambda loss: loss.entry.head.created, reverse=True)

    def _loss(self, entry: Entry) -> Loss:
        baseline = self.archive.baseline_path(entry.head.suite)
        base = baseline if baseline.is_file() else None
        key = (_state(entry.path), base and _state(base))
        return self._lost.get(
            key, lambda: Loss(entry=entry, rows=_lost(self._run(entry.path), base and self._run(base)))
        )

    def find(self, identity: str, chosen: str | None) -> Found | None:
        """A run, beside the one that is chosen: `baseline`, an id, nothing (""), or by itself the baseline, if any.

        Raises:
            UsageError: what it is to be compared with is not there.
        """
        path = self.archive.path(identity)
        if not path.is_file():
            return None
        run = self._run(path)
        baseline = self.archive.baseline_path(run.suite)
        has_baseline = baseline.is_file()
        if chosen is None:
            chosen = BASELINE if has_baseline else ""
        base_path = None if not chosen else baseline if chosen == BASELINE else self.archive.path(chosen)
        if base_path is not None and not base_path.is_file():
            raise UsageError(f"There is nothing to compare with: {chosen!r} is not kept here.")
        outcome, notice = self._outcome(path, run, base_path)
        others = tuple(entry for entry in self.entries(run.suite) if entry.id != identity)
        return Found(outcome=outcome, chosen=chosen, others=others, has_baseline=has_baseline, notice=notice)

    def _run(self, path: Path) -> Run:
        return self._runs.get(_state(path), lambda: results.read(path))

    def _outcome(self, path: Path, run: Run, base_path: Path | None) -> tuple[Outcome, str | None]:
        if base_path is None:
            return Outcome(run=run), None
        base = self._run(base_path)
        return self._compared.get((_state(path), _state(base_path)), lambda: _held_against(run, base))


def _lost(run: Run, base: Run | None) -> tuple[Pair, ...]:
    """The rows that became worse; where nothing is compared, those in trouble."""
    rows = sorted(rowwise.pairs(run, base), key=urgency)
    return tuple(row for row in rows if row.worse) or tuple(row for row in rows if row.troubled)


def _state(path: Path) -> Hashable:
    found = path.stat()
    return str(path), found.st_mtime_ns, found.st_size


def _held_against(run: Run, base: Run) -> tuple[Outcome, str | None]:
    try:
        from tracekit.evals.compare import compare  # noqa: PLC0415 - numpy comes with it

        comparison = compare(base, run)
    except ModuleNotFoundError as error:  # scipy is looked for where it is needed
        if (error.name or "").startswith("tracekit"):
            raise
        return Outcome(run=run, base=base), _LACKING
    return Outcome(run=run, comparison=comparison, base=base), None
