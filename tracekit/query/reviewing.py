"""Traces that people go through one by one: which comes next, which came before, how many there are.

The queue is what filters choose, in an order of the list; what is to be done is what no person has said anything of
yet. It is asked anew each time, so that it has what came in meanwhile, and two people who go through it share the work.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tracekit.errors import QueryError
from tracekit.query.facets import COUNTED
from tracekit.query.filters import Filters
from tracekit.query.searching import MOST_FOUND, Searchable, narrow
from tracekit.query.traces import NEWEST, SORTS
from tracekit.store.sqlfiles import statement

_FOLDER = Path(__file__).parent / "sql"


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """How far a review is, at one trace of it or before its beginning.

    Attributes:
        total: the traces that fit.
        reviewed: those of which a person has said something.
        is_stored: whether the trace is there.
        place: which of them the trace is, from 1; None where it is none of them, or none is given.
        is_reviewed: whether a person has said something of it.
        passed_over: those before it of which nobody has said anything.
        first: the first of which nobody has.
        before: the trace before it.
        next: the next one of which nobody has said anything.
        notice: what a person should know of a search that could not look everywhere.
    """

    total: int
    reviewed: int
    is_stored: bool
    place: int | None
    is_reviewed: bool
    passed_over: int
    first: str | None
    before: str | None
    next: str | None
    notice: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """All traces that filters choose.

    Attributes:
        trace_ids: in the order asked for.
        more: whether there are more of them.
        unended: how many have no span that has ended.
        notice: why some may be missing.
    """

    trace_ids: list[str]
    more: bool
    unended: int
    notice: str | None = None


def queue(source: Searchable, filters: Filters, *, sort: str = NEWEST, at: str | None = None) -> Queue:
    """How far a review is.

    Args:
        source: what answers.
        filters: which traces; of words that very many spans hold, the traces of the newest of these.
        sort: one of `SORTS`.
        at: the trace that is in view.

    Raises:
        QueryError: there is no such order.
    """
    narrowed = narrow(source, filters, whole=True, most=COUNTED)
    query, bound = narrowed.where.into(_ordered("review_queue", sort), at=at)
    return Queue(**source.sql(query, bound).dicts()[0], notice=narrowed.notice)


def chosen(source: Searchable, filters: Filters, *, sort: str = NEWEST, limit: int) -> Chosen:
    """All traces that filters choose, up to a number; it says whether there are more.

    Raises:
        QueryError: there is no such order.
    """
    narrowed = narrow(source, filters, whole=True, most=MOST_FOUND)
    query, bound = narrowed.where.into(_ordered("chosen_traces", sort), limit=limit + 1)
    found = [str(row[0]) for row in source.sql(query, bound).rows]
    unended = source.sql(*narrowed.where.into(statement(_FOLDER, "unended_traces"))).rows[0][0]
    return Chosen(trace_ids=found[:limit], more=len(found) > limit, unended=int(unended), notice=narrowed.notice)


def _ordered(name: str, sort: str) -> str:
    if sort not in SORTS:
        raise QueryError(f"traces cannot be sorted by {sort!r:.80}; there are {', '.join(SORTS)}.")
    query = statement(_FOLDER, name)
    return query if sort == NEWEST else query.replace("/* key */ NULL", statement(_FOLDER / "keys", sort).strip())
