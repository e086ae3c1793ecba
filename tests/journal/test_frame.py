from __future__ import annotations

import random

import pytest

from tracekit.journal.frame import MAGIC, pack, scan

FRAMES = [pack(b"E", number, bytes([number]) * number) for number in range(1, 12)]
DATA = b"".join(FRAMES)


def test_reads_back_what_was_packed():
    found = scan(DATA)
    assert [(frame.kind, frame.sequence, len(frame.payload)) for frame in found.frames] == [
        (b"E", number, number) for number in range(1, 12)
    ]
    assert (found.consumed, found.faults, found.skipped_bytes) == (len(DATA), 0, 0)


@pytest.mark.parametrize("cut", range(len(DATA)))
def test_a_cut_tail_is_not_a_fault_while_its_writer_may_live(cut: int):
    alive, dead = scan(DATA[:cut]), scan(DATA[:cut], final=True)
    whole = sum(len(frame) for frame in FRAMES[: len(alive.frames)])
    assert alive.consumed == whole
    assert alive.faults == 0
    assert dead.consumed == cut
    assert dead.faults == (cut > whole)
    assert dead.skipped_bytes == cut - whole
    assert len(dead.frames) == len(alive.frames)


def test_any_flipped_byte_costs_one_frame_and_is_counted():
    for position in range(len(DATA)):
        damaged = bytearray(DATA)
        damaged[position] ^= 0x55
        found = scan(bytes(damaged), final=True)
        assert len(found.frames) == len(FRAMES) - 1, position
        assert found.faults == 1
        assert found.consumed == len(DATA)


def test_rubbish_between_frames_is_stepped_over():
    rubbish = random.Random(4).randbytes(500) + MAGIC + b"short"
    found = scan(FRAMES[0] + rubbish + FRAMES[1] + b"\0" * 4096 + FRAMES[2])
    assert [frame.sequence for frame in found.frames] == [1, 2, 3]
    assert found.faults == 2
    assert found.skipped_bytes == len(rubbish) + 4096


def test_a_foreign_file_holds_nothing():
    found = scan(b"SQLite format 3\0" * 100, final=True)
    assert found.frames == []
    assert found.faults == 1
