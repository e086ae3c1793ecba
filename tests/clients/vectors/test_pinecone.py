"""Pinecone's clients, over HTTP and gRPC, sync and async, before servers that speak as Pinecone's do."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pinecone
import pytest

import tracekit
from tests.clients.vectors import HOME, LONG, VECTOR, Store, found, is_search, seen
from tests.clients.vectors.grpc_server import Server
from tests.support.faults import harm
from tests.support.patched import Spans
from tracekit import semconv

IS_NEW = hasattr(pinecone, "AsyncIndex")
"""Version 10 is another client than those before it."""
ANSWERS = {
    "POST /query": {
        "matches": [{"id": "a", "score": 0.5, "metadata": {"text": "one fish", "k": 1}}, {"id": "b", "score": 0.25}],
        "namespace": "n",
        "usage": {"readUnits": 1},
    },
    "POST /records/namespaces/n/search": {
        "result": {"hits": [{"_id": "a", "_score": 0.5, "fields": {"chunk_text": "one fish", "k": 1}}]},
        "usage": {"read_units": 1},
    },
}
FIRST = {"id": "a", "score": 0.5, "content": "one fish", "metadata": {"k": 1}}


@pytest.fixture
def server() -> Iterator[Store]:
    with Store(ANSWERS) as store:
        yield store


@pytest.fixture
def index(server: Store, spans: Spans) -> Iterator[Any]:
    with pinecone.Pinecone(api_key="none").Index(host=server.url) as one:
        yield one


def asynchronous(server: Store) -> Any:
    if IS_NEW:
        return pinecone.AsyncIndex(host=server.url, api_key="none")
    return pinecone.Pinecone(api_key="none").IndexAsyncio(host=server.url)


def test_a_search_by_a_vector(index: Any, server: Store, spans: Spans) -> None:
    wanted = {"k": {"$gt": 0}}
    reply = index.query(vector=VECTOR, top_k=2, namespace="n", filter=wanted, include_metadata=True)
    index.query(id="a", top_k=1)
    index.query(vector=LONG, top_k=1)
    by_vector, by_id, long = spans()
    name = f"127.0.0.1:{server.port}"
    assert is_search(
        by_vector, "pinecone", name, vector=VECTOR, dimensions=3, top_k=2, address="127.0.0.1", port=server.port,
        wanted={"namespace": "n", "filter": wanted}, measure=None,
    )  # fmt: skip
    assert found(by_vector) == [FIRST, {"id": "b", "score": 0.25}]
    assert is_search(by_id, "pinecone", name, vector={"id": "a"}, dimensions=None, wanted=None)
    assert is_search(long, "pinecone", name, vector="[16 dimensions]", dimensions=16)
    assert reply.matches[0].id == "a"


def test_words_that_the_store_embeds(index: Any, spans: Spans) -> None:
    wanted = {"k": 1}
    index.search(namespace="n", query={"inputs": {"text": "one"}, "top_k": 2, "filter": wanted})
    index.search_records(namespace="n", query={"vector": {"values": VECTOR}, "top_k": 1})
    words, vector = spans()
    assert words.attributes[semconv.RETRIEVAL_QUERY] == "one"
    assert words.attributes[semconv.REQUEST_TOP_K] == 2
    assert words.attributes[semconv.RETRIEVAL_FILTER] == {"namespace": "n", "filter": wanted}
    assert found(words) == [FIRST]
    assert vector.attributes[semconv.INPUT] == {"values": VECTOR}


def test_several_namespaces_are_one_search(index: Any, spans: Spans) -> None:
    reply = index.query_namespaces(vector=VECTOR, namespaces=["n", "m"], metric="cosine", top_k=2)
    (search,) = spans()
    assert search.attributes[semconv.RETRIEVAL_FILTER] == {"namespaces": ["n", "m"]}
    assert [each["id"] for each in found(search)] == [each["id"] for each in reply.matches]


def test_a_future_is_the_programs_to_wait_for(index: Any, spans: Spans) -> None:
    later = index.query(vector=VECTOR, top_k=1, async_req=True)
    assert later.get().matches[0].id == "a"
    (search,) = spans()
    assert search.attributes[semconv.REQUEST_TOP_K] == 1


def test_what_fails_fails_as_before(index: Any, server: Store, spans: Spans) -> None:
    server.answers.clear()
    with pytest.raises(Exception, match="404") as caught:
        index.query(vector=VECTOR, top_k=2)
    (search,) = spans()
    assert search.status_code == 2
    assert search.status_message == str(caught.value)


async def test_asynchronous_searches_beside_each_other(server: Store, spans: Spans) -> None:
    async with asynchronous(server) as index:
        with tracekit.span("asked"):
            await asyncio.gather(
                index.query(vector=VECTOR, top_k=2),
                index.search(namespace="n", query={"inputs": {"text": "one"}, "top_k": 2}),
            )
    *searches, asked = spans()
    assert {search.parent_span_id for search in searches} == {asked.span_id}
    assert all(is_search(each, "pinecone", f"127.0.0.1:{server.port}", top_k=2) for each in searches)
    assert all(found(each)[0]["id"] == "a" for each in searches)


def match(_asked: bytes) -> bytes:
    """A `QueryResponse` with one match: its id, and its score."""
    scored = b"\x0a\x01a\x15" + struct.pack("<f", 0.5)
    return b"\x12" + bytes([len(scored)]) + scored


@contextmanager
def grpc_index() -> Iterator[Any]:
    with Server({"/VectorService/Query": match}) as server:
        if IS_NEW:
            from pinecone.grpc import GrpcIndex

            made = GrpcIndex(host=f"127.0.0.1:{server.port}", api_key="none", secure=False)
        else:
            from pinecone.grpc import GRPCClientConfig, PineconeGRPC

            plain = GRPCClientConfig(secure=False)
            made = PineconeGRPC(api_key="none").Index(host=f"127.0.0.1:{server.port}", grpc_config=plain)
        with made as index:
            yield index


def test_grpc(spans: Spans) -> None:
    with grpc_index() as index:
        index.query(vector=VECTOR, top_k=2)
        futures: list[Callable[[], Any]] = [index.query_async] if IS_NEW else []
        for ask in futures:
            assert ask(vector=VECTOR, top_k=1).result().matches[0].id == "a"
    search = spans()[0]
    assert search.attributes[semconv.REQUEST_TOP_K] == 2
    assert search.attributes[semconv.SERVER_ADDRESS] == "127.0.0.1"
    assert found(search) == [{"id": "a", "score": 0.5}]


def test_what_is_put_back(index: Any, spans: Spans) -> None:
    tracekit.uninstrument()
    index.query(vector=VECTOR, top_k=2)
    assert spans() == []


def test_a_fault_of_ours_harms_nobody(server: Store, data_dir: Path) -> None:
    def program() -> list[Any]:
        with pinecone.Pinecone(api_key="none").Index(host=server.url) as index:
            return [
                seen(lambda: index.query(vector=VECTOR, top_k=2, filter={"k": 1}).matches),
                seen(lambda: index.query(id="a", top_k=2).matches),
                seen(lambda: index.search(namespace="n", query={"inputs": {"text": "one"}, "top_k": 2}).result),
                seen(lambda: index.search(namespace="nowhere", query={"inputs": {"text": "one"}, "top_k": 2}).result),
                seen(lambda: index.query(vector=VECTOR, top_k=2, async_req=True).get().matches),
            ]

    assert harm({HOME / "pinecone.py"}, program, data_dir) == []
