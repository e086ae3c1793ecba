"""Spans read together give the rows that they give one by one."""

from __future__ import annotations

import json
import random
import string
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from google.protobuf.message import DecodeError as ProtobufDecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Message

from tests.dialects.test_mutations import MUTATED, mutated, originals
from tests.support import corpus
from tracekit import semconv as sc
from tracekit.collector import columns, spread
from tracekit.collector.charges import Charges
from tracekit.collector.signals import usable
from tracekit.dialects import canonical, reports
from tracekit.errors import DecodeError
from tracekit.model import RawSpan
from tracekit.otlp import bulk, encode, protobuf
from tracekit.otlp.messages import lenient
from tracekit.store.extraction import extract
from tracekit.store.packing import Packer

CHARGE = Charges(None)
UNREAD = lenient(ExportTraceServiceRequest, unread=frozenset({"spans"}))
_JSON = frozenset({"attributes", "resource"})
Rows = list[dict[str, Any]]


def read(body: bytes) -> tuple[Rows, Rows, int]:
    """Rows of the spans that could be read together, these spans' rows one by one, and how many were left."""
    spans: list[bytes] = []
    origins: list[protobuf.Origin] = []
    come: list[int] = []
    for origin, found in protobuf.divided(body):
        come += [len(origins)] * len(found)
        origins.append(origin)
        spans += found
    named = [(f"{place}.tkj", 7 + place) for place in range(len(origins))]
    places = np.array(come, np.int64)
    sources = columns.Sources(origins=origins, come=places, records=named, told=places)
    found, pairs = bulk.read(spans)
    table, left = columns.rows(found, spread.sent(pairs), sources, CHARGE)
    packer = Packer()
    for place in sorted(set(range(len(spans))) - set(left.tolist())):
        raw = protobuf.span(spans[place], origins[come[place]])
        if usable(raw.trace_id, raw.span_id):
            span = canonical(raw)
            span.journal, span.record = named[come[place]]
            if reports(span):
                CHARGE(span)
            packer.add(extract(span)[0])
    alone = packer.packed().spans
    assert table.schema == alone.schema
    return [comparable(row) for row in table.to_pylist()], [comparable(row) for row in alone.to_pylist()], len(left)


def comparable(row: dict[str, Any]) -> dict[str, Any]:
    return {name: json.loads(value) if name in _JSON else value for name, value in row.items()}


def same(spans: Sequence[RawSpan]) -> int:
    """See to it that both ways give the same rows; how many spans were read together."""
    together, alone, left = read(encode.traces(spans, json=False))
    for one, other in zip(together, alone, strict=True):
        assert one == other
    return len(spans) - left


def numbered(spans: Sequence[RawSpan]) -> list[RawSpan]:
    """The spans under ids of their own: a span that comes twice is stored once."""
    for number, span in enumerate(spans):
        span.trace_id, span.span_id = f"{number + 1:032x}", f"{number + 1:016x}"
    return list(spans)


def plain(number: int, attributes: dict[str, Any], **fields: Any) -> RawSpan:
    return RawSpan(
        trace_id=f"{number + 1:032x}",
        span_id=f"{number + 1:016x}",
        parent_span_id=None,
        name="work",
        start_ns=1_700_000_000_000_000_000,
        end_ns=1_700_000_000_500_000_000,
        attributes=attributes,
        resource={"service.name": "shop"},
        **fields,
    )


@pytest.mark.parametrize(
    "path",
    corpus.files("otlp-samples/*/*/traces-*.pb"),
    ids=lambda path: f"{path.parts[-3]}-{path.parts[-2]}-{path.stem}",
)
def test_recorded_requests(path: Any) -> None:
    together, alone, _ = read(path.read_bytes())
    assert together == alone
    corpus.ran(path)


def test_spans_of_every_dialect() -> None:
    assert same(numbered(originals())) > 0


def test_mutated_spans() -> None:
    rng = random.Random(20_261_128)
    found = originals()
    broken = [_sayable(mutated(rng.choice(found), rng)) for _ in range(MUTATED)]
    sayable = [raw for raw in broken if _is_sayable(raw)]
    assert len(sayable) > MUTATED * 0.9
    assert same(numbered(sayable)) > 0


def _is_sayable(raw: RawSpan) -> bool:
    """Whether protobuf takes it: not what is nested too deeply."""
    try:
        encode.traces([raw], json=False)
    except ProtobufDecodeError:
        return False
    return True


def _sayable(raw: RawSpan) -> RawSpan:
    """The span without what OTLP has no form for."""
    raw.logs = []
    raw.events = [event for event in raw.events if _is_event(event)]
    raw.parent_span_id = None
    raw.status_code = raw.status_code if type(raw.status_code) is int and 0 <= raw.status_code <= 2 else 0
    raw.status_message = raw.status_message if isinstance(raw.status_message, str) else None
    raw.scope_name = raw.scope_name if isinstance(raw.scope_name, str) else None
    raw.scope_version = raw.scope_version if isinstance(raw.scope_version, str) else None
    raw.end_ns = raw.end_ns if type(raw.end_ns) is int and 0 <= raw.end_ns < 1 << 64 else None
    return raw


def _is_event(event: Any) -> bool:
    return isinstance(event, dict) and isinstance(event.get("attributes"), dict) and event["time_ns"] == 5


CONVENTIONAL = [
    {sc.OPERATION: sc.CHAT, sc.REQUEST_MODEL: "gpt-4o-mini", sc.USAGE_INPUT_TOKENS: 10, sc.USAGE_OUTPUT_TOKENS: 4},
    {sc.OPERATION: sc.CHAT, sc.PROVIDER: "OpenAI", sc.RESPONSE_MODEL: "gpt-4o", sc.USAGE_INPUT_TOKENS: 10},
    {sc.OPERATION: "chat", sc.USAGE_INPUT_TOKENS: 10, sc.USAGE_CACHE_READ: 20, sc.USAGE_OUTPUT_TOKENS: 1},
    {sc.OPERATION: "chat", sc.USAGE_INPUT_TOKENS: "many", sc.USAGE_OUTPUT_TOKENS: -3},
    {sc.OPERATION: sc.FETCH_RESPONSE, sc.USAGE_INPUT_TOKENS: 10, sc.USAGE_OUTPUT_TOKENS: 4},
    {sc.SYSTEM_OLD: "az.ai.openai", sc.REQUEST_MODEL: "gpt-4o", sc.USAGE_COMPLETION_TOKENS_OLD: 3},
    {sc.USAGE_INPUT_TOKENS: 7},
    {sc.KIND: "tool", sc.INPUT: '{"a": 1}', sc.OUTPUT: "sunny", sc.OUTCOME: "cancelled", sc.TAGS: ["a", "b"]},
    {sc.KIND: "no such", sc.INPUT: "", sc.OUTPUT: None, sc.OUTCOME: "gone", sc.TAGS: "one"},
    {sc.OPERATION: sc.EXECUTE_TOOL, sc.TOOL_NAME: "w", sc.TOOL_CALL_ARGUMENTS: '{"city":"Paris"}',
     sc.TOOL_CALL_RESULT: "14C"},
    {sc.OPERATION: sc.RETRIEVAL, sc.RETRIEVAL_QUERY: "where?", sc.RETRIEVAL_DOCUMENTS: '[{"id": "d1", "score": 0.5}]'},
    {sc.OPERATION: sc.RETRIEVAL, sc.RETRIEVAL_QUERY: "where?", sc.INPUT: "there"},
    {sc.OPERATION: "chat", sc.INPUT_MESSAGES: '[{"role":"user","parts":[{"type":"text","content":"Hi NaN"}]}]',
     sc.OUTPUT_MESSAGES: '[{"role":"assistant","parts":[{"type":"text","content":"Ho"}],"finish_reason":"stop"}]'},
    {sc.OPERATION: "chat", sc.INPUT_MESSAGES: '[{"role":"user","content":"Hi"}]', sc.OUTPUT_MESSAGES: "[NaN]"},
    {sc.OPERATION: "chat", sc.INPUT_MESSAGES: '"[{\\"role\\":\\"user\\",\\"content\\":\\"Hi\\"}]"'},
    {sc.OPERATION: "chat", sc.SYSTEM_INSTRUCTIONS: "Be terse.",
     sc.TOOL_DEFINITIONS: '[{"type":"function","name":"w"}]'},
    {sc.OPERATION: "chat", sc.RESPONSE_FINISH_REASONS: ["end_turn"], sc.RESPONSE_TIME_TO_FIRST_CHUNK: 0.25},
    {sc.OPERATION: "chat", sc.OPENAI_REQUEST_SERVICE_TIER: "auto", sc.OPENAI_RESPONSE_SERVICE_TIER: "flex"},
    {sc.SESSION_ID: "s", sc.CONVERSATION_ID: "c", sc.OPERATION: "chat", sc.USER_ID: 5},
    {sc.CONVERSATION_ID: "c", sc.OPERATION: "chat", sc.PROJECT: "shop", sc.ERROR_TYPE: "Timeout"},
    {"http.method": "GET", "numbers": [1, 2.5], "nested": {"a": [True, None]}, "big": 1 << 62, "not": float("nan")},
    {"long": "x" * 5000, "media": '{"type":"image","data":"' + "A" * 8192 + '"}'},
    {"caf\u00e9": "na\u00efve \U0001f600", "": "no name", "empty": ""},
    {},
]  # fmt: skip


@pytest.mark.parametrize("scope", [None, sc.SCOPE, "opentelemetry.util.genai", "my.own"])
def test_the_conventions_words(scope: str | None) -> None:
    spans = [plain(number, said, scope_name=scope) for number, said in enumerate(CONVENTIONAL)]
    assert same(spans) > len(spans) // 2


def test_attributes_at_random() -> None:
    """Any few of the names with any of their values, so that each meets each."""
    rng = random.Random(4)
    values: dict[str, list[Any]] = {}
    for said in CONVENTIONAL:
        for name, value in said.items():
            values.setdefault(name, []).extend([value, None, 0, True, "\u0000" + rng.choice(string.printable)])
    spans = [
        plain(number, {name: rng.choice(values[name]) for name in rng.sample(sorted(values), rng.randint(0, 9))})
        for number in range(2000)
    ]
    assert same(spans) > len(spans) // 3


def test_what_only_bytes_can_say() -> None:
    """Fields that are there twice, unknown, cut, of the wrong type, without an end, and text that is not UTF-8."""
    rng = random.Random(11)
    message = Message(trace_id=bytes(range(1, 17)), span_id=bytes(range(1, 9)), parent_span_id=bytes(8), name="work")
    message.kind, message.flags, message.trace_state, message.dropped_links_count = 3, 257, "a=b", 1
    message.start_time_unix_nano, message.end_time_unix_nano = 5, 9
    message.attributes.add(key=sc.OPERATION).value.string_value = "chat"
    message.status.message = "fine"
    whole = message.SerializeToString()
    found = [
        whole,
        whole + whole,
        whole + b"\x2a\x02\xff\xfe",
        whole + b"\xa3\x01",
        whole + b"\x4a\x00",
        whole + bytes(300),
    ]
    found += [whole + b"\x4a\x04\x0a\x02\xff\xfe", whole + b"\x4a\x05\x0a\x01a\x12\x00", whole + b"\x30" + b"\xff" * 12]
    for _ in range(150):
        at = rng.randrange(len(whole))
        found.append(whole[:at] + bytes([rng.randrange(256)]) + whole[at + rng.randrange(3) :])
    for data in found:
        _same_or_left(data)


def _same_or_left(data: bytes) -> None:
    request = UNREAD()
    request.resource_spans.add().scope_spans.add().spans.append(data)
    try:
        together, alone, _ = read(request.SerializeToString())
    except DecodeError:  # an attribute that is none: all spans are then read one by one
        return
    assert together == alone
