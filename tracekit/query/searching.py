"""Traces by the words and attributes of their spans, newest first: the index proposes, the store disposes.

What the index does not have yet, it reads and looks through itself, for a bounded time; where that was not enough the
answer says so. Words in a row are looked for in traces, not in spans: once a trace has been found, its other spans are
not read. It refuses to change the index, but for throwing away a file of it that cannot be read.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import chain, islice
from pathlib import Path
from typing import Any, Protocol, TypeVar

from tracekit.query.conditions import Condition, Where, where
from tracekit.query.filters import Filters
from tracekit.query.times import moment, timed
from tracekit.store.search.following import Queryable, facts, open_documents
from tracekit.store.search.index import PART, DamagedIndexError, SearchIndex
from tracekit.store.search.language import Query, parse
from tracekit.store.search.memory import matching
from tracekit.store.search.words import BARRIER, document
from tracekit.store.sqlfiles import statement

SCAN_SECONDS = 2.0
"""How long one question may read spans' texts: those not indexed yet, and those that may hold words in a row."""

_FOLDER = Path(__file__).parent / "sql"
_TRACE_ID = re.compile(r"[0-9a-f]{32}")
_SCANNED, _MOST_SCANNED = 256, 8192
_CHECKED, _MOST_CHECKED = 1024, 4096
"""Spans that may hold words in a row and are looked at together, at first and at most: neighbours are unpacked
together, however few are asked for."""
_READ, _MOST_READ, _SELDOM = 1024, 4096, 0.125
"""Spans whose texts are asked for together, at first and at most: more from one question to the next, while of no more
than this share there is a text that may hold the words."""
_OFTEN = 0.5
"""The share of traces found by one span each from which on the next ones are looked for so."""
_FIRST, _MOST, _GROWTH = 1024, 1 << 16, 4
MOST_FOUND = 1 << 20
"""Spans that fit of which all is wanted, at most."""
NOTHING = "The query holds no word that could be searched for."
EVERYTHING = Where()
FIRST: Mapping[str, Any] = {"limit": 1, "before": None, "before_id": None}
_ANYTHING = ""
"""A regular expression that matches every text."""
_ALWAYS, _FOREVER = "-infinity", "infinity"
_USUAL = timedelta(hours=1)
"""By how much a trace began before its spans, where it is not looked for any further back."""


class Searchable(Queryable, Protocol):
    """A store, or a way to one, and the index of its words."""

    @property
    def index(self) -> SearchIndex:
        """The index beside the store."""
        ...


@dataclass(slots=True, kw_only=True)
class Found:
    """Rows of the `traces` view, newest first, and what a person should know of how they were found."""

    traces: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    notice: str | None = None


@dataclass(slots=True, frozen=True, kw_only=True)
class Narrowed:
    """Filters as SQL, as far as that goes.

    Attributes:
        where: the condition on the row of a trace.
        words: what one of its spans must hold besides; None where that is in the condition, or nothing is asked.
        notice: what a person should know of a search that could not look everywhere.
    """

    where: Where
    words: Words | None = None
    notice: str | None = None


@dataclass(slots=True, frozen=True, kw_only=True)
class Words:
    """Words and attributes that one span must hold."""

    text: str
    query: Query


def narrow(
    source: Searchable,
    filters: Filters,
    *,
    whole: bool = False,
    conditions: Iterable[Condition] | None = None,
    most: int = MOST_FOUND,
) -> Narrowed:
    """Ask the index what filters ask of it.

    Args:
        source: what is searched.
        filters: which traces.
        whole: whether all that is found is wanted, so that it can be counted or sorted; else the newest will do.
        conditions: in place of those that the filters have on the row of a trace.
        most: so many spans that hold the words are looked at, about, where all is wanted.
    """
    beside: list[str] = []
    notices: list[str | None] = []
    for each in filters.conditions:
        if each.is_searched:
            found = _mended(source, _Search(source, _query_of(each)).every)
            beside += found.ids
            notices.append(found.notice)
    words = Words(text=filters.text or "", query=parse(filters.text or "", filters.attributes))
    among = None
    asked = filters.text is not None or bool(filters.attributes)
    if asked and whole:
        found = _mended(source, lambda: _Search(source, words.query).every(words.text, most=most))
        among = found.ids
        notices.append(found.notice)
    rows = filters.every() if conditions is None else conditions
    return Narrowed(
        where=where(rows, since=filters.since, until=filters.until, among=among, beside=beside),
        words=words if asked and not whole else None,
        notice=next(filter(None, notices), None),
    )


def search(
    source: Searchable, words: Words, *, where: Where, since: datetime | None, paging: Mapping[str, Any]
) -> Found:
    """The newest traces of which one span holds all the words and attributes.

    Args:
        source: what is searched.
        words: what is asked for, see `docs/search.md`; a whole trace id is found as well.
        where: what else holds of the traces.
        since: their earliest start, as `where` has it.
        paging: the parameters of `list_traces.sql`.
    """
    if not words.query.terms:
        return Found(notice=NOTHING)
    return _mended(source, lambda: _Search(source, words.query, where, since, paging).run(words.text))


def _query_of(condition: Condition) -> Query:
    if condition.field == "attribute":
        return parse("", [(condition.name or "", condition.value)])
    return parse(condition.value or "")


def _mended(source: Searchable, ask: Callable[[], F]) -> F:
    """What a question finds; where the index cannot be read, without it, and it says so."""
    try:
        return ask()
    except DamagedIndexError as error:
        source.index.mend()
        found = ask()
        found.notice = found.notice or str(error)
        return found


@dataclass(slots=True, frozen=True, kw_only=True)
class _Traces:
    """Traces, and when the spans began that led to them: the traces themselves began then or earlier."""

    ids: list[str]
    earliest: str = _ALWAYS
    latest: str = _FOREVER


@dataclass(slots=True, frozen=True, kw_only=True)
class _Piece:
    """What a piece of the spans, from the greatest number down, leads to.

    Attributes:
        traces: those that had not been found before, or all.
        lowest: the least number that was looked at.
        spans: how many spans are known to fit.
    """

    traces: _Traces
    lowest: int
    spans: int


@dataclass(slots=True, kw_only=True)
class _Every:
    """Ids of traces, and what a person should know of how they were found."""

    ids: list[str]
    notice: str | None = None


F = TypeVar("F", Found, _Every)


class _Search:
    """One question under way."""

    def __init__(
        self,
        source: Searchable,
        query: Query,
        where: Where = EVERYTHING,
        since: datetime | None = None,
        paging: Mapping[str, Any] = FIRST,
    ) -> None:
        self._source = source
        self._query = query
        self._where = where
        self._since = since
        self._paging = paging
        self._deadline = time.monotonic() + SCAN_SECONDS
        self._kept: dict[str, dict[str, Any]] = {}
        self._together = _READ
        self._known: set[str] = set()  # traces that have been found, on the page or not
        self._notice: str | None = None
        self._stored = facts(source)

    def every(self, text: str = "", *, most: int = MOST_FOUND) -> _Every:
        """All traces that fit, at most those that the newest `most` spans lead to."""
        if not self._query.terms:
            return _Every(ids=[], notice=NOTHING)
        found = self._beside(text)
        self._known.update(found)
        looked = 0
        for piece in self._pieces(min(_MOST, most), page=_MOST):
            new = [trace_id for trace_id in piece.traces.ids if trace_id not in self._known]
            self._known.update(new)
            found += new
            looked += piece.spans
            if looked >= most:
                self._notice = self._notice or f"Of the spans that fit, only the newest {looked:,} were looked at."
                break
        return _Every(ids=list(dict.fromkeys(found)), notice=self._notice)

    def run(self, text: str) -> Found:
        self._keep(_Traces(ids=self._beside(text)))
        for piece in self._pieces(_FIRST, page=self._paging["limit"]):
            self._keep(piece.traces)
            if self._is_enough(piece.lowest):
                break
        return Found(traces=self._newest(), notice=self._notice)

    def _beside(self, text: str) -> list[str]:
        """Traces that no number leads to: those of open spans, and the one whose id was asked for."""
        rows = open_documents(self._source) if self._stored.open else []
        matched = set(matching([(row.number, row.text) for row in rows], self._query))
        found = [row.trace_id for row in rows if row.number in matched and row.trace_id]
        asked = text.strip().lower()
        return [*found, asked] if _TRACE_ID.fullmatch(asked) else found

    def _pieces(self, first: int, *, page: int) -> Iterator[_Piece]:
        """What the spans that fit lead to, those with the greatest numbers first; `first` of them at first."""
        indexed = self._source.index.covers(self._stored)
        scanned = self._scanned(self._stored.last, indexed)
        proposed = (number for number in self._source.index.search(self._query) if number <= indexed)
        if self._query.needs_positions:
            yield from self._settled(scanned, min(first, _SCANNED), page=page)
            yield from self._checked(proposed)
        else:
            yield from self._settled(chain(scanned, proposed), first, page=page)

    def _settled(self, numbers: Iterator[int], first: int, *, page: int) -> Iterator[_Piece]:
        """What spans that fit for certain lead to."""
        for some in _growing(numbers, first, page=page):
            yield _Piece(traces=self._traces_of(some), lowest=some[-1], spans=len(some))

    def _scanned(self, newest: int, indexed: int) -> Iterator[int]:
        """Those that the index does not have yet."""
        size = _SCANNED
        while newest > indexed:
            if time.monotonic() >= self._deadline:
                self._notice = f"{newest - indexed} spans are not in the search index yet, and were not looked through."
                return
            low = max(indexed + 1, newest - size + 1)
            yield from matching(_candidates(self._source, self._query, low, newest), self._query)
            newest, size = low - 1, min(size * _GROWTH, _MOST_SCANNED)

    def _checked(self, proposed: Iterator[int]) -> Iterator[_Piece]:
        """What those of the proposed spans lead to that hold the words in a row."""
        size, singly = _CHECKED, True
        while self._notice is None and (numbers := list(islice(proposed, size))):
            spans = self._new_spans(numbers)
            fit: list[int] = []
            rest = list(spans)
            if singly:  # one span of each trace first: where most traces are found so, few other texts are read
                first = {trace_id: number for number, (trace_id, _) in reversed(spans.items())}
                fit = self._holding(sorted(first.values(), reverse=True))
                done = {spans[number][0] for number in fit}
                rest = [number for number, (of, _) in spans.items() if of not in done and number != first[of]]
                singly = len(done) >= _OFTEN * len(first)
            fit += self._holding(rest)
            yield _Piece(traces=_led_to([spans[number] for number in fit]), lowest=numbers[-1], spans=len(fit))
            size = min(size * _GROWTH, _MOST_CHECKED)

    def _new_spans(self, numbers: Sequence[int]) -> dict[int, tuple[str, int]]:
        """Trace and start, in microseconds since 1970, of those of the spans whose traces have not been found yet."""
        rows = self._source.sql(statement(_FOLDER, "traces_of"), _named(numbers)).rows
        stored = {number: (trace_id, started) for number, trace_id, started in rows if trace_id not in self._known}
        return {number: stored[number] for number in numbers if number in stored}

    def _holding(self, numbers: Sequence[int]) -> list[int]:
        """Those of the spans that hold the words in a row, as far as there is time to read them."""
        rows = self._query.rows_of_words
        found: list[int] = []
        at = 0
        while at < len(numbers):
            if time.monotonic() >= self._deadline:
                self._notice = (
                    f"Words in a row were looked for during {SCAN_SECONDS:g} s, from the newest span on; "
                    "older ones may hold them too."
                )
                break
            some = numbers[at : at + self._together]
            said = list(texts_of(self._source, rows, some))
            found += matching(said, rows)
            at += len(some)
            self._together = min(2 * self._together, _MOST_READ) if len(said) <= _SELDOM * len(some) else _READ
        return found

    def _traces_of(self, numbers: Sequence[int]) -> _Traces:
        [(ids, earliest, latest)] = self._source.sql(statement(_FOLDER, "matched_traces"), _named(numbers)).rows
        return _Traces(ids=ids or [], earliest=earliest or _ALWAYS, latest=latest or _FOREVER)

    def _keep(self, traces: _Traces) -> None:
        """Add the newest of these traces that pass the filters."""
        wanted = [trace_id for trace_id in traces.ids if trace_id not in self._known]
        if not wanted:
            return
        self._known.update(wanted)
        if self._where.sql != EVERYTHING.sql:
            narrower = Where(sql=f"{statement(_FOLDER / 'where', 'among')}\n    AND {self._where.sql}")
            query, bound = narrower.into(statement(_FOLDER, "list_traces"), **self._where.bound, among=" ".join(wanted))
            rows = [timed(row) for row in self._source.sql(query, bound | dict(self._paging)).dicts()]
        else:
            rows = self._among(wanted, _before(traces.earliest), traces.latest)
            if len(rows) < min(len(wanted), self._paging["limit"]):
                rows = self._among(wanted, _ALWAYS, traces.latest)
        self._kept |= {str(row["trace_id"]): row for row in rows}

    def _among(self, wanted: Sequence[str], earliest: str, latest: str) -> list[dict[str, Any]]:
        """The newest of these traces that began between two times."""
        bound = {**self._paging, "among": " ".join(wanted), "earliest": earliest, "latest": latest}
        return [timed(row) for row in self._source.sql(statement(_FOLDER, "traces_among"), bound).dicts()]

    def _newest(self) -> list[dict[str, Any]]:
        rows = sorted(self._kept.values(), key=lambda row: (row["start_time"], row["trace_id"]), reverse=True)
        return rows[: self._paging["limit"]]

    def _is_enough(self, number: int) -> bool:
        """Whether no trace that only spans below a number lead to can be on the page: all of those started before."""
        newest = self._newest()
        full = len(newest) == self._paging["limit"]
        since = self._since
        if not full and since is None:
            return False
        older = self._source.sql(statement(_FOLDER, "newest_before"), {"seq": number}).rows
        if not older:
            return True
        latest = moment(older[0][0])
        return (full and newest[-1]["start_time"] > latest) or (since is not None and latest < _zoned(since))


def texts_of(source: Queryable, query: Query, numbers: Sequence[int]) -> Iterator[tuple[int, str]]:
    """Number and text of the spans that may hold the words of a query, all who do among them; attributes are left out.

    Args:
        source: what answers.
        query: what is asked for.
        numbers: those of the spans, the greatest first.
    """
    bound = {**_named(numbers), "barrier": BARRIER, "pattern": query.pattern or _ANYTHING}
    rows = source.sql(statement(_FOLDER, "texts_of"), bound).rows
    return ((row[0], _said(*row[1:])) for row in rows)


def _said(json_texts: str, texts: str, *either: str | None) -> str:
    """The text of a span; `input` and `output` are JSON where they begin like it."""
    given = [text for text in either if text is not None]
    as_json = [text for text in given if text.startswith(("{", "["))]
    plain = [text for text in given if not text.startswith(("{", "["))]
    return document(BARRIER.join([json_texts, *as_json]), BARRIER.join([texts, *plain]), None, None)


def _candidates(source: Queryable, query: Query, low: int, high: int) -> Iterator[tuple[int, str]]:
    """Number and text of the spans within numbers that may fit, all who do among them."""
    bound = {
        "low": low,
        "high": high,
        "barrier": BARRIER,
        "texts": query.of_texts,
        "members": list(query.members) or None,
        "pattern": query.pattern,
    }
    rows = source.sql(statement(_FOLDER, "candidates"), bound).rows
    return ((row[0], document(*row[1:])) for row in rows)


def _growing(numbers: Iterator[int], size: int, *, page: int) -> Iterator[list[int]]:
    """Pieces of numbers, of `size` at first: most questions need no more.

    Where numbers are rare, a piece that may fill a page ends with a file of the index: older ones are not read then.
    """
    chunk: list[int] = []
    for number in numbers:
        if len(chunk) >= size or (len(chunk) >= page and number // PART != chunk[-1] // PART):
            yield chunk
            chunk, size = [], min(size * _GROWTH, _MOST)
        chunk.append(number)
    if chunk:
        yield chunk


def _named(numbers: Sequence[int]) -> dict[str, Any]:
    """The parameters that say which spans: as one text, as a list of many takes longer to bind than all the rest."""
    return {"low": numbers[-1], "high": numbers[0], "seqs": " ".join(map(str, numbers))}


def _led_to(spans: Sequence[tuple[str, int]]) -> _Traces:
    """The traces of spans, by trace and start in microseconds since 1970."""
    if not spans:
        return _Traces(ids=[])
    starts = [started for _, started in spans]
    earliest, latest = (moment(at).isoformat() for at in (min(starts), max(starts)))
    return _Traces(ids=list(dict.fromkeys(trace_id for trace_id, _ in spans)), earliest=earliest, latest=latest)


def _before(time: str) -> str:
    """A time by `_USUAL` earlier."""
    return time if time == _ALWAYS else (datetime.fromisoformat(time) - _USUAL).isoformat()


def _zoned(time: datetime) -> datetime:
    """A time as `where/since.sql` takes it; UTC where it names no zone."""
    return time if time.tzinfo else time.replace(tzinfo=UTC)
