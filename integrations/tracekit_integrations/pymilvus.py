"""The client of Milvus: searches by vectors and words, where `MilvusClient`, its twin and `Collection` send them.

There a `Collection`, which is deprecated, has warned already, at the program's own line.
"""

from __future__ import annotations

from typing import Any

from tracekit.model import Call, Invocation, Response
from tracekit.sdk.integration import Integration, Method
from tracekit.sdk.registry import instrumentor
from tracekit_integrations import _retrieval as retrieval
from tracekit_integrations._values import get, text

_PLACES = ("collection_name", "data", "anns_field", "param", "limit", "expression")
"""The order of arguments before 3; from then on they are given by name."""
_MEASURES: dict[str, retrieval.Measure] = {
    "L2": "distance",
    "HAMMING": "distance",
    "JACCARD": "distance",
    "COSINE": "similarity",
    "IP": "similarity",
    "BM25": "similarity",
}
"""By the metric that a search names; the store's own name for all of them is distance."""


def _search(call: Call) -> Invocation:
    asked = retrieval.parameters(call, *_PLACES)
    query = retrieval.one_or_all(asked.get("data", asked.get("ids")))
    measure = _MEASURES.get(str(get(asked.get("param"), "metric_type")).upper())
    return retrieval.measured(_invocation(call, asked, query, asked.get("expression")), measure)


def _hybrid(call: Call) -> Invocation:
    """Several searches whose results are ranked together."""
    asked = retrieval.parameters(call, "collection_name", "reqs", "rerank", "limit")
    query = [retrieval.one_or_all(each.data) for each in asked["reqs"]]
    conditions = [text(each.expr) for each in asked["reqs"]]
    return _invocation(call, asked, query, conditions if any(conditions) else None)


def _invocation(call: Call, asked: dict[str, Any], query: Any, wanted: Any) -> Invocation:
    address = call.instance._address  # noqa: SLF001 - it has no other word for it
    return retrieval.invocation(
        "milvus",
        asked["collection_name"],
        url="" if address.startswith("unix:") else f"//{address}",
        query=query,
        top_k=asked.get("limit"),
        wanted=wanted or None,
    )


def _found(reply: Any) -> Response:
    if not isinstance(reply, list):  # a future, whose result the program waits for
        return Response()
    return retrieval.response(
        [[retrieval.document(hit.id, hit.distance, hit.fields) for hit in hits] for hits in reply]
    )


_METHODS = {
    "search": Method(request=_search, response=_found),
    "hybrid_search": Method(request=_hybrid, response=_found),
}

integration = Integration(
    name="pymilvus",
    package="pymilvus",
    distribution="pymilvus",
    versions=">=2.6,<4",
    tested=("3.0.2",),
    targets=(
        *retrieval.targets("pymilvus.client.grpc_handler", "GrpcHandler", _METHODS),
        *retrieval.targets("pymilvus.client.async_grpc_handler", "AsyncGrpcHandler", _METHODS, is_async=True),
    ),
)

PymilvusInstrumentor = instrumentor(integration)
