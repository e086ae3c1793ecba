"""`tracekit.connect()`: the store from Python. Holds nothing between two questions, and so keeps nobody out.

What it gives shows itself in a notebook: a trace as a tree, a span with what it said, traces and spans as tables.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tracekit import config
from tracekit.errors import UsageError, tell
from tracekit.query import cells, notebook, resolve, tree
from tracekit.query.source import open_source
from tracekit.query.traces import get_span, get_trace
from tracekit.store import Parameters, Result
from tracekit.store.sqlfiles import statement
from tracekit.text import visible

PREVIEW = 1000
"""Characters of a span's input and output that are fetched for a tree."""


class Connection:
    """Questions to the store of one data directory.

    Each one goes to a running `tracekit up` where there is one, and opens the database for itself where not; what the
    journals hold by then is in the answer.
    """

    def __init__(self, directory: Path, database: Path) -> None:
        self.directory = directory
        self.database = database

    def sql(self, query: str, parameters: Parameters = (), *, limit: int | None = None) -> Result:
        """Answer one read-only statement.

        Args:
            query: SQL over the views `spans`, `traces`, `messages`, `scores` and `gaps`.
            parameters: values for its `?` or `$name`.
            limit: at most so many rows; `Result.truncated` tells whether there were more.

        Raises:
            QueryError: it does not parse, does not run, or would change something.
            StoreBusyError: another process holds the database, and does not let go.
        """
        with open_source(self.directory, db=self.database, tell=_tell) as source:
            return source.sql(query, parameters, limit=limit)

    def traces(self, where: str = "true", parameters: Parameters = (), *, limit: int | None = None) -> TraceList:
        """Rows of the `traces` view, newest first; `where` is a SQL condition on its columns."""
        found = self.sql(f"FROM traces WHERE {where} ORDER BY start_time DESC", parameters, limit=limit)
        return TraceList(columns=found.columns, types=found.types, rows=found.rows, truncated=found.truncated)

    def spans(self, where: str = "true", parameters: Parameters = (), *, limit: int | None = None) -> SpanList:
        """Rows of the `spans` view, oldest first; `where` is a SQL condition on its columns."""
        found = self.sql(f"FROM spans WHERE {where} ORDER BY start_time", parameters, limit=limit)
        return SpanList(columns=found.columns, types=found.types, rows=found.rows, truncated=found.truncated)

    def trace(self, word: str) -> TraceView:
        """One trace, by its id, the beginning of it, or "latest".

        Raises:
            UsageError: none or more than one is meant.
        """
        with open_source(self.directory, db=self.database, tell=_tell) as source:
            return load(source, word)

    def span(self, word: str, span_id: str) -> SpanView:
        """One span with its content: of a trace, by its id, the beginning of it, or "latest".

        Raises:
            UsageError: no trace, or more than one, is meant; or it has no such span.
        """
        with open_source(self.directory, db=self.database, tell=_tell) as source:
            trace_id = resolve.trace_id(source, word)
            found = get_span(source, trace_id, span_id)
        if found is None:
            raise UsageError(f"trace {trace_id} has no span {span_id!r:.80}. Its `spans` have their ids in `span_id`.")
        return SpanView(found)


@dataclass(slots=True, kw_only=True)
class TraceList(Result):
    """Rows of the `traces` view; as a notebook's result, a table."""

    def _repr_html_(self) -> str:
        return notebook.traces(self.dicts())


@dataclass(slots=True, kw_only=True)
class SpanList(Result):
    """Rows of the `spans` view; as a notebook's result, a table."""

    def _repr_html_(self) -> str:
        return notebook.spans(self.dicts())


class SpanView(cells.Shown, Mapping[str, Any]):
    """A span: a row of the `spans` view by column; printed, its line and what it said.

    Args:
        data: the row, JSON decoded; of a trace's spans, without content.
        previews: the beginning of what went in and came out, where the row has no content.
    """

    def __init__(self, data: Mapping[str, Any], previews: Mapping[str, Any] | None = None) -> None:
        self._data = data
        self._previews = previews

    def __getitem__(self, key: str) -> Any:
        return self._data[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)

    def __repr__(self) -> str:
        return "\n".join(map(str, tree.lines([self._data], {str(self["span_id"]): self._previews or {}})))

    def _repr_html_(self) -> str:
        return notebook.span(self._data, self._previews)


class TraceView(cells.Shown, Mapping[str, Any]):
    """A trace: its row, `spans` and `scores` by key; printed, or as a notebook's result, a tree."""

    def __init__(self, data: Mapping[str, Any], previews: Mapping[str, Mapping[str, Any]]) -> None:
        self._data = data
        self.previews = previews

    @property
    def spans(self) -> list[SpanView]:
        """The spans, each of which shows itself in a notebook; `Connection.span` gives one with its whole content."""
        return [SpanView(span, self.previews.get(str(span["span_id"]))) for span in self["spans"]]

    def __getitem__(self, key: str) -> Any:
        return self._data[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)

    def __repr__(self) -> str:
        lines = tree.lines(self["spans"], self.previews)
        return "\n".join([*tree.heading(self), "", *map(str, lines)])

    def _repr_html_(self) -> str:
        return notebook.trace(self._data, self.previews)


def connect(path: str | os.PathLike[str] | None = None) -> Connection:
    """The store of a data directory.

    Args:
        path: a data directory, or a database file in one; by default as the settings say.

    Example:
        >>> import tracekit
        >>> tracekit.connect().sql("select model, sum(cost_usd) from spans group by model").df()  # doctest: +SKIP
    """
    given = None if path is None else Path(path).expanduser().absolute()
    if given is not None and given.is_file():
        return Connection(given.parent, given)
    directory = config.directory(given)
    return Connection(directory, config.database(directory))


def show(
    trace: str | Mapping[str, Any] | None = None, *, path: str | os.PathLike[str] | None = None
) -> TraceView | SpanView:
    """Show a trace: in a notebook as a tree whose spans open, elsewhere as `tracekit show` prints it.

    Args:
        trace: its id, the beginning of it, "latest" (also where it is left out), a row that has a `trace_id`, or what
            `Connection.trace` or `Connection.span` gave.
        path: a data directory, or a database file in one; by default as the settings say.

    Returns:
        What was shown. A notebook does not show it again as the result of the same cell, nor does a prompt print it
        twice.

    Raises:
        UsageError: it names no trace, or more than one.
    """
    if isinstance(trace, TraceView | SpanView):
        return cells.show(trace)
    word = trace if isinstance(trace, str) else resolve.LATEST if trace is None else trace.get("trace_id")
    if not isinstance(word, str):
        raise UsageError(f"{trace!r:.80} has no trace_id; give show() a trace, or an id.")
    return cells.show(connect(path).trace(word))


def load(source: Any, word: str, *, length: int = PREVIEW) -> TraceView:
    """The trace that `word` names, with `length` characters of what went into and out of each span.

    Raises:
        UsageError: it names none, or more than one.
    """
    found = get_trace(source, resolve.trace_id(source, word))
    if found is None:
        raise UsageError(f"trace {word!r} has just been removed.")
    parameters = {"trace_id": found["trace_id"], "length": length}
    rows = source.sql(statement(resolve.QUERIES, "span_previews"), parameters).dicts()
    return TraceView(found, {str(row["span_id"]): row for row in rows})


def _tell(sentence: str) -> None:
    tell(visible(sentence))
