"""Runs of agents as trees: what stands beneath what, what each tells, and what counts."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import Any

import agents
import openai
import pytest
from agents import Agent, GuardrailFunctionOutput, RunConfig, Runner
from opentelemetry import context as otel

import tracekit
from tests.clients.openai_agents.conftest import PATH, calls, streamed, weather, whole, words
from tests.support import conventions
from tests.support.patched import Spans
from tests.support.provider import Provider, answer
from tests.support.trees import one, tree
from tracekit import semconv
from tracekit.model import RawSpan


def flat(spans: list[RawSpan]) -> list[Any]:
    """The tree without the steps that newer versions put between a run, an agent and its responses."""
    kept = {span.span_id: span for span in spans}
    steps = {
        span.span_id: span.parent_span_id
        for span in spans
        if span.name.startswith("turn ") or (semconv.OPERATION not in span.attributes and _is_task(span, kept))
    }
    for span in spans:
        while span.parent_span_id in steps:
            span.parent_span_id = steps[span.parent_span_id]
    return tree(span for span in spans if span.span_id not in steps)


def _is_task(span: RawSpan, known: dict[str, RawSpan]) -> bool:
    above = known.get(span.parent_span_id or "")
    return above is not None and above.name == f"invoke_workflow {span.name}"


CHAT: Any = ("chat", ["chat gpt-9"])
CALLED: Any = ("invoke_agent Ann", [CHAT, "execute_tool weather", CHAT])


def sums(data_dir: Path) -> Any:
    tracekit.flush()
    return (
        tracekit.connect(data_dir)
        .sql("select sum(input_tokens), sum(output_tokens), sum(cache_read_tokens), count(*) from spans where counted")
        .rows
    )


async def test_an_agent_calls_a_tool(provider: Provider, spans: Spans, model: Any, data_dir: Path) -> None:
    provider.queue(PATH, whole(calls("weather", city="Rome")), whole(words("It rains.")))
    ann = Agent("Ann", instructions="Be brief.", tools=[weather], model=model)
    config = RunConfig(workflow_name="forecast", group_id="g1", trace_metadata={"team": "a"})
    result = await Runner.run(ann, "How is Rome?", run_config=config)
    assert result.final_output == "It rains."
    assert flat(spans()) == [("invoke_workflow forecast", [CALLED])]
    assert sums(data_dir) == [(20, 10, 4, 2)]
    workflow = one(spans(), "invoke_workflow forecast").attributes
    assert workflow[semconv.CONVERSATION_ID] == "g1"
    assert workflow[f"{semconv.METADATA_PREFIX}team"] == "a"
    assert workflow[f"{semconv.METADATA_PREFIX}openai_trace_id"].startswith("trace_")
    assert workflow[semconv.WORKFLOW_NAME] == "forecast"
    agent = one(spans(), "invoke_agent Ann").attributes
    assert agent[semconv.AGENT_NAME] == "Ann"
    assert agent[f"{semconv.METADATA_PREFIX}agent_tools"] == ["weather"]
    tool = one(spans(), "execute_tool weather").attributes
    assert tool[semconv.TOOL_CALL_ARGUMENTS] == {"city": "Rome"}
    assert tool[semconv.TOOL_CALL_RESULT] == "Rain in Rome."
    first, last = sorted((span for span in spans() if span.name == "chat"), key=lambda span: span.start_ns)
    said = last.attributes
    conventions.check(said)
    assert said[semconv.PROVIDER] == "openai"
    assert said[semconv.RESPONSE_MODEL] == "gpt-9-1"
    assert said[semconv.REQUEST_TEMPERATURE] == 0.5
    assert said[semconv.SYSTEM_INSTRUCTIONS] == [{"type": "text", "content": "Be brief."}]
    assert [message["role"] for message in said[semconv.INPUT_MESSAGES]] == ["user", "assistant", "tool"]
    assert said[semconv.OUTPUT_MESSAGES][0]["parts"] == [{"type": "text", "content": "It rains."}]
    assert said[semconv.TOOL_DEFINITIONS][0]["name"] == "weather"
    assert said[semconv.USAGE_CACHE_READ] == 2
    assert first.attributes[semconv.RESPONSE_FINISH_REASONS] == ["tool_calls"]


def test_a_run_without_a_loop(provider: Provider, spans: Spans) -> None:
    provider.queue(PATH, whole(words("Hello.")))
    plain = openai.DefaultAsyncHttpxClient(verify=False)
    client = openai.AsyncOpenAI(base_url=f"{provider.url}/v1", api_key="none", http_client=plain)
    ann = Agent("Ann", model=agents.OpenAIResponsesModel("gpt-9", client))
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    with tracekit.span("program"):
        assert Runner.run_sync(ann, "Hi").final_output == "Hello."
    loop.run_until_complete(client.close())
    loop.close()
    asyncio.set_event_loop(None)
    assert flat(spans()) == [("program", [("invoke_workflow Agent workflow", [("invoke_agent Ann", [CHAT])])])]
    assert not otel.get_current()


async def test_agents_side_by_side_and_what_the_program_does_within(
    provider: Provider, spans: Spans, model: Any
) -> None:
    @agents.function_tool
    async def looked_up(word: str) -> str:
        with tracekit.span("looked up"):
            await asyncio.sleep(0.01)
            return word

    provider.queue(PATH, *[whole(calls("looked_up", word="a"))] * 2, *[whole(words("Done."))] * 2)
    pair = [Agent(name, tools=[looked_up], model=model) for name in ("Ann", "Bob")]
    with agents.trace("both"):
        await asyncio.gather(*(Runner.run(agent, "Go", run_config=RunConfig(workflow_name="x")) for agent in pair))
    assert otel.get_current() == {}
    beneath: Any = [CHAT, ("execute_tool looked_up", ["looked up"]), CHAT]
    known = {span.span_id: span for span in spans()}
    (found,) = tree(spans())
    assert found[0] == "invoke_workflow both"
    for span in spans():
        if span.name == "looked up":
            assert known[span.parent_span_id or ""].name == "execute_tool looked_up"
    agents_seen = [(span.name, span) for span in spans() if span.name.startswith("invoke_agent")]
    assert sorted(name for name, _ in agents_seen) == ["invoke_agent Ann", "invoke_agent Bob"]
    assert len({span.trace_id for span in spans()}) == 1
    assert len([span for span in spans() if span.name == "chat"]) == len(beneath) + 1


async def test_a_handoff_and_a_guardrail(provider: Provider, spans: Spans, model: Any) -> None:
    @agents.input_guardrail(name="polite")
    async def polite(_context: Any, _agent: Any, _given: Any) -> GuardrailFunctionOutput:
        return GuardrailFunctionOutput(output_info=None, tripwire_triggered=False)

    bob = Agent("Bob", model=model)
    ann = Agent("Ann", handoffs=[bob], input_guardrails=[polite], model=model)
    provider.queue(PATH, whole(calls("transfer_to_bob")), whole(words("Bob here.")))
    assert (await Runner.run(ann, "Bob, please")).final_output == "Bob here."
    assert {span.name for span in spans()} >= {"handoff", "polite", "invoke_agent Ann", "invoke_agent Bob"}
    assert one(spans(), "handoff").attributes[semconv.OUTPUT] == {"from_agent": "Ann", "to_agent": "Bob"}
    assert one(spans(), "polite").attributes[semconv.KIND] == "guardrail"
    assert one(spans(), "polite").attributes[semconv.OUTPUT] == {"triggered": False}
    assert one(spans(), "invoke_agent Ann").attributes[f"{semconv.METADATA_PREFIX}agent_handoffs"] == ["Bob"]


async def test_a_stream(provider: Provider, spans: Spans, model: Any, data_dir: Path) -> None:
    provider.queue(PATH, streamed(calls("weather", city="Rome")), streamed(words("It rains.")))
    result = Runner.run_streamed(Agent("Ann", tools=[weather], model=model), "How is Rome?")
    async for _ in result.stream_events():
        assert tracekit.current_trace_id() is None
    assert result.final_output == "It rains."
    await asyncio.sleep(0)
    assert flat(spans()) == [("invoke_workflow Agent workflow", [CALLED])]
    assert sums(data_dir) == [(20, 10, 4, 2)]


async def test_a_stream_that_is_left_and_cancelled(provider: Provider, spans: Spans, model: Any) -> None:
    held = asyncio.Event()

    @agents.function_tool
    async def waits() -> str:
        """Waits."""
        held.set()
        await asyncio.sleep(10)
        return ""

    provider.queue(PATH, streamed(calls("waits")))
    result = Runner.run_streamed(Agent("Ann", tools=[waits], model=model), "Go")

    async def read() -> None:
        async for _ in result.stream_events():
            pass

    reading = asyncio.create_task(read())
    await asyncio.wait_for(held.wait(), 10)
    result.cancel()
    reading.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await reading
    await asyncio.sleep(0.05)
    outcomes = {span.name: conventions.outcome(span.attributes) for span in spans()}
    assert outcomes["invoke_agent Ann"] == "cancelled"
    assert outcomes["execute_tool waits"] == "cancelled"
    assert outcomes["chat gpt-9"] == "complete"


async def test_a_run_that_is_cancelled(provider: Provider, spans: Spans, model: Any) -> None:
    provider.queue(PATH, answer({}, pause=0.3))
    running = asyncio.create_task(Runner.run(Agent("Ann", model=model), "Go"))
    await asyncio.sleep(0.1)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert {conventions.outcome(span.attributes) for span in spans()} == {"cancelled"}


async def test_errors(provider: Provider, spans: Spans, model: Any) -> None:
    provider.queue(PATH, whole(calls("weather", city="Atlantis")), answer({"error": {"message": "no"}}, status=400))
    with pytest.raises(openai.BadRequestError) as caught:
        await Runner.run(Agent("Ann", tools=[weather], model=model), "Go")
    failed = {span.name: span for span in spans() if span.status_code == 2}
    assert failed.keys() >= {"invoke_workflow Agent workflow", "invoke_agent Ann", "execute_tool weather", "chat gpt-9"}
    assert failed["invoke_agent Ann"].attributes[semconv.ERROR_TYPE] == "openai.BadRequestError"
    assert failed["invoke_agent Ann"].status_message == str(caught.value)
    tool = failed["execute_tool weather"]
    assert tool.attributes[semconv.ERROR_TYPE] == "tool_error"
    assert (tool.status_message or "").startswith("Error running tool (non-fatal)")
    assert tool.attributes[semconv.TOOL_CALL_RESULT].startswith("An error occurred")


async def test_a_run_in_the_handling_of_an_error_has_not_failed(provider: Provider, spans: Spans, model: Any) -> None:
    provider.queue(PATH, whole(words("Sorry.")))
    try:
        int("before")
    except ValueError:
        await Runner.run(Agent("Ann", model=model), "Say sorry")
    assert {span.status_code for span in spans()} == {0}


async def test_tracing_that_the_program_disables(provider: Provider, spans: Spans, model: Any) -> None:
    provider.queue(PATH, *[whole(words("Hello."))] * 2)
    off = RunConfig(tracing_disabled=True)
    await Runner.run(Agent("Ann", model=model), "Hi", run_config=off)
    assert tree(spans()) == ["chat gpt-9"]
    with agents.trace("on"), agents.custom_span("step"):
        await Runner.run(Agent("Ann", model=model), "Hi", run_config=off)
        inside = tracekit.current_trace_id()
    assert inside == one(spans(), "step").trace_id
    assert [span.name for span in spans() if span.trace_id == inside].count("chat gpt-9") == 1


async def test_the_programs_processors_are_told_as_before(
    provider: Provider, spans: Spans, model: Any, no_exporter: list[Any]
) -> None:
    provider.queue(PATH, whole(words("Hello.")))
    await Runner.run(Agent("Ann", model=model), "Hi")
    assert no_exporter[0] == ("trace", "Agent workflow")
    assert no_exporter[-1] == ("end of trace", "Agent workflow")
    assert len(no_exporter) == 2 * len([span for span in spans() if span.name != "chat gpt-9"])
    agents.set_trace_processors([])
    with agents.trace("still told"):
        pass
    assert one(spans(), "invoke_workflow still told")
    from agents.tracing import get_trace_provider

    assert get_trace_provider()._multi_processor._processors == ()


async def test_taken_out(provider: Provider, data_dir: Path, model: Any) -> None:
    from agents.tracing.provider import SynchronousMultiTracingProcessor
    from agents.tracing.scope import Scope

    places = {**vars(SynchronousMultiTracingProcessor)}, {**vars(Scope)}
    tracekit.autolog(directory=data_dir)
    assert vars(Scope)["set_current_span"] is not places[1]["set_current_span"]
    tracekit.uninstrument()
    assert places == ({**vars(SynchronousMultiTracingProcessor)}, {**vars(Scope)})
    provider.queue(PATH, whole(words("Hello.")))
    assert (await Runner.run(Agent("Ann", model=model), "Hi")).final_output == "Hello."
