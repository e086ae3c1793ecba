from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.support.spans import BASE_NS, SECOND, call, message, span
from tests.support.stores import new_store
from tracekit.errors import StoreError
from tracekit.store import Batch
from tracekit.store.duckdb import open_store
from tracekit.store.duckdb.database import DuckDBStore
from tracekit.store.search import index as index_module
from tracekit.store.search.following import catch_up, documents, facts
from tracekit.store.search.index import DamagedIndexError, SearchIndex, beside
from tracekit.store.search.language import parse
from tracekit.store.search.memory import matching

PIECES = (
    "family", "Discount", "gravel", "wea", "weather", "Weather_now", "gpt-4o", "4711", "Straße", "ΟΔΟΣ", "café",
    "東京", "京都", "🚀", "naïve", "x1", "C:\\tmp", "“quoted”", "e\u0301tude", "ﬁx", "a/b",
)  # fmt: skip
SEPARATORS = (" ", ", ", "\n", '"', " — ", ".", "\t", "' ")


def found(store: DuckDBStore, query: str) -> list[int]:
    """What the index says, verified where it has no positions."""
    asked = parse(query)
    numbers = list(store.index.search(asked))
    if not asked.needs_positions:
        return numbers
    return matching(documents(store, numbers[-1], numbers[0], only=numbers), asked) if numbers else []


def words_of(text: str) -> list[str]:
    """Words by another way than the index's: character by character, in Python."""
    words, run = [], ""
    for sign in unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()):
        alone = unicodedata.name(sign, "").startswith("CJK") or unicodedata.category(sign) == "So"
        if not alone and (unicodedata.category(sign)[0] in "LNM" or sign == "_"):
            run += sign
            continue
        words += [run] if run else []
        words += [sign] if alone else []
        run = ""
    return words + ([run] if run else [])


def holds(text: str, query: str) -> bool:
    """Whether a text holds the words of a query in a row, the last of them as a beginning with `*`."""
    words, wanted = words_of(text), words_of(query)
    for at in range(len(words) - len(wanted) + 1):
        row = words[at : at + len(wanted)]
        if row == wanted or (query.endswith("*") and row[:-1] == wanted[:-1] and row[-1].startswith(wanted[-1])):
            return True
    return False


@pytest.mark.parametrize("seed", [1, 2])
def test_the_index_finds_what_a_scan_finds(store: DuckDBStore, seed: int) -> None:
    rng = random.Random(seed)
    texts = [
        "".join(rng.choice(PIECES) + rng.choice(SEPARATORS) for _ in range(rng.randrange(1, 12))) for _ in range(150)
    ]
    fields = ("input_messages", "output", "tool_arguments", "input", "status_message")

    def content(text: str) -> dict[str, Any]:
        field = rng.choice(fields)
        if field == "input_messages":
            return {field: [message("user", text)]}
        return {field: {"q": text} if field in {"tool_arguments", "input"} else text}

    store.commit(Batch(spans=[span(trace=n + 1, **content(text)) for n, text in enumerate(texts)]))
    catch_up(store.index, store)
    queries = [*PIECES, "wea*", "gra*", "41*", "absent", "東*"]
    queries += [f'"{rng.choice(PIECES)} {rng.choice(PIECES)}"' for _ in range(60)]
    hits = 0
    for query in queries:
        expected = [n for n, text in reversed(list(enumerate(texts))) if holds(text, query)]
        assert found(store, query) == expected, query
        hits += len(expected)
    assert hits > 500


def test_catching_up_goes_on_where_it_was(store: DuckDBStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_module, "PART", 16)
    store.commit(Batch(spans=[span(f"alpha{n}", trace=n) for n in range(1, 41)]))
    assert catch_up(store.index, store).spans == 40
    assert catch_up(store.index, store).spans == 0
    store.commit(Batch(spans=[span("omega", trace=99)]))
    assert catch_up(store.index, store).spans == 1
    assert found(store, "alpha7") == [6]
    assert found(store, "omega") == [40]
    assert found(store, "alpha*") == list(range(39, -1, -1))
    assert len(store.index.parts()) == 3


def test_no_time_means_nothing_lost_but_a_number_of_what_is_left(store: DuckDBStore) -> None:
    store.commit(Batch(spans=[span(trace=1), span(trace=2)]))
    caught = catch_up(store.index, store, seconds=0)
    assert (caught.spans, caught.behind) == (0, 2)
    assert store.index.covers(facts(store)) == -1


@pytest.mark.parametrize("damage", ["garbage", "missing", "empty", "version"])
def test_what_is_damaged_is_written_anew(store: DuckDBStore, damage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_module, "PART", 16)
    store.commit(Batch(spans=[span(f"alpha{n}", trace=n) for n in range(1, 41)]))
    catch_up(store.index, store)
    store.index.close()
    first = min(store.index.parts())
    if damage == "garbage":
        first.write_bytes(b"no database " * 1000)
        with pytest.raises(DamagedIndexError, match="written anew"):
            found(store, "alpha3")
        store.index.mend()
    elif damage == "missing":
        store.index.drop_from(first)
    elif damage == "empty":
        for part in store.index.parts():
            part.write_bytes(b"")
    else:
        monkeypatch.setattr(index_module, "VERSION", index_module.VERSION + 1)
    assert catch_up(store.index, store).spans == 40
    assert found(store, "alpha3") == [2]
    assert found(store, "alpha*") == list(range(39, -1, -1))


def test_the_index_of_another_store_is_none_of_ours(tmp_path: Path, store: DuckDBStore) -> None:
    store.commit(Batch(spans=[span("ours")]))
    other = new_store(tmp_path / "other.duckdb")
    other.commit(Batch(spans=[span("theirs"), span("more", trace=2)]))
    catch_up(store.index, other)
    other.close()
    assert store.index.covers(facts(store)) == -1
    catch_up(store.index, store)
    assert (found(store, "ours"), found(store, "theirs")) == ([0], [])


def test_files_of_deleted_spans_go(store: DuckDBStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_module, "PART", 16)
    store.commit(Batch(spans=[span(f"alpha{n}", trace=n) for n in range(1, 41)]))
    catch_up(store.index, store)
    store.close()
    with duckdb.connect(tmp_path / "traces.duckdb") as connection:
        connection.execute("DELETE FROM internal.spans WHERE seq < 33")
    again = open_store(tmp_path / "traces.duckdb")
    assert len(again.index.parts()) == 3
    catch_up(again.index, again)
    assert [part.stem for part in again.index.parts()] == ["00000002"]
    again.close()


def test_files_are_private(store: DuckDBStore) -> None:
    store.commit(Batch(spans=[span()]))
    catch_up(store.index, store)
    assert store.index.directory.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in store.index.directory.iterdir()} == {0o600}


def test_a_directory_that_cannot_be_written_is_said(store: DuckDBStore) -> None:
    store.commit(Batch(spans=[span()]))
    store.index.directory.write_text("in the way")
    with pytest.raises(StoreError, match="cannot be written"):
        catch_up(store.index, store)


_KILLED = """
import sys, time
from pathlib import Path
from tracekit.store.duckdb import open_store
from tracekit.store.search import following
following._FIRST_ROWS = following._MOST_ROWS = 16
store = open_store(Path(sys.argv[1]))
print("go", flush=True)
following.catch_up(store.index, store)
time.sleep(60)
"""


@pytest.mark.parametrize("delay", [0.0, 0.02, 0.05])
def test_a_killed_indexer_goes_on_where_it_was(tmp_path: Path, delay: float) -> None:
    database = tmp_path / "traces.duckdb"
    store = new_store(database)
    asked = [message("user", "family discount " * 50)]
    store.commit(Batch(spans=[call(f"n{n}", trace=n + 1, input_messages=asked) for n in range(400)]))
    store.close()
    with subprocess.Popen([sys.executable, "-c", _KILLED, str(database)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"go\n"
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(delay)
        os.kill(process.pid, signal.SIGKILL)
    again = open_store(database)
    assert isinstance(again, DuckDBStore)
    before = again.index.covers(facts(again))
    assert catch_up(again.index, again).spans == 399 - before
    assert found(again, "family") == list(range(399, -1, -1))
    assert found(again, "n7") == [7]
    again.close()


def test_a_reader_removes_nothing(store: DuckDBStore) -> None:
    store.commit(Batch(spans=[span()]))
    catch_up(store.index, store)
    store.index.close()
    [part] = store.index.parts()
    part.write_bytes(b"no database " * 1000)
    reader = SearchIndex(beside(store.path), writable=False)
    assert reader.mend() == [part]
    assert part.exists()


def test_times_and_numbers_of_a_span_are_its_own(store: DuckDBStore) -> None:
    store.commit(Batch(spans=[span("early", trace=1, start_ns=BASE_NS - 9 * SECOND), span("late", trace=2)]))
    catch_up(store.index, store)
    assert found(store, "early") == [0]
