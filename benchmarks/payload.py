"""Spans to store: agent traces of ten spans, 2.9 kB each on average, as journal records and as OTLP requests."""

from __future__ import annotations

import json
import random
import secrets
import time
from collections.abc import Iterator
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tracekit import semconv
from tracekit.journal.records import encode, span_head, span_record

KINDS = ("agent", "chain", "llm", "tool", "llm", "retriever", "embedding", "llm", "tool", "llm")
"""The kinds of the spans of one trace; the first is the root and the parent of the others."""

_WORDS = (
    "bike",
    "lake",
    "ferry",
    "canal",
    "route",
    "battery",
    "gravel",
    "saddle",
    "weather",
    "booking",
    "family",
    "discount",
    "helmet",
    "Konstanz",
    "Bregenz",
    "train",
    "morning",
    "harbour",
    "repair",
    "tyre",
    "lock",
    "island",
    "orchard",
    "climb",
    "shore",
    "ticket",
    "guest",
    "weekend",
    "shower",
    "sunny",
)
_OPERATIONS = {"llm": semconv.CHAT, "tool": semconv.EXECUTE_TOOL, "agent": semconv.INVOKE_AGENT}


def _text(rng: random.Random, words: int) -> str:
    return " ".join(rng.choices(_WORDS, k=words))


def spans(count: int, *, seed: int = 1) -> Iterator[dict[str, Any]]:
    """Fields of so many spans, trace by trace: ids, times, plain attributes, and content by attribute name."""
    rng = random.Random(seed)
    now = time.time_ns()
    for number in range(0, count, len(KINDS)):
        trace_id, root = secrets.token_hex(16), secrets.token_hex(8)
        for index, kind in enumerate(KINDS):
            start = now + number * 1_000_000 + index * 50_000
            yield {
                "trace_id": trace_id,
                "span_id": secrets.token_hex(8) if index else root,
                "parent_span_id": root if index else None,
                "name": f"{kind}-{index}",
                "kind": 3 if kind == "llm" else 1,
                "start_ns": start,
                "end_ns": start + rng.randrange(10**6, 10**9),
                "attributes": _attributes(kind, rng),
                "content": _content(kind, rng),
            }


def _attributes(kind: str, rng: random.Random) -> dict[str, Any]:
    common: dict[str, Any] = {
        semconv.KIND: kind,
        semconv.OPERATION: _OPERATIONS.get(kind, kind),
        semconv.SESSION_ID: f"s-{rng.randrange(500)}",
        semconv.USER_ID: f"u-{rng.randrange(200)}",
    }
    if kind == "llm":
        common |= {
            semconv.PROVIDER: "openai",
            semconv.REQUEST_MODEL: "gpt-4o-mini",
            semconv.RESPONSE_MODEL: "gpt-4o-mini-2024-07-18",
            semconv.RESPONSE_ID: f"chatcmpl-{secrets.token_hex(10)}",
            semconv.USAGE_INPUT_TOKENS: rng.randrange(100, 4000),
            semconv.USAGE_OUTPUT_TOKENS: rng.randrange(20, 900),
        }
    return common


def _content(kind: str, rng: random.Random) -> dict[str, Any]:
    if kind != "llm":
        return {semconv.INPUT: _text(rng, 90), semconv.OUTPUT: _text(rng, 120)}
    question = {"role": "user", "parts": [{"type": "text", "content": _text(rng, 380)}]}
    answer = {"role": "assistant", "parts": [{"type": "text", "content": _text(rng, 260)}], "finish_reason": "stop"}
    return {semconv.INPUT_MESSAGES: [question], semconv.OUTPUT_MESSAGES: [answer]}


def journal_payload(span: dict[str, Any]) -> bytes:
    """A span as the payload of a journal's end record."""
    parent = span["parent_span_id"]
    head = span_head(
        trace_id=int(span["trace_id"], 16),
        span_id=int(span["span_id"], 16),
        parent_id=int(parent, 16) if parent else None,
        kind=span["kind"],
        start_ns=span["start_ns"],
        origin='"resource":0,"scope":["benchmarks",null]',
    )
    members = f'"attributes":{encode(span["attributes"])},"end_ns":{span["end_ns"]}'
    return span_record(head, span["name"], members=members, content=encode(span["content"])[1:-1])


def otlp_request(batch: list[dict[str, Any]]) -> bytes:
    """Spans as the protobuf body of one OTLP request; content that is no text as JSON, as OTLP senders have it."""
    request = ExportTraceServiceRequest()
    scope = request.resource_spans.add().scope_spans.add()
    for span in batch:
        made = scope.spans.add(
            trace_id=bytes.fromhex(span["trace_id"]),
            span_id=bytes.fromhex(span["span_id"]),
            parent_span_id=bytes.fromhex(span["parent_span_id"] or ""),
            name=span["name"],
            kind=span["kind"],
            start_time_unix_nano=span["start_ns"],
            end_time_unix_nano=span["end_ns"],
        )
        content = {
            name: value if isinstance(value, str) else json.dumps(value) for name, value in span["content"].items()
        }
        for key, value in {**span["attributes"], **content}.items():
            attribute = made.attributes.add(key=key)
            if isinstance(value, int):
                attribute.value.int_value = value
            else:
                attribute.value.string_value = value
    return request.SerializeToString()
