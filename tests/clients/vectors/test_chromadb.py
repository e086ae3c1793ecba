"""Chroma: a store within the program, and a server's two clients."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import chromadb
import pytest
from chromadb.config import Settings

import tracekit
from tests.clients.vectors import HOME, LONG, VECTOR, Store, found, is_search, seen
from tests.support.faults import harm
from tests.support.patched import Spans


def settings() -> Settings:
    return Settings(anonymized_telemetry=False)  # a client changes what it is given


class Embedding(chromadb.EmbeddingFunction[Any]):
    """The program's own: it opens a span, as a client that is recorded does."""

    def __init__(self) -> None: ...

    def __call__(self, input: Any) -> Any:  # noqa: A002 - chroma's word
        with tracekit.span("embedded", kind="embedding"):
            return [[float(len(text)), 1.0, 0.0] for text in input]

    @staticmethod
    def name() -> str:
        return "lengths"

    def get_config(self) -> dict[str, Any]:
        return {}

    @staticmethod
    def build_from_config(config: dict[str, Any]) -> Embedding:
        return Embedding()


@pytest.fixture
def docs() -> Any:
    return stored()


def stored() -> Any:
    client = chromadb.EphemeralClient(settings())
    if "docs" in {collection.name for collection in client.list_collections()}:
        client.delete_collection("docs")
    collection = client.create_collection("docs", embedding_function=Embedding())
    collection.add(ids=["a", "b"], documents=["one", "three"], metadatas=[{"k": 1}, {"k": 2}])
    return collection


def test_words_are_embedded_within_the_search(docs: Any, spans: Spans) -> None:
    reply = docs.query(query_texts=["one"], n_results=2, where={"k": {"$gt": 0}})
    embedded, search = spans()
    assert is_search(
        search, "chroma", "docs", query="one", top_k=2, wanted={"where": {"k": {"$gt": 0}}}, measure="distance"
    )
    assert found(search) == [
        {"id": "a", "score": 0.0, "content": "one", "metadata": {"k": 1}},
        {"id": "b", "score": 4.0, "content": "three", "metadata": {"k": 2}},
    ]
    assert embedded.parent_span_id == search.span_id
    assert type(reply) is dict
    assert reply["ids"] == [["a", "b"]]


def test_vectors_and_what_was_not_asked_for(docs: Any, spans: Spans) -> None:
    docs.query(query_embeddings=[VECTOR], include=[])
    docs.query([VECTOR, VECTOR], n_results=1, include=["embeddings"])
    one, two = spans()
    assert is_search(one, "chroma", "docs", vector=VECTOR, dimensions=3, top_k=10, wanted=None)
    assert found(one) == [{"id": "a", "score": None}, {"id": "b", "score": None}]
    assert is_search(two, "chroma", "docs", vector=[VECTOR, VECTOR], dimensions=3, top_k=1)
    assert found(two) == [{"id": "a", "score": None, "query": 0}, {"id": "a", "score": None, "query": 1}]


def test_what_fails_fails_as_before(docs: Any, spans: Spans) -> None:
    with pytest.raises(Exception, match="dimension") as caught:
        docs.query(query_embeddings=[LONG])
    (search,) = spans()
    assert is_search(search, "chroma", "docs", vector="[16 dimensions]", dimensions=16)
    assert search.status_code == 2
    assert search.status_message == str(caught.value)


TENANT = "/api/v2/tenants/default_tenant"
DATABASE = f"{TENANT}/databases/default_database"
COLLECTION = {
    "id": "3fa85f64-5717-4562-b3fc-2c963f66afa6", "name": "docs", "metadata": None, "dimension": 3, "log_position": 0,
    "tenant": "default_tenant", "database": "default_database", "version": 0, "configuration_json": {},
}  # fmt: skip
ANSWERS = {
    "GET /api/v2/auth/identity": {"user_id": "u", "tenant": "default_tenant", "databases": ["default_database"]},
    f"GET {TENANT}": {"name": "default_tenant"},
    f"GET {DATABASE}": {"name": "default_database", "id": COLLECTION["id"], "tenant": "default_tenant"},
    f"GET {DATABASE}/collections/docs": COLLECTION,
    f"POST {DATABASE}/collections/{COLLECTION['id']}/query": {
        "ids": [["a"]], "documents": [["one"]], "metadatas": [[None]], "distances": [[0.25]], "embeddings": None,
        "uris": None, "data": None, "include": ["documents", "metadatas", "distances"],
    },
    f"POST {DATABASE}/collections/{COLLECTION['id']}/search": {
        "ids": [["a"], []], "documents": [["one"], None], "metadatas": [[{"k": 1}], None], "scores": [[0.5], None],
        "embeddings": [None, None], "select": [["#document", "#score"], []],
    },
}  # fmt: skip


@pytest.fixture
def server() -> Iterator[Store]:
    with Store(ANSWERS) as store:
        yield store


def served(server: Store) -> Any:
    client = chromadb.HttpClient("127.0.0.1", server.port, settings=settings())
    return client.get_collection("docs", embedding_function=Embedding())


async def served_async(server: Store) -> Any:
    client = await chromadb.AsyncHttpClient("127.0.0.1", server.port, settings=settings())
    return await client.get_collection("docs", embedding_function=Embedding())


def test_a_server_has_an_address(server: Store, spans: Spans) -> None:
    served(server).query(query_texts="one")
    _, search = spans()
    assert is_search(search, "chroma", "docs", query="one", address="127.0.0.1", port=server.port)
    assert found(search) == [{"id": "a", "score": 0.25, "content": "one"}]


async def test_asynchronous_searches_beside_each_other(server: Store, spans: Spans) -> None:
    docs = await served_async(server)
    with tracekit.span("asked"):
        replies = await asyncio.gather(docs.query(query_texts=["one"]), docs.query(query_embeddings=[VECTOR]))
    assert [reply["ids"] for reply in replies] == [[["a"]]] * 2
    *searches, asked = [span for span in spans() if span.name != "embedded"]
    assert {search.parent_span_id for search in searches} == {asked.span_id}
    assert all(is_search(search, "chroma", "docs", top_k=10, address="127.0.0.1") for search in searches)


async def test_searches_in_the_servers_own_language(server: Store, spans: Spans) -> None:
    asked = chromadb.Search(rank=chromadb.Knn(query="one"), limit=3, where={"k": 1})
    served(server).search(asked)
    vector = chromadb.Search(rank=chromadb.Knn(query=LONG))
    await (await served_async(server)).search([asked, vector])
    one, two = [span for span in spans() if span.name != "embedded"]
    assert is_search(one, "chroma", "docs", query="one", top_k=3, wanted={"k": {"$eq": 1}}, measure=None)
    assert found(one) == [{"id": "a", "score": 0.5, "content": "one", "metadata": {"k": 1}, "query": 0}]
    assert is_search(two, "chroma", "docs", vector=["one", "[16 dimensions]"], top_k=None)


def test_what_is_put_back(docs: Any, spans: Spans) -> None:
    tracekit.uninstrument()
    assert not hasattr(chromadb.Collection.query, "__wrapped__")
    docs.query(query_texts=["one"])
    assert not [span for span in spans() if span.name.startswith("retrieval")]


def program() -> list[Any]:
    """Everything that a program may see of it."""
    docs = stored()
    return [
        seen(lambda: docs.query(query_texts=["one"], where={"k": 1}, include=["documents", "distances"])),
        seen(lambda: docs.query(query_embeddings=[VECTOR, VECTOR], n_results=1, include=[])),
        seen(lambda: docs.query(query_embeddings=[LONG])),
        seen(docs.query),
    ]


def test_a_fault_of_ours_harms_nobody(data_dir: Path, server: Store) -> None:
    def whole() -> list[Any]:
        asked = chromadb.Search(rank=chromadb.Knn(query="one"))
        return [*program(), seen(lambda: served(server).search([asked, asked]))]

    assert harm({HOME / "chromadb.py"}, whole, data_dir) == []
