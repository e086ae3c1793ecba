"""LanceDB in a folder, by the synchronous and the asynchronous connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import lancedb
import numpy as np
import pytest
from lancedb.index import FTS
from lancedb.rerankers import RRFReranker

import tracekit
from tests.clients.vectors import HOME, LONG, TEXTS, VECTOR, found, is_search, seen
from tests.support.faults import harm
from tests.support.patched import Spans
from tracekit import semconv

ROWS = [
    {"id": place, "text": text, "vector": vector}
    for (place, text), vector in zip(TEXTS.items(), (VECTOR, [0.0, 1.0, 0.0]), strict=True)
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a table that is searched by vectors and by words."""
    folder = tmp_path_factory.mktemp("lance")

    async def make() -> None:
        table = await (await lancedb.connect_async(str(folder))).create_table("docs", ROWS)
        await table.create_index("text", config=FTS())

    asyncio.run(make())
    return folder


@pytest.fixture
def docs(home: Path) -> Any:
    return lancedb.connect(str(home)).open_table("docs")


@pytest.fixture
async def later(home: Path) -> AsyncIterator[Any]:
    return await (await lancedb.connect_async(str(home))).open_table("docs")


def test_a_search_by_a_vector(docs: Any, spans: Spans) -> None:
    rows = docs.search(VECTOR).where("id != 'z'").limit(2).to_list()
    (search,) = spans()
    assert is_search(
        search, "lancedb", "docs", vector=VECTOR, dimensions=3, top_k=2, wanted="id != 'z'", measure="distance"
    )
    assert found(search) == [
        {"id": "a", "score": 0.0, "content": "one fish"},
        {"id": "b", "score": 2.0, "content": "two fish"},
    ]
    assert type(rows) is list
    assert rows[0]["vector"] == VECTOR


def test_searches_by_words_and_by_both(docs: Any, spans: Spans) -> None:
    docs.search("fish", query_type="fts").limit(1).to_arrow()
    docs.search(query_type="hybrid").vector(VECTOR).text("fish").limit(1).rerank(RRFReranker()).to_pandas()
    words, both = spans()
    assert is_search(words, "lancedb", "docs", query="fish", top_k=1, measure="similarity")
    assert 0 < found(words)[0]["score"] < 1
    assert is_search(both, "lancedb", "docs", query="fish", top_k=1, measure="similarity")
    assert found(both)[0]["id"] == "a"


def test_several_vectors_at_once(docs: Any, spans: Spans) -> None:
    docs.search([VECTOR, VECTOR]).limit(1).to_list()
    (search,) = spans()
    assert is_search(search, "lancedb", "docs", vector=[VECTOR, VECTOR], dimensions=3, top_k=1)
    one = {"id": "a", "score": 0.0, "content": "one fish"}
    assert sorted(found(search), key=str) == [{**one, "query": 0}, {**one, "query": 1}]


def test_batches_are_the_programs_to_read(docs: Any, spans: Spans) -> None:
    reader = docs.search(np.array(VECTOR)).select(["text"]).to_batches()
    assert sum(batch.num_rows for batch in reader) == 2
    (search,) = spans()
    assert is_search(search, "lancedb", "docs", vector=VECTOR, dimensions=3)
    assert semconv.RETRIEVAL_DOCUMENTS not in search.attributes


def test_a_scan_is_no_search(docs: Any, spans: Spans) -> None:
    assert len(docs.search().where("id = 'a'").to_list()) == 1
    assert spans() == []


def test_what_fails_fails_as_before(docs: Any, spans: Spans) -> None:
    with pytest.raises(Exception, match="query dim") as caught:
        docs.search(LONG, vector_column_name="vector").where("nonsense = 1").to_list()
    (search,) = spans()
    assert is_search(search, "lancedb", "docs", vector="[16 dimensions]", dimensions=16, wanted="nonsense = 1")
    assert search.status_code == 2
    assert search.status_message == str(caught.value)


async def test_asynchronous_searches_beside_each_other(later: Any, spans: Spans) -> None:
    with tracekit.span("asked"):
        await asyncio.gather(
            later.query().nearest_to(VECTOR).where("id != 'z'").limit(1).to_list(),
            later.query().nearest_to_text("fish").limit(1).to_arrow(),
            later.query().nearest_to(VECTOR).nearest_to_text("fish").limit(1).to_pandas(),
        )
    *searches, asked = spans()
    assert {search.parent_span_id for search in searches} == {asked.span_id}
    by_vector = next(search for search in searches if semconv.INPUT in search.attributes)
    words, both = (search for search in searches if search is not by_vector)
    name = "docs" if hasattr(later.query(), "_table") else None  # an older search does not know its table's
    assert is_search(by_vector, "lancedb", name, vector=VECTOR, dimensions=3, top_k=1, measure="distance")
    assert all(is_search(search, "lancedb", name, query="fish", top_k=1) for search in (words, both))
    assert all(len(found(search)) == 1 for search in searches)


async def test_asynchronous_scans_and_batches(later: Any, spans: Spans) -> None:
    assert len(await later.query().where("id = 'a'").to_list()) == 1
    assert spans() == []
    reader = await later.query().nearest_to(VECTOR).to_batches()
    assert sum([batch.num_rows async for batch in reader]) == 2
    (search,) = spans()
    assert semconv.RETRIEVAL_DOCUMENTS not in search.attributes


def test_what_is_put_back(docs: Any, spans: Spans) -> None:
    tracekit.uninstrument()
    assert not hasattr(lancedb.query.LanceVectorQueryBuilder.to_arrow, "__wrapped__")
    docs.search(VECTOR).to_list()
    assert spans() == []


def test_a_fault_of_ours_harms_nobody(home: Path, data_dir: Path) -> None:
    async def later() -> list[Any]:
        table = await (await lancedb.connect_async(str(home))).open_table("docs")
        asked = [
            table.query().nearest_to([VECTOR, VECTOR]).limit(1),
            table.query().nearest_to(VECTOR).limit(1),
            table.query().nearest_to_text("one").limit(1),
            table.query().nearest_to(VECTOR).nearest_to_text("one").limit(1),
            table.query().limit(1),
        ]
        return [sorted(map(repr, await each.to_list())) for each in asked]  # several at once come in any order

    def program() -> list[Any]:
        docs = lancedb.connect(str(home)).open_table("docs")
        reader = docs.search(VECTOR).to_batches()
        return [
            seen(lambda: docs.search(VECTOR).where("id = 'a'").to_list()),
            seen(lambda: docs.search(LONG, vector_column_name="vector").where("nonsense").to_list()),
            seen(lambda: docs.search("one", query_type="fts").to_list()),
            seen(reader.read_all),
            asyncio.run(later()),
        ]

    assert harm({HOME / "lancedb.py"}, program, data_dir) == []
