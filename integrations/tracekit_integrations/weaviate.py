"""The client of Weaviate (version 4): searches, where all of a collection's queries send them.

What is fetched without being searched for is not recorded, nor what the server has a model make of what it found.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import Any

from tracekit.model import Call, Invocation, Response
from tracekit.sdk.integration import Integration, Method
from tracekit.sdk.registry import instrumentor
from tracekit_integrations import _retrieval as retrieval

_WORDS = ("hybrid_search", "bm25_search", "near_text")
_MEDIA = ("near_image", "near_audio", "near_video", "near_depth", "near_thermal", "near_imu")
_MANY = 2
"""The kind of vector that is several, one after another."""
_SCORES: dict[str, retrieval.Measure] = {"distance": "distance", "certainty": "similarity", "score": "similarity"}
"""What a reply may say of a document, the first that is there."""


def _request(call: Call) -> Invocation | None:
    """A request: one for what is near to something, or has words in it. None for one that only fetches."""
    asked = call.args[0] if call.args else call.kwargs["request"]
    searched = next((name for name in (*_WORDS, "near_vector", "near_object", *_MEDIA) if asked.HasField(name)), None)
    if searched is None:
        return None
    where = call.instance._connection_params.grpc  # noqa: SLF001 - it has no other word for it
    made = retrieval.invocation(
        "weaviate",
        asked.collection,
        query=_query(searched, getattr(asked, searched)),
        top_k=asked.limit or None,
        wanted=_plain(asked.filters) if asked.HasField("filters") else None,
    )
    made.server_address, made.server_port = where.host, where.port
    return made


def _query(searched: str, search: Any) -> Any:
    """What is looked for; of pictures and sounds only that it is one."""
    if searched in _WORDS:
        return search.query if isinstance(search.query, str) else retrieval.one_or_all(list(search.query))
    if searched == "near_object":
        return {"id": search.id}
    if searched in _MEDIA:
        return {"near": searched.removeprefix("near_")}
    packed = next((each for each in search.vectors if each.type != _MANY), search)
    return array("f", packed.vector_bytes).tolist() or None


def _found(reply: Any) -> Response:
    documents = [(_document(each), each.metadata) for each in reply.results]
    for group in reply.group_by_results:
        documents += [({**_document(each), "group": group.name}, each.metadata) for each in group.objects]
    measure = _scored(documents[0][1]) if documents else None
    return retrieval.response([[document for document, _ in documents]], _SCORES.get(measure or ""))


def _document(result: Any) -> dict[str, Any]:
    said = result.metadata
    scored = _scored(said)
    return retrieval.document(
        said.id, None if scored is None else getattr(said, scored), dict(_properties(result.properties.non_ref_props))
    )


def _scored(said: Any) -> str | None:
    return next((name for name in _SCORES if getattr(said, f"{name}_present")), None)


def _properties(given: Any) -> Iterator[tuple[str, Any]]:
    for name, value in given.fields.items():
        kind = value.WhichOneof("kind")
        said = None if kind in {None, "null_value"} else getattr(value, kind)
        yield name, _plain(said) if hasattr(said, "DESCRIPTOR") else said


def _plain(message: Any) -> Any:
    from google.protobuf.json_format import MessageToDict  # noqa: PLC0415 - which Weaviate's client brings

    return MessageToDict(message)


_SEARCH = {"grpc_search": Method(request=_request, response=_found)}

integration = Integration(
    name="weaviate",
    package="weaviate",
    distribution="weaviate-client",
    versions=">=4.15,<5",
    tested=("4.24.1",),
    targets=(
        *retrieval.targets("weaviate.connect.v4", "ConnectionSync", _SEARCH),
        *retrieval.targets("weaviate.connect.v4", "ConnectionAsync", _SEARCH, is_async=True),
    ),
)

WeaviateInstrumentor = instrumentor(integration)
