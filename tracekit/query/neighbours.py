"""The traces of the same session: which came before one, which after it, and the how many-th it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tracekit.store.search.following import Queryable
from tracekit.store.sqlfiles import statement

_FOLDER = Path(__file__).parent / "sql"


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """A trace of the same session."""

    trace_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """Where a trace stands in its session: the `number`-th of `total`, counted from 1, in the order they began."""

    session_id: str
    number: int
    total: int
    before: Neighbour | None
    behind: Neighbour | None

    def data(self) -> dict[str, Any]:
        """The same for a JSON twin."""
        return {
            "session_id": self.session_id,
            "number": self.number,
            "total": self.total,
            "previous": self.before and self.before.trace_id,
            "next": self.behind and self.behind.trace_id,
        }


def neighbours(source: Queryable, trace: Mapping[str, Any]) -> Neighbours | None:
    """The neighbours of a trace; None where it belongs to no session.

    Args:
        source: what answers.
        trace: its row of the `traces` view.
    """
    session_id = trace["session_id"]
    if session_id is None:
        return None
    bound = {"session_id": session_id, "trace_id": trace["trace_id"]}
    rows = source.sql(statement(_FOLDER, "session_neighbours"), bound).rows
    if not rows:
        return None
    number, total, before, before_name, behind, behind_name = rows[0]
    return Neighbours(
        session_id=session_id,
        number=number,
        total=total,
        before=None if before is None else Neighbour(trace_id=before, name=before_name or "(unnamed)"),
        behind=None if behind is None else Neighbour(trace_id=behind, name=behind_name or "(unnamed)"),
    )
