"""All stored spans read anew, slice by slice, through whoever holds the database: a running `up` goes on meanwhile.

How far it has come stands in a file beside the database, so that one that was ended goes on there.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from tracekit.collector.rederive import Rederived
from tracekit.errors import StoreError
from tracekit.query.resolve import QUERIES
from tracekit.query.source import RemoteSource, StoreSource
from tracekit.store import Position
from tracekit.store.sqlfiles import statement

FILE = "reindex.json"


@dataclass(slots=True, kw_only=True)
class Reindexed:
    """What became of the spans: rows that say something else now, that say the same, that could not be stored."""

    changed: int = 0
    same: int = 0
    failed: int = 0
    position: Position = field(default_factory=Position)

    def add(self, done: Rederived) -> None:
        """Count one slice."""
        self.changed += done.changed
        self.same += done.same
        self.failed += done.failed
        self.position = done.position or self.position

    @property
    def seen(self) -> int:
        """How many spans were read."""
        return self.changed + self.same + self.failed


def reindex(
    source: RemoteSource | StoreSource,
    directory: Path,
    *,
    since: datetime | None = None,
    dialect: str | None = None,
    tell: Callable[[int, int], None],
) -> Reindexed:
    """Bring the rows of stored spans up to how they read today.

    Args:
        source: the store.
        directory: the data directory, which keeps how far it has come.
        since: only spans that started then or later.
        dialect: only spans that were understood by this dialect.
        tell: takes how many spans are read and about how many there are, after each slice.

    Raises:
        StoreError: the store cannot take it, or the file cannot be written; called again, it goes on there.
    """
    asked = {"since": since.isoformat() if since else None, "dialect": dialect}
    file = directory / FILE
    total = source.sql(statement(QUERIES, "reindex_total"), asked).rows[0][0]
    done = _begun(file, asked) or Reindexed(position=_before(since))
    while (step := source.reindex(done.position, dialect=dialect)).position is not None:
        done.add(step)
        _note(file, asked, done)
        tell(done.seen, max(total, done.seen))
    file.unlink(missing_ok=True)
    return done


def _before(since: datetime | None) -> Position:
    return Position() if since is None else Position(start_ns=int(since.timestamp() * 1_000_000) * 1000)


def _begun(file: Path, asked: dict[str, str | None]) -> Reindexed | None:
    """What was done before it was ended, where just this was asked for."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        counts: dict[str, Any] = found["done"]
        done = Reindexed(position=Position(**counts.pop("position")), **counts)
    except (OSError, ValueError, KeyError, TypeError):  # not there, or not of this version: from the start then
        return None
    return done if found["asked"] == asked else None


def _note(file: Path, asked: dict[str, str | None], done: Reindexed) -> None:
    draft = file.with_name(f".{FILE}")
    try:
        draft.write_text(json.dumps({"asked": asked, "done": asdict(done)}), encoding="utf-8")
        draft.replace(file)
    except OSError as error:
        raise StoreError(f"{file} cannot be written ({error.strerror or error}); what was done is stored.") from error
