"""CrewAI under `autolog()`: the tree of a crew, what each span says, flows, errors, threads, its own handlers."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import openai
import pytest
from crewai import Agent, Crew, Task
from crewai.events import crewai_event_bus
from crewai.events.event_bus import CrewAIEventsBus
from crewai.events.types.memory_events import MemoryQueryCompletedEvent, MemoryQueryStartedEvent
from crewai.flow.flow import Flow, listen, start
from crewai.tools import tool
from opentelemetry import context as otel

import tracekit
from tests.clients.frameworks import CHAT, only, said, streamed, tokens
from tests.support import conventions
from tests.support.patched import Spans
from tests.support.provider import Provider, answer
from tests.support.trees import tree
from tracekit import semconv

pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # CrewAI leaves its clients' connections to the process
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]
MODEL = "chat gpt-4o-mini"
CALL = (MODEL, [MODEL])
WISH = said(None, ("t1", "add", '{"a": 1, "b": 2}'), id_="c1")
ANSWER = said("3", id_="c2")
TREE = ("invoke_workflow adders", [("adding", [("invoke_agent adder", [CALL])])])


@tool
def add(a: int, b: int) -> int:
    """Adds."""
    tracekit.span("inside").close()
    return a + b


def crew(model: Any, **more: Any) -> Crew:
    agent = Agent(role="adder", goal="Add", backstory="Adds", llm=model, tools=[add])
    task = Task(description="Add {what}", expected_output="A number", agent=agent, name="adding")
    return Crew(agents=[agent], tasks=[task], name="adders", **more)


def test_a_crew_its_task_agent_tool_and_model(model: Any, provider: Provider, spans: Spans) -> None:
    provider.queue(CHAT, WISH, ANSWER)
    with tracekit.span("mine"):
        assert crew(model).kickoff(inputs={"what": "1 and 2"}).raw == "3"
    agent = ("invoke_agent adder", [CALL, ("execute_tool add", ["inside"]), CALL])
    assert tree(spans()) == [("mine", [("invoke_workflow adders", [("adding", [agent])])])]
    whole = only(spans(), "invoke_workflow adders")
    assert whole[semconv.WORKFLOW_NAME] == "adders"
    assert (whole[semconv.INPUT], whole[semconv.OUTPUT]) == ({"what": "1 and 2"}, "3")
    task = only(spans(), "adding")
    assert task[semconv.INPUT]["description"] == "Add 1 and 2"
    assert task[semconv.OUTPUT] == "3"
    asked = only(spans(), "invoke_agent adder")
    assert asked[semconv.AGENT_NAME] == "adder"
    assert "Add 1 and 2" in asked[semconv.INPUT]
    called = only(spans(), "execute_tool add")
    assert called[semconv.TOOL_CALL_ARGUMENTS] == {"a": 1, "b": 2}
    assert called[semconv.TOOL_CALL_RESULT] in {"3", 3}
    first = only(spans(), MODEL)
    assert first[semconv.PROVIDER] == "openai"
    assert first[semconv.INPUT_MESSAGES][0]["role"] == "system"
    assert first[semconv.OUTPUT_MESSAGES][0]["parts"] == [
        {"type": "tool_call", "id": "t1", "name": "add", "arguments": {"a": 1, "b": 2}}
    ]
    assert {span.status_code for span in spans()} == {0}
    for span in spans():
        conventions.check(span.attributes)


def test_tokens_count_once(model: Any, streaming: Any, provider: Provider, spans: Spans, data_dir: Path) -> None:
    provider.queue(CHAT, WISH, ANSWER, said("Hello", id_="c3"), streamed("Hel", "lo", id_="c4"))
    crew(model).kickoff(inputs={"what": "1 and 2"})
    assert model.call("hi") == streaming.call("hi") == "Hello"
    counted = "select sum(input_tokens), sum(output_tokens) from spans where counted"
    assert tracekit.connect(data_dir).sql(counted).rows == [(36, 12)]
    assert {tokens(span) for span in spans() if span.name == MODEL} <= {(9, 3), (None, None)}


def test_a_model_that_streams(streaming: Any, provider: Provider, spans: Spans) -> None:
    provider.queue(CHAT, streamed("Hel", "lo"))
    assert streaming.call("hi") == "Hello"
    assert tree(spans()) == [CALL]
    outer = only(spans(), MODEL)
    assert semconv.RESPONSE_TIME_TO_FIRST_CHUNK in outer
    assert outer[semconv.OUTPUT_MESSAGES][0]["parts"] == [{"type": "text", "content": "Hello"}]


async def test_crews_that_are_awaited_stay_apart(model: Any, provider: Provider, spans: Spans) -> None:
    provider.queue(CHAT, *(said("3", id_=f"c{number}") for number in range(5)))

    async def one(number: int) -> str:
        with tracekit.span(f"mine {number}"):
            return str((await crew(model).kickoff_async(inputs={"what": "it"})).raw)

    assert await asyncio.gather(*map(one, range(2))) == ["3"] * 2
    assert str((await crew(model).akickoff(inputs={"what": "it"})).raw) == "3"
    each = await asyncio.to_thread(crew(model).kickoff_for_each, [{"what": "a"}, {"what": "b"}])
    assert [str(output.raw) for output in each] == ["3", "3"]
    assert sorted(tree(spans()), key=str) == sorted([*[(f"mine {n}", [TREE]) for n in range(2)], *[TREE] * 3], key=str)
    assert otel.get_current() == {}


def test_crews_in_threads(model: Any, provider: Provider, spans: Spans) -> None:
    provider.queue(CHAT, *(said("3", id_=f"c{number}") for number in range(4)))

    def one(number: int) -> None:
        with tracekit.span(f"mine {number}"):
            crew(model).kickoff(inputs={"what": "it"})

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(one, range(4)))
    assert sorted(tree(spans())) == [(f"mine {number}", [TREE]) for number in range(4)]


def test_a_task_that_runs_in_a_thread_of_its_own(model: Any, provider: Provider, spans: Spans) -> None:
    provider.queue(CHAT, said("3"))
    made = crew(model)
    made.tasks[0].async_execution = True
    assert made.kickoff(inputs={"what": "it"}).raw == "3"
    assert tree(spans()) == [TREE]


def test_errors_are_the_callers(model: Any, provider: Provider, spans: Spans) -> None:
    provider.queue(CHAT, *(answer({"error": {"message": "no"}}, status=400) for _ in range(9)))
    with pytest.raises(openai.BadRequestError, match="no"):
        model.call("hi")
    with pytest.raises(openai.BadRequestError, match="no"):
        crew(model).kickoff(inputs={"what": "it"})
    assert {span.attributes.get(semconv.ERROR_TYPE) for span in spans()} == {"openai.BadRequestError"}
    assert {span.status_code for span in spans()} == {2}
    assert [pair[0] for pair in tree(spans())] == [MODEL, "invoke_workflow adders"]
    assert otel.get_current() == {}


class Doubling(Flow):  # type: ignore[type-arg]
    @start()
    def one(self) -> str:
        return "a"

    @listen(one)
    async def two(self, word: str) -> str:
        tracekit.span("inside").close()
        return word * 2


class Broken(Flow):  # type: ignore[type-arg]
    @start()
    def one(self) -> str:
        raise ValueError("no")


async def test_flows(spans: Spans) -> None:
    assert await asyncio.gather(Doubling().kickoff_async(), Doubling().kickoff_async()) == ["aa", "aa"]
    with pytest.raises(ValueError, match="no"):
        await Broken().kickoff_async()
    flow = ("invoke_workflow Doubling", ["one", ("two", ["inside"])])
    assert tree(spans()) == [flow, flow, ("invoke_workflow Broken", ["one"])]
    assert only(spans(), "two")[semconv.OUTPUT] == "aa"
    assert only(spans(), "one")[semconv.OUTPUT] == "a"
    failed = [span for span in spans() if span.status_code == 2]
    assert [span.attributes[semconv.ERROR_TYPE] for span in failed] == ["ValueError", "ValueError"]
    assert otel.get_current() == {}


def test_an_agent_alone(model: Any, provider: Provider, spans: Spans) -> None:
    provider.queue(CHAT, said("Hi"))
    assert Agent(role="solo", goal="Greet", backstory="Greets", llm=model).kickoff("hi").raw == "Hi"
    assert tree(spans()) == [("invoke_agent solo", [CALL])]
    assert only(spans(), "invoke_agent solo")[semconv.OUTPUT] == "Hi"


def test_memories_that_are_looked_for(spans: Spans) -> None:
    found = [{"id": "m1", "score": 0.5, "content": "a"}]
    crewai_event_bus.emit(None, MemoryQueryStartedEvent(query="q", limit=3))
    told = MemoryQueryCompletedEvent(query="q", results=found, limit=3, query_time_ms=1.0)
    crewai_event_bus.emit(None, told)
    said_ = only(spans(), "search_memory")
    assert said_[semconv.MEMORY_QUERY] == "q"
    assert said_[semconv.MEMORY_RECORDS] == found


def test_handlers_of_the_program_hear_what_they_heard(data_dir: Path) -> None:
    heard: list[str] = []
    done = threading.Event()

    def run() -> list[str]:
        heard.clear()
        with crewai_event_bus.scoped_handlers():

            @crewai_event_bus.on(MemoryQueryStartedEvent)
            def _(source: Any, event: Any) -> None:
                heard.append(event.query)
                done.set()

            crewai_event_bus.emit(None, MemoryQueryStartedEvent(query="q", limit=3))
            crewai_event_bus.emit(None, MemoryQueryCompletedEvent(query="q", results=[], limit=3, query_time_ms=1.0))
            assert done.wait(60)
        return list(heard)

    untraced = run()
    tracekit.autolog(directory=data_dir)
    assert run() == untraced == ["q"]
    tracekit.uninstrument()


def test_everything_is_put_back(data_dir: Path) -> None:
    places = [(CrewAIEventsBus, "emit"), (Crew, "kickoff"), (Flow, "kickoff_async")]

    def state() -> list[int]:
        return [id(vars(owner).get(name)) for owner, name in places]

    before = state()
    tracekit.autolog(directory=data_dir)
    assert state() != before
    tracekit.uninstrument()
    assert state() == before
