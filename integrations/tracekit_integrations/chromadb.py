"""The chromadb client: searches of a collection. An embedding function that the collection has is called within."""

from __future__ import annotations

from typing import Any

from tracekit.model import Call, Invocation, Response
from tracekit.sdk.integration import Integration, Method
from tracekit.sdk.registry import instrumentor
from tracekit_integrations import _retrieval as retrieval
from tracekit_integrations._values import get, items

_ASKED = (
    "query_embeddings",
    "query_texts",
    "query_images",
    "query_uris",
    "ids",
    "n_results",
    "where",
    "where_document",
)
_LOOKED_FOR = ("query_texts", "query_uris", "query_embeddings", "query_images")
_CONDITIONS = ("where", "where_document", "ids")
_MOST = 10
"""What `query` gives if it is not told how many."""


def _query(call: Call) -> Invocation:
    asked = retrieval.parameters(call, *_ASKED)
    query = next((asked[name] for name in _LOOKED_FOR if name in asked), None)
    conditions = {name: asked[name] for name in _CONDITIONS if name in asked}
    return _invocation(call, query, asked.get("n_results", _MOST), conditions or None)


def _search(call: Call) -> Invocation:
    """Expressions in the server's own language. Of several, how many documents each wants stands in none's place."""
    asked = retrieval.parameters(call, "searches").get("searches")
    searches = [each.to_dict() for each in items(asked) or [asked]]
    top_k = get(searches[0]["limit"], "limit") if len(searches) == 1 else None
    conditions = [each["filter"] for each in searches]
    query = [get(get(each["rank"], "$knn"), "query") or each["rank"] for each in searches]
    return _invocation(call, query, top_k, retrieval.one_or_all(conditions) if any(conditions) else None)


def _invocation(call: Call, query: Any, top_k: Any, wanted: Any) -> Invocation:
    return retrieval.invocation(
        "chroma",
        call.instance.name,
        url=getattr(call.instance._client, "_api_url", ""),  # noqa: SLF001 - a local store has none
        query=retrieval.one_or_all(query),
        top_k=top_k,
        wanted=wanted,
    )


def _found(reply: Any) -> Response:
    return retrieval.response(_documents(reply, "distances"), "distance")


def _ranked(reply: Any) -> Response:
    return retrieval.response(_documents(reply, "scores"))


def _documents(reply: Any, scores: str) -> list[list[dict[str, Any]]]:
    """Columns of lists, one list for each query; a column that was not asked for is None."""
    return [
        [
            retrieval.document(
                identity,
                _cell(reply, scores, query, place),
                _cell(reply, "metadatas", query, place),
                _cell(reply, "documents", query, place),
            )
            for place, identity in enumerate(identities)
        ]
        for query, identities in enumerate(reply["ids"])
    ]


def _cell(reply: Any, column: str, query: int, place: int) -> Any:
    lists = get(reply, column)
    return lists[query][place] if lists and lists[query] else None


_METHODS = {
    "query": Method(request=_query, response=_found),
    "search": Method(request=_search, response=_ranked),
}
_MODELS = "chromadb.api.models"

integration = Integration(
    name="chromadb",
    package="chromadb",
    distribution="chromadb",
    versions=">=1.2,<2",
    tested=("1.5.9",),
    targets=(
        *retrieval.targets(f"{_MODELS}.Collection", "Collection", _METHODS),
        *retrieval.targets(f"{_MODELS}.AsyncCollection", "AsyncCollection", _METHODS, is_async=True),
    ),
)

ChromadbInstrumentor = instrumentor(integration)
