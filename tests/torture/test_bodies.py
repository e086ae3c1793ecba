"""Ten thousand mutated OTLP bodies over HTTP: none is a crash or a 500, and none costs a neighbour anything."""

from __future__ import annotations

import http.client
import random
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support import corpus, otlp
from tests.support.commands import up
from tests.support.memory import peak_mib
from tests.support.torture import rounds
from tests.torture import mutations
from tracekit.collector.signals import usable
from tracekit.otlp import decode
from tracekit.query.source import open_source

BODIES = rounds(300, all_of_them=10_000)
EVERY = 10
"""Each so-manieth request is a sound one."""
SPANS = 3
PEAK_MIB = 600
PROTOBUF, JSON = "application/x-protobuf", "application/json"


@dataclass
class Sender:
    """Sends over one connection for as long as it holds, and keeps what was answered."""

    address: str
    statuses: list[int] = field(default_factory=list)
    accepted: set[tuple[str, str]] = field(default_factory=set)
    _connection: http.client.HTTPConnection | None = None

    def send(self, body: bytes, kind: str, **headers: str) -> int:
        if self._connection is None:
            self._connection = http.client.HTTPConnection(self.address, timeout=30)
        self._connection.request("POST", "/v1/traces", body, {"Content-Type": kind, **headers})
        answer = self._connection.getresponse()
        said = answer.read()
        assert said or answer.status == 200
        if answer.will_close:
            self._connection.close()
            self._connection = None
        self.statuses.append(answer.status)
        return answer.status

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()


def seeds() -> list[bytes]:
    """Requests of every emitter in the corpus, and one of our own."""
    own = otlp.request([*otlp.spans(3, trace=7), *otlp.spans(2, trace=8)]).SerializeToString()
    return [own, *(path.read_bytes() for path in _used("otlp-samples/*/*/traces-*.pb"))]


def _used(pattern: str) -> Iterator[Path]:
    for path in corpus.files(pattern):
        corpus.ran(path)
        yield path


@pytest.mark.torture
def test_mutated_bodies_crash_nothing_and_cost_their_neighbours_nothing(tmp_path: Path) -> None:
    draw = random.Random(20261123)
    bodies = seeds()
    texts = [mutations.as_json(body) for body in bodies]
    sound: set[int] = set()
    with up("--dir", str(tmp_path), cwd=tmp_path) as (url, process):
        sender = Sender(urlsplit(url).netloc)
        for number in range(1, BODIES + 1):
            body, kind = _mutated(draw, bodies, texts)
            if draw.random() < 0.1:
                sent = mutations.packed(body, draw)
                status = sender.send(sent, kind, **{"Content-Encoding": "gzip"})
                sure = status == 200 and sent == mutations.gzip.compress(body, mtime=0)
            else:
                status = sender.send(body, kind)
                sure = status == 200
            assert status in {200, 400, 413}, (number, kind, body[:200])
            if sure:
                raws = decode.traces(body, json=kind == JSON)
                sender.accepted |= {(raw.trace_id, raw.span_id) for raw in raws if usable(raw.trace_id, raw.span_id)}
            if number % EVERY == 0:
                trace = 1_000_000 + number
                assert sender.send(otlp.request(otlp.spans(SPANS, trace=trace)).SerializeToString(), PROTOBUF) == 200
                sound.add(trace)
        peak = peak_mib(process.pid)
        sender.close()
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert "Traceback" not in said, said[max(said.find("Traceback") - 300, 0) :][:4_000]
    print(f"{BODIES:,} mutated bodies: {_counted(sender.statuses)}; peak {peak} MiB; {len(said.splitlines())} notices")
    assert peak < PEAK_MIB
    assert {200, 400} <= set(sender.statuses)
    with open_source(tmp_path) as source:
        rows = source.sql("SELECT trace_id, span_id FROM spans").rows
        assert sender.accepted - set(rows) == set()
        stored = source.sql("SELECT trace_id, count(*) FROM spans WHERE name LIKE 'work %' GROUP BY 1").rows
    counts = {int(trace, 16): count for trace, count in stored}
    assert {trace: counts.get(trace) for trace in sound} == dict.fromkeys(sound, SPANS)


def _mutated(draw: random.Random, bodies: list[bytes], texts: list[dict[str, object]]) -> tuple[bytes, str]:
    if draw.random() < 0.5:
        return mutations.protobuf(draw.choice(bodies), draw, draw.choice(bodies)), PROTOBUF
    return mutations.json_text(draw.choice(texts), draw, draw.choice(texts)), JSON


def _counted(statuses: list[int]) -> str:
    return ", ".join(f"{statuses.count(status)} times {status}" for status in sorted(set(statuses)))
