"""Whatever line of the integration breaks, the program gets what it would get without it, and the fault is counted."""

from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path
from typing import Any

import pytest
from haystack import Document, Pipeline, component
from haystack.components.agents import Agent
from haystack.dataclasses import ChatMessage, ImageContent, ReasoningContent, TextContent, ToolCall
from haystack.tools import Tool

from tests.support.faults import harm
from tracekit_integrations import _haystack_runs, haystack

HOME = Path(haystack.__file__).parent
FILES = {HOME / "haystack.py", *HOME.glob("_haystack_*.py")}
AT_IMPORT = ("module, _, name", "awaited = ", "return Target(")
"""Beginnings of lines that run when the integration is imported, which `registry.install` guards."""
CALL = ToolCall(tool_name="same", arguments={"a": 1}, id="t1")
META = {"model": "m", "finish_reason": "stop", "usage": {"prompt_tokens": 9, "completion_tokens": 3}}
MESSAGES = [
    ChatMessage.from_user(content_parts=[TextContent("hi"), ImageContent("aGk=", mime_type="image/png")]),
    ChatMessage.from_assistant("a", tool_calls=[CALL], reasoning=ReasoningContent(reasoning_text="b")),
    ChatMessage.from_tool("no", origin=CALL, error=True),
]
EMPTY = dataclasses.replace(ChatMessage.from_user("a"), _content=[TextContent(None)])  # type: ignore[arg-type]


@component
class OpenAIGenerator:
    """Named as Haystack names a generator; it answers by itself."""

    model = "m"

    @component.output_types(replies=list[ChatMessage])
    def run(self, messages: list[ChatMessage], generation_kwargs: Any = None, tools: Any = None) -> dict[str, Any]:
        if tools and len(messages) < 2:
            return {"replies": [ChatMessage.from_assistant(tool_calls=[CALL], meta=META)]}
        return {"replies": [ChatMessage.from_assistant("a", meta=META)]}


@component
class TextGenerator:
    @component.output_types(replies=list[str], meta=list[dict[str, Any]])
    def run(self, prompt: str) -> dict[str, Any]:
        return {"replies": ["a"], "meta": [META]}


@component
class TextEmbedder:
    @component.output_types(embedding=list[float], meta=dict[str, Any])
    def run(self, text: str) -> dict[str, Any]:
        return {"embedding": [0.5, 0.5], "meta": META}


@component
class OwnRetriever:
    @component.output_types(documents=list[Document])
    def run(self, query: str, top_k: int) -> dict[str, Any]:
        return {"documents": [Document(id="d1", content="a", meta={"page": 3}, score=0.5)]}


@component
class OwnRanker(OwnRetriever.__mro__[0]):  # type: ignore[misc]
    @component.output_types(documents=list[Document])
    def run(self, query: str, top_k: int) -> dict[str, Any]:
        return {"documents": []}


@component
class Shower:
    @component.output_types(value=Any)
    def run(self, value: Any) -> dict[str, Any]:
        return {"value": value}


def nested(depth: int) -> list[Any]:
    return [nested(depth - 1)] if depth else []


def ran(instance: Any, **given: Any) -> Any:
    made = Pipeline()
    made.add_component("one", instance)
    return made.run({"one": given})


async def _program() -> list[Any]:
    _haystack_runs._kind.cache_clear()
    _haystack_runs._provider.cache_clear()
    same = Tool(name="same", description="Same.", parameters={"type": "object"}, function=lambda a: a)
    seen: list[Any] = [
        ran(OpenAIGenerator(), messages=MESSAGES, generation_kwargs={"temperature": 0.5}),
        ran(TextGenerator(), prompt="hi"),
        ran(TextEmbedder(), text="a"),
        ran(OwnRetriever(), query="a", top_k=1),
        ran(OwnRanker(), query="a", top_k=1),
        ran(Shower(), value=MESSAGES),
        ran(
            Shower(), value=[*nested(20), ChatMessage.from_assistant("a"), EMPTY, CALL, Document(id="d1", content="a")]
        ),
        await same.invoke_async(a=1),
        Agent(chat_generator=OpenAIGenerator(), tools=[same]).run(messages=MESSAGES[:1])["last_message"].text,
    ]
    made = Pipeline()
    made.add_component("agent", Agent(chat_generator=OpenAIGenerator(), tools=[same]))
    seen.append([sorted(part) async for part in made.run_async_generator({"agent": {"messages": MESSAGES[:1]}})])
    shown = ran(Shower(), value=ran)
    return [*seen, shown["one"]["value"] is ran]


@pytest.mark.torture
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_no_line_of_the_integration_can_hurt_a_program(data_dir: Path) -> None:
    assert harm(FILES, lambda: asyncio.run(_program()), data_dir, at_import=AT_IMPORT) == []
