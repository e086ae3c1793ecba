from __future__ import annotations

from typing import Any

import pytest

from tracekit.dialects.documents import documents, tools
from tracekit.dialects.messages import messages
from tracekit.dialects.parts import parts
from tracekit.dialects.vocabulary import finish_reasons, provider, provider_of_model


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("openai", "openai"), ("OpenAI", "openai"), ("openai.chat", "openai"), ("openai.responses", "openai"),
        ("google.generative-ai", "gcp.gemini"), ("vertex_ai", "gcp.vertex_ai"), ("az.ai.openai", "azure.ai.openai"),
        ("amazon-bedrock", "aws.bedrock"), ("xai", "x_ai"), ("mistral.chat", "mistral_ai"),
        ("my gateway", "my gateway"), ("." * 1000, "." * 1000), ("", None), (None, None), ({"a": 1}, "{'a': 1}"),
    ],
)  # fmt: skip
def test_a_provider_has_one_name(said: Any, name: str | None) -> None:
    assert provider(said) == name


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("gpt-4o-mini", "openai"), ("claude-sonnet-4-5", "anthropic"), ("gemini-2.5-flash", "gcp.gemini"),
        ("us.anthropic.claude-sonnet-4-20250514-v1:0", "aws.bedrock"), ("llama3.1", None), (None, None),
    ],
)  # fmt: skip
def test_a_models_name_tells_its_provider_where_it_leaves_no_doubt(model: str | None, name: str | None) -> None:
    assert provider_of_model(model) == name


@pytest.mark.parametrize(
    ("said", "reasons"),
    [
        ("stop", ["stop"]), ('["tool_calls"]', ["tool_call"]), (["end_turn", "max_tokens"], ["stop", "length"]),
        ("FinishReason.MAX_TOKENS", ["length"]), ("FINISH_REASON_STOP", ["stop"]), ("tool-calls", ["tool_call"]),
        ("REASON_STOP", ["stop"]), ("SAFETY", ["content_filter"]), ("pause_turn", ["pause_turn"]),
        ([], None), (None, None), ("x" * 1000, ["x" * 1000]),
    ],
)  # fmt: skip
def test_finish_reasons_are_a_list_of_the_conventions_words(said: Any, reasons: list[str] | None) -> None:
    assert finish_reasons(said) == reasons


CALL = {"type": "tool_call", "id": "c1", "name": "get_weather", "arguments": {"city": "Paris"}}
RESULT = {"type": "tool_call_response", "id": "c1", "response": "rainy"}
TEXT = {"type": "text", "content": "hi"}
PNG = {"type": "blob", "modality": "image", "mime_type": "image/png", "content": "aGk="}


@pytest.mark.parametrize(
    ("block", "part"),
    [
        ("hi", TEXT), (TEXT, TEXT), ({"type": "input_text", "text": "hi"}, TEXT), ({"text": "hi"}, TEXT),
        ({"type": "function", "id": "c1", "function": {"name": "get_weather", "arguments": '{"city": "Paris"}'}}, CALL),
        ({"type": "function_call", "id": "fc", "call_id": "c1", "name": "get_weather",
          "arguments": '{"city": "Paris"}'}, CALL),
        ({"type": "tool_use", "id": "c1", "name": "get_weather", "input": {"city": "Paris"}}, CALL),
        ({"type": "tool-call", "toolCallId": "c1", "toolName": "get_weather", "args": {"city": "Paris"}}, CALL),
        ({"toolUse": {"toolUseId": "c1", "name": "get_weather", "input": {"city": "Paris"}}}, CALL),
        ({"functionCall": {"id": "c1", "name": "get_weather", "args": {"city": "Paris"}}}, CALL),
        ({"type": "tool_call", "id": "c1", "name": "get_weather", "arguments": '{"city": "Paris"}'}, CALL),
        ({"type": "tool_result", "tool_use_id": "c1", "content": [{"type": "text", "text": "rainy"}]}, RESULT),
        ({"type": "function_call_output", "call_id": "c1", "output": "rainy"}, RESULT),
        ({"type": "tool_call_response", "id": "c1", "response": [{"text": "rainy"}]}, RESULT),
        ({"toolResult": {"toolUseId": "c1", "content": [{"text": "rainy"}]}}, RESULT),
        ({"functionResponse": {"id": "c1", "response": "rainy"}}, RESULT),
        ({"type": "thinking", "thinking": "hm"}, {"type": "reasoning", "content": "hm"}),
        ({"reasoningContent": {"reasoningText": {"text": "hm"}}}, {"type": "reasoning", "content": "hm"}),
        ({"text": "hm", "thought": True}, {"type": "reasoning", "content": "hm"}),
        ({"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}}, PNG),
        ({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}}, PNG),
        ({"inlineData": {"mimeType": "image/png", "data": "aGk="}}, PNG),
        ({"type": "image_url", "image_url": "https://x/y.png"},
         {"type": "uri", "modality": "image", "mime_type": None, "uri": "https://x/y.png"}),
        ({"type": "new_kind", "x": 1}, {"type": "new_kind", "x": 1}),
    ],
)  # fmt: skip
def test_a_block_of_any_provider_becomes_the_same_part(block: Any, part: dict[str, Any]) -> None:
    assert parts(block) == [part]


@pytest.mark.parametrize(
    "value",
    [
        [{"role": "assistant", "parts": [CALL], "finish_reason": "tool_call"}],
        {"candidates": [{"content": {"role": "model", "parts": [{"functionCall": {"id": "c1", "name": "get_weather",
         "args": {"city": "Paris"}}}]}, "finishReason": "TOOL_CALL"}]},
        {"choices": [{"index": 0, "finish_reason": "tool_calls", "message": {"role": "assistant", "content": None,
         "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "get_weather",
                                                                     "arguments": '{"city": "Paris"}'}}]}}]},
        ('[{"role": "assistant", "content": [{"type": "tool_use", "id": "c1", "name": "get_weather", "input":'
        ' {"city": "Paris"}}], "finish_reason": "tool_use"}]'),
    ],
    ids=["convention", "gemini", "openai", "anthropic"],
)  # fmt: skip
def test_a_message_of_any_provider_becomes_the_same_message(value: Any) -> None:
    assert messages(value) == [{"role": "assistant", "parts": [CALL], "finish_reason": "tool_call"}]


@pytest.mark.parametrize(
    "value",
    [
        {"role": "tool", "tool_call_id": "c1", "content": "rainy"},
        {"type": "function_call_output", "call_id": "c1", "output": "rainy"},
        {"role": "tool", "content": [{"type": "tool_result", "tool_use_id": "c1", "content": "rainy"}]},
    ],
)
def test_a_tools_answer_is_a_message_of_the_tool(value: Any) -> None:
    assert messages([value]) == [{"role": "tool", "parts": [RESULT]}]


def test_what_needs_no_change_is_the_same_object() -> None:
    said = [{"role": "user", "parts": [TEXT]}, {"role": "assistant", "parts": [CALL]}]
    assert messages(said) is said
    found = [{"id": "d1", "content": "x", "score": 0.5, "page": 3}]
    assert documents(found) is found
    defined = [{"type": "function", "name": "f", "parameters": {"type": "object"}}]
    assert tools(defined) is defined


@pytest.mark.parametrize("value", [None, [], "", {}, 0, 5])
def test_nothing_is_no_message(value: Any) -> None:
    assert messages(value) is None


@pytest.mark.parametrize(
    "value",
    [
        [{"document_id": "d1", "page_content": "x", "relevance_score": 0.5, "page": 3}],
        '[{"id": "d1", "text": "x", "similarity": 0.5, "page": 3}]',
    ],
)
def test_documents_have_id_content_and_score(value: Any) -> None:
    assert documents(value) == [{"id": "d1", "content": "x", "score": 0.5, "page": 3}]


@pytest.mark.parametrize(
    "value",
    [
        [{"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type": "object"}}}],
        [{"name": "f", "description": "d", "input_schema": {"type": "object"}}],
        ['{"type":"function","name":"f","description":"d","inputSchema":{"type":"object"}}'],
        [{"toolSpec": {"name": "f", "description": "d", "inputSchema": {"json": {"type": "object"}}}}],
        [{"functionDeclarations": [{"name": "f", "description": "d", "parameters": {"type": "object"}}]}],
    ],
    ids=["openai", "anthropic", "vercel", "bedrock", "gemini"],
)
def test_tools_are_flat(value: Any) -> None:
    assert tools(value) == [{"type": "function", "name": "f", "description": "d", "parameters": {"type": "object"}}]
