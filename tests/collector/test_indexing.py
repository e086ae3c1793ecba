from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.support.spans import span
from tests.support.stores import new_store
from tracekit.collector import indexing
from tracekit.collector.indexing import IndexLoop
from tracekit.store import Batch, Store
from tracekit.store.search.following import catch_up, facts


def until_indexed(store: Store, number: int) -> None:
    deadline = time.monotonic() + 20
    while store.index.covers(facts(store)) < number:
        assert time.monotonic() < deadline, "the index does not keep up"
        time.sleep(0.05)


def test_the_index_follows_the_store(tmp_path: Path) -> None:
    store = new_store(tmp_path / "traces.duckdb")
    said: list[str] = []
    loop = IndexLoop(store, tell=said.append)
    loop.start()
    for number in range(2):
        store.commit(Batch(spans=[span(trace=number + 1)]))
        until_indexed(store, number)
    loop.stop()
    store.close()
    assert said == []


def test_what_is_in_the_way_is_told_once_and_the_store_goes_on(tmp_path: Path) -> None:
    store = new_store(tmp_path / "traces.duckdb")
    store.index.directory.write_text("in the way")
    said: list[str] = []
    before = indexing.RETRY_SECONDS
    indexing.RETRY_SECONDS = 0.05
    loop = IndexLoop(store, tell=said.append)
    loop.start()
    try:
        assert store.commit(Batch(spans=[span()])).spans == 1
        deadline = time.monotonic() + 20
        while not said and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.3)
        assert len(said) == 1
        assert "cannot be written" in said[0]
        store.index.directory.unlink()
        until_indexed(store, 0)
    finally:
        indexing.RETRY_SECONDS = before
        loop.stop()
        store.close()


def test_a_fault_of_ours_is_told_and_indexing_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = new_store(tmp_path / "traces.duckdb")
    said: list[str] = []

    def stumble(*_: object, **__: object) -> None:
        monkeypatch.setattr(indexing, "catch_up", catch_up)
        raise UnicodeDecodeError("utf-8", b"", 0, 1, "no such character")

    monkeypatch.setattr(indexing, "catch_up", stumble)
    monkeypatch.setattr(indexing, "RETRY_SECONDS", 0.05)
    store.commit(Batch(spans=[span()]))
    loop = IndexLoop(store, tell=said.append)
    loop.start()
    try:
        until_indexed(store, 0)
    finally:
        loop.stop()
        store.close()
    assert len(said) == 1
    assert "no such character" in said[0]
