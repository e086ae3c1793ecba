"""Whatever line of the integration breaks, the program gets what it would get without it, and the fault is counted."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.callbacks import CallbackManager
from langchain_core.documents import Document
from langchain_core.language_models.fake import FakeListLLM
from langchain_core.language_models.fake_chat_models import FakeListChatModel, GenericFakeChatModel
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import ToolException, tool
from langgraph.graph import START, StateGraph
from langgraph.types import interrupt
from opentelemetry import context as otel
from pydantic import BaseModel

import tracekit
from tests.support.faults import STEP, faults, lines_of, passed, with_fault_at
from tests.support.recorded import journaled
from tracekit.sdk.runtime import runtime
from tracekit_integrations import langchain

HOME = Path(langchain.__file__).parent
FILES = {HOME / "langchain.py", *HOME.glob("_langchain_*.py")}
AT_IMPORT = {"module, _, attribute", "return Hook("}
"""Beginnings of lines that run when the integration is imported, which `registry.install` guards."""
PARTS = 4
"""So many tests share the lines: workers take them apart."""
BLOCKS = [
    {"type": "text", "text": "What is this?"},
    {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
    {"type": "image", "base64": "aGk=", "mime_type": "image/png"},
    {"type": "audio", "url": "https://example.com/a.wav"},
    {"type": "file", "file": {"file_id": "f1"}},
    {"type": "file", "file_id": "f1"},
    {"type": "media", "mime_type": "video/mp4", "data": "aGk="},
    {"type": "media", "mime_type": "video/mp4", "file_uri": "gs://a/b.mp4"},
    {"type": "input_audio", "input_audio": {"data": "aGk=", "format": "wav"}},
    {"type": "text-plain", "text": "a"},
    {"type": "output_text", "text": "a"},
    {"type": "refusal", "refusal": "a"},
    {"type": "reasoning", "summary": [{"type": "summary_text", "text": "a"}]},
    {"type": "server_tool_call", "id": "s1", "name": "search", "args": {}},
]
REPLY = AIMessage("a", response_metadata={"status": "incomplete", "incomplete_details": {"reason": "max_tokens"}})
USED: Any = {"input_tokens": 9, "output_tokens": 3, "total_tokens": 12, "input_token_details": {"audio": 1}}


class Shelf(BaseRetriever):
    def _get_relevant_documents(self, query: str, *, run_manager: Any) -> list[Document]:
        return [Document(page_content=query, metadata={"score": 1})]


@tool
def double(word: str) -> str:
    """Doubles a word."""
    return word * 2


@tool
def handled(word: str) -> str:
    """Fails, and says so."""
    raise ToolException(f"no {word}")


handled.handle_tool_error = True


class Colour(BaseModel):
    name: str


class Caller(GenericFakeChatModel):
    def bind_tools(self, tools: Any, **_: Any) -> Any:
        return self.bind(tools=[{"type": "function", "function": {"name": "double"}}], stop=["END"], seed=1)


def broken(_: Any) -> str:
    raise ValueError("no")


def asking(_: Any) -> Any:
    return {"words": interrupt("Which?")}


def _answers() -> Any:
    call = {"name": "double", "args": {"word": "a"}, "id": "c1"}
    meta = {"finish_reason": "stop", "model_name": "m"}
    return iter([AIMessage("", tool_calls=[call]), AIMessage("done", usage_metadata=USED, response_metadata=meta)])


async def _program() -> list[Any]:
    """Something of everything; gives all that a program sees of it."""
    langchain._handler.cache_clear()
    graph = StateGraph(dict)
    graph.add_node("asking", asking)
    graph.add_edge(START, "asking")
    agent = create_agent(Caller(messages=_answers()), [double], name="doubler")
    asked: Any = HumanMessage(BLOCKS), {"metadata": {"thread_id": "t", "user_id": "u"}}
    answer = await agent.ainvoke({"messages": [asked[0]]}, asked[1])
    prompt = ChatPromptTemplate.from_template("Say {word}") | FakeListChatModel(responses=["Hello"])
    seen: list[Any] = [
        [(type(message), message.content) for message in answer["messages"]],
        [chunk.content for chunk in prompt.stream({"word": "a"}, {"tags": ["t"]})],
        [chunk.content async for chunk in prompt.astream({"word": "a"})],
        FakeListLLM(responses=["a"]).generate(["b"]).generations,
        Shelf().invoke("a", {"callbacks": CallbackManager([])}),
        double.invoke({"type": "tool_call", "id": "c", "name": "double", "args": {"word": "a"}}),
    ]
    seen += [
        handled.invoke({"type": "tool_call", "id": "c", "name": "handled", "args": {"word": "a"}}).content,
        RunnableLambda(lambda _: _nested(20)).invoke("a"),
        RunnableLambda(lambda word: [Document(page_content=word), Colour(name=word)]).invoke("a"),
        Caller(messages=iter([REPLY])).bind(temperature=0.5, response_format={"type": "json"}).invoke("hi").content,
    ]
    stream = FakeListChatModel(responses=["Hello"]).stream("hi")
    seen.append(next(stream).content)
    stream.close()
    with pytest.raises(ValueError, match="no"):
        RunnableLambda(broken).invoke("a")
    seen.append(repr(await graph.compile().ainvoke({}))[:12])
    return seen


def _nested(depth: int) -> list[Any]:
    return [_nested(depth - 1)] if depth else []


def program() -> list[Any]:
    return asyncio.run(_program())


@pytest.mark.torture
@pytest.mark.parametrize("part", range(PARTS))
def test_no_line_of_the_integration_can_hurt_a_program(
    part: int, data_dir: Path, capfd: pytest.CaptureFixture[str], request: pytest.FixtureRequest
) -> None:
    untraced, current = program(), otel.get_current()
    request.addfinalizer(tracekit.uninstrument)
    tracekit.autolog(directory=data_dir, instrument=["langchain"])
    assert program() == untraced
    _, places = passed(FILES, program)
    never = sorted(set().union(*map(lines_of, FILES)).difference(places))
    assert [str(place) for place in never if not place.text.startswith(tuple(AT_IMPORT))] == []
    for place in places[part * STEP :: PARTS * STEP]:
        before = faults()
        assert with_fault_at(place, program, always=True) == untraced, place
        assert faults() > before, place
        assert otel.get_current() == current
    runtime.abandon_unread()
    journal = journaled(data_dir)
    assert {span.span_id for span in journal.started} == {span.span_id for span in journal.ended}
    assert "Traceback" not in capfd.readouterr().err
