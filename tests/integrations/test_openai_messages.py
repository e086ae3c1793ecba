"""The pure functions: messages, tools and endpoints of every shape, read as the conventions want them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import openai
import pytest
from openai.types.chat import ChatCompletionMessage

from tests.integrations import wire
from tests.support import conventions
from tracekit import semconv
from tracekit.model import Call
from tracekit_integrations import _openai_chat as chat
from tracekit_integrations import _openai_completion as completion
from tracekit_integrations import _openai_media as media
from tracekit_integrations import _openai_responses as responses
from tracekit_integrations._openai_request import CLIENTS
from tracekit_integrations._values import decoded, plain

pytestmark = pytest.mark.openai

BLOB = {"type": "blob", "modality": "image", "mime_type": "image/png", "content": "AAAA"}
URI = {"type": "uri", "modality": "image", "mime_type": None, "uri": "https://images.example/1.png"}


def called(**arguments: Any) -> Call:
    return Call(instance=None, args=(), kwargs=arguments)


def parts_in(message: Any) -> Any:
    """The one message of a chat, as it is recorded."""
    (made,) = chat.request(called(messages=[message])).input_messages or ()
    conventions.check({semconv.INPUT_MESSAGES: [made]})
    return made["parts"]


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ("bare text", {"type": "text", "content": "bare text"}),
        ({"type": "text", "text": "a"}, {"type": "text", "content": "a"}),
        ({"type": "refusal", "refusal": "no"}, {"type": "text", "content": "no", "refusal": True}),
        ({"type": "image_url", "image_url": {"url": URI["uri"], "detail": "low"}}, URI),
        ({"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}, BLOB),
        ({"type": "image_url", "image_url": {"url": "data:,plain"}}, {**URI, "uri": "data:,plain"}),
        (
            {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "mp3"}},
            {"type": "blob", "modality": "audio", "mime_type": "audio/mpeg", "content": "AAAA"},
        ),
        (
            {"type": "file", "file": {"file_id": "file-1"}},
            {"type": "file", "modality": "document", "file_id": "file-1"},
        ),
        (
            {"type": "file", "file": {"file_data": "data:application/pdf;base64,AAAA", "filename": "a.pdf"}},
            {"type": "blob", "modality": "document", "mime_type": "application/pdf", "content": "AAAA"},
        ),
        ({"type": "video_url", "video_url": {"url": "u"}}, {"type": "video_url", "video_url": {"url": "u"}}),
    ],
)
def test_content_parts_of_a_chat(part: Any, expected: Any) -> None:
    assert parts_in({"role": "user", "content": [part]}) == [expected]


def test_messages_may_be_models_or_dictionaries() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "add", "arguments": "not json"}}
    custom = {"id": "c2", "type": "custom", "custom": {"name": "run", "input": "17"}}
    fields: Any = {"role": "assistant", "content": "Calling", "tool_calls": [call, custom], "reasoning_content": "hm"}
    expected = [
        {"type": "reasoning", "content": "hm"},
        {"type": "text", "content": "Calling"},
        {"type": "tool_call", "id": "c1", "name": "add", "arguments": "not json"},
        {"type": "tool_call", "id": "c2", "name": "run", "arguments": "17"},
    ]
    assert parts_in(fields) == parts_in(ChatCompletionMessage.model_validate(fields)) == expected


def test_roles_and_names_are_kept() -> None:
    given = [
        {"role": "developer", "content": "Rules", "name": "boss"},
        {"role": "system", "content": "More"},
        {"role": "function", "name": "old", "content": "1"},
        {"role": "assistant", "audio": {"id": "audio_1"}},
    ]
    made = chat.request(called(messages=given))
    assert made.system_instructions is None
    assert made.input_messages == [
        {"role": "developer", "parts": [{"type": "text", "content": "Rules"}], "name": "boss"},
        {"role": "system", "parts": [{"type": "text", "content": "More"}]},
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": None, "response": "1"}], "name": "old"},
        {"role": "assistant", "parts": [{"type": "file", "modality": "audio", "file_id": "audio_1"}]},
    ]
    conventions.check({semconv.INPUT_MESSAGES: made.input_messages})


def test_tools_are_flat_and_keep_no_credentials() -> None:
    schema = {"type": "object", "properties": {}}
    given = [
        {"type": "function", "function": {"name": "a", "description": "d", "parameters": schema, "strict": True}},
        {"type": "function", "name": "b", "parameters": schema, "strict": True},
        {"type": "custom", "custom": {"name": "c", "description": "free text"}},
        {"type": "mcp", "server_label": "wiki", "server_url": "https://wiki.example", "authorization": "secret"},
        {"type": "web_search"},
    ]
    made = chat.request(called(tools=given, functions=[{"name": "old", "parameters": schema}]))
    assert made.tool_definitions == [
        {"type": "function", "name": "a", "description": "d", "parameters": schema},
        {"type": "function", "name": "b", "parameters": schema},
        {"type": "custom", "name": "c", "description": "free text"},
        {"type": "mcp", "name": "wiki"},
        {"type": "web_search", "name": "web_search"},
        {"type": "function", "name": "old", "parameters": schema},
    ]
    conventions.check({semconv.TOOL_DEFINITIONS: made.tool_definitions})


RESPONSE_ITEMS: list[tuple[Any, str, Any]] = [
    ({"role": "user", "content": "a"}, "user", {"type": "text", "content": "a"}),
    (
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "b"}]},
        "assistant",
        {"type": "text", "content": "b"},
    ),
    ({"role": "user", "content": [{"type": "input_image", "image_url": URI["uri"]}]}, "user", URI),
    (
        {"role": "user", "content": [{"type": "input_image", "file_id": "file-1"}]},
        "user",
        {"type": "file", "modality": "image", "file_id": "file-1"},
    ),
    (
        {"role": "user", "content": [{"type": "input_file", "file_url": "https://files.example/a.pdf"}]},
        "user",
        {**URI, "modality": "document", "uri": "https://files.example/a.pdf"},
    ),
    (
        {"type": "function_call", "call_id": "c1", "name": "add", "arguments": '{"a": 1}'},
        "assistant",
        {"type": "tool_call", "id": "c1", "name": "add", "arguments": {"a": 1}},
    ),
    (
        {"type": "function_call_output", "call_id": "c1", "output": "2"},
        "tool",
        {"type": "tool_call_response", "id": "c1", "response": "2"},
    ),
    (
        {"type": "custom_tool_call", "call_id": "c2", "name": "run", "input": "17"},
        "assistant",
        {"type": "tool_call", "id": "c2", "name": "run", "arguments": "17"},
    ),
    (
        {"type": "computer_call", "id": "cu_1", "call_id": "c3", "status": "completed", "action": {"type": "wait"}},
        "assistant",
        {"type": "tool_call", "id": "c3", "name": "computer", "arguments": {"action": {"type": "wait"}}},
    ),
    (
        {"type": "file_search_call", "id": "fs_1", "status": "completed", "queries": ["q"]},
        "assistant",
        {
            "type": "server_tool_call",
            "id": "fs_1",
            "name": "file_search",
            "server_tool_call": {"type": "file_search", "status": "completed", "queries": ["q"]},
        },
    ),
    (
        {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "hm"}]},
        "assistant",
        {"type": "reasoning", "content": "hm"},
    ),
    (
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gibberish"},
        "assistant",
        {"type": "reasoning", "content": ""},
    ),
    ({"type": "item_reference", "id": "msg_9"}, "assistant", {"type": "item_reference", "id": "msg_9"}),
]


@pytest.mark.parametrize(("item", "role", "expected"), RESPONSE_ITEMS, ids=lambda value: str(value)[:40])
def test_items_of_a_response_request(item: Any, role: str, expected: Any) -> None:
    made = responses.create_request(called(input=[item])).input_messages
    assert made == [{"role": role, "parts": [expected]}]
    conventions.check({semconv.INPUT_MESSAGES: made})


def test_items_of_a_response_keep_their_order() -> None:
    output = [item for item, _, _ in RESPONSE_ITEMS if "type" in item]
    reply = responses.create_response(wire.response(*output))
    assert reply.output_messages == [
        {
            "role": "assistant",
            "parts": [expected for item, _, expected in RESPONSE_ITEMS if "type" in item],
            "finish_reason": "tool_call",
        }
    ]
    conventions.check({semconv.OUTPUT_MESSAGES: reply.output_messages})


@pytest.mark.parametrize(
    ("fields", "reasons", "word"),
    [
        ({"status": "completed"}, ["stop"], "stop"),
        (
            {"status": "incomplete", "incomplete_details": {"reason": "content_filter"}},
            ["content_filter"],
            "content_filter",
        ),
        ({"status": "incomplete"}, ["incomplete"], "incomplete"),
        ({"status": "failed"}, ["error"], "error"),
        ({"status": "queued"}, None, "unknown"),
    ],
)
def test_why_a_response_ended(fields: Any, reasons: Any, word: str) -> None:
    reply = responses.create_response(wire.response(wire.said("a"), **fields))
    assert reply.finish_reasons == reasons
    assert (reply.output_messages or [])[0].get("finish_reason") == word


def test_what_a_chat_leaves_out_is_unknown() -> None:
    reply = chat.response({"choices": [{"message": {"content": "a"}}], "usage": {"prompt_tokens": 3.0}})
    assert reply.finish_reasons is None
    assert reply.output_messages == [
        {"role": "assistant", "parts": [{"type": "text", "content": "a"}], "finish_reason": "unknown"}
    ]
    assert reply.usage is not None
    assert (reply.usage.input_tokens, reply.usage.output_tokens, reply.usage.cache_read_tokens) == (3, None, None)
    assert chat.response({"choices": None}).usage is None
    assert chat.response("not JSON at all").output_messages is None


def test_prompts_of_text_completions() -> None:
    def prompted(prompt: Any) -> Any:
        return [message["parts"] for message in completion.request(called(prompt=prompt)).input_messages or ()]

    assert prompted("a") == [[{"type": "text", "content": "a"}]]
    assert prompted(["a", "b"]) == [[{"type": "text", "content": "a"}], [{"type": "text", "content": "b"}]]
    assert prompted([1, 2]) == [[{"type": "tokens", "content": [1, 2]}]]
    assert prompted([[1], [2]]) == [[{"type": "tokens", "content": [1]}], [{"type": "tokens", "content": [2]}]]


@pytest.mark.parametrize(("length", "text"), [(1, "AACAPw=="), (2, "AACAPwAAAEA="), (3, "AACAPwAAAEAAAEBA")])
def test_the_length_of_a_base64_vector(length: int, text: str) -> None:
    reply = media.embeddings_response({"data": [{"embedding": text}]})
    assert reply.attributes == {semconv.EMBEDDINGS_DIMENSION_COUNT: length}


@pytest.mark.parametrize(
    ("url", "provider", "port"),
    [
        ("https://api.openai.com/v1", "openai", 443),
        ("https://eu.api.openai.com/v1", "openai", 443),
        ("https://api.groq.com/openai/v1", "groq", 443),
        ("https://api.deepseek.com", "deepseek", 443),
        ("https://api.mistral.ai/v1", "mistral_ai", 443),
        ("https://api.x.ai/v1", "x_ai", 443),
        ("https://openrouter.ai/api/v1", "openrouter", 443),
        ("https://generativelanguage.googleapis.com/v1beta/openai/", "gcp.gemini", 443),
        ("https://europe-west1-aiplatform.googleapis.com/v1/x", "gcp.vertex_ai", 443),
        ("https://bedrock-runtime.us-east-1.amazonaws.com/openai/v1", "aws.bedrock", 443),
        ("https://bedrock-mantle.us-east-1.api.aws/openai/v1", "aws.bedrock", 443),
        ("https://thing.openai.azure.com/openai/v1/", "azure.ai.openai", 443),
        ("https://notapi.groq.com.evil.example/v1", "openai", 443),
        ("https://not-openrouter.ai/v1", "openai", 443),
        ("http://localhost:11434/v1", "openai", 11434),
        ("http://[::1]:8000/v1", "openai", 8000),
    ],
)
def test_whom_a_client_talks_to(url: str, provider: str, port: int) -> None:
    found = CLIENTS.endpoint(openai.OpenAI(base_url=url, api_key="none"))
    assert (found.provider, found.port) == (provider, port)
    assert found.address is not None
    assert found.address in url


def test_an_azure_client_talks_to_azure_wherever_it_is() -> None:
    client = openai.AzureOpenAI(azure_endpoint="http://gateway.example:8080", api_version="v", api_key="none")
    assert tuple(CLIENTS.endpoint(client)) == ("azure.ai.openai", "gateway.example", 8080)
    assert tuple(CLIENTS.endpoint(None)) == ("openai", None, None)


def test_odd_values_are_carried_as_they_are() -> None:
    nested: list[Any] = []
    nested.append(nested)
    assert decoded('{"a": NaN}') == '{"a": NaN}'
    assert decoded("[" * 100_000) == "[" * 100_000
    assert isinstance(plain(nested), list)
    assert plain({1: (2, SimpleNamespace)}) == {"1": [2, SimpleNamespace]}
