"""LangChain's messages, documents and states in the conventions' shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)
from langchain_core.prompt_values import ChatPromptValue
from pydantic import BaseModel

from tests.support import conventions
from tracekit import semconv
from tracekit_integrations import _langchain_messages as messages

TEXT = {"type": "text", "content": "a"}


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (HumanMessage("a"), {"role": "user", "parts": [TEXT]}),
        (HumanMessage("a", name="Ann"), {"role": "user", "parts": [TEXT], "name": "Ann"}),
        (HumanMessage(["a", {"type": "text", "text": "a"}]), {"role": "user", "parts": [TEXT, TEXT]}),
        (SystemMessage("a"), {"role": "system", "parts": [TEXT]}),
        (
            SystemMessage("a", additional_kwargs={"__openai_role__": "developer"}),
            {"role": "developer", "parts": [TEXT]},
        ),
        (ChatMessage("a", role="critic"), {"role": "critic", "parts": [TEXT]}),
        (AIMessageChunk("a"), {"role": "assistant", "parts": [TEXT]}),
        (FunctionMessage("a", name="f"), {"role": "function", "parts": [TEXT], "name": "f"}),
        (
            ToolMessage("a", tool_call_id="c1"),
            {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "response": "a"}]},
        ),
        (
            ToolMessage([{"type": "text", "text": "a"}], tool_call_id="c1"),
            {
                "role": "tool",
                "parts": [{"type": "tool_call_response", "id": "c1", "response": [{"type": "text", "text": "a"}]}],
            },
        ),
        (
            AIMessage(
                [{"type": "text", "text": "a"}, {"type": "tool_use", "id": "c1", "name": "f", "input": {"a": 1}}],
                tool_calls=[{"id": "c1", "name": "f", "args": {"a": 1}}],
            ),
            {
                "role": "assistant",
                "parts": [TEXT, {"type": "tool_call", "id": "c1", "name": "f", "arguments": {"a": 1}}],
            },
        ),
        (
            AIMessage("", invalid_tool_calls=[{"id": "c1", "name": "f", "args": "{", "error": "cut"}]),
            {"role": "assistant", "parts": [{"type": "tool_call", "id": "c1", "name": "f", "arguments": "{"}]},
        ),
        (
            AIMessage("a", additional_kwargs={"reasoning_content": "hm", "refusal": "no"}),
            {
                "role": "assistant",
                "parts": [
                    {"type": "reasoning", "content": "hm"},
                    TEXT,
                    {"type": "text", "content": "no", "refusal": True},
                ],
            },
        ),
        (
            AIMessage("", additional_kwargs={"audio": {"id": "au_1", "data": "aGk=", "transcript": "hi"}}),
            {
                "role": "assistant",
                "parts": [
                    {
                        "type": "blob",
                        "modality": "audio",
                        "mime_type": None,
                        "content": "aGk=",
                        "transcript": "hi",
                    }
                ],
            },
        ),
    ],
)
def test_a_message(message: Any, expected: dict[str, Any]) -> None:
    said = messages.message(message)
    assert said == expected
    conventions.check({semconv.INPUT_MESSAGES: [said]})


def blob(modality: str, mime_type: str | None) -> dict[str, Any]:
    return {"type": "blob", "modality": modality, "mime_type": mime_type, "content": "aGk="}


def uri(modality: str, where: str) -> dict[str, Any]:
    return {"type": "uri", "modality": modality, "mime_type": None, "uri": where}


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ({"type": "image", "base64": "aGk=", "mime_type": "image/png"}, blob("image", "image/png")),
        (
            {"type": "image", "source_type": "base64", "data": "aGk=", "mime_type": "image/png"},
            blob("image", "image/png"),
        ),
        (
            {"type": "image", "source": {"type": "base64", "data": "aGk=", "media_type": "image/png"}},
            blob("image", "image/png"),
        ),
        ({"type": "image", "url": "https://a.example/b.png"}, uri("image", "https://a.example/b.png")),
        ({"type": "image", "file_id": "f1"}, {"type": "file", "modality": "image", "file_id": "f1"}),
        ({"type": "image_url", "image_url": "https://a.example/b"}, uri("image", "https://a.example/b")),
        (
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}},
            blob("image", "image/png"),
        ),
        ({"type": "video", "url": "https://a.example/b"}, uri("video", "https://a.example/b")),
        ({"type": "file", "base64": "aGk=", "mime_type": "application/pdf"}, blob("document", "application/pdf")),
        ({"type": "file", "file": {"file_id": "f1"}}, {"type": "file", "modality": "document", "file_id": "f1"}),
        ({"type": "document", "source": {"type": "url", "url": "https://a"}}, uri("document", "https://a")),
        ({"type": "media", "mime_type": "video/mp4", "data": "aGk="}, blob("video", "video/mp4")),
        ({"type": "media", "mime_type": "video/mp4", "file_uri": "gs://a"}, uri("video", "gs://a")),
        ({"type": "input_audio", "input_audio": {"data": "aGk=", "format": "wav"}}, blob("audio", "audio/wav")),
        ({"type": "reasoning", "reasoning": "a"}, {"type": "reasoning", "content": "a"}),
        ({"type": "reasoning", "summary": [{"text": "a"}, {"text": "b"}]}, {"type": "reasoning", "content": "a\n\nb"}),
        ({"type": "thinking", "thinking": "a", "signature": "s"}, {"type": "reasoning", "content": "a"}),
        ({"type": "refusal", "refusal": "a"}, {**TEXT, "refusal": True}),
        ({"type": "text-plain", "text": "a"}, TEXT),
        (
            {"type": "server_tool_call", "id": "s1", "name": "search", "args": {"q": "a"}},
            {
                "type": "server_tool_call",
                "id": "s1",
                "name": "search",
                "server_tool_call": {"type": "search", "args": {"q": "a"}},
            },
        ),
        ({"type": "reasoning", "id": "r1", "encrypted_content": "s"}, {"type": "reasoning", "content": ""}),
        ({"type": "made_up", "what": 1}, {"type": "made_up", "what": 1}),
    ],
)
def test_a_block(block: dict[str, Any], expected: dict[str, Any]) -> None:
    assert messages.part(block) == expected


class Model(BaseModel):
    name: str


@dataclass
class Order:
    update: Any = None
    goto: str = "b"


def test_a_state() -> None:
    said = messages.state(
        {
            "messages": [HumanMessage("a"), ("user", "b")],
            "found": Document(page_content="a", id="d1", metadata={"relevance_score": 0.5}),
            "model": Model(name="a"),
            "order": Order(update={"messages": [AIMessage("a")]}),
            "prompt": ChatPromptValue(messages=[SystemMessage("a")]),
            3: (1, None),
        }
    )
    assert said == {
        "messages": [{"role": "user", "parts": [TEXT]}, ["user", "b"]],
        "found": {"id": "d1", "content": "a", "score": 0.5, "metadata": {"relevance_score": 0.5}},
        "model": {"name": "a"},
        "order": {"update": {"messages": [{"role": "assistant", "parts": [TEXT]}]}, "goto": "b"},
        "prompt": [{"role": "system", "parts": [TEXT]}],
        "3": [1, None],
    }


def test_a_state_that_holds_itself_has_an_end() -> None:
    state: dict[str, Any] = {}
    state["self"] = state
    said, depth = messages.state(state), 0
    while isinstance(said, dict):
        said, depth = said["self"], depth + 1
    assert (said, depth) == ("{'self': {...}}", 16)
