"""The client of Qdrant: searches, of a server and of a store within the program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracekit.model import Call, Invocation, Response
from tracekit.sdk.integration import Integration, Method
from tracekit.sdk.registry import instrumentor
from tracekit_integrations import _retrieval as retrieval
from tracekit_integrations._values import get, items

_LOOKED_FOR = ("query", "query_vector", "vector", "positive", "target", "context", "prefetch")
_CONDITIONS = ("query_filter", "filter")
_MOST = 10
"""What a search gives if it is not told how many."""


def _request(*names: str) -> Callable[[Call], Invocation]:
    """The `request` of a search whose arguments come in this order, after the collection's name."""

    def request(call: Call) -> Invocation:
        asked = retrieval.parameters(call, "collection_name", *names)
        return _invocation(call, asked, _query(asked), asked.get("limit", _MOST), _condition(asked))

    return request


def _batch(call: Call) -> Invocation:
    """Several searches at once; how many documents each wants is said where they agree."""
    asked = retrieval.parameters(call, "collection_name", "requests")
    each = [_given(search) for search in asked["requests"]]
    limits = {search.get("limit", _MOST) for search in each}
    conditions = [_condition(search) for search in each]
    return _invocation(
        call,
        asked,
        retrieval.one_or_all([_query(search) for search in each]),
        limits.pop() if len(limits) == 1 else None,
        retrieval.one_or_all(conditions) if any(conditions) else None,
    )


def _invocation(call: Call, asked: dict[str, Any], query: Any, top_k: Any, wanted: Any) -> Invocation:
    server = get(call.instance, "_client")  # one that is in the program has no address
    return retrieval.invocation(
        "qdrant",
        asked.get("collection_name"),
        url=get(server, "rest_uri") or "",
        query=query,
        top_k=top_k,
        wanted=wanted,
    )


def _given(search: Any) -> dict[str, Any]:
    """What a model of one search says; its own models stay as they are."""
    return {name: value for name, value in vars(search).items() if value is not None}


def _condition(asked: dict[str, Any]) -> Any:
    return next((asked[name] for name in _CONDITIONS if name in asked), None)


def _query(asked: dict[str, Any]) -> Any:
    """What is looked for. Words that the store makes a vector of are the `text` of a document."""
    query = next((asked[name] for name in _LOOKED_FOR if name in asked), None)
    query = get(query, "nearest") or query
    words = get(query, "text")
    return {"id": query} if isinstance(query, str) else query if words is None else words


def _points(reply: Any) -> Response:
    return retrieval.response([_documents(reply)])


def _point_lists(reply: Any) -> Response:
    return retrieval.response([_documents(each) for each in reply])


def _groups(reply: Any) -> Response:
    return retrieval.response(
        [[{**each, "group": group.id} for group in reply.groups for each in _documents(group.hits)]]
    )


def _documents(reply: Any) -> list[dict[str, Any]]:
    points = items(reply) or items(get(reply, "points"))
    return [retrieval.document(point.id, point.score, point.payload) for point in points]


_METHODS = {
    "query_points": Method(request=_request("query", "using", "prefetch", "query_filter"), response=_points),
    "query_points_groups": Method(
        request=_request("group_by", "query", "using", "prefetch", "query_filter"), response=_groups
    ),
    "query_batch_points": Method(request=_batch, response=_point_lists),
    "search": Method(request=_request("query_vector", "query_filter"), response=_points),
    "search_groups": Method(request=_request("query_vector", "group_by", "query_filter"), response=_groups),
    "search_batch": Method(request=_batch, response=_point_lists),
    "recommend": Method(request=_request("positive", "negative", "query_filter"), response=_points),
    "discover": Method(request=_request("target", "context", "query_filter"), response=_points),
}

integration = Integration(
    name="qdrant_client",
    package="qdrant_client",
    distribution="qdrant-client",
    versions=">=1.14,<2",
    tested=("1.20.0",),
    targets=(
        *retrieval.targets("qdrant_client.qdrant_client", "QdrantClient", _METHODS),
        *retrieval.targets("qdrant_client.async_qdrant_client", "AsyncQdrantClient", _METHODS, is_async=True),
    ),
)

QdrantClientInstrumentor = instrumentor(integration)
