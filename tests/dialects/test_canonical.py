from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any

import pytest

from tests.support import corpus
from tracekit import semconv as sc
from tracekit.dialects import Dialect, canonical, registry
from tracekit.model import RawSpan, Span
from tracekit.otlp import decode


def raw(attributes: dict[str, Any] | None = None, **fields: Any) -> RawSpan:
    return RawSpan(
        trace_id="1" * 32, span_id="2" * 16, parent_span_id=None, name="n",
        start_ns=fields.pop("start_ns", 10), attributes=attributes or {}, **fields,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        ("chat", "llm"), ("text_completion", "llm"), ("generate_content", "llm"), ("fetch_response", "llm"),
        ("generate_image", "llm"), ("generate_speech", "llm"), ("transcribe_audio", "llm"), ("moderate", "guardrail"),
        ("embeddings", "embedding"), ("retrieval", "retriever"), ("execute_tool", "tool"), ("invoke_agent",
        "agent"),
        ("create_agent", "agent"), ("invoke_workflow", "chain"), ("something_new", "other"),
    ],
)  # fmt: skip
def test_kind_follows_from_the_operation(operation: str, kind: str) -> None:
    assert canonical(raw({sc.OPERATION: operation})).kind == kind


def test_a_kind_that_is_said_goes_before_the_operation() -> None:
    assert canonical(raw({sc.OPERATION: "chat", sc.KIND: "guardrail"})).kind == "guardrail"


MESSAGES = [{"role": "assistant", "parts": [{"type": "tool_call", "id": "c", "name": "f", "arguments": {"a": 1}}]}]


@pytest.mark.parametrize(
    "value",
    [
        MESSAGES,
        json.dumps(MESSAGES),
        json.dumps(json.dumps(MESSAGES)),
        [
            {
                "role": "assistant",
                "parts": [{"type": "tool_call", "id": "c", "name": "f", "arguments": '{"a": 1}'}],
            }
        ],
    ],
    ids=["structured", "json", "json-in-json", "arguments-as-text"],
)
def test_messages_are_the_same_however_often_they_were_encoded(value: Any) -> None:
    sent = copy.deepcopy(value)
    span = canonical(raw({sc.OPERATION: "chat", sc.OUTPUT_MESSAGES: value}))
    assert span.output_messages == MESSAGES
    assert span.attributes[sc.OUTPUT_MESSAGES] == sent  # what came in is left as it was


@pytest.mark.parametrize("name", [sc.USAGE_CACHE_WRITE, sc.USAGE_CACHE_CREATION])
def test_cache_writes_are_read_by_both_names(name: str) -> None:
    assert canonical(raw({sc.OPERATION: "chat", name: 5})).cache_write_tokens == 5


@pytest.mark.parametrize(
    ("attributes", "counted"),
    [
        ({sc.OPERATION: "chat", sc.USAGE_INPUT_TOKENS: 1}, True),
        ({sc.OPERATION: "embeddings", sc.USAGE_INPUT_TOKENS: 1}, True),
        ({sc.OPERATION: "chat"}, False),
        ({sc.OPERATION: "fetch_response", sc.USAGE_INPUT_TOKENS: 1}, False),
        ({sc.OPERATION: "invoke_agent", sc.USAGE_INPUT_TOKENS: 1}, False),
        ({sc.KIND: "chain", sc.USAGE_INPUT_TOKENS: 1}, False),
    ],
)
def test_only_the_call_itself_owns_its_usage(attributes: dict[str, Any], counted: bool) -> None:  # noqa: FBT001 - a parameter of the test
    assert canonical(raw(attributes)).counted is counted


@pytest.mark.parametrize(
    ("value", "tokens"),
    [(7, 7), ("7", 7), (7.0, 7), (0, 0), (-1, None), (True, None), ("x", None), (1 << 63, None), ([], None)],
)
def test_tokens_are_a_count_or_unknown(value: Any, tokens: int | None) -> None:
    assert canonical(raw({sc.OPERATION: "chat", sc.USAGE_INPUT_TOKENS: value})).input_tokens == tokens


@pytest.mark.parametrize("value", [["stop"], '["stop"]', "stop", ("stop",)])
def test_finish_reasons_are_a_list(value: Any) -> None:
    assert canonical(raw({sc.OPERATION: "chat", sc.RESPONSE_FINISH_REASONS: value})).finish_reasons == ["stop"]


def test_tracekits_own_attributes() -> None:
    said = {
        sc.KIND: "tool", sc.TOOL_NAME: "search", sc.TOOL_CALL_ID: "c1", sc.TOOL_CALL_ARGUMENTS: '{"q": "x"}',
        sc.TOOL_CALL_RESULT: "rainy", sc.INPUT: {"q": "x"}, sc.OUTPUT: "rainy", sc.OUTCOME: "abandoned",
        sc.TAGS: ["a", "b"], sc.SESSION_ID: "s", sc.CONVERSATION_ID: "not this", sc.USER_ID: "u",
        sc.RESPONSE_TIME_TO_FIRST_CHUNK: 0.25, sc.ERROR_TYPE: "E",
    }  # fmt: skip
    span = canonical(raw(said, resource={sc.PROJECT: "p", sc.SERVICE_NAME: "svc"}, status_code=2, status_message="m"))
    assert (span.project, span.service, span.session_id, span.user_id, span.tags) == (
        "p",
        "svc",
        "s",
        "u",
        ["a", "b"],
    )
    assert (span.tool_name, span.tool_call_id, span.tool_arguments, span.tool_result) == (
        "search",
        "c1",
        {"q": "x"},
        "rainy",
    )
    assert (span.input, span.output, span.outcome, span.ttft_ms) == ({"q": "x"}, "rainy", "abandoned", 250.0)
    assert (span.status, span.status_message, span.error_type) == ("error", "m", "E")


def test_a_span_of_another_kind_of_program_is_kept() -> None:
    span = canonical(raw({"http.route": "/"}, status_code=1, end_ns=20))
    assert (span.dialect, span.kind, span.status, span.project) == ("generic", "other", "ok", "default")
    assert span.attributes == {"http.route": "/"}


def test_the_exception_event_explains_an_error_that_does_not() -> None:
    event = {"name": "exception", "attributes": {"exception.type": "ValueError", "exception.message": "bad"}}
    span = canonical(raw(status_code=2, events=[event]))
    assert (span.error_type, span.status_message) == ("ValueError", "bad")


def test_times_that_cannot_be_are_told() -> None:
    span = canonical(raw(start_ns=1 << 63, end_ns=-1))
    assert (span.start_ns, span.end_ns) == (0, None)
    assert str(1 << 63) in span.attributes[sc.FAULT]


def test_a_dialect_that_fails_yields_the_span_as_it_came(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_raw: RawSpan, span: Span) -> None:
        span.name = "half read"
        raise KeyError("lost")

    def dialect_of(_raw: RawSpan) -> Dialect:
        return Dialect(name="broken", read=broken)

    monkeypatch.setattr(registry, "dialect_of", dialect_of)
    span = canonical(raw({"a": 1}))
    assert (span.dialect, span.name, span.counted) == ("raw", "n", False)
    assert span.attributes == {"a": 1, sc.FAULT: "dialect broken: KeyError: 'lost'"}


def test_a_span_that_ends_before_it_starts_keeps_its_times_and_says_so() -> None:
    back = replace(raw({}), start_ns=3_000, end_ns=1_000)
    span = canonical(back)
    assert (span.start_ns, span.end_ns) == (3_000, 1_000)
    assert span.attributes[sc.FAULT] == "it ends 2000 ns before it starts: a clock went back"
    assert sc.FAULT not in canonical(replace(back, end_ns=3_000)).attributes


@pytest.mark.parametrize(
    "junk", [None, 5, 1.5, True, "", "{", "[1]", "[" * 5000, [1, None], {"a": {"b": []}}, "\ud800"]
)
def test_no_value_makes_it_raise(junk: Any) -> None:
    names = [value for key, value in vars(sc).items() if key.isupper() and isinstance(value, str)]
    for name in names:
        span = canonical(raw({sc.OPERATION: "chat", name: junk}))
        assert span.dialect != "raw", (name, span.attributes.get(sc.FAULT))
    assert canonical(raw(dict.fromkeys(names, junk))).trace_id == "1" * 32


def test_every_recorded_span_of_every_emitter_is_read() -> None:
    for path in corpus.files("otlp-samples/*/*/traces-*.pb"):
        for one in decode.traces(path.read_bytes(), json=False):
            assert canonical(one).dialect != "raw", path
        corpus.ran(path)
