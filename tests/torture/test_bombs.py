"""Small bodies that inflate to two gigabytes: refused, in bounded memory, and beside requests that are stored."""

from __future__ import annotations

import http.client
import signal
import struct
import threading
import zlib
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pyarrow as pa
import pytest

from tests.support import otlp
from tests.support.commands import up
from tests.support.memory import peak_mib
from tests.support.torture import rounds
from tracekit.query.source import open_source

MIB = 1 << 20
SIZE_MIB = rounds(256, all_of_them=2048)
GROWTH_MIB = 320
"""Four bodies of the largest size that is taken (64 MiB), and a little."""
NEIGHBOURS = 20


def gzip_in_one_member() -> bytes:
    """Zeros in one deflate stream: after a full flush its blocks can be repeated."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    block = packer.compress(bytes(MIB)) + packer.flush(zlib.Z_FULL_FLUSH)
    head = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
    return head + block * SIZE_MIB + b"\x03\0" + struct.pack("<II", 0, SIZE_MIB * MIB & 0xFFFFFFFF)


def gzip_in_many_members() -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    return (packer.compress(bytes(MIB)) + packer.flush()) * SIZE_MIB


def zstd_in_one_frame() -> bytes:
    packed = pa.BufferOutputStream()
    with pa.CompressedOutputStream(packed, "zstd") as stream:
        for _ in range(SIZE_MIB):
            stream.write(bytes(MIB))
    return packed.getvalue().to_pybytes()


def zstd_in_many_frames() -> bytes:
    return pa.Codec("zstd").compress(bytes(MIB), asbytes=True) * SIZE_MIB


BOMBS: dict[str, Callable[[], bytes]] = {
    "gzip": gzip_in_one_member,
    "gzip, many members": gzip_in_many_members,
    "zstd": zstd_in_one_frame,
    "zstd, many frames": zstd_in_many_frames,
}


def post(address: str, body: bytes, encoding: str = "identity") -> int:
    connection = http.client.HTTPConnection(address, timeout=60)
    try:
        headers = {"Content-Type": "application/x-protobuf", "Content-Encoding": encoding}
        connection.request("POST", "/v1/traces", body, headers)
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.torture
def test_bombs_are_refused_in_bounded_memory_and_their_neighbours_are_stored(tmp_path: Path) -> None:
    bodies = {name: make() for name, make in BOMBS.items()}
    answers: dict[str, int] = {}
    with up("--dir", str(tmp_path), cwd=tmp_path) as (url, process):
        address = urlsplit(url).netloc
        assert post(address, otlp.request(otlp.spans(1, trace=1)).SerializeToString()) == 200
        before = peak_mib(process.pid)
        senders = [
            threading.Thread(target=lambda name=name, body=body: answers.update({name: post(address, body, name[:4])}))
            for name, body in bodies.items()
        ]
        for sender in senders:
            sender.start()
        neighbours = [
            post(address, otlp.request(otlp.spans(2, trace=trace)).SerializeToString())
            for trace in range(2, 2 + NEIGHBOURS)
        ]
        for sender in senders:
            sender.join()
        growth = peak_mib(process.pid) - before
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    print(f"bombs of {SIZE_MIB} MiB in {[len(body) for body in bodies.values()]} bytes: {growth} MiB more")
    assert answers == dict.fromkeys(BOMBS, 413)
    assert neighbours == [200] * NEIGHBOURS
    assert growth < GROWTH_MIB
    with open_source(tmp_path) as source:
        assert source.sql("SELECT count(*) FROM spans").rows == [(1 + 2 * NEIGHBOURS,)]
