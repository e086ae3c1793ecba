"""The client of Pinecone: searches of an index, over HTTP and gRPC. Version 10 is another client than those before it.

Searches of document indexes (`index.documents`) are not recorded.
"""

from __future__ import annotations

from typing import Any

from tracekit.model import Call, Invocation, Response
from tracekit.sdk.integration import Integration, Method
from tracekit.sdk.registry import instrumentor
from tracekit_integrations import _retrieval as retrieval
from tracekit_integrations._values import get, items

_CONDITIONS = ("namespace", "namespaces", "filter")
_LOOKED_FOR = ("vector", "id", "sparse_vector")


def _query(call: Call) -> Invocation:
    asked = retrieval.parameters(call)
    query = next((asked[name] for name in _LOOKED_FOR if name in asked), None)
    return _invocation(call, asked, {"id": query} if isinstance(query, str) else query)


def _search(call: Call) -> Invocation:
    """By words that the store embeds; what is looked for stands in a query, or beside it."""
    asked = retrieval.parameters(call, "namespace", "query")
    said = {name: get(asked.get("query"), name) for name in ("inputs", "top_k", "filter", *_LOOKED_FOR)}
    asked = {**{name: value for name, value in said.items() if value is not None}, **asked}
    words = get(asked.get("inputs"), "text")
    return _invocation(call, asked, next((asked[name] for name in _LOOKED_FOR if name in asked), words))


def _invocation(call: Call, asked: dict[str, Any], query: Any) -> Invocation:
    url = get(call.instance, "_host") or get(get(call.instance, "_config") or call.instance.config, "host")
    conditions = {name: asked[name] for name in _CONDITIONS if asked.get(name)}
    return retrieval.invocation(
        "pinecone",
        url.partition("://")[2].partition(".svc.")[0],  # what a host's name begins with is the index's
        url=url,
        query=query,
        top_k=asked.get("top_k"),
        wanted=conditions or None,
    )


def _matches(reply: Any) -> Response:
    """A future, of a thread or a call, has no matches yet."""
    matches = get(reply, "matches")
    return Response() if matches is None else _documents(matches, "metadata")


def _hits(reply: Any) -> Response:
    return _documents(items(get(get(reply, "result"), "hits")), "fields")


def _documents(found: Any, fields: str) -> Response:
    documents = [retrieval.document(_said(each, "id"), _said(each, "score"), get(each, fields)) for each in found]
    return retrieval.response([documents])


def _said(each: Any, name: str) -> Any:
    """A field of a document; of searches before 10 it has the wire's name."""
    found = get(each, f"_{name}")
    return get(each, name) if found is None else found


_QUERY = Method(request=_query, response=_matches)
_SEARCH = Method(request=_search, response=_hits)
_METHODS = {"query": _QUERY, "query_namespaces": _QUERY, "search": _SEARCH, "search_records": _SEARCH}

integration = Integration(
    name="pinecone",
    package="pinecone",
    distribution="pinecone",
    versions=">=7,<11",
    tested=("10.2.0",),
    targets=(
        *retrieval.targets("pinecone.index", "Index", _METHODS),
        *retrieval.targets("pinecone.async_client.async_index", "AsyncIndex", _METHODS, is_async=True),
        *retrieval.targets("pinecone.grpc", "GrpcIndex", _METHODS),
        *retrieval.targets("pinecone.db_data.index", "Index", _METHODS),
        *retrieval.targets("pinecone.db_data.index_asyncio", "_IndexAsyncio", _METHODS, is_async=True),
        *retrieval.targets("pinecone.grpc.index_grpc", "GRPCIndex", _METHODS),
    ),
)

PineconeInstrumentor = instrumentor(integration)
