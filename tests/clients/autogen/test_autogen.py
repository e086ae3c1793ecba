"""AutoGen with the openai client beneath it: what is recorded of agents and teams, and that they notice nothing."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from autogen_agentchat.agents import AssistantAgent, BaseChatAgent
from autogen_agentchat.base import Response
from autogen_agentchat.conditions import MaxMessageTermination
from autogen_agentchat.messages import TextMessage
from autogen_agentchat.teams import RoundRobinGroupChat, SelectorGroupChat
from autogen_core import CancellationToken, FunctionCall, Image, SingleThreadedAgentRuntime
from autogen_core.models import (
    AssistantMessage,
    ChatCompletionClient,
    CreateResult,
    FunctionExecutionResult,
    FunctionExecutionResultMessage,
    RequestUsage,
    UserMessage,
)
from autogen_core.tools import BaseStreamTool, BaseTool, FunctionTool
from autogen_ext.models.openai import OpenAIChatCompletionClient
from autogen_ext.models.replay import ReplayChatCompletionClient
from opentelemetry import context as otel
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pydantic import BaseModel

import tracekit
from tests.clients.agents import USED, queue, says, streams
from tests.support.faults import harm
from tests.support.provider import Provider, answer
from tests.support.traced import Traced
from tracekit import semconv
from tracekit_integrations import autogen as ours

FILES = set(Path(ours.__file__).parent.glob("*autogen*.py"))
CALL = ("chat gpt-9", ["chat gpt-9"])
WISH = ("c1", "weather", {"city": "Rome"})
INFO: Any = {
    "vision": True,
    "function_calling": True,
    "json_output": True,
    "structured_output": True,
    "family": "unknown",
}

pytestmark = pytest.mark.filterwarnings("ignore:Resolved model mismatch:UserWarning")


def weather(city: str) -> str:
    """Tells the weather."""
    with tracekit.span("looked up"):
        if not city:
            raise ValueError("no city")
        return f"rain in {city}"


def client_of(provider: Provider, **options: Any) -> OpenAIChatCompletionClient:
    options = {"model": "gpt-9", "model_info": INFO, "max_retries": 0, "timeout": 60, "temperature": 0.5, **options}
    return OpenAIChatCompletionClient(base_url=f"{provider.url}/v1", api_key="none", **options)


@pytest.fixture
async def client(provider: Provider) -> AsyncIterator[OpenAIChatCompletionClient]:
    made = client_of(provider)
    yield made
    await made.close()


def agent(client: ChatCompletionClient, name: str = "ann", **options: Any) -> AssistantAgent:
    return AssistantAgent(name, model_client=client, **options)


async def test_an_agent_its_model_and_its_tools(provider: Provider, client: Any, traced: Traced) -> None:
    queue(provider, says(None, WISH), says("wet"))
    result = await agent(client, tools=[weather], reflect_on_tool_use=True).run(task="Rain?")
    assert result.messages[-1].to_text() == "wet"
    assert traced.tree == [("invoke_agent ann", [CALL, ("execute_tool weather", ["looked up"]), CALL])]
    said = traced.said("invoke_agent ann")
    assert (said[semconv.AGENT_NAME], said[semconv.INPUT]) == ("ann", "Rain?")
    assert said[semconv.OUTPUT][-1] == {"source": "ann", "type": "TextMessage", "content": "wet"}
    tool = traced.said("execute_tool weather")
    assert (tool[semconv.TOOL_CALL_ID], tool[semconv.TOOL_DESCRIPTION]) == ("c1", "Tells the weather.")
    assert (tool[semconv.TOOL_CALL_ARGUMENTS], tool[semconv.TOOL_CALL_RESULT]) == ({"city": "Rome"}, "rain in Rome")


async def test_a_models_call_is_told_twice_and_counted_once(provider: Provider, client: Any, traced: Traced) -> None:
    queue(provider, says(None, WISH), says("wet"))
    await agent(client, tools=[weather], reflect_on_tool_use=True).run(task="Rain?")
    mine, clients, *_, last = [span.attributes for span in traced.spans if span.name == "chat gpt-9"]
    for name in (semconv.PROVIDER, semconv.REQUEST_TEMPERATURE, semconv.USAGE_INPUT_TOKENS, semconv.SERVER_PORT):
        assert mine[name] == clients[name]
    assert mine[semconv.OUTPUT_MESSAGES] == clients[semconv.OUTPUT_MESSAGES]
    assert [tool["name"] for tool in mine[semconv.TOOL_DEFINITIONS]] == ["weather"]
    assert last[semconv.INPUT_MESSAGES][-1]["parts"][0]["response"] == "rain in Rome"
    assert traced.counted == (2 * USED[0], 2 * USED[1])


async def test_streams_are_autogens_own(provider: Provider, client: Any, traced: Traced) -> None:
    queue(provider, streams("we", "t"))
    stream = agent(client, model_client_stream=True).run_stream(task="Rain?")
    assert (type(stream).__name__, stream.__name__) == ("async_generator", "run_stream")
    seen: list[str] = []
    async for item in stream:
        seen.append(type(item).__name__)
        assert not otel.get_current()
    assert seen == ["TextMessage", *["ModelClientStreamingChunkEvent"] * 2, "TextMessage", "TaskResult"]
    assert traced.tree == [("invoke_agent ann", [CALL])]
    said = traced.spans[1].attributes
    assert 0 < said[semconv.RESPONSE_TIME_TO_FIRST_CHUNK] < 60
    assert said[semconv.OUTPUT_MESSAGES][0]["parts"] == [{"type": "text", "content": "wet"}]
    assert traced.counted == USED


async def test_streams_that_are_left_are_abandoned(provider: Provider, client: Any, traced: Traced) -> None:
    queue(provider, streams("we", "t"))
    stream = agent(client, model_client_stream=True).run_stream(task="Rain?")
    assert [type(await anext(stream)).__name__ for _ in range(2)] == ["TextMessage", "ModelClientStreamingChunkEvent"]
    await stream.aclose()
    del stream
    agent(client).run_stream(task="never read")
    for _ in range(20):  # what AutoGen leaves to the collector and the loop
        gc.collect()
        await asyncio.sleep(0.02)
    outcomes = [span.attributes.get(semconv.OUTCOME) for span in traced.spans if span.name == "invoke_agent ann"]
    assert outcomes == ["abandoned"] * 2
    assert traced.spans[0].attributes[semconv.OUTPUT][0]["content"] == "Rain?"


@pytest.mark.parametrize("team", [RoundRobinGroupChat, SelectorGroupChat])
async def test_teams(team: Callable[..., Any], provider: Provider, client: Any, traced: Traced) -> None:
    members = [agent(client, name, description=name) for name in ("ann", "ben")]
    end = MaxMessageTermination(3)
    selects = team is SelectorGroupChat
    chooser = {"model_client": client} if selects else {}
    replies = [says("ann"), says("one"), says("two")] if selects else [says("one"), says("two")]
    queue(provider, *replies)
    result = await team(members, termination_condition=end, **chooser).run(task="go")
    assert [message.content for message in result.messages] == ["go", "one", "two"]
    ((name, beneath),) = traced.tree
    turns = [("invoke_agent ann", [CALL]), ("invoke_agent ben", [CALL])]
    assert name == f"invoke_workflow {team.__name__}"
    assert sorted(map(str, beneath)) == sorted(map(str, [*turns, *([CALL] if selects else [])]))
    said = traced.said(name)
    assert (said[semconv.WORKFLOW_NAME], said[semconv.INPUT]) == (team.__name__, "go")
    assert "Maximum number of messages 3" in said[f"{semconv.METADATA_PREFIX}stop_reason"]
    assert traced.counted == (len(replies) * USED[0], len(replies) * USED[1])


async def test_autogens_own_spans_stay_with_a_provider_of_the_programs(
    provider: Provider, client: Any, traced: Traced
) -> None:
    kept, seen = TracerProvider(), InMemorySpanExporter()
    kept.add_span_processor(SimpleSpanProcessor(seen))
    runtime = SingleThreadedAgentRuntime(tracer_provider=kept)
    runtime.start()
    queue(provider, says("one"))
    end = MaxMessageTermination(2)
    await RoundRobinGroupChat([agent(client)], termination_condition=end, runtime=runtime).run(task="go")
    await runtime.stop()
    assert {span.name.split()[1] for span in seen.get_finished_spans()} >= {"create", "publish", "process"}
    assert not [span.name for span in traced.spans if span.name.startswith("autogen")]


def test_errors_are_autogens_own(traced: Traced) -> None:
    async def run() -> tuple[type[Exception], str]:
        with Provider() as provider:
            client = client_of(provider)
            queue(provider, answer({"error": {"message": "no such model"}}, status=404))
            with pytest.raises(Exception, match="no such model") as caught:
                await agent(client).run(task="Rain?")
            await client.close()
        return caught.type, str(caught.value)

    seen = asyncio.run(run())
    assert {(span.name, span.attributes[semconv.ERROR_TYPE]) for span in traced.spans} == {
        ("invoke_agent ann", "openai.NotFoundError"),
        ("chat gpt-9", "openai.NotFoundError"),
    }
    assert not any(span.events for span in traced.spans if span.name != "chat gpt-9")
    tracekit.uninstrument()
    assert asyncio.run(run()) == seen


async def test_a_tool_that_fails(traced: Traced) -> None:
    with pytest.raises(ValueError, match="no city"):
        await FunctionTool(weather, "Tells.").run_json({"city": ""}, CancellationToken())
    assert traced.said("execute_tool weather")[semconv.ERROR_TYPE] == "ValueError"


class Word(BaseModel):
    word: str


class Spell(BaseStreamTool[Word, str, str]):
    def __init__(self) -> None:
        super().__init__(Word, str, "spell", "Spells.")

    async def run(self, args: Word, cancellation_token: CancellationToken) -> str:
        return args.word

    async def run_stream(self, args: Word, cancellation_token: CancellationToken) -> AsyncIterator[str]:  # type: ignore[override]
        for letter in [*args.word, args.word]:
            yield letter


async def test_a_tool_that_streams(traced: Traced) -> None:
    assert [piece async for piece in Spell().run_json_stream({"word": "ab"}, CancellationToken())] == ["a", "b", "ab"]
    assert traced.said("execute_tool spell")[semconv.TOOL_CALL_RESULT] == "ab"


class Echo(BaseChatAgent):
    """An agent of the program's own."""

    produced_message_types = (TextMessage,)

    async def on_messages(self, messages: Any, cancellation_token: Any) -> Response:
        return Response(chat_message=TextMessage(content=messages[-1].content, source=self.name))

    async def on_reset(self, cancellation_token: Any) -> None: ...


async def test_agents_and_models_of_the_programs_own(traced: Traced) -> None:
    echo = Echo("echo", "Says it again.")
    assert (await echo.run(task="a")).messages[-1].to_text() == "a"
    assert [type(item).__name__ async for item in echo.run_stream(task="a")][-1] == "TaskResult"
    replay = ReplayChatCompletionClient(["hi"])
    assert (await agent(replay).run(task="a")).messages[-1].to_text() == "hi"
    assert traced.tree == ["invoke_agent echo"] * 2 + [("invoke_agent ann", ["chat ReplayChatCompletionClient"])]


async def test_agents_at_once_keep_apart(provider: Provider, client: Any, traced: Traced) -> None:
    queue(provider, *(says("wet") for _ in range(6)))
    await asyncio.gather(*(agent(client).run(task=f"{number}") for number in range(6)))
    assert traced.tree == [("invoke_agent ann", [CALL])] * 6
    assert len(traced.traces) == 6


def test_uninstrument_puts_everything_back(traced: Traced) -> None:
    places = [(BaseChatAgent, "run"), (AssistantAgent, "on_messages_stream"), (Echo, "on_messages")]
    places += [(BaseTool, "run_json"), (ReplayChatCompletionClient, "create")]
    assert all(hasattr(vars(owner)[name], "__wrapped__") for owner, name in places)
    tracekit.uninstrument()
    assert not any(hasattr(vars(owner)[name], "__wrapped__") for owner, name in places)


class AnthropicNot(ReplayChatCompletionClient): ...


async def _program() -> list[Any]:
    with Provider() as provider:
        client = client_of(provider)
        queue(provider, says(None, WISH), says("wet"), streams("we", "t"), streams("we", "t"))
        ann = agent(client, tools=[weather, Spell()], reflect_on_tool_use=True)
        seen: list[Any] = [(await ann.run(task="Rain?")).messages[-1].to_text()]
        sue = agent(client, "sue", model_client_stream=True)
        seen.append([type(item).__name__ async for item in sue.run_stream(task="Rain?")])
        stream = client.create_stream([UserMessage(content="Rain?", source="me")])
        seen.append(await anext(stream))
        await stream.aclose()
        queue(provider, says("one"), answer({"error": {"message": "no"}}, status=404))
        team = RoundRobinGroupChat([agent(client)], termination_condition=MaxMessageTermination(2))
        seen.append((await team.run(task="go")).stop_reason)
        try:
            await agent(client).run(task="Rain?")
        except Exception as error:  # noqa: BLE001 - what the program sees, whatever it is
            seen.append((type(error), str(error)))
        await client.close()
    seen.append([piece async for piece in Spell().run_json_stream({"word": "ab"}, CancellationToken())])
    call = FunctionCall(id="c1", name="weather", arguments='{"city": "Rome"}')
    cached = CreateResult(
        finish_reason="stop", content="hi", usage=RequestUsage(prompt_tokens=3, completion_tokens=2), cached=True
    )
    given = FunctionExecutionResult(content="no", name="weather", call_id="c1", is_error=True)
    messages = [
        UserMessage(content=["look", Image.from_base64(PIXEL)], source="me"),
        AssistantMessage(content=[call], thought="hm", source="ann"),
        FunctionExecutionResultMessage(content=[given]),
    ]
    return [*seen, (await AnthropicNot([cached]).create(messages, json_output=True)).content]


PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="


def program() -> list[Any]:
    """Something of everything; gives all that it sees of it."""
    return asyncio.run(_program())


def test_no_line_of_the_integration_can_hurt_a_program(data_dir: Path) -> None:
    assert harm(FILES, program, data_dir, at_import=("split", "return tuple", "Target(", "for ")) == []
