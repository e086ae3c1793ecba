"""The results of a run under way, on the disk as they come: what an interrupt, a kill or a spent budget leaves.

    running/<suite>-<when it began>-<process>.jsonl

It is a result file like any other, whose head says that the run was interrupted, until it ends and is archived whole.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from tracekit.errors import UsageError, tell
from tracekit.evals import results
from tracekit.evals.archive import Archive, safe
from tracekit.evals.plan import Key
from tracekit.evals.results import Result, Run
from tracekit.evals.score import Status
from tracekit.evals.tally import Tally

RUNNING = "running"
"""Its name in the data directory."""
_SPENT = "spent"
_NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
_DIGITS = re.compile(r"\D")


class Keeper:
    """Appends results to a file of their own.

    Args:
        directory: the data directory.
        run: the run before its first result.

    Raises:
        UsageError: the disk does not take it.
    """

    def __init__(self, directory: Path, run: Run) -> None:
        self._metrics = run.metrics
        stamp = _DIGITS.sub("", run.created)[:14]
        self.path = directory / RUNNING / f"{safe(run.suite)}-{stamp}-{os.getpid()}.jsonl"
        try:
            for folder in (directory, self.path.parent):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = os.fdopen(os.open(self.path, _NEW, 0o600), "w", encoding="utf-8")
        except OSError as error:
            raise _unwritable(self.path, error) from error
        self._write(results.dump_head(replace(run, interrupted=True)))

    def keep(self, result: Result, tally: Tally) -> None:
        """Write one result, and what it cost, so that it is in the system's hands.

        Raises:
            UsageError: the disk does not take it.
        """
        line = results.dump_result(result, self._metrics)
        self._write(f'{line[:-1]}, "{_SPENT}": {json.dumps(asdict(tally))}}}')

    def read(self) -> Run:
        """What has been written, rows and answers with it."""
        self._file.flush()
        return results.read(self.path)

    def close(self, *, done: bool) -> None:
        """Let the file go; what is archived elsewhere need not stay."""
        self._file.close()
        if done:
            self.path.unlink(missing_ok=True)

    def _write(self, line: str) -> None:
        try:
            self._file.write(f"{line}\n")
            self._file.flush()
        except OSError as error:
            raise _unwritable(self.path, error) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """What an earlier run of a suite has left.

    Attributes:
        run: its head and its results.
        spent: what they cost.
        path: the file of a run that was killed; None where it ended and was archived.
    """

    run: Run
    spent: Tally
    path: Path | None = None

    def done(self, run: Run) -> Mapping[Key, Result]:
        """The results that a run of the same suite need not have again: those of the same metrics that were asked for.

        Raises:
            UsageError: it was another suite by its metrics, judge or trials.
        """
        for name in ("metrics", "judge"):
            if getattr(self.run, name) != getattr(run, name):
                raise UsageError(
                    f"the run of {self.run.suite!r} that began at {self.run.created} had other {name}; "
                    "it cannot be gone on with. Run again without --resume."
                )
        return {
            (result.id, result.trial): result
            for result in self.run.results
            if not any(score.status is Status.BUDGET for score in result.scores.values())
        }


def unfinished(directory: Path, suite: str, shard: str | None) -> Earlier | None:
    """The newest run of a suite that did not come to its end: killed, interrupted, or out of money.

    Raises:
        UsageError: a file of it cannot be read.
    """
    killed = [_killed(path) for path in sorted((directory / RUNNING).glob(f"{safe(suite)}-*.jsonl"), reverse=True)]
    found = [one for one in killed if one is not None and (one.run.suite, one.run.shard) == (suite, shard)]
    for entry in Archive(directory).entries(suite):
        if entry.head.shard == shard:
            if entry.head.interrupted or entry.head.budget_spent:
                found.append(Earlier(run=results.read(entry.path), spent=_spent_of(entry.head)))
            break  # an older one was followed by one that came to its end
    return max(found, key=lambda one: one.run.created, default=None)


def _killed(path: Path) -> Earlier | None:
    """What a run that was killed has left; its last line may be half of one."""
    lines = path.read_text("utf-8", errors="replace").split("\n")
    kept, spent = list(_whole(lines[:-1])), Tally()
    if len(kept) < len([line for line in lines if line]):
        tell(f"{path}: the last line is cut; that result is had again.")
    for line in kept[1:]:
        spent = spent + Tally(**json.loads(line).get(_SPENT, {}))
    return Earlier(run=results.loads("\n".join(kept), where=str(path)), spent=spent, path=path) if kept else None


def _whole(lines: list[str]) -> Iterator[str]:
    for line in lines:
        try:
            found: Any = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, dict):
            yield line


def _spent_of(head: Run) -> Tally:
    """What an archived run cost, as far as its head tells."""
    return Tally(
        app_known_usd=head.app_cost_usd or 0.0,
        app_calls=head.app_cost_usd is not None,
        app_unpriced=head.app_unpriced,
        judge_known_usd=head.judge_cost_usd or 0.0,
        judge_unpriced=max(head.judge_unpriced, head.judge_cost_usd is None),
        judge_calls=head.judge_calls,
    )


def _unwritable(path: Path, error: OSError) -> UsageError:
    return UsageError(f"{path} cannot be written: {error.strerror or error}. Make room, or name another with --dir.")
