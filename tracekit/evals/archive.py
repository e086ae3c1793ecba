"""The runs of a data directory: each in a result file of its own, and the baseline of each suite.

    runs/<suite>/<when it began>.jsonl      a whole run, its summary beside its head in the first line
    baseline/<suite>.jsonl                  scores and hashes, to be committed

A file is there whole or not at all. Names are made safe, and one that was changed for it ends in a digest, so that no
name leads out of the directory and no two suites share one. A run is named `<suite>@<when it began>` everywhere.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tracekit.errors import UsageError
from tracekit.evals import results, summary
from tracekit.evals.comparison import Comparison
from tracekit.evals.results import Run
from tracekit.evals.summary import Summary

RUNS, BASELINE = "runs", "baseline"
"""Their names in the data directory."""
PROJECT = ".tracekit"
"""Where a project commits its baselines, wherever its traces are."""
_FILE_MODE, _DIRECTORY_MODE = 0o600, 0o700
_LONGEST = 80
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_IDENTITY = re.compile(r"(?P<suite>[A-Za-z0-9_-][A-Za-z0-9._-]{0,99})@(?P<stamp>\d{8}T\d{6}Z(?:-[0-9a-z.-]{1,40})?)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A run that is kept.

    Attributes:
        id: names it, in addresses too.
        head: the run without its results.
        summary: its numbers, with the verdict that it got on its day.
        path: its file.
    """

    id: str
    head: Run
    summary: Summary
    path: Path


def archive(directory: Path) -> Archive:
    """The archive of a data directory; baselines that the project commits in `./.tracekit` count where it has none."""
    project = Path.cwd() / PROJECT / BASELINE
    own = directory / BASELINE
    return Archive(directory, baselines=project if project.is_dir() and not own.is_dir() else own)


class Archive:
    """The runs and baselines of one data directory.

    Args:
        directory: the data directory; nothing in it need be there yet.
        baselines: where the baselines are, when not in its `baseline/`.
    """

    def __init__(self, directory: Path, *, baselines: Path | None = None) -> None:
        self.folder = directory / RUNS
        self.baselines = baselines or directory / BASELINE

    def write(self, run: Run, comparison: Comparison | None = None) -> Entry:
        """Keep a run. One that was interrupted is replaced by what resumes it, having begun with it; no other is.

        Args:
            run: what to keep.
            comparison: what it was held against: its verdicts go into the list of runs.

        Raises:
            UsageError: the run does not say when it began; the disk does not take the file.
        """
        found = summary.summary(run, comparison)
        head, _, rest = results.dumps(run, whole=True).partition("\n")
        line = json.dumps({**json.loads(head), "summary": summary.to_json(found)}, sort_keys=True)
        path = self._free(run)
        _write(path, f"{line}\n{rest}")
        return Entry(id=_identity(path), head=_without_results(run), summary=found, path=path)

    def _free(self, run: Run) -> Path:
        folder, stamp = self.folder / safe(run.suite), _stamp(run)
        for suffix in ("", *(f"-{number}" for number in range(2, 1_000))):
            path = folder / f"{stamp}{suffix}.jsonl"
            if not path.exists() or _is_resumed(path, run):
                return path
        raise UsageError(f"{folder} holds a thousand runs that began at {run.created}; remove some.")

    def entries(self, suite: str | None = None) -> list[Entry]:
        """The runs that are kept, or those of a suite, the newest first; `unreadable` names what is none."""
        found = [_entry(path) for path in self._paths(suite)]
        return sorted((entry for entry in found if entry), key=lambda one: (one.head.created, one.id), reverse=True)

    def unreadable(self) -> list[Path]:
        """Files among the runs that are none."""
        return [path for path in self._paths() if _entry(path) is None]

    def latest(self, suite: str) -> Entry | None:
        """The newest run of a suite."""
        return next(iter(self.entries(suite)), None)

    def newest(self) -> list[Entry]:
        """The newest run of each suite, found by the names of files alone: cheap enough for every page."""
        folders = (folder for folder in self.folder.glob("*") if folder.is_dir())
        newest = (max(folder.glob("[0-9]*.jsonl"), key=lambda path: path.name, default=None) for folder in folders)
        return [entry for path in newest if path is not None and (entry := _entry(path)) is not None]

    def path(self, identity: str) -> Path:
        """Where the run of this id is, or would be.

        Raises:
            UsageError: it is no id of a run.
        """
        found = _IDENTITY.fullmatch(identity)
        if found is None:
            raise UsageError(f"{identity!r:.120} is no id of a run; they are like rag@20261122T101500Z.")
        return self.folder / found["suite"] / f"{found['stamp']}.jsonl"

    def read(self, identity: str) -> Run:
        """The whole run of an id.

        Raises:
            UsageError: there is none, or its file cannot be read.
        """
        path = self.path(identity)
        if not path.is_file():
            raise UsageError(f"there is no run {identity!r} in {self.folder}; it may be in another data directory.")
        return results.read(path)

    def baseline_path(self, suite: str) -> Path:
        """Where the baseline of a suite is, or would be."""
        return self.baselines / f"{safe(suite)}.jsonl"

    def baseline(self, suite: str) -> Run | None:
        """The baseline of a suite; None where there is none.

        Raises:
            UsageError: its file cannot be read.
        """
        path = self.baseline_path(suite)
        return results.read(path) if path.is_file() else None

    def save_baseline(self, run: Run) -> Path:
        """Make a run the baseline of its suite: scores and hashes only, to be committed. Its file.

        Raises:
            UsageError: the disk does not take the file.
        """
        path = self.baseline_path(run.suite)
        _write(path, results.dumps(run, whole=False), mode=0o644)
        return path

    def _paths(self, suite: str | None = None) -> Iterator[Path]:
        return self.folder.glob(f"{'*' if suite is None else safe(suite)}/[0-9]*.jsonl")


def safe(name: str) -> str:
    """A name of a suite as a file can have it; one that had to be changed ends in a digest of the whole.

    >>> safe("rag"), safe("../etc/passwd")
    ('rag', 'etc-passwd-7fef78f5')
    """
    kept = _UNSAFE.sub("-", name).strip("-.")[:_LONGEST]
    if kept and kept == name:
        return kept
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{kept}-{digest}" if kept else digest


def _stamp(run: Run) -> str:
    try:
        began = datetime.fromisoformat(run.created)
    except ValueError:
        raise UsageError(
            f"the run of {run.suite!r} began at {run.created!r}, which is no time; it is ISO 8601, in UTC."
        ) from None
    began = began.replace(tzinfo=UTC) if began.tzinfo is None else began.astimezone(UTC)
    shard = "" if run.shard is None else f"-shard-{_UNSAFE.sub('-', run.shard.replace('/', '-of-')).lower()[:20]}"
    return f"{began:%Y%m%dT%H%M%SZ}{shard}"


def _identity(path: Path) -> str:
    return f"{path.parent.name}@{path.stem}"


def _without_results(run: Run) -> Run:
    return results.loads(results.dumps(run).partition("\n")[0], where=run.suite)


def _first_line(path: Path) -> Mapping[str, Any] | None:
    try:
        with path.open(encoding="utf-8") as file:
            found = json.loads(file.readline())
    except (OSError, ValueError):  # not UTF-8, or no JSON
        return None
    return found if isinstance(found, Mapping) else None


def _is_resumed(path: Path, run: Run) -> bool:
    """Whether the file holds the part of this run that was there when it was interrupted."""
    head = (_first_line(path) or {}).get("run")
    return isinstance(head, Mapping) and bool(head.get("interrupted")) and head.get("created") == run.created


def _entry(path: Path) -> Entry | None:
    """What the first line of a file says of it; a file without a summary, of another tool, is read whole."""
    line = _first_line(path)
    identity = _identity(path)
    if line is None or _IDENTITY.fullmatch(identity) is None:
        return None
    try:
        found = summary.from_json(line["summary"]) if isinstance(line.get("summary"), Mapping) else None
        if found is not None:
            head = results.loads(json.dumps({"run": line["run"]}), where=str(path), suite=path.parent.name)
            return Entry(id=identity, head=head, summary=found, path=path)
        run = results.read(path)
    except UsageError:
        return None
    return Entry(id=identity, head=_without_results(run), summary=summary.summary(run), path=path)


def _write(path: Path, text: str, *, mode: int = _FILE_MODE) -> None:
    """Write a file whole or not at all.

    Raises:
        UsageError: the disk does not take it.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        for folder in (path.parent.parent, path.parent):
            folder.mkdir(mode=_DIRECTORY_MODE, parents=True, exist_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or error}.") from error
    finally:
        with contextlib.suppress(OSError):  # there is none, or it could not even be made
            draft.unlink()
