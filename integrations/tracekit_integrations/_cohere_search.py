"""Cohere's embeddings and rerankings, of both versions. Records no vectors."""

from __future__ import annotations

import json
from typing import Any

from tracekit import semconv
from tracekit.model import Call, Invocation, Response
from tracekit_integrations._cohere_chat import billed
from tracekit_integrations._cohere_request import invocation
from tracekit_integrations._request import Shaped, attributes, stops, whole
from tracekit_integrations._values import get, items, plain, text

_EMBEDDED: Shaped = {
    "output_dimension": (semconv.EMBEDDINGS_DIMENSION_COUNT, whole),
    "embedding_types": (semconv.REQUEST_ENCODING_FORMATS, stops),
}
_RANKED: Shaped = {"top_n": (semconv.RETRIEVAL_TOP_K, whole)}
_NUMBERS = ("float_", "float", "int8", "uint8")
"""The kinds of vector that have one number a dimension."""


def embed_request(call: Call) -> Invocation:
    """A call of `embed`; what is embedded is the span's input."""
    made, parameters = invocation(call, semconv.EMBEDDINGS)
    made.attributes = attributes(parameters, {}, _EMBEDDED)
    embedded = next((parameters[name] for name in ("texts", "inputs", "images") if items(parameters.get(name))), None)
    if embedded is not None:
        made.content[semconv.INPUT] = plain(embedded)
    return made


def embed_response(reply: Any) -> Response:
    """The billed tokens and the vectors' length."""
    data = get(reply, "data")
    made = Response(response_id=text(get(data, "id")), usage=billed(get(data, "meta")))
    vectors = get(data, "embeddings")
    listed = items(vectors) or next((found for name in _NUMBERS if (found := items(get(vectors, name)))), ())
    if listed and items(listed[0]):
        made.attributes[semconv.EMBEDDINGS_DIMENSION_COUNT] = len(listed[0])
    return made


def rerank_request(call: Call) -> Invocation:
    """A call of `rerank`: the query is the span's input."""
    made, parameters = invocation(call, semconv.RERANK)
    made.attributes = attributes(parameters, {}, _RANKED)
    made.content[semconv.RETRIEVAL_QUERY] = parameters.get("query")
    return made


def rerank_response(reply: Any) -> Response:
    """Documents, best first, with their scores. The reply numbers them; what they say stands in the request."""
    data = get(reply, "data")
    made = Response(response_id=text(get(data, "id")), usage=billed(get(data, "meta")))
    asked = json.loads(get(get(reply, "_response"), "request").content)
    ranked = [_document(result, items(get(asked, "documents"))) for result in items(get(data, "results"))]
    made.content[semconv.RETRIEVAL_DOCUMENTS] = ranked or None
    return made


def _document(result: Any, documents: Any) -> dict[str, Any]:
    index = get(result, "index")
    return {"id": str(index), "score": get(result, "relevance_score"), "content": _text(documents[index])}


def _text(document: Any) -> Any:
    return get(document, "text") or document
