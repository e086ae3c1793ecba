"""How the index keeps up with a store: reads what is new by `seq`, and starts anew where it fits the store no more."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from tracekit.store import Parameters, Result
from tracekit.store.search.index import DamagedIndexError, Facts, SearchIndex
from tracekit.store.search.words import BARRIER, document
from tracekit.store.sqlfiles import statement

if TYPE_CHECKING:
    from tracekit.store.search.handover import Handover

_SQL = Path(__file__).parent / "sql"
_BYTES = 12 << 20
"""Text that is read for one step, about."""
_FIRST_ROWS = 256
_MOST_ROWS = 4096


class Queryable(Protocol):
    """Whatever answers SQL over a store."""

    def sql(self, query: str, parameters: Parameters = (), *, limit: int | None = None) -> Result:
        """Answer one read-only statement."""
        ...


class Followed(Queryable, Protocol):
    """A store that this process holds."""

    @property
    def handover(self) -> Handover:
        """What it has stored just now."""
        ...


def facts(store: Queryable) -> Facts:
    """What the index needs to know of a store."""
    name, last, still_open = store.sql(statement(_SQL, "facts")).rows[0]
    return Facts(store=name, last=last, open=still_open)


def first_number(store: Queryable) -> int:
    """The least number of a span in a store; -1 for none."""
    return int(store.sql(statement(_SQL, "first")).rows[0][0])


@dataclass(slots=True, frozen=True, kw_only=True)
class Caught:
    """What catching up did: spans indexed, and spans' numbers not looked at for lack of time."""

    spans: int
    behind: int


def catch_up(index: SearchIndex, store: Followed, *, seconds: float | None = None) -> Caught:
    """Index what the store has and the index has not; only for the process that holds the store.

    Args:
        index: what is brought up.
        store: what it follows.
        seconds: after how long to stop with the step under way; by default when nothing is left.

    Raises:
        StoreError: the index cannot be written, or the store does not answer.
    """
    deadline = None if seconds is None else time.monotonic() + seconds
    with index.held():
        stored, first = facts(store), first_number(store)
        at = max(_start(index, stored), first - 1)
        spans, rows = 0, _FIRST_ROWS
        while at < stored.last and (deadline is None or time.monotonic() < deadline):
            handed = store.handover.first(at + 1)
            if handed == at + 1:
                upto, found = store.handover.take(at + 1)
            else:
                upto = min(at + rows, stored.last if handed is None else handed - 1)
                read = found = documents(store, at + 1, upto)
                size = sum(len(text) for _, text in read) // max(len(read), 1)
                rows = max(min(_BYTES // max(size, 1), 4 * rows, _MOST_ROWS), 1)
            spans += index.add(found, upto=upto, store=stored.store)
            at = upto
        store.handover.first(at + 1)  # lets go of what is indexed: there may be nothing more for hours
        index.drop_before(first)
    return Caught(spans=spans, behind=max(stored.last - at, 0))


def rebuild(index: SearchIndex, store: Followed) -> Caught:
    """Throw the index away and write it anew, which takes about a minute for a million spans.

    Raises:
        StoreError: see `catch_up`, which goes on with it later.
    """
    with index.held():
        index.drop_from()
        return catch_up(index, store)


def documents(store: Queryable, low: int, high: int, *, only: Sequence[int] | None = None) -> list[tuple[int, str]]:
    """Number and text of the spans within numbers, both ends included; of `only` some where they are named."""
    return [(row.number, row.text) for row in _rows(store, low=low, high=high, only=only, open=False)]


class Document(NamedTuple):
    """The text of a span; where it is open, its number is below 0, and its trace and id are named."""

    number: int
    trace_id: str | None
    span_id: str | None
    text: str


def open_documents(store: Queryable) -> list[Document]:
    """All spans that are open."""
    return _rows(store, low=0, high=-1, only=None, open=True)


def _rows(store: Queryable, **bound: Any) -> list[Document]:
    found = store.sql(statement(_SQL, "rows_between"), {**bound, "barrier": BARRIER}).rows
    return [Document(row[0], row[1], row[2], document(*row[3:])) for row in sorted(found, key=itemgetter(0))]


def _start(index: SearchIndex, stored: Facts) -> int:
    """The number after which to go on; what cannot be gone on with is thrown away."""
    try:
        covered = index.covers(stored)
    except DamagedIndexError:
        index.mend()
        covered = index.covers(stored)
    if covered < 0:
        index.drop_from()
    return covered
