"""Ended spans of journals read together give the rows that they give one by one, and what cannot be read is refused."""

from __future__ import annotations

import contextlib
import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import tracekit
from tests.collector.test_columns import CHARGE, CONVENTIONAL, comparable, numbered, plain
from tests.dialects.test_mutations import MUTATED, mutated, originals
from tests.support.recorded import journaled
from tracekit import semconv as sc
from tracekit.collector.requests import FAULTS, FEW
from tracekit.collector.rows import Rows
from tracekit.collector.tail import Tail
from tracekit.journal import records
from tracekit.journal.frame import Frame
from tracekit.journal.records import SPAN_END
from tracekit.model import RawSpan

RESOURCES = {0: {"service.name": "shop"}, 1: {"service.name": "shop", sc.PROJECT: "bikes"}}
CONTENT = {sc.INPUT, sc.OUTPUT, sc.INPUT_MESSAGES, sc.OUTPUT_MESSAGES, sc.SYSTEM_INSTRUCTIONS, sc.TOOL_CALL_ARGUMENTS}
_JSON = frozenset({"attributes", "resource"})


class Together(Rows):
    """Rows that count the spans that were read together."""

    together = 0

    def take_rows(self, rows: Any) -> None:
        self.together += len(rows)
        super().take_rows(rows)


class Alone(Rows):
    """Rows of spans that are read one by one."""

    def take(self, frames: Sequence[Frame], tail: Tail) -> None:
        for frame in frames:
            self._origin = tail.name, frame.sequence
            try:
                self.end(frame.payload, tail)
            except FAULTS as error:
                self.refuse(frame, tail, error)


def payload(raw: RawSpan, **members: Any) -> bytes:
    """A span as our journal has it, content apart; of another form where `members` say so."""
    said = {name: getattr(raw, name) for name in ("trace_id", "span_id", "parent_span_id", "name", "kind", "start_ns")}
    said |= {
        "end_ns": raw.end_ns,
        "status": [raw.status_code, raw.status_message],
        "events": raw.events,
        "links": raw.links,
        "scope": [raw.scope_name, raw.scope_version],
        "resource": hash(raw.span_id) % 3,
        "attributes": {name: value for name, value in raw.attributes.items() if name not in CONTENT},
        "content": {name: value for name, value in raw.attributes.items() if name in CONTENT},
    }
    return records.encode(said | members).encode("utf-8", "surrogatepass")


def same(payloads: Sequence[bytes]) -> int:
    """See to it that both ways give the same rows and refuse the same; how many spans were read together."""
    frames = [Frame(kind=SPAN_END, sequence=number, payload=data) for number, data in enumerate(payloads)]
    tail, tail_alone = (Tail(name="some.tkj", resources=dict(RESOURCES)) for _ in range(2))
    rows, alone = Together(CHARGE), Alone(CHARGE)
    rows.take(frames, tail)
    alone.take(frames, tail_alone)
    found, expected = rows.packed([tail]), alone.packed([tail_alone])
    assert found.spans.schema == expected.spans.schema
    assert found.duplicates == expected.duplicates
    assert rows.blobs == alone.blobs
    for one, other in zip(_sorted(found.spans), _sorted(expected.spans), strict=True):
        assert one == other
    refused = sorted(rows.refused, key=lambda one: one.sequence)
    assert [(one.sequence, one.error) for one in refused] == [(one.sequence, one.error) for one in alone.refused]
    return rows.together


def _sorted(table: Any) -> list[dict[str, Any]]:
    return sorted(map(comparable, table.to_pylist()), key=lambda row: row["record"])


def test_spans_of_every_dialect() -> None:
    assert same([payload(raw) for raw in numbered(originals())]) > 0


def test_mutated_spans() -> None:
    rng = random.Random(20_261_129)
    found = originals()
    broken = numbered([mutated(rng.choice(found), rng) for _ in range(MUTATED)])
    assert same([payload(raw) for raw in broken]) > 0


@pytest.mark.parametrize("scope", [None, sc.SCOPE, "opentelemetry.util.genai", "my.own"])
def test_the_conventions_words(scope: str | None) -> None:
    spans = [plain(number, said, scope_name=scope) for number, said in enumerate(CONVENTIONAL)]
    spans += [plain(100 + number, _structured(said), scope_name=scope) for number, said in enumerate(CONVENTIONAL)]
    assert same([payload(raw) for raw in spans]) > len(spans) // 2


def _structured(said: dict[str, Any]) -> dict[str, Any]:
    """Content as our SDK says it: JSON texts as what they say."""
    return {name: _loaded(value) if name in CONTENT else value for name, value in said.items()}


def _loaded(value: Any) -> Any:
    try:
        return json.loads(value)
    except (TypeError, ValueError):
        return value


def test_attributes_at_random() -> None:
    rng = random.Random(5)
    values: dict[str, list[Any]] = {}
    for said in [*CONVENTIONAL, *map(_structured, CONVENTIONAL)]:
        for name, value in said.items():
            values.setdefault(name, []).extend([value, None, 0, 1, True, 1.0, -0.0, 0.0, "1", [1], {"a": [None]}])
    spans = [
        plain(number, {name: rng.choice(values[name]) for name in rng.sample(sorted(values), rng.randint(0, 9))})
        for number in range(3000)
    ]
    assert same([payload(raw) for raw in spans]) > len(spans) // 3


def test_long_texts_are_read_together_and_media_alone() -> None:
    long = [{"role": "user", "parts": [{"type": "text", "content": "a word or two " * 1000}]}]
    media = [{"role": "user", "parts": [{"type": "blob", "mime_type": "image/png", "content": "iVBORw0K" * 1024}]}]
    spans = [plain(number, {sc.OPERATION: "chat", sc.INPUT_MESSAGES: long}) for number in range(FEW)]
    pictures = [plain(FEW + number, {sc.OPERATION: "chat", sc.INPUT_MESSAGES: media}) for number in range(3)]
    assert same([payload(raw) for raw in [*spans, *pictures]]) == FEW


ODD: list[dict[str, Any]] = [
    {"end_ns": 0}, {"end_ns": 7.0}, {"end_ns": "7"}, {"end_ns": True}, {"end_ns": 1 << 63}, {"end_ns": -1},
    {"end_ns": 4},
    {"start_ns": 5.0}, {"start_ns": "5"}, {"start_ns": None}, {"start_ns": 1 << 64}, {"start_ns": -5}, {"start_ns": 0},
    {"kind": None}, {"kind": "3"}, {"kind": 3.0}, {"kind": 1 << 40}, {"kind": -1}, {"kind": True}, {"kind": 0},
    {"name": None}, {"name": 5}, {"name": ""}, {"name": "caf\u00e9 \ud800"}, {"name": "caf\u00e9 \U0001f600\u0000"},
    {"parent_span_id": ""}, {"parent_span_id": 7}, {"parent_span_id": "no hex"}, {"parent_span_id": "00f067aa0ba902b7"},
    {"trace_id": "A" * 32}, {"trace_id": "0" * 32}, {"trace_id": ""}, {"trace_id": None}, {"span_id": "1"},
    {"span_id": 12},
    {"status": None}, {"status": []}, {"status": [2]}, {"status": [2, "broken"]}, {"status": [1, ""]},
    {"status": [9, "x"]},
    {"status": ["2", None]}, {"status": [2.0, 5]}, {"status": [-1, None]}, {"status": [1 << 40, None]}, {"status": {}},
    {"scope": None}, {"scope": []}, {"scope": ["a"]}, {"scope": [None, "1"]}, {"scope": ["", ""]}, {"scope": [1, 2]},
    {"resource": None}, {"resource": "0"}, {"resource": True}, {"resource": 99}, {"resource": [0]}, {"resource": 1.0},
    {"attributes": None}, {"attributes": []}, {"attributes": {"a": float("nan")}}, {"attributes": {"a": 10**400}},
    {"attributes": {"a": 1e308, "b": 1 << 63, "c": -(1 << 70), "d": 1 << 64}},
    {"attributes": {"a": -0.0, "b": 0.0, "c": 0}},
    {"attributes": {sc.INPUT: "one"}, "content": {sc.INPUT: "other"}}, {"content": None}, {"content": [1]},
    {"events": None}, {"events": {}}, {"events": [{"name": "e", "time_ns": 5, "attributes": {}}]}, {"links": [{}]},
    {"unknown": 1}, {"attributes": {"": 1, "\u0000": "\u0001", "a/b": "\\/"}},
]  # fmt: skip


def test_what_records_may_say_otherwise() -> None:
    spans = [plain(number, {sc.OPERATION: "chat", "k": "v"}) for number in range(FEW + len(ODD))]
    data = [payload(raw, **odd) for raw, odd in zip(spans, [*ODD, *[{}] * FEW], strict=True)]
    assert same(data) >= FEW


DAMAGE = [
    b"",
    b'"',
    b"\\u00e9",
    b"\\ud83d",
    b"\xff",
    b"\xc3",
    b"\x01",
    b"NaN",
    b"1e999",
    b"01",
    b"-0",
    b" ",
    b"{",
    b"null",
    b"true",
]


def test_damaged_json() -> None:
    """Bytes changed, left out and put in, members twice, and what JSON does not allow but somebody may read."""
    rng = random.Random(7)
    words = [*CONVENTIONAL, *map(_structured, CONVENTIONAL)]
    found: list[bytes] = []
    for number in range(4000):
        data = payload(plain(number, rng.choice(words)))
        at = rng.randrange(len(data))
        put = rng.choice([*DAMAGE, bytes([rng.randrange(256)])])
        found.append(data[:at] + put + data[at + rng.randrange(3) :])
    whole = [payload(plain(5000 + number, rng.choice(words))) for number in range(12)]
    found += [data[:-1] + b',"name":"again","attributes":{"a":1,"b":2,"a":3}}' for data in whole[:5]]
    found += [data + b" " for data in whole[5:9]] + [data + b"x" for data in whole[9:]]
    assert same(found) > len(found) // 10


def test_what_our_sdk_writes(data_dir: Path) -> None:
    """Steps, tools and model calls of a program, some of which fail."""
    tracekit.autolog(instrument=[], directory=data_dir)
    for number in range(FEW):
        with tracekit.span("agent", kind="agent", input={"question": number}) as agent:
            with tracekit.span("look", kind="tool", input=f"where is {number}?") as look:
                look.set_output(["here", number])
            with contextlib.suppress(LookupError), tracekit.span("fails"):
                raise LookupError(number)
            agent.set_output("done")
    tracekit.uninstrument()
    frames = [frame for frame in journaled(data_dir).frames if frame.kind == SPAN_END]
    assert same([frame.payload for frame in frames]) == 2 * FEW
