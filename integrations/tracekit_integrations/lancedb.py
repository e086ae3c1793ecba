"""The lancedb client: searches by vector, by words and by both. Plain scans and takes are no searches.

A search is recorded when it is run. Words that a table's embedding function makes a vector of are embedded before that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracekit.model import Call, Invocation, Response
from tracekit.sdk.integration import Integration, Method
from tracekit.sdk.registry import instrumentor
from tracekit_integrations import _retrieval as retrieval
from tracekit_integrations._values import get, text

_SCORES: dict[str, retrieval.Measure] = {
    "_relevance_score": "similarity",
    "_distance": "distance",
    "_score": "similarity",
}
"""The columns that a search adds, a reranker's first."""
_Read = Callable[[Any], tuple[Any, Any, Any]]
"""Of a search of one kind: what is looked for, how many documents are wanted, and the filter."""


def _request(call: Call) -> Invocation:
    search = call.instance
    words = text(get(search, "_str_query")) or get(search, "_text")
    query = next((each for each in (words, get(search, "_query"), get(search, "_vector")) if each is not None), None)
    where = search._where  # noqa: SLF001 - a search has no other word for what it is told
    return _invocation(search, query, search._limit, where)  # noqa: SLF001


def _async_request(call: Call) -> Invocation | None:
    """None for a scan. What a search by words says of its words is asked of nobody else: Rust panics there."""
    read = _READ.get(type(call.instance).__name__)
    return None if read is None else _invocation(call.instance, *read(call.instance))


def _by_vector(search: Any) -> tuple[Any, Any, Any]:
    asked = search._inner.to_query_request()  # noqa: SLF001
    vectors = [vector.to_numpy() for vector in asked.query_vector]
    return text(search._query_string) or retrieval.one_or_all(vectors), asked.limit, asked.filter  # noqa: SLF001


def _by_words(search: Any) -> tuple[Any, Any, Any]:
    asked = search._inner.to_query_request()  # noqa: SLF001
    return search.get_query(), asked.limit, asked.filter


def _by_both(search: Any) -> tuple[Any, Any, Any]:
    by_words = search._inner.to_fts_query()  # noqa: SLF001
    asked = by_words.to_query_request()
    return by_words.get_query(), asked.limit, asked.filter


_READ: dict[str, _Read] = {
    "AsyncVectorQuery": _by_vector,
    "AsyncFTSQuery": _by_words,
    "AsyncHybridQuery": _by_both,
}


def _invocation(search: Any, query: Any, limit: Any, where: Any) -> Invocation:
    table = get(search, "_table")  # older asynchronous searches do not know theirs
    wanted = None if where is None else str(where)
    query = query if text(query) or retrieval.dimensions(query) else str(query)
    return retrieval.invocation("lancedb", get(table, "name"), query=query, top_k=limit, wanted=wanted)


def _table(reply: Any) -> Response:
    """The rows, without their vectors."""
    told = [field.name for field in reply.schema if not hasattr(field.type, "list_size")]
    scored = next((name for name in _SCORES if name in told), None)
    rows = reply.select(told).to_pylist()
    return retrieval.response([[_document(row, scored) for row in rows]], _SCORES.get(scored or ""))


def _document(row: dict[str, Any], scored: str | None) -> dict[str, Any]:
    place = row.pop("query_index", None)  # where several are searched for at once
    fields = {name: value for name, value in row.items() if name != "id" and name not in _SCORES}
    found = retrieval.document(row.get("id", row.get("_rowid")), row.get(scored or ""), fields)
    return found if place is None else {**found, "query": place}


def _reader(_reply: Any) -> Response:
    """The program reads the rows itself, or does not."""
    return Response()


_SYNC = {
    "to_arrow": Method(request=_request, response=_table),
    "to_batches": Method(request=_request, response=_reader),
}
_ASYNC = {
    "to_arrow": Method(request=_async_request, response=_table),
    "to_batches": Method(request=_async_request, response=_reader),
}
_MODULE = "lancedb.query"
_BATCHES = {"to_batches": _ASYNC["to_batches"]}

integration = Integration(
    name="lancedb",
    package="lancedb",
    distribution="lancedb",
    versions=">=0.24,<1",
    tested=("0.40.0",),
    targets=(
        *retrieval.targets(_MODULE, "LanceVectorQueryBuilder", _SYNC),
        *retrieval.targets(_MODULE, "LanceFtsQueryBuilder", {"to_arrow": _SYNC["to_arrow"]}),
        *retrieval.targets(_MODULE, "LanceHybridQueryBuilder", {"to_arrow": _SYNC["to_arrow"]}),
        *retrieval.targets(_MODULE, "AsyncQueryBase", _ASYNC, is_async=True),
        *retrieval.targets(_MODULE, "AsyncVectorQuery", _BATCHES, is_async=True),
        *retrieval.targets(_MODULE, "AsyncHybridQuery", _BATCHES, is_async=True),
    ),
)

LancedbInstrumentor = instrumentor(integration)
