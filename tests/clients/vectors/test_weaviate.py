"""Weaviate's clients, sync and async, before a server that speaks its gRPC."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import weaviate
from weaviate.classes.query import Filter, GroupBy, MetadataQuery
from weaviate.exceptions import WeaviateQueryException
from weaviate.proto.v1 import properties_pb2, search_get_pb2

import tracekit
from tests.clients.vectors import HOME, LONG, VECTOR, Store, found, is_search, seen
from tests.clients.vectors.grpc_server import Server
from tests.support.faults import harm
from tests.support.patched import Spans
from tracekit import semconv

ID = "7f1c7a5e-0000-4000-8000-000000000000"
DISTANCE = {"return_metadata": MetadataQuery(distance=True)}
DOCUMENT = {"id": ID, "score": 0.25, "content": "one fish", "metadata": {"kind": 1, "none": None, "tags": ["a", "b"]}}


def search(asked: bytes) -> bytes:
    """What the server finds: one document, with the score that was asked for."""
    request = search_get_pb2.SearchRequest.FromString(asked)
    if request.collection == "Nowhere":
        raise ValueError("no collection Nowhere")
    value = properties_pb2.Value
    fields = {
        "text": value(text_value="one fish"),
        "kind": value(int_value=1),
        "tags": value(list_value={"text_values": {"values": ["a", "b"]}}),
        "none": value(null_value=0),
    }
    said = {"id": ID, "id_as_bytes": bytes.fromhex(ID.replace("-", ""))}
    if request.metadata.distance:
        said.update(distance=0.25, distance_present=True)
    if request.metadata.score:
        said.update(score=0.75, score_present=True)
    properties = {"non_ref_props": {"fields": fields}, "target_collection": "Docs"}
    one = search_get_pb2.SearchResult(metadata=said, properties=properties)
    if request.HasField("group_by"):
        group = search_get_pb2.GroupByResult(name="1", objects=[one], number_of_objects=1)
        return search_get_pb2.SearchReply(group_by_results=[group]).SerializeToString()
    nothing = request.HasField("near_object")
    return search_get_pb2.SearchReply(results=[] if nothing else [one]).SerializeToString()


Places = tuple[Store, Server]


@contextmanager
def serving(version: str = "1.36.0") -> Iterator[Places]:
    with (
        Store({"GET /v1/meta": {"version": version}}) as store,
        Server({"/weaviate.v1.Weaviate/Search": search}) as server,
    ):
        yield store, server


@pytest.fixture
def places() -> Iterator[Places]:
    with serving() as both:
        yield both


def address(places: Places) -> dict[str, Any]:
    store, server = places
    return {
        "http_host": "127.0.0.1", "http_port": store.port, "http_secure": False, "grpc_host": "127.0.0.1",
        "grpc_port": server.port, "grpc_secure": False, "skip_init_checks": True,
    }  # fmt: skip


@pytest.fixture
def docs(places: Places) -> Iterator[Any]:
    with weaviate.connect_to_custom(**address(places)) as client:
        yield client.collections.use("Docs")


@pytest.fixture
async def later(places: Places) -> AsyncIterator[Any]:
    async with weaviate.use_async_with_custom(**address(places)) as client:
        yield client.collections.use("Docs")


def test_words(docs: Any, places: Places, spans: Spans) -> None:
    kind = Filter.by_property("kind").equal(1)
    reply = docs.query.near_text("fish", limit=2, filters=kind, **DISTANCE)
    docs.query.hybrid("fish", limit=1, return_metadata=MetadataQuery(score=True))
    docs.query.bm25("fish")
    near, hybrid, words = spans()
    assert is_search(
        near, "weaviate", "Docs", query="fish", top_k=2, measure="distance", address="127.0.0.1", port=places[1].port
    )
    wanted = near.attributes[semconv.RETRIEVAL_FILTER]
    assert (wanted["operator"], wanted["valueInt"], wanted["target"]) == ("OPERATOR_EQUAL", "1", {"property": "kind"})
    assert found(near)[0]["score"] == 0.25
    assert found(near)[0]["content"] == "one fish"
    assert is_search(hybrid, "weaviate", "Docs", query="fish", measure="similarity")
    assert found(hybrid)[0]["score"] == 0.75
    assert is_search(words, "weaviate", "Docs", query="fish", top_k=None, measure=None)
    assert found(words)[0]["score"] is None
    assert [str(each.uuid) for each in reply.objects] == [ID]


def test_vectors_objects_groups_and_pictures(docs: Any, spans: Spans) -> None:
    docs.query.near_vector(VECTOR, **DISTANCE)
    docs.query.near_vector(LONG)
    docs.query.near_object(ID)
    docs.query.near_vector(VECTOR, group_by=GroupBy(prop="kind", number_of_groups=1, objects_per_group=1))
    docs.query.near_image("aGVsbG8=")
    short, long, near, grouped, picture = spans()
    assert is_search(short, "weaviate", "Docs", vector=VECTOR, dimensions=3)
    assert is_search(long, "weaviate", "Docs", vector="[16 dimensions]", dimensions=16)
    assert is_search(near, "weaviate", "Docs", vector={"id": ID})
    assert found(near) == []
    assert is_search(grouped, "weaviate", "Docs", vector=VECTOR)
    assert found(grouped)[0]["group"] == "1"
    assert is_search(picture, "weaviate", "Docs", vector={"near": "image"})


def test_what_is_made_of_what_was_found(docs: Any, spans: Spans) -> None:
    docs.generate.near_text("fish", single_prompt="say it: {text}")
    docs.query.fetch_objects()
    (only,) = spans()
    assert is_search(only, "weaviate", "Docs", query="fish")
    assert found(only)[0]["id"] == ID


def test_what_fails_fails_as_before(docs: Any, places: Places, spans: Spans) -> None:
    with (
        weaviate.connect_to_custom(**address(places)) as client,
        pytest.raises(WeaviateQueryException, match="Nowhere") as caught,
    ):
        client.collections.use("Nowhere").query.bm25("fish")
    (wrong,) = spans()
    assert is_search(wrong, "weaviate", "Nowhere", query="fish")
    assert wrong.status_message == str(caught.value)


async def test_asynchronous_searches_beside_each_other(later: Any, spans: Spans) -> None:
    with tracekit.span("asked"):
        await asyncio.gather(later.query.near_text("fish"), later.query.near_vector(VECTOR, **DISTANCE))
    *searches, asked = spans()
    assert {each.parent_span_id for each in searches} == {asked.span_id}
    assert all(is_search(each, "weaviate", "Docs") and found(each)[0]["id"] == ID for each in searches)


def test_what_is_put_back(docs: Any, spans: Spans) -> None:
    tracekit.uninstrument()
    docs.query.near_vector(VECTOR)
    assert spans() == []


def test_a_fault_of_ours_harms_nobody(places: Places, data_dir: Path) -> None:
    async def later() -> Any:
        async with weaviate.use_async_with_custom(**address(places)) as client:
            return repr(await client.collections.use("Docs").query.near_text("fish"))

    def program() -> list[Any]:
        with weaviate.connect_to_custom(**address(places)) as client:
            docs, nowhere = client.collections.use("Docs"), client.collections.use("Nowhere")
            kind = Filter.by_property("kind").equal(1)
            grouped = {"group_by": GroupBy(prop="kind", number_of_groups=1, objects_per_group=1)}
            return [
                seen(lambda: docs.query.near_text("fish", filters=kind, **DISTANCE)),
                seen(lambda: docs.query.near_vector(VECTOR, **grouped)),
                seen(lambda: docs.query.near_object(ID)),
                seen(lambda: docs.query.near_image("aGVsbG8=")),
                seen(docs.query.fetch_objects),
                seen(lambda: nowhere.query.bm25("fish")),
                asyncio.run(later()),
            ]

    assert harm({HOME / "weaviate.py"}, program, data_dir) == []
