"""agno with the openai client beneath it: what is recorded of agents, and that they notice nothing."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anthropic
import openai
import pytest
from agno.agent import Agent
from agno.knowledge.document import Document
from agno.knowledge.knowledge import Knowledge
from agno.media import Image
from agno.models.anthropic import Claude
from agno.models.base import Model
from agno.models.openai import OpenAIChat
from agno.models.response import ModelResponse
from agno.run.agent import RunOutput
from agno.run.base import RunStatus
from agno.team import Team
from agno.tools.function import Function, FunctionCall
from agno.workflow import Step, StepOutput, Workflow
from opentelemetry import context as otel

import tracekit
from tests.clients.agents import USED, queue, says, streams
from tests.integrations import anthropic_wire
from tests.support.faults import harm
from tests.support.provider import Provider, answer
from tests.support.traced import Traced
from tracekit import semconv
from tracekit_integrations import agno as ours

FILES = set(Path(ours.__file__).parent.glob("*agno*.py"))
CALL = ("chat gpt-9", ["chat gpt-9"])
WISH = ("c1", "weather", {"city": "Rome"})
logging.getLogger("agno").disabled = True


def weather(city: str) -> str:
    """Tells the weather."""
    with tracekit.span("looked up"):
        return f"rain in {city}"


def broken(city: str) -> str:
    """Fails."""
    raise ValueError(f"no {city}")


class Models:
    """Makes models that share their clients, which are closed in the end."""

    def __init__(self, provider: Provider) -> None:
        options: Any = {"base_url": f"{provider.url}/v1", "api_key": "none", "max_retries": 0, "timeout": 60}
        self.client, self.async_client = openai.OpenAI(**options), openai.AsyncOpenAI(**options)

    def __call__(self, **options: Any) -> OpenAIChat:
        model = OpenAIChat(id="gpt-9", api_key="none", temperature=0.5, **options)
        model.client, model.async_client = self.client, self.async_client
        return model

    async def aclose(self) -> None:
        self.client.close()
        await self.async_client.close()


@pytest.fixture
async def models(provider: Provider) -> AsyncIterator[Models]:
    made = Models(provider)
    yield made
    await made.aclose()


def agent(models: Models, name: str = "Ann", **options: Any) -> Agent:
    return Agent(model=models(), name=name, telemetry=False, **{"tools": [weather], **options})


async def test_an_agent_its_model_and_its_tools(provider: Provider, models: Models, traced: Traced) -> None:
    queue(provider, says(None, WISH), says("wet"), says(None, WISH), says("wet"))
    ann = agent(models)
    assert ann.run("Rain?", session_id="s1", user_id="u1").content == "wet"
    assert (await ann.arun("Rain?", session_id="s1", user_id="u1")).content == "wet"
    assert traced.tree == [("invoke_agent Ann", [CALL, ("execute_tool weather", ["looked up"]), CALL])] * 2
    for span in (traced.spans[0], traced.spans[7]):
        said = span.attributes
        assert (said[semconv.AGENT_NAME], said[semconv.INPUT], said[semconv.OUTPUT]) == ("Ann", "Rain?", "wet")
        assert (said[semconv.CONVERSATION_ID], said[semconv.USER_ID]) == ("s1", "u1")
    tool = next(span.attributes for span in traced.spans if span.name == "execute_tool weather")
    assert (tool[semconv.TOOL_CALL_ID], tool[semconv.TOOL_DESCRIPTION]) == ("c1", "Tells the weather.")
    assert (tool[semconv.TOOL_CALL_ARGUMENTS], tool[semconv.TOOL_CALL_RESULT]) == ({"city": "Rome"}, "rain in Rome")


async def test_a_models_call_is_told_twice_and_counted_once(provider: Provider, models: Models, traced: Traced) -> None:
    queue(provider, says(None, WISH), says("wet"))
    agent(models).run("Rain?")
    mine, clients = [span.attributes for span in traced.spans if span.name == "chat gpt-9"][:2]
    for name in (
        semconv.PROVIDER,
        semconv.REQUEST_TEMPERATURE,
        semconv.USAGE_INPUT_TOKENS,
        semconv.USAGE_CACHE_READ,
        semconv.USAGE_REASONING,
    ):
        assert mine[name] == clients[name]
    assert mine[semconv.OUTPUT_MESSAGES][0]["parts"] == clients[semconv.OUTPUT_MESSAGES][0]["parts"]
    assert [tool["name"] for tool in mine[semconv.TOOL_DEFINITIONS]] == ["weather"]
    assert mine[semconv.INPUT_MESSAGES][-1]["parts"] == [{"type": "text", "content": "Rain?"}]
    last = [span.attributes for span in traced.spans if span.name == "chat gpt-9"][2][semconv.INPUT_MESSAGES]
    assert last[-1]["parts"] == [{"type": "tool_call_response", "id": "c1", "response": "rain in Rome"}]
    assert traced.counted == (2 * USED[0], 2 * USED[1])


async def test_streams_are_agnos_own(provider: Provider, models: Models, traced: Traced) -> None:
    queue(provider, streams("we", "t"), streams("we", "t"))
    ann = agent(models)
    stream = ann.run("Rain?", stream=True)
    assert (type(stream).__name__, stream.__name__) == ("generator", "_run_stream")
    seen: list[Any] = []
    for event in stream:
        seen.append(type(event).__name__)
        assert not otel.get_current()
    assert set(seen) == {"RunContentEvent"}
    later = ann.arun("Rain?", stream=True, stream_events=True)
    assert type(later).__name__ == "async_generator"
    seen = [type(event).__name__ async for event in later]
    assert (seen[0], seen[-1]) == ("RunStartedEvent", "RunCompletedEvent")
    assert traced.tree == [("invoke_agent Ann", [CALL])] * 2
    for span in traced.spans:
        assert span.attributes[semconv.REQUEST_STREAM] is True
        assert 0 < span.attributes[semconv.RESPONSE_TIME_TO_FIRST_CHUNK] < 60
    assert [span.attributes[semconv.OUTPUT] for span in traced.spans if "Ann" in span.name] == ["wet", "wet"]
    assert traced.spans[1].attributes[semconv.OUTPUT_MESSAGES][0]["parts"] == [{"type": "text", "content": "wet"}]
    assert traced.counted == (2 * USED[0], 2 * USED[1])


async def test_streams_that_are_left_are_abandoned(provider: Provider, models: Models, traced: Traced) -> None:
    queue(provider, streams("we", "t"), streams("we", "t"))
    stream = agent(models).run("Rain?", stream=True)
    next(stream)
    stream.close()
    later = agent(models).arun("Rain?", stream=True)
    await anext(later)
    await later.aclose()
    del later
    for _ in range(50):  # agno leaves its inner generators to the collector and the loop
        gc.collect()
        await asyncio.sleep(0.02)
    agent(models).run("never read", stream=True)
    outcomes = [span.attributes.get(semconv.OUTCOME) for span in traced.spans if span.name == "invoke_agent Ann"]
    assert outcomes == ["abandoned"] * 3


async def test_teams(provider: Provider, models: Models, traced: Traced) -> None:
    wish = ("c1", "delegate_task_to_member", {"member_id": "ben", "task": "go"})
    team = Team(members=[agent(models, "Ben")], model=models(), name="All", telemetry=False)
    queue(provider, says(None, wish), says("Ben says"), says("all say"))
    assert team.run("Rain?").content == "all say"
    ((name, beneath),) = traced.tree
    assert (name, beneath[0], beneath[-1]) == ("invoke_agent All", CALL, CALL)
    assert ("invoke_agent Ben", [CALL]) in beneath
    queue(provider, streams("all ", "say"))
    assert [event.event for event in team.run("Rain?", stream=True)][-1] == "TeamRunContent"
    assert traced.spans[-3].attributes[semconv.OUTPUT] == "all say"
    assert traced.counted == (4 * USED[0], 4 * USED[1])


@pytest.mark.filterwarnings("ignore:The 'stream_intermediate_steps':DeprecationWarning")  # agno's own use of it
async def test_workflows_and_their_steps(provider: Provider, models: Models, traced: Traced) -> None:
    def done(_: Any) -> StepOutput:
        return StepOutput(content="done")

    def flow() -> Workflow:
        steps: Any = [Step(name="one", agent=agent(models)), Step(name="two", executor=done)]
        return Workflow(name="flow", steps=steps, telemetry=False)

    queue(provider, says("wet"), streams("wet"), says("wet"))
    assert flow().run("Rain?").content == "done"
    assert [event.event for event in flow().run("Rain?", stream=True)][-1] == "WorkflowCompleted"
    assert (await flow().arun("Rain?")).content == "done"
    shape = ("invoke_workflow flow", [("step one", [("invoke_agent Ann", [CALL])]), "step two"])
    assert traced.tree == [shape] * 3
    for span in traced.spans:
        if span.name.startswith(("invoke_workflow", "step two")):
            assert (span.attributes[semconv.INPUT], span.attributes[semconv.OUTPUT]) == ("Rain?", "done")


def test_errors_are_agnos_own(traced: Traced) -> None:
    def seen() -> list[Any]:
        found: list[Any] = []
        with Provider() as provider, openai.OpenAI(base_url=f"{provider.url}/v1", api_key="n", max_retries=0) as client:
            ann = Agent(model=OpenAIChat(id="gpt-9", client=client), name="Ann", telemetry=False)
            for options in ({}, {"stream": True}):
                queue(provider, answer({"error": {"message": "no such model"}}, status=404))
                try:
                    result = ann.run("Rain?", **options)
                    found.append([event.event for event in result] if options else (result.status, result.content))
                except Exception as error:  # noqa: BLE001 - what the program sees, whatever it is
                    found.append((type(error), str(error)))
        return found

    first = seen()
    assert {span.status_code for span in traced.spans} == {2}
    assert {span.name for span in traced.spans} == {"invoke_agent Ann", "chat gpt-9"}
    tracekit.uninstrument()
    assert seen() == first


def test_a_tool_that_fails_says_so(traced: Traced) -> None:
    call = FunctionCall(function=Function.from_callable(broken), arguments={"city": "Rome"}, call_id="c1")
    assert call.execute().status == "failure"
    assert asyncio.run(FunctionCall(function=Function.from_callable(broken)).aexecute()).status == "failure"
    first, second = traced.spans
    assert first.status_code == second.status_code == 2
    assert first.attributes[semconv.TOOL_CALL_RESULT] == "no Rome"


class Shelf(Knowledge):
    def search(self, *args: Any, **kwargs: Any) -> list[Document]:
        return [Document(id="d1", content="rain", name="a", reranking_score=0.5, meta_data={"page": 3})]


def test_knowledge_is_searched(traced: Traced) -> None:
    Shelf(name="shelf").search("rain", max_results=3)
    said = traced.said("retrieval shelf")
    assert (said[semconv.RETRIEVAL_QUERY], said[semconv.RETRIEVAL_TOP_K]) == ("rain", 3)
    assert said[semconv.RETRIEVAL_DOCUMENTS] == [
        {"id": "d1", "content": "rain", "score": 0.5, "name": "a", "metadata": {"page": 3}}
    ]


class Scripted(Model):
    """A model of the program's own."""

    def invoke(self, *args: Any, **kwargs: Any) -> ModelResponse:
        return ModelResponse(role="assistant", content="hi")

    async def ainvoke(self, *args: Any, **kwargs: Any) -> ModelResponse:
        return self.invoke()

    def invoke_stream(self, *args: Any, **kwargs: Any) -> Iterator[ModelResponse]:
        yield self.invoke()

    async def ainvoke_stream(self, *args: Any, **kwargs: Any) -> AsyncIterator[ModelResponse]:
        yield self.invoke()

    def _parse_provider_response(self, response: Any, **_: Any) -> ModelResponse:
        return response

    def _parse_provider_response_delta(self, response: Any) -> ModelResponse:
        return response


async def test_models_of_the_programs_own(traced: Traced) -> None:
    ann = Agent(model=Scripted(id="own", provider="Mine"), name="Ann", telemetry=False)
    assert ann.run("hi").content == (await ann.arun("hi")).content == "hi"
    assert [event.content for event in ann.run("hi", stream=True)] == ["hi"]
    assert [event.content async for event in ann.arun("hi", stream=True)] == ["hi"]
    assert traced.tree == [("invoke_agent Ann", ["chat own"])] * 4
    assert traced.spans[1].attributes[semconv.PROVIDER] == "mine"
    assert not any(semconv.USAGE_INPUT_TOKENS in span.attributes for span in traced.spans)


async def test_agents_at_once_keep_apart(provider: Provider, models: Models, traced: Traced) -> None:
    queue(provider, *(says("wet") for _ in range(6)))
    runs = [agent(models).arun(f"{number}") for number in range(6)]
    assert [run.content for run in await asyncio.gather(*runs)] == ["wet"] * 6
    assert traced.tree == [("invoke_agent Ann", [CALL])] * 6
    assert len(traced.traces) == 6


def test_what_claude_counts_beside_the_input_is_inside_it(provider: Provider, traced: Traced) -> None:
    provider.queue("/v1/messages", answer(anthropic_wire.message(anthropic_wire.text("hi"))))
    with anthropic.Anthropic(base_url=provider.url, api_key="none", max_retries=0) as client:
        Agent(model=Claude(id="claude-9", client=client), name="Ann", telemetry=False).run("hi")
    mine, clients = [span.attributes for span in traced.spans if span.name.startswith("chat")]
    assert mine[semconv.USAGE_INPUT_TOKENS] == clients[semconv.USAGE_INPUT_TOKENS]


def test_uninstrument_puts_everything_back(traced: Traced) -> None:
    places = [(Agent, "run"), (Team, "arun"), (Workflow, "run"), (OpenAIChat, "invoke_stream"), (Scripted, "invoke")]
    places += [(FunctionCall, "execute"), (Step, "execute"), (Shelf, "search")]
    assert all(hasattr(vars(owner)[name], "__wrapped__") for owner, name in places)
    tracekit.uninstrument()
    assert not any(hasattr(vars(owner)[name], "__wrapped__") for owner, name in places)


class Counting(Claude):
    """By its class one of Anthropic's."""

    def invoke(self, *args: Any, **kwargs: Any) -> ModelResponse:
        used: Any = SimpleNamespace(input_tokens=3, output_tokens=2, cache_read_tokens=1)
        return ModelResponse(content="hi", response_usage=used)

    def invoke_stream(self, *args: Any, **kwargs: Any) -> Iterator[ModelResponse]:
        yield self.invoke()


class Stopped(Agent):
    """An agent of the program's own, whose runs end as agno's later versions say that a run failed."""

    def run(self, *_: Any, **__: Any) -> Any:
        return RunOutput(status=RunStatus.error, content="no")


def program() -> list[Any]:
    """Something of everything; gives all that it sees of it."""
    with Provider() as provider:
        models = Models(provider)
        ann = agent(models, id="ann", tools=[weather, broken])
        queue(provider, says(None, WISH, ("c2", "broken", {"city": "Rome"})), says("wet"), streams("we", "t"))
        picture = Image(url="http://127.0.0.1/a.png")
        seen: list[Any] = [ann.run("Rain?", session_id="s1", user_id="u1", images=[picture]).content]
        queue(provider, streams("we", "t"), answer({"error": {"message": "no"}}, status=404), streams("wet"))
        streamed = [ann.run("Rain?", stream=True), ann.run("Rain?", stream=True, stream_events=True)]
        seen += [[event.event for event in stream] for stream in streamed]
        try:
            seen.append(str(ann.run("Rain?").content))
        except Exception as error:  # noqa: BLE001 - what the program sees, whatever it is
            seen.append((type(error), str(error)))
        flow: Any = Workflow(name="flow", steps=[Step(name="one", agent=agent(models))], telemetry=False)
        seen.append([event.event for event in flow.run("Rain?", stream=True)])
        models.client.close()
    seen.append([found.id for found in Shelf().search("rain", max_results=3)])
    seen.append(Stopped(name="Sue", telemetry=False).run("Rain?").content)
    claude = Counting(id="claude")
    return [*seen, claude.invoke().content, [piece.content for piece in claude.invoke_stream()]]


@pytest.mark.filterwarnings("ignore:The 'stream_intermediate_steps':DeprecationWarning")
def test_no_line_of_the_integration_can_hurt_a_program(data_dir: Path) -> None:
    assert harm(FILES, program, data_dir, at_import=("split", "return tuple", "Target(", "for ")) == []
