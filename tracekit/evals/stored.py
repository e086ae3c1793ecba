"""Rows of traces that are stored: what was asked and answered, what the trace tells, and what people said of it."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tracekit.errors import QueryError, UsageError
from tracekit.evals.observed import with_trace
from tracekit.evals.row import Row, write_row
from tracekit.query import asked
from tracekit.query.filters import Filters
from tracekit.query.reviewing import chosen
from tracekit.query.source import RemoteSource, StoreSource
from tracekit.query.traces import decoded, list_traces
from tracekit.store.previews import assistant_text, user_text
from tracekit.store.search.following import Queryable
from tracekit.store.sqlfiles import statement

_QUERIES = Path(__file__).parent / "sql"
_CONDITION = re.compile(r"[=<>(]|\b(i?like|is|between)\b|^\s*true\s*$", re.IGNORECASE)
_SURROGATE = re.compile("[\ud800-\udfff]")
_BATCH = 50
"""Traces read at a time: their content is held meanwhile."""
HUMAN = "human"
CORRECTIONS = frozenset({"correction", "corrected", "expected", "expectation", "ideal"})
"""Names of scores whose text is what the answer should have been."""
VERDICTS = frozenset({"correct", "correctness", "accepted"})
"""Names of scores by which a person says that the answer is right as it is."""

Source = RemoteSource | StoreSource


def find(source: Source, text: str, *, limit: int, search: bool = False) -> list[str]:
    """The ids of the newest traces that a filter chooses.

    Args:
        source: the store.
        text: a SQL condition on the columns of the view `traces` where it holds a comparison
            (`status = 'ok' AND project = 'shop'`); else words, as `tracekit ls --text` takes them.
        limit: so many at the most.
        search: the text is what the search box takes, whatever it holds: `status:error cost>0.01`.

    Raises:
        UsageError: the condition cannot be read.
    """
    if search:
        source.index_words()
        return chosen(source, asked.parse(text), limit=limit).trace_ids
    if _CONDITION.search(text):
        try:
            query = f"SELECT trace_id FROM traces WHERE ({text}) ORDER BY start_time DESC, trace_id"  # noqa: S608 - the user's own question, answered read-only
            return [str(row[0]) for row in source.sql(query, limit=limit).rows]
        except QueryError as error:
            raise UsageError(
                f"the filter {text!r:.200} is no condition on the columns of `traces`: {error} Words without a "
                "comparison are searched for."
            ) from error
    source.index_words()
    page = list_traces(source, limit=limit, filters=Filters(text=text))
    return [str(trace["trace_id"]) for trace in page.traces]


def rows(source: Queryable, trace_ids: Sequence[str]) -> Iterator[Row]:
    """A row of each trace, in this order, with its spans."""
    for start in range(0, len(trace_ids), _BATCH):
        chosen = list(trace_ids[start : start + _BATCH])
        spans, scores = spans_of(source, chosen), _scores(source, chosen)
        for trace_id in chosen:
            if trace_id in spans:
                yield row(trace_id, spans[trace_id], scores.get(trace_id, ()))


def dataset(source: Queryable, trace_ids: Sequence[str], *, expected_only: bool = False) -> Iterator[Row]:
    """A row of each trace as a dataset has it: without its spans; `line` makes of each what its file holds.

    `expected_only` leaves out those of which no person said what was right.
    """
    made = map(plain, rows(source, trace_ids))
    return (row for row in made if row.expected is not None or not expected_only)


def line(made: Row) -> str:
    """A row as a line of a JSON Lines file."""
    data = write_row(made)
    text = json.dumps(data, ensure_ascii=False, default=str)
    # Half a surrogate pair, as a model may answer, is no UTF-8; as an escape it stays what it was.
    return f"{json.dumps(data, default=str) if _SURROGATE.search(text) else text}\n"


def row(trace_id: str, spans: Sequence[Mapping[str, Any]], scores: Sequence[Mapping[str, Any]] = ()) -> Row:
    """The row of one trace.

    The input and the output are those of its first span; of one that says none, the first thing a user said to a model,
    and the last that a model answered. A person's correction, of the trace or of a span that answers, is what was
    expected.
    """
    first = _first(spans)
    asked = first["input"] if first["input"] is not None else _said(spans, "input_messages", user_text)
    answered = (
        first["output"] if first["output"] is not None else _said(reversed(spans), "output_messages", assistant_text)
    )
    told = {name: first[name] for name in ("project", "name", "session_id", "user_id", "tags") if first[name]}
    humans = {str(one["name"]): _value(one) for one in scores if one["source"] == HUMAN}
    made = Row(
        id=trace_id,
        input=asked,
        output=answered,
        expected=_expected([one for one in scores if one["span_id"] in (None, *_answering(spans))], answered),
        trace_id=trace_id,
        metadata=told | ({"scores": humans} if humans else {}),
    )
    return with_trace(made, spans)


def spans_of(source: Queryable, trace_ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """The ended spans of traces as rows of the view, JSON decoded, by trace, in the order they started."""
    result = source.sql(statement(_QUERIES, "spans_of"), {"trace_ids": list(trace_ids)})
    found: dict[str, list[dict[str, Any]]] = {}
    for values in result.rows:
        columns = zip(result.columns, result.types, values, strict=True)
        span = {name: decoded(name, kind, value) for name, kind, value in columns}
        found.setdefault(span["trace_id"], []).append(span)
    return found


def _scores(source: Queryable, trace_ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for one in source.sql(statement(_QUERIES, "scores_of"), {"trace_ids": list(trace_ids)}).dicts():
        found.setdefault(str(one["trace_id"]), []).append(one)
    return found


def _first(spans: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The span that all others are beneath, or the earliest that has lost its parent."""
    present = {span["span_id"] for span in spans}
    return next((span for span in spans if span["parent_span_id"] not in present), spans[0])


def _said(spans: Any, column: str, read: Any) -> Any:
    texts = (read(span[column]) for span in spans if span["kind"] == "llm" and span[column])
    return next((text for text in texts if text), None)


def _answering(spans: Sequence[Mapping[str, Any]]) -> set[str]:
    """The spans whose answer is the trace's: what a person expected of a tool within it is another matter."""
    said = (span["span_id"] for span in reversed(spans) if span["kind"] == "llm" and span["output_messages"])
    return {_first(spans)["span_id"], *itertools.islice(said, 1)}


def _expected(scores: Sequence[Mapping[str, Any]], answered: Any) -> Any:
    """What a person says that the answer should have been, the last word first."""
    judged = False
    for one in reversed([one for one in scores if one["source"] == HUMAN]):
        name = str(one["name"]).lower()
        if name in CORRECTIONS and (one["label"] or one["comment"]):
            return _json_or_text(one["label"] or one["comment"])
        if name in VERDICTS and not judged:
            if one["value"] == 1:
                return answered
            judged = True  # "right" that was taken back does not hold; a correction before it does
    return None


def _value(one: Mapping[str, Any]) -> Any:
    return one["label"] if one["value"] is None else one["value"]


def _json_or_text(text: str) -> Any:
    if text.startswith(("{", "[")):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text


def plain(made: Row) -> Row:
    """The row without its spans, as a file can hold it."""
    return replace(made, spans=None)
