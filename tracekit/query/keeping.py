"""How what is recorded comes in and is kept, as whoever holds the store can tell it at any moment."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tracekit.query.health import Health, glance
from tracekit.query.resolve import QUERIES
from tracekit.store import Retention
from tracekit.store.search.following import Queryable
from tracekit.store.sqlfiles import statement

_ELSEWHERE = ("tracing", "problems", "up", "outdated_spans", "missing_attachments")
"""Of `Health`: what is told apart, and what `glance` does not look at."""
LOSERS = 20
"""Processes that have lost records that are named; the view `gaps` has all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """A data directory under way.

    Attributes:
        health: its files, its journals, its programs.
        newest: when the newest trace began; None where there is none.
        lost: `process`, `records`, `gaps`, `first` and `last` of those that wrote what never came, most first.
        retention: what is kept, and for how long.
    """

    health: Health
    newest: datetime | None
    lost: list[dict[str, Any]]
    retention: Retention

    def as_dict(self) -> dict[str, Any]:
        """This as JSON values, but for what programs told of tracing, and what is wrong."""
        data = {name: value for name, value in self.health.as_dict().items() if name not in _ELSEWHERE}
        limits = self.retention
        return {
            "data": data,
            "newest": self.newest,
            "lost": self.lost,
            "retention": {
                "seconds": limits.seconds,
                "projects": dict(limits.projects),
                "max_bytes": limits.max_bytes,
                "tail": limits.tail and asdict(limits.tail),
            },
        }


def keeping(source: Queryable, directory: Path, database: Path, *, retention: Retention) -> Keeping:
    """Look at a data directory whose store is open.

    Args:
        source: what answers.
        directory: the data directory.
        database: the store's file.
        retention: what is kept.
    """
    [(_, newest)] = source.sql(statement(QUERIES, "time_bounds")).rows
    return Keeping(
        health=glance(source, directory, database),
        newest=newest,
        lost=source.sql(statement(QUERIES, "lost_records"), {"limit": LOSERS}).dicts(),
        retention=retention,
    )
