"""Journals that are kept packed: the same records under the same name, whatever dies while one is packed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from tests.support import journals
from tests.support.stores import new_store
from tests.support.torture import rounds
from tracekit.collector import packed
from tracekit.collector.ingest import Ingest
from tracekit.errors import DecodeError
from tracekit.journal import reader, records
from tracekit.journal.frame import pack as frame
from tracekit.journal.writer import JournalWriter
from tracekit.store import Store

SPANS = 400
BLOCK = 4_000
Opened = Callable[[str], Store]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    """Opens stores by name."""
    stores: dict[str, Store] = {}

    def get(name: str) -> Store:
        if name not in stores:
            stores[name] = new_store(tmp_path / f"{name}.duckdb")
        return stores[name]

    yield get
    for store in stores.values():
        store.close()


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """A directory with the files of a process that ended in order, and one that was killed with a span open."""
    folder = tmp_path / "journal"
    writer = JournalWriter(folder, rotate_bytes=40_000)
    for number in range(1, SPANS + 1):
        journals.start(writer, number)
        journals.end(writer, number)
    writer.close()
    (folder / "9-8-killed.tkj").write_bytes(
        frame(records.SPAN_START, 0, journals.record(journals.span(9_999, ended=False)))
    )
    assert len(reader.journals(folder)) > 3
    return folder


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "BLOCK_BYTES", BLOCK)


def numbers(store: Store, where: str = "true") -> list[int]:
    return [int(row[0], 16) for row in store.sql(f"SELECT span_id FROM spans WHERE {where} ORDER BY span_id").rows]


def offsets(store: Store) -> dict[str, tuple[int, bool, int]]:
    return {name: (state.offset, state.ended, state.faults) for name, state in store.journals().items()}


def pack_all(journal: Path) -> list[Path]:
    return [packed.pack(path) for path in reader.journals(journal)]


def inflated(path: Path) -> bytes:
    """As any reader of zstd has it."""
    with pa.CompressedInputStream(pa.BufferReader(path.read_bytes()), "zstd") as stream:
        return stream.read()


def test_a_packed_journal_is_the_journal_to_every_store(journal: Path, opened: Opened) -> None:
    Ingest(journal, opened("before")).fold()
    Ingest(journal, opened("half way"), limit=30_000).step()
    whole = {path.name: path.read_bytes() for path in reader.journals(journal)}
    files = pack_all(journal)
    assert {packed.journal_name(path): inflated(path) for path in files} == whole
    assert sorted(path.name for path in journal.iterdir()) == sorted(f"{name}.zst" for name in whole)
    assert sum(path.stat().st_size for path in files) < sum(map(len, whole.values())) / 2
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert Ingest(journal, opened("before")).fold().read_bytes == 0
    for name, limit in (("half way", 30_000), ("after", 1 << 20), ("in small steps", 9_000)):
        Ingest(journal, opened(name), limit=limit).fold()
        assert numbers(opened(name), "end_time IS NOT NULL") == list(range(1, SPANS + 1))
        assert numbers(opened(name), "outcome = 'interrupted'") == [9_999]
        assert opened(name).sql("SELECT * FROM gaps").rows == []
        assert offsets(opened(name)) == offsets(opened("before"))
        assert Ingest(journal, opened(name)).fold().read_bytes == 0


def test_what_was_missing_is_missing_from_the_packed_one_too(tmp_path: Path, opened: Opened) -> None:
    folder = tmp_path / "journal"
    folder.mkdir()
    frames = journals.frames(200)
    (folder / "1-2-ab.tkj").write_bytes(b"".join([*frames[:50], *frames[53:]]))
    pack_all(folder)
    Ingest(folder, opened("after"), limit=9_000).fold()
    assert opened("after").sql("SELECT process, first_missing, last_missing FROM gaps").rows == [
        ("elsewhere-1", 50, 52)
    ]


_DYING = """
import os, signal, sys
from pathlib import Path
from tracekit.collector import packed
packed.BLOCK_BYTES = int(sys.argv[2])
left = int(sys.argv[3])
def die_at(event, _):
    global left
    if event in ("open", "os.rename", "os.remove"):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(die_at)
packed.pack(Path(sys.argv[1]))
"""


def packs(path: Path, dies_at: int) -> subprocess.Popen[bytes]:
    """Another process that packs a journal, and dies before it opens, renames or removes its n-th file."""
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root), os.environ.get("PYTHONPATH", "")])}
    return subprocess.Popen([sys.executable, "-c", _DYING, str(path), str(BLOCK), str(dies_at)], env=environment)


def check_both_stores(journal: Path, before: Store, fresh: Store) -> None:
    assert Ingest(journal, before).fold().spans == 0
    Ingest(journal, fresh).fold()
    for store in (before, fresh):
        assert numbers(store) == [*range(1, SPANS + 1), 9_999]
        assert store.sql("SELECT * FROM gaps").rows == []
        assert not any(state.faults for state in store.journals().values())


def test_a_death_before_any_change_of_names_loses_and_doubles_nothing(journal: Path, opened: Opened) -> None:
    before = opened("before")
    Ingest(journal, before).fold()
    path = reader.journals(journal)[1]
    target = path.with_name(f"{path.name}.zst")
    there: list[tuple[bool, bool]] = []
    while path.exists():
        assert packs(path, len(there) + 1).wait() == -signal.SIGKILL
        there.append((path.exists(), target.exists()))
        check_both_stores(journal, before, opened(f"after death {len(there)}"))
    assert sorted(set(there), reverse=True) == [(True, True), (True, False), (False, True)]
    assert there == sorted(there, key=[(True, False), (True, True), (False, True)].index)
    assert [path for path in journal.iterdir() if path.name.startswith(".")] == []


@pytest.mark.torture
def test_kills_at_any_moment_lose_and_double_nothing(journal: Path, opened: Opened) -> None:
    before = opened("before")
    Ingest(journal, before).fold()
    draw = random.Random(3)
    took, kills, number = 0.6, 0, 0
    while kills < rounds(2, all_of_them=50) and (path := next(iter(reader.journals(journal)), None)):
        moment = draw.random() * took
        with packs(path, 0) as process:
            time.sleep(moment)
            process.kill()
        if process.returncode == 0:  # it is packed: this machine is quicker than that
            took = moment
        else:
            kills += 1
        if number % 5 == 0:
            check_both_stores(journal, before, opened(f"after {number}"))
        number += 1
    assert kills
    pack_all(journal)
    check_both_stores(journal, before, opened("after"))


@pytest.mark.parametrize("seed", range(3))
def test_damage_costs_its_block_and_is_counted(journal: Path, opened: Opened, seed: int) -> None:
    draw = random.Random(seed)
    path = pack_all(journal)[1]
    whole = packed.read(path, limit=1 << 20).frames
    data = bytearray(path.read_bytes())
    place = draw.randrange(len(data))
    data[place] ^= 1 << draw.randrange(8)
    path.write_bytes(data)
    for limit in (1 << 20, 1_000):
        frames, offset, faults, ended = [], 0, 0, False
        while not ended:
            chunk = packed.read(path, offset, limit=limit)
            frames += chunk.frames
            offset, faults, ended = chunk.offset, faults + chunk.faults, chunk.ended
        assert 0 < len(whole) - len(frames) <= BLOCK // 100
        assert (faults, offset) == (1, packed.read(path, limit=1 << 20).offset)
        assert set(map(repr, frames)) < set(map(repr, whole))
    said = Ingest(journal, opened("after")).fold().notices
    assert [packed.journal_name(path) in notice for notice in said] == [True]
    assert opened("after").sql("SELECT sum(count) FROM gaps").rows == [(len(whole) - len(frames),)]


def test_a_torn_file_is_read_as_far_as_it_goes(journal: Path) -> None:
    path = pack_all(journal)[0]
    whole, data = packed.read(path, limit=1 << 20), path.read_bytes()
    for length in range(0, len(data), 97):
        path.write_bytes(data[:length])
        chunk = packed.read(path, limit=1 << 20)
        assert (chunk.faults, chunk.ended) == (1, True)
        assert chunk.frames == whole.frames[: len(chunk.frames)] != whole.frames
    path.write_bytes(data[:-1])
    assert packed.read(path, limit=1 << 20).offset == whole.offset


def test_what_is_no_journal_is_named_and_left_alone(tmp_path: Path, opened: Opened) -> None:
    (tmp_path / "a.tkj.zst").write_bytes(b"a photograph")
    (tmp_path / "b.tkj.zst").write_bytes(b"")
    (tmp_path / "c.tkj.zst").write_bytes(pa.compress(b"".join(journals.frames(3)), codec="zstd", asbytes=True))
    (tmp_path / "d.tar.zst").write_bytes(b"somebody else's")
    (tmp_path / ".tkj.zst").write_bytes(b"hidden")
    said = Ingest(tmp_path, opened("after")).fold().notices
    assert sorted(notice[:5] for notice in said) == ["a.tkj", "b.tkj", "c.tkj"]
    assert sorted(opened("after").journals()) == ["a.tkj", "b.tkj", "c.tkj"]
    assert Ingest(tmp_path, opened("after")).fold().notices == []
    assert len(list(tmp_path.glob("*.zst"))) == 5


def test_no_block_inflates_to_more_than_it_says(tmp_path: Path) -> None:
    bomb = pa.compress(bytes(200 << 20), codec="zstd", asbytes=True)
    path = tmp_path / "a.tkj.zst"
    tracemalloc.start()
    for says in (1_000, (1 << 27) + 1):
        path.write_bytes(packed._block(bomb, start=0, stop=says, total=says))
        arrow = pa.total_allocated_bytes()
        chunk = packed.read(path, limit=1 << 20)
        assert (chunk.frames, chunk.faults, chunk.ended) == ([], 1, True)
        assert pa.total_allocated_bytes() == arrow
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 4 << 20


def test_a_record_larger_than_a_block_is_a_block(tmp_path: Path) -> None:
    path = tmp_path / "a.tkj"
    large = journals.record(journals.span(1, attributes={"text": random.Random(1).randbytes(50_000).hex()}))
    path.write_bytes(b"".join([journals.frames(0)[0], frame(records.SPAN_END, 1, large), *journals.frames(5)[2:]]))
    data = path.read_bytes()
    assert inflated(packed.pack(path)) == data


def test_a_damaged_journal_is_not_packed(tmp_path: Path) -> None:
    path = tmp_path / "a.tkj"
    frames = journals.frames(100)
    for damaged in ([*frames[:50], frames[50][:-1], *frames[51:]], [*frames, frames[1][:30]]):
        path.write_bytes(b"".join(damaged))
        with pytest.raises(DecodeError, match="damage"):
            packed.pack(path)
        assert (list(tmp_path.iterdir()), path.read_bytes()) == ([path], b"".join(damaged))
