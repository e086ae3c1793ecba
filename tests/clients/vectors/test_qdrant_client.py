"""Qdrant: a store within the program, and a server, by the synchronous and the asynchronous client."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from qdrant_client import AsyncQdrantClient, QdrantClient, models

import tracekit
from tests.clients.vectors import HOME, LONG, TEXTS, VECTOR, Store, found, is_search, seen
from tests.support.faults import harm
from tests.support.patched import Spans

POINTS = [
    models.PointStruct(id=place, vector=vector, payload={"text": text, "k": place})
    for place, (vector, text) in enumerate(zip([VECTOR, [0.0, 1.0, 0.0]], TEXTS.values(), strict=True))
]
FILTER = models.Filter(must=[models.FieldCondition(key="k", match=models.MatchValue(value=0))])
FIRST = {"id": "0", "score": 1.0, "content": "one fish", "metadata": {"k": 0}}
SECOND = {"id": "1", "score": 0.0, "content": "two fish", "metadata": {"k": 1}}
SHAPE = models.VectorParams(size=3, distance=models.Distance.COSINE)


@pytest.fixture
def client() -> Iterator[QdrantClient]:
    one = stored()
    yield one
    one.close()


def stored() -> QdrantClient:
    client = QdrantClient(":memory:")
    client.create_collection("docs", vectors_config=SHAPE)
    client.upsert("docs", POINTS)
    return client


def test_a_search_by_a_vector(client: QdrantClient, spans: Spans) -> None:
    reply = client.query_points("docs", VECTOR, query_filter=FILTER, limit=1)
    (search,) = spans()
    wanted = {"must": [{"key": "k", "match": {"value": 0}}]}
    assert is_search(search, "qdrant", "docs", vector=VECTOR, dimensions=3, top_k=1, wanted=wanted, address=None)
    assert found(search) == [FIRST]
    assert [point.id for point in reply.points] == [0]


def test_searches_by_ids_and_without_payload(client: QdrantClient, spans: Spans) -> None:
    client.query_points("docs", 0, with_payload=False)
    client.query_points("docs", models.NearestQuery(nearest=VECTOR), limit=1)
    by_id, nearest = spans()
    assert is_search(by_id, "qdrant", "docs", vector=0, top_k=10)
    assert found(by_id) == [{"id": "1", "score": 0.0}]
    assert is_search(nearest, "qdrant", "docs", vector=VECTOR, dimensions=3)


def test_several_searches_and_groups(client: QdrantClient, spans: Spans) -> None:
    asked = [models.QueryRequest(query=VECTOR, limit=1, with_payload=True), models.QueryRequest(query=1, limit=2)]
    client.query_batch_points("docs", asked)
    client.query_points_groups("docs", "k", VECTOR, limit=2)
    batch, groups = spans()
    assert is_search(batch, "qdrant", "docs", vector=[VECTOR, 1], dimensions=3, top_k=None)
    assert found(batch) == [{**FIRST, "query": 0}, {"id": "0", "score": 0.0, "query": 1}]
    assert is_search(groups, "qdrant", "docs", vector=VECTOR, top_k=2)
    assert found(groups) == [{**FIRST, "group": 0}, {**SECOND, "group": 1}]


def test_what_fails_fails_as_before(client: QdrantClient, spans: Spans) -> None:
    with pytest.raises(ValueError, match="nowhere") as caught:
        client.query_points("nowhere", LONG)
    (search,) = spans()
    assert is_search(search, "qdrant", "nowhere", vector="[16 dimensions]", dimensions=16, error="ValueError")
    assert search.status_message == str(caught.value)


async def test_asynchronous_searches_beside_each_other(spans: Spans) -> None:
    client = AsyncQdrantClient(":memory:")
    await client.create_collection("docs", vectors_config=SHAPE)
    await client.upsert("docs", POINTS)
    assert inspect.iscoroutinefunction(client.query_points)
    with tracekit.span("asked"):
        await asyncio.gather(*(client.query_points("docs", VECTOR, limit=top_k) for top_k in (1, 2)))
    await client.close()
    *searches, asked = spans()
    assert {search.parent_span_id for search in searches} == {asked.span_id}
    assert sorted(len(found(search)) for search in searches) == [1, 2]
    assert all(is_search(search, "qdrant", "docs", vector=VECTOR) for search in searches)


POINT = {"id": "7f1c7a5e-0000-4000-8000-000000000000", "version": 1, "score": 0.5, "payload": {"page_content": "one"}}
FOUND = {"result": {"points": [POINT]}, "status": "ok", "time": 0.0}
GROUPS = {"result": {"groups": [{"hits": [POINT], "id": "g"}]}, "status": "ok", "time": 0.0}
BATCH = {"result": [{"points": [POINT]}], "status": "ok", "time": 0.0}
OLD = {"result": [POINT], "status": "ok", "time": 0.0}
PLACE = "POST /collections/docs/points"
ANSWERS = {
    f"{PLACE}/query": FOUND, f"{PLACE}/query/groups": GROUPS, f"{PLACE}/query/batch": BATCH,
    "GET /": {"title": "qdrant", "version": "1.14.0"},
}  # fmt: skip


@pytest.fixture
def server() -> Iterator[Store]:
    with Store(ANSWERS) as store:
        yield store


def served(server: Store) -> QdrantClient:
    return QdrantClient(url=server.url, check_compatibility=False, cloud_inference=True)


def test_words_that_a_server_embeds(server: Store, spans: Spans) -> None:
    client = served(server)
    client.query_points("docs", models.Document(text="one", model="made-up"), limit=3)
    client.close()
    (search,) = spans()
    assert is_search(search, "qdrant", "docs", query="one", top_k=3, address="127.0.0.1", port=server.port)
    assert found(search) == [{"id": POINT["id"], "score": 0.5, "content": "one"}]


async def test_an_asynchronous_client_of_a_server(server: Store, spans: Spans) -> None:
    client = AsyncQdrantClient(url=server.url, check_compatibility=False)
    await client.query_points("docs", VECTOR)
    with pytest.raises(Exception, match="404"):
        await client.query_points("nowhere", VECTOR)
    await client.close()
    right, wrong = spans()
    assert is_search(right, "qdrant", "docs", address="127.0.0.1", port=server.port)
    assert is_search(wrong, "qdrant", "nowhere")
    assert wrong.status_code == 2


def test_what_is_put_back(client: QdrantClient, spans: Spans) -> None:
    tracekit.uninstrument()
    assert not hasattr(QdrantClient.query_points, "__wrapped__")
    client.query_points("docs", VECTOR)
    assert spans() == []


def old_searches(client: Any) -> list[Any]:
    """What clients before 1.17 have beside `query_points`."""
    if not hasattr(client, "search"):
        return []
    return [
        seen(lambda: client.search("docs", VECTOR, FILTER)),
        seen(lambda: client.search_batch("docs", [models.SearchRequest(vector=VECTOR, limit=1)])),
        seen(lambda: client.search_groups("docs", VECTOR, "k")),
        seen(lambda: client.recommend("docs", [0], limit=1)),
        seen(lambda: client.discover("docs", target=0, limit=1)),
    ]


def test_what_older_clients_have(client: QdrantClient, spans: Spans) -> None:
    given = old_searches(client)
    searches = spans()
    assert len(searches) == len(given)
    assert all(is_search(search, "qdrant", "docs") for search in searches)
    assert all(found(search)[0]["content"] in TEXTS.values() for search in searches[:1])


def program() -> list[Any]:
    client = stored()
    asked = [models.QueryRequest(query=VECTOR, limit=1, filter=FILTER), models.QueryRequest(query="no", limit=1)]
    gave = [
        seen(lambda: client.query_points("docs", VECTOR, query_filter=FILTER)),
        seen(lambda: client.query_batch_points("docs", asked)),
        seen(lambda: client.query_batch_points("docs", asked[:1])),
        seen(lambda: client.query_points_groups("docs", "k", VECTOR)),
        seen(lambda: client.query_points("nowhere", LONG)),
        *old_searches(client),
    ]
    client.close()
    return gave


def test_a_fault_of_ours_harms_nobody(data_dir: Path) -> None:
    at_import = ("def request(", "return request")
    assert harm({HOME / "qdrant_client.py"}, program, data_dir, at_import=at_import) == []
