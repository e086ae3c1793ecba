"""No span, however broken, makes a dialect raise, and none is lost: over every dialect of the table."""

from __future__ import annotations

import copy
import json
import random
from collections import Counter
from typing import Any

import pytest

from tests.support import corpus, golden, samples
from tracekit import semconv as sc
from tracekit.dialects import DIALECTS, canonical
from tracekit.dialects.decoding import loads
from tracekit.dialects.values import decoded
from tracekit.model import KINDS, RawSpan, Span

MUTATED = 1000


def deep(levels: int, leaf: Any) -> Any:
    for level in range(levels):
        leaf = [leaf] if level % 2 else {"parts": leaf}
    return leaf


JUNK: tuple[Any, ...] = (
    None, True, 0, -1, 1 << 63, 10**400, 1.5, "", " ", "x" * 5000, "\ud800", "caf\udce9", "[" * 5000,
    '{"a":' * 500, '{"a": 1, "a": {"b": 2}}', '[{"role": "user", "role": 5, "parts": {}}]', "NaN", "[NaN, -Infinity]",
    '"' * 7, json.dumps(json.dumps(json.dumps([{"role": "tool", "content": [1, None, {}]}]))), [], {}, [None], [[]],
    {"role": ["user"], "parts": 5}, [{"type": ["text"], "text": {}}], [{"parts": [{"type": {}, "arguments": "{"}]}],
    {"message": {"message": {}}, "content": {"parts": {"parts": []}}}, {"choices": [5, {"message": None}]},
    [{"role": {}, "content": [{"text": 1}, {"toolUse": None}, {"functionCall": []}], "tool_calls": {"function": 5}}],
    [{"finish_reason": ["stop"], "role": 7, "parts": [None, 3, {"type": "tool_call", "arguments": 10**30}]}],
    deep(40, "x"), deep(120, 1), "[" * 900 + "]" * 900,
    [{"function_declarations": [5, {"parameters": "{"}], "function": {"json_schema": []}}],
)  # fmt: skip


def originals() -> list[RawSpan]:
    """A span of every dialect: those of the golden files, and every recorded one."""
    found = [raw for raw, _ in golden.cases().values()]
    for folder in sorted({path.parent for path in corpus.files("otlp-samples/*/*/traces-*.pb")}):
        found += samples.spans(folder.parent.name, folder.name)
    return found


def mutated(raw: RawSpan, rng: random.Random) -> RawSpan:
    """The span with up to four of its values replaced, members renamed, events and log records broken."""
    made = copy.deepcopy(raw)
    said: dict[str, Any] = made.attributes
    for _ in range(rng.randint(1, 4)):
        junk = copy.deepcopy(rng.choice(JUNK))
        match rng.randrange(7):
            case 0 | 1 if said:
                said[rng.choice(list(said))] = junk
            case 2:
                said[rng.choice(NAMES)] = junk
            case 3:
                field = rng.choice(["parent_span_id", "status_code", "status_message", "scope_version", "end_ns"])
                setattr(made, field, junk)
            case 4:
                beside: list[Any] = rng.choice([made.events, made.logs])
                record = {"name": rng.choice(EVENTS), "time_ns": junk, "attributes": junk, "body": junk}
                beside.append(
                    rng.choice([junk, record, {**record, "time_ns": 5, "attributes": {rng.choice(NAMES): junk}}])
                )
            case 5:
                made.scope_name = rng.choice([junk, *SCOPES])
            case _:
                resource: Any = {rng.choice(NAMES): junk}
                made.resource = resource
    return made


NAMES = sorted({value for key, value in vars(sc).items() if key.isupper() and isinstance(value, str)})
EVENTS = [name for name in NAMES if name.startswith(("gen_ai.", "exception"))]
SCOPES = sorted(scope for dialect in DIALECTS for scope in dialect.scopes)


@pytest.fixture(scope="module")
def spans() -> list[tuple[RawSpan, Span]]:
    rng = random.Random(20_261_123)
    found = originals()
    broken = [mutated(rng.choice(found), rng) for _ in range(MUTATED)]
    return [(raw, canonical(raw)) for raw in broken]


def test_no_mutated_span_raises_or_is_lost(spans: list[tuple[RawSpan, Span]]) -> None:
    assert len(spans) == MUTATED
    for raw, span in spans:
        assert (span.trace_id, span.span_id, span.name) == (raw.trace_id, raw.span_id, raw.name)
        assert span.attributes == raw.attributes or span.attributes.keys() - raw.attributes.keys() == {sc.FAULT}
        assert span.kind in KINDS
        for tokens in (span.input_tokens, span.output_tokens, span.cache_read_tokens, span.cache_write_tokens):
            assert tokens is None or type(tokens) is int


def test_a_fault_is_the_exception_not_the_way(spans: list[tuple[RawSpan, Span]]) -> None:
    """Wrong types are read as unknown; a span is kept raw only where that was not foreseen."""
    told = Counter(str(span.attributes.get(sc.FAULT)) for _, span in spans if span.dialect == "raw")
    assert sum(told.values()) <= MUTATED // 100, told


def test_what_a_span_says_is_left_as_it_was() -> None:
    rng = random.Random(7)
    found = originals()
    for _ in range(200):
        raw = mutated(rng.choice(found), rng)
        before = copy.deepcopy((raw.attributes, raw.events, raw.logs))
        canonical(raw)
        assert (raw.attributes, raw.events, raw.logs) == before


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 123456789012345678901234567890}', "[-9223372036854775809, 18446744073709551616]",
        '{"a": 1, "a": 2}', "[NaN, Infinity, -Infinity]", "[1e999]", '["\\ud800"]', '["\\ud83d\\ude00"]',
        "[1.0000000000000000001, -0, -0.0]",
        '{"": {"": []}}', ' \n\t{"a":\r null}', '["\\u0000"]', '"\ud800"', "[true, false]", "[0.1, 1E5, 1e-7]",
    ],
)  # fmt: skip
def test_json_is_read_as_the_standard_library_reads_it(text: str) -> None:
    assert repr(loads(text)) == repr(json.loads(text))


@pytest.mark.parametrize("text", ["{", '{"a": 1} x', "[1,]", '["a\tb"]', "[01]", "{'a': 1}", "[\u00a01]", "[" * 5000])
def test_what_is_no_json_stays_text(text: str) -> None:
    assert decoded(text) == text
