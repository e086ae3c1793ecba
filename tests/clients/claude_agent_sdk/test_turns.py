"""Turns of an agent in a process of its own: what is recorded of them, and what the program sees."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import claude_agent_sdk
import pytest
from claude_agent_sdk import ClaudeAgentOptions, ClaudeSDKClient, query
from opentelemetry import context as otel

import tracekit
from tests.support import conventions
from tests.support.faults import harm
from tests.support.patched import Spans
from tests.support.recorded import journaled
from tests.support.trees import one, tree
from tracekit import semconv, semconv_vendors
from tracekit_integrations import claude_agent_sdk as integration

# older versions leave their streams to the garbage collector
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
HERE = Path(__file__).parent
HOME = Path(integration.__file__).parent
FILES = {HOME / "claude_agent_sdk.py", *HOME.glob("_claude_agent_*.py")}
TURN: Any = ("invoke_agent Claude", ["execute_tool Bash"])
KINDS = ["SystemMessage", "AssistantMessage", "UserMessage", "AssistantMessage", "ResultMessage"]


@pytest.fixture
def options(tmp_path: Path) -> ClaudeAgentOptions:
    """The fake command line, as a program to run."""
    path = tmp_path / "claude"
    path.write_text(f'#!/bin/sh\nexec {sys.executable} {HERE / "fake_cli.py"} "$@"\n', encoding="utf-8")
    path.chmod(0o755)
    return ClaudeAgentOptions(cli_path=str(path), model="claude-9", system_prompt="Be brief.")


async def kinds(messages: AsyncIterator[Any]) -> list[str]:
    return [type(message).__name__ async for message in messages]


async def test_a_query(options: ClaudeAgentOptions, spans: Spans, data_dir: Path) -> None:
    with tracekit.span("program"):
        assert await kinds(query(prompt="date", options=options)) == KINDS
    assert tree(spans()) == [("program", [TURN])]
    agent = one(spans(), "invoke_agent Claude").attributes
    conventions.check(agent)
    assert agent[semconv.AGENT_NAME] == "Claude"
    assert agent[semconv.REQUEST_MODEL] == agent[semconv.RESPONSE_MODEL] == "claude-9"
    assert agent[semconv.CONVERSATION_ID] == "s-1"
    assert agent[semconv.USAGE_INPUT_TOKENS] == 20
    assert agent[semconv.USAGE_CACHE_READ] == 7
    assert agent[semconv.USAGE_CACHE_CREATION] == 3
    assert agent[semconv.USAGE_OUTPUT_TOKENS] == 5
    assert agent[semconv_vendors.USAGE_COST] == 0.25
    assert agent[semconv.SYSTEM_INSTRUCTIONS] == [{"type": "text", "content": "Be brief."}]
    assert agent[semconv.INPUT_MESSAGES] == [{"role": "user", "parts": [{"type": "text", "content": "date"}]}]
    (said,) = agent[semconv.OUTPUT_MESSAGES]
    assert [part["type"] for part in said["parts"]] == ["reasoning", "text", "tool_call", "text"]
    tool = one(spans(), "execute_tool Bash").attributes
    assert tool[semconv.TOOL_CALL_ID] == "t1"
    assert tool[semconv.TOOL_CALL_ARGUMENTS] == {"command": "date"}
    assert tool[semconv.TOOL_CALL_RESULT] == "Monday"
    tracekit.flush()
    rows = (
        tracekit.connect(data_dir)
        .sql("select kind, input_tokens, output_tokens, given_cost_usd, session_id from spans where counted")
        .rows
    )
    assert rows == [("agent", 20, 5, 0.25, "s-1")]


async def test_a_client_for_several_turns(options: ClaudeAgentOptions, spans: Spans) -> None:
    async with ClaudeSDKClient(options) as client:
        for prompt in ("date", "wrong"):
            await client.query(prompt)
            assert await kinds(client.receive_response()) == KINDS
            assert not otel.get_current()
    assert tree(spans()) == [TURN, TURN]
    assert len({span.trace_id for span in spans()}) == 2
    wrong = max((span for span in spans() if span.name == "execute_tool Bash"), key=lambda span: span.start_ns)
    assert wrong.attributes[semconv.ERROR_TYPE] == "tool_error"
    assert wrong.status_message == "no such command"


async def test_a_subagent(options: ClaudeAgentOptions, spans: Spans) -> None:
    await kinds(query(prompt="delegate", options=options))
    assert tree(spans()) == [("invoke_agent Claude", [("execute_tool Task", ["execute_tool Grep"])])]
    assert one(spans(), "execute_tool Task").attributes[semconv.AGENT_NAME] == "finder"


async def test_a_stream_of_prompts(options: ClaudeAgentOptions, spans: Spans) -> None:
    async def prompts() -> AsyncIterator[dict[str, Any]]:
        yield {"type": "user", "message": {"role": "user", "content": "date"}}

    assert await kinds(query(prompt=prompts(), options=options)) == KINDS
    assert tree(spans()) == [TURN]


async def test_a_turn_that_fails(options: ClaudeAgentOptions, spans: Spans) -> None:
    async with ClaudeSDKClient(options) as client:
        await client.query("fail")
        assert (await kinds(client.receive_response()))[-1] == "ResultMessage"
    span = one(spans(), "invoke_agent Claude")
    assert span.attributes[semconv.ERROR_TYPE] == "error_during_execution"
    assert span.status_message == "no credit"


async def test_a_process_that_dies(options: ClaudeAgentOptions, spans: Spans) -> None:
    with pytest.raises(Exception, match="exit code") as caught:
        await kinds(query(prompt="crash", options=options))
    span = one(spans(), "invoke_agent Claude")
    assert span.status_message == str(caught.value)


async def test_streams_that_are_left(options: ClaudeAgentOptions, spans: Spans) -> None:
    async with aclosing(query(prompt="slow", options=options)) as messages:  # type: ignore[type-var]
        async for message in messages:
            assert not otel.get_current()
            if type(message).__name__ == "AssistantMessage":
                break
    for _ in range(100):  # the SDK leaves it to the event loop to close what `query()` reads from
        if len(spans()) < 2:
            await asyncio.sleep(0.1)
    await asyncio.sleep(0.2)  # its process is still being waited for
    assert {span.name: conventions.outcome(span.attributes) for span in spans()} == {
        "invoke_agent Claude": "abandoned",
        "execute_tool Bash": "abandoned",
    }
    (said,) = one(spans(), "invoke_agent Claude").attributes[semconv.OUTPUT_MESSAGES]
    assert said["parts"][1]["content"] == "Looking."


async def test_a_client_that_leaves(options: ClaudeAgentOptions, spans: Spans) -> None:
    async with ClaudeSDKClient(options) as client:
        await client.query("date")
    assert conventions.outcome(one(spans(), "invoke_agent Claude").attributes) == "abandoned"


async def test_a_command_that_is_not_there(spans: Spans) -> None:
    with pytest.raises(claude_agent_sdk.CLINotFoundError):
        await kinds(query(prompt="date", options=ClaudeAgentOptions(cli_path="/nowhere")))
    assert one(spans(), "invoke_agent Claude").attributes[semconv.ERROR_TYPE].endswith("CLINotFoundError")


async def test_taken_out(options: ClaudeAgentOptions, data_dir: Path) -> None:
    tracekit.autolog(directory=data_dir)
    tracekit.uninstrument()
    assert await kinds(query(prompt="date", options=options)) == KINDS
    assert journaled(data_dir).ended == []


def test_no_fault_reaches_the_program(options: ClaudeAgentOptions, data_dir: Path) -> None:
    async def program() -> list[Any]:
        seen: list[Any] = [await kinds(query(prompt="delegate", options=options))]
        async with ClaudeSDKClient(options) as client:
            for prompt in ("wrong", "fail"):
                await client.query(prompt)
                seen.append(await kinds(client.receive_response()))
        return seen

    at_import = ("Hook(", "for place, wrapper")
    assert harm(FILES, lambda: asyncio.run(program()), data_dir, at_import=at_import) == []
