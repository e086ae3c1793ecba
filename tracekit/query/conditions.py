"""What may be asked of a trace, one condition at a time, and the SQL that asks it: a file in `sql/where` for each.

A statement has those conditions only that are meant: one that may hold for all would cost every list. Values are bound.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from tracekit.store.sqlfiles import statement

_FOLDER = Path(__file__).parent / "sql"
_WHERE = _FOLDER / "where"
_SEARCHED = frozenset({"words", "attribute"})
_PARAMETER = re.compile(r"\$(value|low|high|name)\b")
_LARGEST = sys.float_info.max


@dataclass(slots=True, frozen=True, kw_only=True)
class Condition:
    """One thing that holds of a trace, or does not.

    Attributes:
        field: the name of a file in `sql/where`; or "words" and "attribute", which the index of words answers.
        value: what the field is.
        name: which score, which attribute.
        low: the least value, included; None for no bound.
        high: the greatest value, included; None for no bound.
        negated: it does not hold, or nobody knows whether it does.
    """

    field: str
    value: str | None = None
    name: str | None = None
    low: float | None = None
    high: float | None = None
    negated: bool = False

    @property
    def is_searched(self) -> bool:
        """Whether the index of words answers it."""
        return self.field in _SEARCHED


@dataclass(slots=True, frozen=True, kw_only=True)
class Where:
    """A condition in SQL over the columns of `traces`, and what is bound in it."""

    sql: str = "true"
    bound: dict[str, Any] = field(default_factory=dict[str, Any])

    def into(self, query: str, **more: Any) -> tuple[str, dict[str, Any]]:
        """A statement of this package with the condition in its place, and its parameters."""
        return query.replace("/* conditions */ true", self.sql), {**self.bound, **more}


def where(
    conditions: Iterable[Condition],
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    among: Iterable[str] | None = None,
    beside: Iterable[str] = (),
) -> Where:
    """Conditions as SQL.

    Args:
        conditions: of which the index answers none.
        since: earliest start.
        until: before which it started.
        among: ids of traces, of which it is one.
        beside: ids of traces, of which it is none.
    """
    parts: list[str] = []
    bound: dict[str, Any] = {}
    for number, each in enumerate(conditions):
        prefix = f"c{number}_"
        sql = statement(_WHERE, each.field).strip()
        given = {
            "value": each.value,
            "name": each.name,
            "low": -_LARGEST if each.low is None else each.low,
            "high": _LARGEST if each.high is None else each.high,
        }
        bound |= {prefix + name: given[name] for name in _PARAMETER.findall(sql)}
        sql = _PARAMETER.sub(rf"${prefix}\1", sql)
        parts.append(f"NOT coalesce({sql}, false)" if each.negated else f"({sql})")
    # Many ids are bound as one text, which takes half of the time that a list does.
    bounds = {
        "since": _text(since),
        "until": _text(until),
        "among": None if among is None else " ".join(among),
        "beside": " ".join(beside) or None,
    }
    for name, value in bounds.items():
        if value is not None:
            parts.append(statement(_WHERE, name).strip())
            bound[name] = value
    return Where(sql="\n    AND ".join(parts) or "true", bound=bound)


def _text(time: datetime | None) -> str | None:
    """A time as text, which every way to the store can carry."""
    return None if time is None else time.isoformat()
