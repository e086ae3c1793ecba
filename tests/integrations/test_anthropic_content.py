"""The pure functions: blocks, messages, tools and usage of every shape, read as the conventions want them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from anthropic.types import Message, TextBlock
from anthropic.types.beta import BetaMessage

from tests.integrations import anthropic_wire as wire
from tests.support import conventions
from tracekit import semconv
from tracekit.dialects import canonical
from tracekit.model import Call, RawSpan, Span
from tracekit.sdk.recording import response_attributes
from tracekit.store.pricing import Pricer
from tracekit_integrations import _anthropic_content as content
from tracekit_integrations import _anthropic_messages as messages

BLOB = {"type": "blob", "modality": "image", "mime_type": "image/png", "content": "AAAA"}
URI = {"type": "uri", "modality": "image", "mime_type": None, "uri": "https://images.example/1.png"}
RESULT = {"type": "tool_result", "tool_use_id": "t1"}
ANSWER = {"type": "tool_call_response", "id": "t1"}


def requested(**body: Any) -> Any:
    """What is recorded of a request with this body."""
    options = SimpleNamespace(method="post", url=wire.MESSAGES, json_data=body, extra_json=None)
    made = messages.request(Call(instance=None, args=(object, options), kwargs={}))
    assert made is not None
    return made


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        (wire.text("a"), {"type": "text", "content": "a"}),
        (TextBlock(type="text", text="a"), {"type": "text", "content": "a"}),
        ({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}, BLOB),
        ({"type": "image", "source": {"type": "url", "url": URI["uri"]}}, URI),
        (
            {"type": "image", "source": {"type": "file", "file_id": "file_1"}},
            {"type": "file", "modality": "image", "file_id": "file_1"},
        ),
        (
            {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "AAAA"}},
            {"type": "blob", "modality": "document", "mime_type": "application/pdf", "content": "AAAA"},
        ),
        (
            {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "Once"}},
            {"type": "text", "content": "Once"},
        ),
        (
            {"type": "document", "source": {"type": "content", "content": "Once"}, "title": "Tale"},
            {"type": "document", "source": {"type": "content", "content": "Once"}, "title": "Tale"},
        ),
        (
            {"type": "container_upload", "file_id": "file_2"},
            {"type": "file", "modality": "document", "file_id": "file_2"},
        ),
        ({"type": "search_result", "title": "t"}, {"type": "search_result", "title": "t"}),
        (
            {"type": "code_execution_tool_result", "tool_use_id": "s1", "content": {"stdout": "4"}},
            {
                "type": "server_tool_call_response",
                "id": "s1",
                "server_tool_call_response": {"type": "code_execution", "content": {"stdout": "4"}},
            },
        ),
        ({**RESULT, "content": "4"}, {**ANSWER, "response": "4"}),
        ({**RESULT, "content": [wire.text("4")]}, {**ANSWER, "response": "4"}),
        (
            {**RESULT, "content": [wire.text("4"), {"type": "image", "source": {"type": "url", "url": URI["uri"]}}]},
            {**ANSWER, "response": [{"type": "text", "content": "4"}, URI]},
        ),
        (RESULT, {**ANSWER, "response": []}),
        (
            {**RESULT, "content": "no such city", "is_error": True},
            {**ANSWER, "response": "no such city", "is_error": True},
        ),
    ],
)
def test_a_block_as_a_part(block: Any, expected: Any) -> None:
    assert content.block(block) == expected
    conventions.check({semconv.INPUT_MESSAGES: [{"role": "user", "parts": [content.block(block)]}]})


def test_what_tools_answer_is_the_tools_unless_the_user_adds_to_it() -> None:
    mixed = {"role": "user", "content": [{**RESULT, "content": "4"}, wire.text("And?")]}
    alone = {"role": "user", "content": [{**RESULT, "content": "4"}]}
    empty = {"role": "assistant", "content": []}
    roles = [message["role"] for message in requested(messages=[mixed, alone, empty]).input_messages]
    assert roles == ["user", "tool", "assistant"]


def test_instructions_are_text_or_blocks() -> None:
    expected = [{"type": "text", "content": "Be brief."}]
    assert requested(system="Be brief.").system_instructions == expected
    assert requested(system=[wire.text("Be brief.")]).system_instructions == expected
    assert requested(messages=[]).system_instructions is None


def test_tools_are_flat_and_servers_keep_their_credentials() -> None:
    made = requested(
        tools=[
            {
                "name": "a",
                "description": "d",
                "input_schema": {"type": "object"},
                "cache_control": {"type": "ephemeral"},
            },
            {"type": "custom", "name": "b", "input_schema": {"type": "object"}},
            {"type": "web_search_20250305", "name": "web_search", "max_uses": 3},
            {"type": "mcp_toolset", "mcp_server_name": "library"},
        ],
        mcp_servers=[{"type": "url", "name": "library", "url": "https://l.example", "authorization_token": "secret"}],
    )
    assert made.tool_definitions == [
        {"type": "function", "name": "a", "description": "d", "parameters": {"type": "object"}},
        {"type": "function", "name": "b", "parameters": {"type": "object"}},
        {"type": "web_search_20250305", "name": "web_search"},
        {"type": "mcp_toolset", "name": "library"},
    ]
    assert "secret" not in repr(made)
    conventions.check({semconv.TOOL_DEFINITIONS: made.tool_definitions})


@pytest.mark.parametrize(
    ("url", "method", "is_call"),
    [
        ("/v1/messages", "post", True),
        ("/v1/messages?beta=true", "post", True),
        ("/v1/messages/count_tokens", "post", False),
        ("/v1/messages/batches", "post", False),
        ("/v1/messages", "get", False),
        ("/v1/models", "get", False),
    ],
)
def test_which_requests_ask_a_model(url: str, method: str, is_call: object) -> None:
    options = SimpleNamespace(method=method, url=url, json_data={"model": "m"}, extra_json={"model": "n"})
    made = messages.request(Call(instance=None, args=(object,), kwargs={"options": options}))
    assert (made is not None) is is_call
    assert made is None or made.request_model == "n"


@pytest.mark.parametrize(
    ("stopped", "word"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("tool_use", "tool_call"),
        ("refusal", "content_filter"),
        ("pause_turn", "pause_turn"),
        ("compaction", "compaction"),
    ],
)
@pytest.mark.parametrize("kind", [dict, Message, BetaMessage])
def test_why_a_message_ended(kind: Any, stopped: str, word: str) -> None:
    told = wire.message(stop_reason=stopped)
    reply = messages.response(told if kind is dict else kind.construct(**told))
    assert reply.finish_reasons == [word]
    assert (reply.output_messages or [])[0].get("finish_reason") == word
    assert reply.attributes[semconv.ANTHROPIC_STOP_REASON] == stopped


def row(usage: dict[str, Any], model: str = "claude-sonnet-4-5-20250929") -> Span:
    """What the store makes of a message with this usage."""
    reply = messages.response(wire.message(usage=usage, model=model))
    said = {semconv.OPERATION: "chat", semconv.PROVIDER: "anthropic", **response_attributes(reply)}
    start = 1_795_000_000_000_000_000
    raw = RawSpan(
        trace_id="1" * 32, span_id="2" * 16, parent_span_id=None, name="chat", start_ns=start, attributes=said
    )
    raw.scope_name = semconv.SCOPE
    return canonical(raw)


def test_cached_tokens_are_inside_the_input_and_priced_by_how_long_they_are_kept() -> None:
    usage = {**wire.USAGE, "input_tokens": 5, "output_tokens": 0, "cache_read_input_tokens": 0}
    span = row(usage)
    assert (span.input_tokens, span.cache_write_tokens, span.usage_details) == (12, 7, {"cache_write_1h_tokens": 3})
    assert Pricer().price(span) == pytest.approx((5 * 3 + 4 * 3.75 + 3 * 6) / 1e6)
    partly = row({**usage, "cache_creation_input_tokens": 9})  # a stream that wrote on after it had told
    assert (partly.cache_write_tokens, partly.usage_details) == (9, None)


def test_tiers_and_speed_have_prices_of_their_own() -> None:
    usage = {"input_tokens": 1_000, "output_tokens": 100}
    usual = Pricer().price(row(usage))
    assert row({**usage, "service_tier": "batch"}).service_tier == "batch"
    assert Pricer().price(row({**usage, "service_tier": "batch"})) == pytest.approx((usual or 0) / 2)
    assert row({**usage, "service_tier": "standard", "speed": "fast"}).service_tier == "fast"
    assert row({**usage, "service_tier": "standard", "speed": "standard"}).service_tier == "standard"


def test_what_it_took_to_compact_a_conversation_is_paid_too() -> None:
    iterations = [
        {"type": "compaction", "input_tokens": 100, "output_tokens": 10, "cache_read_input_tokens": 50},
        {"type": "message", "input_tokens": 5, "output_tokens": 9},
    ]
    usage = {"input_tokens": 5, "output_tokens": 9, "cache_read_input_tokens": 1, "iterations": iterations}
    span = row(usage)
    assert (span.input_tokens, span.output_tokens, span.cache_read_tokens) == (105 + 51, 19, 51)


def test_what_a_reply_leaves_out_is_unknown() -> None:
    reply = messages.response({"content": [wire.text("a")]})
    assert (reply.usage, reply.finish_reasons, reply.response_id) == (None, None, None)
    assert (reply.output_messages or [])[0].get("finish_reason") == "unknown"
    assert messages.response("not JSON at all").output_messages is None
    part = messages.response({"usage": {"input_tokens": 3}}).usage
    assert part is not None
    assert (part.input_tokens, part.output_tokens, part.cache_read_tokens) == (3, None, None)


def test_arguments_that_break_off_are_kept_as_they_came() -> None:
    made = messages.Accumulator()
    for event in wire.stream(wire.tool_use(a=1))[:4]:
        made.add(event)
    (message,) = made.response().output_messages or ()
    assert message["parts"] == [{"type": "tool_call", "id": "toolu_1", "name": "add", "arguments": '{"a"'}]
