"""Memory is let go when nothing happens, and no question comes to harm by it."""

from __future__ import annotations

import threading
from typing import Any

from tests.support.spans import span
from tracekit.store import Batch
from tracekit.store.duckdb.database import DuckDBStore
from tracekit.store.duckdb.opening import cursor

SETTING = "SELECT current_setting('memory_limit')"
LARGE = """
SELECT count(*), max(length(t)) FROM (SELECT repeat(r::VARCHAR, 20) AS t FROM range(1_500_000) AS s(r) ORDER BY t DESC)
"""


def held(store: DuckDBStore) -> int:
    """Bytes of the file that are in memory."""
    [(size,)] = store.sql("SELECT sum(memory_usage_bytes) FROM duckdb_memory()").rows
    return int(size)


def test_blocks_of_the_file_are_let_go_and_the_limit_is_what_it_was(store: DuckDBStore) -> None:
    before = store.sql(SETTING).rows
    with cursor(store._root) as connection:  # pyright: ignore[reportPrivateUsage] - a file of some size, quickly
        connection.execute(
            "CREATE TABLE internal.large AS SELECT hash(r) AS a, hash(-r) AS b FROM range(6_000_000) s(r)"
        )
        connection.execute("CHECKPOINT")
    assert held(store) > 60_000_000
    store.rest()
    assert held(store) < 60_000_000
    assert store.sql(SETTING).rows == before
    assert store.sql("SELECT count(DISTINCT a) FROM internal.large").rows == [(6_000_000,)]


def test_a_question_under_way_is_left_alone(store: DuckDBStore) -> None:
    """One that needs more memory than rest leaves, asked over and over while the other thread rests all the time."""
    done = threading.Event()
    failed: list[BaseException] = []

    def rest() -> None:
        while not done.is_set():
            try:
                store.rest()
            except BaseException as error:
                failed.append(error)
                raise

    resting = threading.Thread(target=rest)
    resting.start()
    try:
        answers: set[Any] = {tuple(store.sql(LARGE).rows) for _ in range(4)}
        store.commit(Batch(spans=[span("work")]))
    finally:
        done.set()
        resting.join()
    assert not failed
    assert answers == {((1_500_000, 140),)}
    assert store.sql("SELECT count(*) FROM spans").rows == [(1,)]


def test_a_closed_store_rests(store: DuckDBStore) -> None:
    store.close()
    store.rest()
