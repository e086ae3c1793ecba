"""The spans of one trace that hold what somebody looks for: in what their rows show, or as words in their content.

The rows are at hand; the texts are read for a bounded time, and where that was not enough the answer says so.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tracekit.query.outline import Stem
from tracekit.query.searching import SCAN_SECONDS, texts_of
from tracekit.query.traces import window_of
from tracekit.store.search.following import Queryable, open_documents
from tracekit.store.search.language import Query, parse
from tracekit.store.search.memory import matching
from tracekit.store.sqlfiles import statement

_FOLDER = Path(__file__).parent / "sql"
_TOGETHER = 1024
"""Spans whose texts are read by one question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The ids of the spans, and what a person should know of how they were found."""

    ids: frozenset[str]
    notice: str | None = None


def find(source: Queryable, trace: Mapping[str, Any], stems: Sequence[Stem], text: str) -> Finding:
    """The spans of a trace that hold a text.

    Args:
        source: what answers.
        trace: its row of the `traces` view.
        stems: its spans.
        text: any part of a name, model, tool, kind of error or id, as it is but for capitals; or words, as
            `docs/search.md` has them, all of which one span's content must hold.
    """
    ids = set(_shown(stems, text.strip().casefold()))
    query = parse(text)
    if not query.terms:
        return Finding(ids=frozenset(ids))
    ids |= _of_open(source, trace["trace_id"], query)
    unread = 0
    deadline = time.monotonic() + SCAN_SECONDS
    for numbers in _pieces(source, trace):
        if time.monotonic() >= deadline:
            unread += len(numbers)
            continue
        ids |= {numbers[number] for number in matching(texts_of(source, query, list(numbers)), query)}
    notice = (
        f"Texts were read for {SCAN_SECONDS:g} s: those of {unread:,} spans were not looked through."
        if unread
        else None
    )
    return Finding(ids=frozenset(ids), notice=notice)


def _shown(stems: Sequence[Stem], needle: str) -> Iterator[str]:
    if not needle:
        return
    for stem in stems:
        for said in (stem.name, stem.model, stem.tool_name, stem.error_type, stem.span_id):
            if said is not None and needle in said.casefold():
                yield stem.span_id
                break


def _of_open(source: Queryable, trace_id: str, query: Query) -> set[str]:
    rows = {row.number: row for row in open_documents(source) if row.trace_id == trace_id}
    found = matching([(number, row.text) for number, row in rows.items()], query)
    return {span_id for number in found if (span_id := rows[number].span_id)}


def _pieces(source: Queryable, trace: Mapping[str, Any]) -> Iterator[dict[int, str]]:
    """The ids of the ended spans by their numbers, so many at a time as are read together."""
    bound = window_of(trace)
    rows = source.sql(
        statement(_FOLDER, "numbers_of_trace"), {name: bound[name] for name in ("trace_id", "start_ns")}
    ).rows
    ids = dict(rows)
    numbers = list(ids)
    for start in range(0, len(numbers), _TOGETHER):
        yield {number: ids[number] for number in numbers[start : start + _TOGETHER]}
