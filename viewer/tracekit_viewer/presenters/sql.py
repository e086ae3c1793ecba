"""The page of a person's own question: what can be asked for, and the rows of the answer as cells of text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from tracekit import units
from tracekit.query import forms
from tracekit.query.saved import Kept as SavedQueries
from tracekit.store import Result
from tracekit.units import Quantity
from tracekit_viewer.presenters.plot import NUMBER
from tracekit_viewer.presenters.timerange import Choice

ROWS = 500
"""Rows of the page, unless it is asked for others."""
CELL = 400
"""Characters of a cell that the page shows; files and the JSON have all of them."""
EXAMPLES = {
    "Cost by model": """SELECT model, count(*) AS calls, sum(cost_usd) AS usd
FROM spans
WHERE counted
GROUP BY model
ORDER BY usd DESC""",
    "Slowest today": """SELECT trace_id, name, duration_ms, input_preview
FROM traces
WHERE start_time > now() - INTERVAL 1 DAY
ORDER BY duration_ms DESC
LIMIT 50""",
    "Failures by tool": """SELECT tool_name, error_type, count(*) AS times, max(start_time) AS last
FROM spans
WHERE kind = 'tool' AND status = 'error'
GROUP BY ALL
ORDER BY times DESC""",
    "What people said": """SELECT created_at, trace_id, name, value, label, comment
FROM scores
WHERE source = 'human'
ORDER BY created_at DESC""",
}
SHOWN = {"": "Table", "chart": "Chart"}
"""How the rows of an answer are shown, as `?show=` names it."""
_TRACE = re.compile(r"[0-9a-f]{32}")


@dataclass(slots=True, frozen=True, kw_only=True)
class Kept:
    """A saved query; active where it is the one that is asked."""

    name: str
    href: str
    active: bool


@dataclass(slots=True, frozen=True, kw_only=True)
class Asking:
    """The form, and what stands beside it."""

    query: str
    limit: int
    seconds: float
    views: Mapping[str, Sequence[tuple[str, str]]]
    examples: list[tuple[str, str]]
    saved: list[Kept]
    unreadable: list[str]
    show: str
    forms: list[Choice]
    here: str
    files: list[tuple[str, str]]


@dataclass(slots=True, frozen=True, kw_only=True)
class Cell:
    """A value: its text as far as it is shown, how much more there is, and the trace that it names."""

    text: str
    more: int = 0
    null: bool = False
    href: str = ""


@dataclass(slots=True, frozen=True, kw_only=True)
class Table:
    """The answer."""

    columns: list[tuple[str, str, bool]]
    rows: list[list[Cell]]
    truncated: bool
    took: Quantity


def asked(
    query: str,
    *,
    limit: int,
    show: str,
    seconds: float,
    views: Mapping[str, Sequence[tuple[str, str]]],
    saved: SavedQueries,
) -> Asking:
    """Make the form.

    Args:
        query: what is asked.
        limit: so many rows at the most.
        show: a key of `SHOWN`.
        seconds: how long it may take.
        views: what can be asked.
        saved: the queries that people keep.
    """
    given = {"q": query, "limit": "" if limit == ROWS else str(limit)}
    return Asking(
        query=query,
        limit=limit,
        seconds=seconds,
        views=views,
        examples=[(label, "/sql?" + urlencode({"q": text})) for label, text in EXAMPLES.items()],
        saved=[
            Kept(
                name=one.name,
                href=_address(one.asks),
                active=bool(query) and one.asks.get("q") == query,
            )
            for one in saved.items
        ],
        unreadable=saved.unreadable,
        show=show,
        forms=[
            Choice(label=label, href=_address({**given, "show": key}), active=key == show)
            for key, label in SHOWN.items()
        ],
        here=_address({**given, "show": show}),
        files=[
            (label, f"/sql.{form}?" + urlencode({"q": query}))
            for label, form in (("CSV", "csv"), ("Parquet", "parquet"), ("JSON", "json"))
        ],
    )


def _address(asks: Mapping[str, str]) -> str:
    query = urlencode({name: value for name, value in asks.items() if value})
    return f"/sql?{query}" if query else "/sql"


def answered(result: Result, *, ms: float) -> Table:
    """Make the table."""
    numeric = [NUMBER.fullmatch(kind) is not None for kind in result.types]
    return Table(
        columns=list(zip(result.columns, result.types, numeric, strict=True)),
        rows=[[_cell(*each) for each in zip(row, result.columns, result.types, strict=True)] for row in result.rows],
        truncated=result.truncated,
        took=units.duration(ms),
    )


def _cell(value: Any, column: str, kind: str) -> Cell:
    if value is None:
        return Cell(text="NULL", null=True)
    text = forms.cell(value, kind)
    named = column.endswith("trace_id") and _TRACE.fullmatch(text) is not None
    return Cell(text=text[:CELL], more=max(0, len(text) - CELL), href=f"/traces/{text}" if named else "")
