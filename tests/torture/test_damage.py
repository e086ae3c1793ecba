"""Journals damaged in every place, thinned out on the way, and beside files that are none: what is lost is named."""

from __future__ import annotations

import os
import random
import socket
from pathlib import Path

import pytest

from tests.support import journals
from tests.support.torture import rounds
from tracekit.collector.ingest import Ingest
from tracekit.collector.tail import Tail
from tracekit.journal import reader, records
from tracekit.journal.frame import Frame, pack
from tracekit.journal.writer import JournalWriter
from tracekit.store import Store

SEEDS = rounds(4, all_of_them=100)


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    path = tmp_path / "journal"
    path.mkdir()
    return path


def stored(store: Store) -> set[int]:
    rows = [int(span_id, 16) for (span_id,) in store.sql("SELECT span_id FROM spans").rows]
    assert len(rows) == len(set(rows))
    return set(rows)


def missing(store: Store) -> list[int]:
    """Every number that the store says it never got."""
    gaps = store.sql("SELECT first_missing, last_missing FROM gaps").rows
    return sorted(number for first, last in gaps for number in range(first, last + 1))


def small(trace: int) -> list[bytes]:
    """A journal of three spans of a trace of its own."""
    spans = [journals.span(number, trace=f"{trace:032x}") for number in (1, 2, 3)]
    return [
        journals.frames(0)[0],
        *(pack(records.SPAN_END, n, journals.record(span)) for n, span in enumerate(spans, 1)),
    ]


def test_a_flipped_bit_in_any_byte_costs_one_record(journal: Path, store: Store) -> None:
    draw = random.Random(5)
    starts: list[list[int]] = []
    for place in range(len(b"".join(small(1)))):
        frames = small(place + 1)
        starts.append([sum(map(len, frames[:number])) for number in range(len(frames))])
        damaged = bytearray(b"".join(frames))
        damaged[place] ^= 1 << draw.randrange(8)
        (journal / f"{place:06d}.tkj").write_bytes(damaged)
    Ingest(journal, store).fold()
    left: dict[int, set[int]] = {}
    for trace_id, span_id in store.sql("SELECT trace_id, span_id FROM spans").rows:
        left.setdefault(int(trace_id, 16) - 1, set()).add(int(span_id, 16))
    states = store.journals()
    for place, offsets in enumerate(starts):
        hit = max(number for number, start in enumerate(offsets) if start <= place)
        state = states[f"{place:06d}.tkj"]
        assert left[place] == {1, 2, 3} - {hit}, place
        assert (state.faults, state.ended) == (1, True), place
        named = [(gap.first_missing, gap.last_missing) for gap in state.gaps]
        assert named == ([(hit, hit)] if hit < 3 else []), place  # nobody can know what follows the last


def test_a_tail_torn_off_at_any_length(journal: Path, store: Store) -> None:
    size = len(b"".join(small(1)))
    for length in range(size + 1):
        (journal / f"{length:06d}.tkj").write_bytes(b"".join(small(length + 1))[:length])
    Ingest(journal, store).fold()
    ends = [sum(map(len, small(1)[: number + 1])) for number in range(4)]
    counts = {
        int(trace, 16) - 1: count for trace, count in store.sql("SELECT trace_id, count(*) FROM spans GROUP BY 1").rows
    }
    states = store.journals()
    for length in range(1, size + 1):
        state = states[f"{length:06d}.tkj"]
        whole = sum(end <= length for end in ends)
        assert counts.get(length, 0) == max(whole - 1, 0), length
        assert state.faults == (length not in ends), length
        assert state.gaps == []


def parts(directory: Path) -> list[tuple[Path, list[Frame]]]:
    """The files of one process that rotated a few times, and their records."""
    writer = JournalWriter(directory, rotate_bytes=12_000)
    for number in range(1, 201):
        journals.end(writer, number, resource=writer.resource({"service.name": "tests"}))
    writer.close()
    return [(path, reader.read(path).frames) for path in reader.journals(directory)]


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_proxy_that_drops_one_record_in_twenty_is_found_out_exactly(
    tmp_path: Path, journal: Path, store: Store, seed: int
) -> None:
    """Also where it drops the head of a file, the end of one, or the first records of all."""
    draw = random.Random(seed)
    whole = parts(tmp_path / "whole")
    assert len(whole) > 3
    numbers = [frame.sequence for _, frames in whole for frame in frames]
    dropped = set(draw.sample(numbers, k=len(numbers) // 20))
    if seed % 4 == 1:
        dropped |= {frame.sequence for _, frames in whole[1:] for frame in frames[:2]}  # headers and resources
    elif seed % 4 == 2:
        dropped |= {
            frame.sequence for _, frames in whole[:-1] for frame in frames[-3:]
        }  # with the word that it goes on
    elif seed % 4 == 3:
        dropped |= {frame.sequence for frame in whole[0][1][:10]}
    dropped.discard(max(numbers))  # nobody can know of what follows the last record that came
    ingest = Ingest(journal, store, limit=20_000)
    for path, frames in whole:
        kept = [pack(frame.kind, frame.sequence, frame.payload) for frame in frames if frame.sequence not in dropped]
        (journal / path.name).write_bytes(b"".join(kept))
        ingest.fold()
    assert missing(store) == sorted(dropped)
    assert store.sql("SELECT sum(count) FROM gaps").rows == [(len(dropped),)]
    lost = {
        int(records.load(frame.payload)["span_id"], 16)
        for _, frames in whole
        for frame in frames
        if frame.sequence in dropped and frame.kind == records.SPAN_END
    }
    assert stored(store) == set(range(1, 201)) - lost


def test_files_that_are_none_of_ours(journal: Path, store: Store, tmp_path: Path) -> None:
    (journal / "a.tkj").write_bytes(b"\x89PNG\r\n\x1a\n" + random.Random(1).randbytes(100_000))
    (journal / "b.tkj").touch()
    (journal / "c.tkj").mkdir()
    (journal / "d.tkj").symlink_to(tmp_path / "nowhere")
    (journal / "e.tkj").symlink_to(journal / "e.tkj")
    os.mkfifo(journal / "f.tkj")
    with (journal / "g.tkj").open("wb") as sparse:
        sparse.truncate(64 << 20)
    (journal / "h.tkj").write_bytes(b"\xf1TKJ" * 20_000)
    (journal / "i.tkj").symlink_to("/dev/zero")
    (journal / ".tkj").write_text("hidden")
    (journal / "traces.duckdb").write_text("no database")
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(journal / "j.tkj"))
    (journal / "z.tkj").write_bytes(b"".join(journals.frames(2)))
    ingest = Ingest(journal, store, limit=1 << 20)
    said = ingest.fold().notices
    listening.close()
    assert stored(store) == {1, 2}
    named = [name for name in "abcdefghijz" if any(f"{name}.tkj" in notice for notice in said)]
    assert named == ["a", "c", "e", "g", "h", "j"]
    assert ingest.fold().notices == []
    foreign = [state.name for state in store.journals().values() if Tail.resume(state).foreign]
    assert sorted(foreign) == ["a.tkj", "g.tkj", "h.tkj"]


@pytest.mark.parametrize("number", [(1 << 63) - 1, 1 << 63, (1 << 64) - 1])
def test_a_number_beyond_all_reason(journal: Path, store: Store, number: int) -> None:
    """A sound frame that a foreign hand has numbered."""
    frames = journals.frames(2)
    odd = pack(records.SPAN_END, number, journals.record(journals.span(7)))
    (journal / "a.tkj").write_bytes(frames[0] + frames[1] + odd + frames[2])
    (journal / "b.tkj").write_bytes(b"".join([journals.frames(9)[0], journals.frames(9)[9]]))
    Ingest(journal, store).fold()
    assert {1, 2, 9} <= stored(store)
