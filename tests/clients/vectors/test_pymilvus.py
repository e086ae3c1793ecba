"""Milvus Lite behind the clients of Milvus."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pymilvus import (
    AnnSearchRequest,
    AsyncMilvusClient,
    Collection,
    MilvusClient,
    MilvusException,
    RRFRanker,
    connections,
)

import tracekit
from tests.clients.vectors import HOME, LONG, TEXTS, VECTOR, found, is_search, seen
from tests.support.faults import harm
from tests.support.patched import Spans
from tracekit import semconv

COSINE = {"metric_type": "COSINE"}
FIRST = {"id": "0", "score": 1.0, "content": "one fish"}
SECOND = {"id": "1", "score": 0.0, "content": "two fish"}
FIELDS = {"output_fields": ["text"]}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a store of two documents."""
    place = str(tmp_path_factory.mktemp("milvus") / "store.db")
    client = MilvusClient(place)
    client.create_collection("docs", dimension=3, metric_type="COSINE")
    vectors = [VECTOR, [0.0, 1.0, 0.0]]
    client.insert("docs", [{"id": at, "vector": vectors[at], "text": text} for at, text in enumerate(TEXTS.values())])
    yield place
    client.close()


@pytest.fixture
def client(home: str) -> Iterator[Any]:
    one = MilvusClient(home)
    yield one
    one.close()


def test_a_search_by_a_vector(client: Any, spans: Spans) -> None:
    reply = client.search("docs", [VECTOR], filter="id >= 0", limit=2, search_params=COSINE, **FIELDS)
    (search,) = spans()
    assert is_search(
        search, "milvus", "docs", vector=VECTOR, dimensions=3, top_k=2, wanted="id >= 0", measure="similarity"
    )
    assert found(search) == [FIRST, SECOND]
    assert [hit["id"] for hit in reply[0]] == [0, 1]


def test_several_searches_at_once(client: Any, spans: Spans) -> None:
    client.search("docs", [VECTOR, VECTOR], limit=1, **FIELDS)
    asked = [AnnSearchRequest([VECTOR], "vector", COSINE, 2, expr=wanted) for wanted in (None, "id > 0")]
    client.hybrid_search("docs", asked, RRFRanker(), limit=1)
    both, ranked = spans()
    assert is_search(both, "milvus", "docs", vector=[VECTOR, VECTOR], dimensions=3, top_k=1, measure=None)
    assert found(both) == [{**FIRST, "query": 0}, {**FIRST, "query": 1}]
    assert is_search(ranked, "milvus", "docs", vector=[VECTOR, VECTOR], top_k=1, wanted=[None, "id > 0"])
    assert found(ranked)[0]["id"] == "1"


def test_what_fails_fails_as_before(client: Any, spans: Spans) -> None:
    with pytest.raises(MilvusException, match="nowhere") as caught:
        client.search("nowhere", [LONG])
    (search,) = spans()
    assert is_search(search, "milvus", "nowhere", vector="[16 dimensions]", top_k=10)
    assert search.status_code == 2
    assert search.status_message == str(caught.value)


async def test_asynchronous_searches_beside_each_other(home: str, spans: Spans) -> None:
    client = AsyncMilvusClient(home)
    with tracekit.span("asked"):
        await asyncio.gather(*(client.search("docs", [VECTOR], limit=top_k, **FIELDS) for top_k in (1, 2)))
    await client.close()
    *searches, asked = spans()
    assert {search.parent_span_id for search in searches} == {asked.span_id}
    assert sorted(len(found(search)) for search in searches) == [1, 2]
    assert all(is_search(search, "milvus", "docs", vector=VECTOR) for search in searches)


def test_a_collection_warns_at_the_programs_line(home: str, spans: Spans) -> None:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        connections.connect("tests", uri=home)
        docs = Collection("docs", using="tests")
        docs.load()
        docs.search([VECTOR], "vector", COSINE, 1, **FIELDS)
        later = docs.search([VECTOR], "vector", COSINE, 1, _async=True)
        assert len(later.result()) == 1
        connections.disconnect("tests")
    assert {each.filename for each in told if "ORM" in str(each.message)} <= {__file__}
    one, two = spans()
    assert is_search(one, "milvus", "docs", vector=VECTOR, top_k=1, measure="similarity")
    assert found(one) == [FIRST]
    assert semconv.RETRIEVAL_DOCUMENTS not in two.attributes


def test_what_is_put_back(client: Any, spans: Spans) -> None:
    tracekit.uninstrument()
    client.search("docs", [VECTOR])
    assert spans() == []


def test_a_fault_of_ours_harms_nobody(home: str, data_dir: Path) -> None:
    async def later() -> Any:
        client = AsyncMilvusClient(home)
        gave = repr(await client.search("docs", [VECTOR], limit=1))
        await client.close()
        return gave

    def program() -> list[Any]:
        client = MilvusClient(home)
        asked = [AnnSearchRequest([VECTOR], "vector", COSINE, 2)]
        handler = client._get_connection()
        waits = {"anns_field": "vector", "param": COSINE, "limit": 1, "_async": True}
        gave = [
            seen(lambda: client.search("docs", [VECTOR], filter="id >= 0", search_params=COSINE)),
            seen(lambda: client.search("docs", [LONG])),
            seen(lambda: client.hybrid_search("docs", asked, RRFRanker(), limit=2)),
            seen(lambda: [list(hits) for hits in handler.search("docs", data=[VECTOR], **waits).result()]),
            seen(lambda: asyncio.run(later())),
        ]
        client.close()
        return gave

    assert harm({HOME / "pymilvus.py"}, program, data_dir) == []
