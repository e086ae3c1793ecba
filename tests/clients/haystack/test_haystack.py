"""Haystack under `autolog()`: pipelines, components, agents, tools, streams, errors, the program's own tracer."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from haystack import Document, Pipeline, component, tracing
from haystack.components.agents import Agent
from haystack.components.builders import ChatPromptBuilder
from haystack.components.retrievers.in_memory import InMemoryBM25Retriever
from haystack.core.errors import PipelineRuntimeError
from haystack.dataclasses import ChatMessage
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack.tools import Tool, tool
from haystack.tracing.tracer import NullTracer
from opentelemetry import context as otel

import tracekit
from tests.clients.frameworks import CHAT, only, said, streamed, tokens
from tests.support import conventions
from tests.support.patched import Spans
from tests.support.provider import Provider, answer
from tests.support.trees import tree
from tracekit import semconv

pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # Haystack leaves its clients' connections to the process
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
MODEL = "chat gpt-4o-mini"
STEPS = ["retrieval find", "ask", ("chat model", [MODEL])]
ASKED = {"find": {"query": "a"}, "ask": {"q": "what?"}}
HI = [ChatMessage.from_user("1+2?")]


@tool
def add(a: int, b: int) -> int:
    """Adds."""
    tracekit.span("inside").close()
    return a + b


def pipeline(generator: Any) -> Pipeline:
    store = InMemoryDocumentStore()
    store.write_documents([Document(id="d1", content="a b", meta={"page": 3}), Document(id="d2", content="c d")])
    made = Pipeline()
    made.add_component("find", InMemoryBM25Retriever(store, top_k=1))
    template = [ChatMessage.from_user("{{documents[0].content}} {{q}}")]
    made.add_component("ask", ChatPromptBuilder(template=template, required_variables="*"))
    made.add_component("model", generator)
    made.connect("find.documents", "ask.documents")
    made.connect("ask.prompt", "model.messages")
    return made


async def test_a_pipeline_and_its_components(generator: Any, provider: Provider, spans: Spans) -> None:
    provider.queue(CHAT, said("Hello"), said("Hello", id_="c2"))
    made = pipeline(generator(generation_kwargs={"temperature": 0.5}))
    for given in (await made.run_async(ASKED), made.run(ASKED)):
        assert given["model"]["replies"][0].text == "Hello"
    assert tree(spans()) == [("Pipeline", STEPS)] * 2
    whole = only(spans(), "Pipeline")
    assert whole[semconv.INPUT] == ASKED
    assert whole[semconv.OUTPUT]["model"]["replies"][0]["parts"] == [{"type": "text", "content": "Hello"}]
    found = only(spans(), "retrieval find")
    assert (found[semconv.RETRIEVAL_QUERY], found[semconv.RETRIEVAL_TOP_K]) == ("a", 1)
    (document,) = found[semconv.RETRIEVAL_DOCUMENTS]
    assert {**document, "score": 1} == {"id": "d1", "score": 1, "content": "a b", "metadata": {"page": 3}}
    asked = only(spans(), "chat model")
    assert asked[semconv.PROVIDER] == "openai"
    assert asked[semconv.REQUEST_MODEL] == "gpt-4o-mini"
    assert asked[semconv.REQUEST_TEMPERATURE] == 0.5
    assert asked[semconv.RESPONSE_MODEL] == "gpt-9"
    assert asked[semconv.RESPONSE_FINISH_REASONS] == ["stop"]
    assert asked[semconv.INPUT_MESSAGES] == [{"role": "user", "parts": [{"type": "text", "content": "a b what?"}]}]
    assert asked[semconv.OUTPUT_MESSAGES][0]["parts"] == [{"type": "text", "content": "Hello"}]
    for span in spans():
        conventions.check(span.attributes)


def test_tokens_count_once(generator: Any, provider: Provider, spans: Spans, data_dir: Path) -> None:
    provider.queue(CHAT, said("Hello"), said(None, ("t1", "add", '{"a": 1, "b": 2}'), id_="c2"), said("3", id_="c3"))
    pipeline(generator()).run(ASKED)
    Agent(chat_generator=generator(), tools=[add]).run(messages=HI)
    assert {tokens(span) for span in spans()} == {(9, 3), (None, None)}
    counted = "select sum(input_tokens), sum(output_tokens) from spans where counted"
    assert tracekit.connect(data_dir).sql(counted).rows == [(27, 9)]


def test_a_streaming_callback(generator: Any, provider: Provider, spans: Spans) -> None:
    heard: list[str] = []
    provider.queue(CHAT, streamed("Hel", "lo"))
    made = pipeline(generator(streaming_callback=lambda chunk: heard.append(chunk.content)))
    assert made.run(ASKED)["model"]["replies"][0].text == "".join(heard) == "Hello"
    assert tree(spans()) == [("Pipeline", STEPS)]
    assert only(spans(), "chat model")[semconv.REQUEST_STREAM] is True
    assert semconv.RESPONSE_TIME_TO_FIRST_CHUNK in only(spans(), MODEL)


async def test_a_pipeline_that_gives_its_outputs_as_they_come(generator: Any, provider: Provider, spans: Spans) -> None:
    provider.queue(CHAT, said("Hello"), said("Hello", id_="c2"))
    reading = pipeline(generator()).run_async_generator(ASKED)
    assert type(reading).__name__ == "async_generator"
    names: list[str] = []
    async for outputs in reading:
        assert tracekit.current_trace_id() is None
        names += outputs
    assert set(names) == {"model"}
    left = pipeline(generator()).run_async_generator(ASKED)
    await anext(left)
    await left.aclose()
    gc.collect()
    first, second = tree(spans())
    assert first == ("Pipeline", STEPS)
    assert second[0] == "Pipeline"
    outcomes = [conventions.outcome(span.attributes) for span in spans() if span.name == "Pipeline"]
    assert sorted(outcomes) == ["abandoned", "complete"]


@pytest.mark.parametrize("awaited", [False, True])
async def test_an_agent_and_its_tool(
    generator: Any,
    provider: Provider,
    spans: Spans,
    awaited: bool,  # noqa: FBT001 - pytest's way
) -> None:
    provider.queue(CHAT, said(None, ("t1", "add", '{"a": 1, "b": 2}')), said("3", id_="c2"))
    made = Pipeline()
    made.add_component("adder", Agent(chat_generator=generator(), tools=[add], system_prompt="Add."))
    asked: Any = {"adder": {"messages": HI}}
    given = await made.run_async(asked) if awaited else made.run(asked)
    assert given["adder"]["last_message"].text == "3"
    agent = ("invoke_agent adder", [MODEL, ("execute_tool add", ["inside"]), MODEL])
    assert tree(spans()) == [("Pipeline", [agent])]
    asked = only(spans(), "invoke_agent adder")
    assert asked[semconv.AGENT_NAME] == "adder"
    assert asked[semconv.INPUT_MESSAGES] == [{"role": "user", "parts": [{"type": "text", "content": "1+2?"}]}]
    assert asked[semconv.OUTPUT_MESSAGES][0]["parts"] == [{"type": "text", "content": "3"}]
    assert asked[semconv.TOOL_DEFINITIONS][0]["name"] == "add"
    called = only(spans(), "execute_tool add")
    assert called[semconv.TOOL_DESCRIPTION] == "Adds."
    assert called[semconv.TOOL_CALL_ARGUMENTS] == {"a": 1, "b": 2}
    assert called[semconv.TOOL_CALL_RESULT] == 3
    for span in spans():
        conventions.check(span.attributes)


async def test_a_tool_with_a_function_to_await(spans: Spans) -> None:
    async def doubled(word: str) -> str:
        return word * 2

    made = Tool(name="double", description="Doubles.", parameters={}, async_function=doubled)
    assert await made.invoke_async(word="a") == "aa"
    assert await add.invoke_async(a=1, b=2) == 3
    assert tree(spans()) == ["execute_tool double", ("execute_tool add", ["inside"])]


async def test_errors_are_the_callers(generator: Any, provider: Provider, spans: Spans) -> None:
    provider.queue(CHAT, *(answer({"error": {"message": "no"}}, status=400) for _ in range(2)))
    made = pipeline(generator())
    with pytest.raises(PipelineRuntimeError, match="Component name: 'model'"):
        made.run(ASKED)
    with pytest.raises(PipelineRuntimeError, match="Component name: 'model'"):
        await made.run_async(ASKED)
    assert tree(spans()) == [("Pipeline", STEPS)] * 2
    failed = [span.name for span in spans() if span.status_code == 2]
    assert sorted(failed) == sorted(["Pipeline", "chat model", MODEL] * 2)
    assert only(spans(), "Pipeline")[semconv.ERROR_TYPE] == "haystack.core.errors.PipelineRuntimeError"
    assert otel.get_current() == {}


def test_threads_and_tasks_stay_apart(generator: Any, provider: Provider, spans: Spans) -> None:
    provider.queue(CHAT, *(said("Hello", id_=f"c{number}") for number in range(6)))

    def one(number: int) -> None:
        with tracekit.span(f"mine {number}"):
            pipeline(generator()).run(ASKED)

    async def other(number: int) -> None:
        with tracekit.span(f"mine {number}"):
            await pipeline(generator()).run_async(ASKED)

    async def others() -> None:
        await asyncio.gather(*map(other, range(3, 6)))

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(one, range(3)))
    asyncio.run(others())
    assert sorted(tree(spans())) == [(f"mine {number}", [("Pipeline", STEPS)]) for number in range(6)]


class Mine(tracing.Tracer):
    """The program's own."""

    def __init__(self) -> None:
        self.heard: list[Any] = []

    @contextlib.contextmanager
    def trace(self, operation_name: str, tags: Any = None, parent_span: Any = None) -> Iterator[Any]:
        span = Kept()
        self.heard.append((operation_name, span.tags))
        yield span

    def current_span(self) -> Any:
        return None


class Kept(tracing.Span):
    def __init__(self) -> None:
        self.tags: dict[str, Any] = {}

    def set_tag(self, key: str, value: Any) -> None:
        self.tags[key] = value


def test_the_programs_own_tracer_and_its_switch_stay(generator: Any, provider: Provider, data_dir: Path) -> None:
    def heard() -> list[Any]:
        mine = Mine()
        tracing.enable_tracing(mine)
        provider.queue(CHAT, said("Hello"))
        pipeline(generator()).run(ASKED)
        assert tracing.tracer.actual_tracer is mine
        return [(name, sorted(tags)) for name, tags in mine.heard]

    untraced = heard()
    tracekit.autolog(directory=data_dir)
    assert heard() == untraced
    assert tracing.tracer.is_content_tracing_enabled is False
    tracing.disable_tracing()
    assert isinstance(tracing.tracer.actual_tracer, NullTracer)
    tracekit.uninstrument()


def test_everything_is_put_back(data_dir: Path) -> None:
    places = [(Pipeline, "run"), (Pipeline, "_run_component"), (Agent, "run_async"), (Tool, "invoke")]

    def state() -> list[int]:
        return [id(vars(owner)[name]) for owner, name in places]

    before = state()
    tracekit.autolog(directory=data_dir)
    assert state() != before
    tracekit.uninstrument()
    assert state() == before


@component
class Doubler:
    """A component of the program's."""

    @component.output_types(word=str)
    def run(self, word: str) -> dict[str, str]:
        tracekit.span("inside").close()
        return {"word": word * 2}


def test_a_component_of_the_programs(spans: Spans) -> None:
    made = Pipeline()
    made.add_component("double", Doubler())
    assert made.run({"double": {"word": "a"}}) == {"double": {"word": "aa"}}
    assert tree(spans()) == [("Pipeline", [("double", ["inside"])])]
    assert only(spans(), "double")[semconv.OUTPUT] == {"word": "aa"}
