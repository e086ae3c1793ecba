"""The spans of one trace as far as their tree needs them: who called whom, when, how it ended. Never any content.

A trace may have a hundred thousand spans, and its page must not wait for columns that it shows of one.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tracekit.query.traces import window_of
from tracekit.store.search.following import Queryable
from tracekit.store.sqlfiles import statement

_FOLDER = Path(__file__).parent / "sql"


class Stem(NamedTuple):
    """One span without its content.

    Attributes:
        span_id: its id.
        parent_span_id: the span it says that it belongs to; None for a root.
        name: as the program or client named it.
        kind: of the view's words; None where nothing tells.
        start_ns: when it began, in nanoseconds since 1970.
        end_ns: when it ended; None while it is open, or where it never will.
        ttft_ms: the wait for the first token, in milliseconds.
        status: ok, error or unset.
        outcome: complete, partial, cancelled, abandoned or interrupted; None while it is open.
        error_type: the kind of its error.
        status_message: why it failed, at most 300 characters of it.
        model: the model that its cost is of.
        tool_name: the tool it called.
        twin_of: the span that tells of the same response and owns it.
        tokens: in and out; None where neither is known.
    """

    span_id: str
    parent_span_id: str | None
    name: str | None
    kind: str | None
    start_ns: int
    end_ns: int | None
    ttft_ms: float | None
    status: str | None
    outcome: str | None
    error_type: str | None
    status_message: str | None
    model: str | None
    tool_name: str | None
    twin_of: str | None
    tokens: int | None


def get_outline(source: Queryable, trace: Mapping[str, Any]) -> list[Stem]:
    """The spans of a trace in the order they started.

    Args:
        source: what answers.
        trace: its row of the `traces` view.
    """
    bound = window_of(trace)
    rows = [] if bound["end_ns"] is None else source.sql(statement(_FOLDER, "outline"), bound).rows
    if len(rows) < trace["span_count"]:
        since = {name: bound[name] for name in ("trace_id", "start_ns")}
        rows = source.sql(statement(_FOLDER, "every_outline"), since).rows
    return _stems(rows)


def _stems(rows: list[tuple[Any, ...]]) -> list[Stem]:
    """Rows as spans. Words that many of them have in common are kept once: it halves what a long trace takes."""
    once = dict[Any, Any]().setdefault
    return [
        Stem(
            span_id,
            once(parent, parent),
            once(name, name),
            once(kind, kind),
            start,
            end,
            ttft,
            once(status, status),
            once(outcome, outcome),
            once(error, error),
            message,
            once(model, model),
            once(tool, tool),
            twin,
            tokens,
        )
        for (
            span_id, parent, name, kind, start, end, ttft, status, outcome, error, message, model, tool, twin, tokens
        ) in rows
    ]  # fmt: skip
