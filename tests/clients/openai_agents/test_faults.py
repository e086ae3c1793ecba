"""Whatever line of the integration breaks, the program gets what it would get without it, and the fault is counted."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import agents
import openai
from agents import Agent, GuardrailFunctionOutput, Runner
from agents.tracing import mcp_tools_span, speech_span, transcription_span

from tests.clients.openai_agents.conftest import PATH, calls, weather, whole, words
from tests.support.faults import harm
from tests.support.provider import Provider, answer
from tracekit_integrations import openai_agents

HOME = Path(openai_agents.__file__).parent
FILES = {HOME / "openai_agents.py", *HOME.glob("_openai_agents_*.py")}
AT_IMPORT = ("Hook(", "for place, wrapper")
"""Beginnings of lines that run when the integration is imported, which `registry.install` guards."""
CHAT: dict[str, Any] = {
    "id": "chat_1",
    "object": "chat.completion",
    "created": 1,
    "model": "gpt-9-1",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hello."}}],
    "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
}


@agents.input_guardrail(name="polite")
async def polite(_context: Any, _agent: Any, _given: Any) -> GuardrailFunctionOutput:
    return GuardrailFunctionOutput(output_info=None, tripwire_triggered=False)


async def _program(provider: Provider, client: openai.AsyncOpenAI) -> list[Any]:
    """Something of everything; gives all that a program sees of it."""
    model = agents.OpenAIResponsesModel("gpt-9", client)
    provider.queue(PATH, whole(calls("weather", city="Atlantis")), whole(words("None.")), answer({}, status=400))
    provider.queue("/v1/chat/completions", answer(CHAT))
    ann = Agent("Ann", instructions="Be brief.", tools=[weather], input_guardrails=[polite], model=model)
    bob = Agent("Bob", model=agents.OpenAIChatCompletionsModel("gpt-9", client))
    with agents.trace("all", group_id="g", metadata={"team": "a", "size": 2}):
        first = await Runner.run(ann, "Hi")
        second = await Runner.run(bob, "Hi")
        try:
            await Runner.run(ann, "Hi")
        except openai.BadRequestError as error:
            failed = str(error)
        with agents.custom_span("custom", {"a": 1}), mcp_tools_span(server="shop", result=["buy"]):
            pass
        with speech_span(model="tts-9", input="Hello.", output="aGk="):
            pass
        with transcription_span(model="stt-9", input="aGk=", input_format="wav", output="Hello."):
            pass
        with agents.generation_span(model="gpt-9", output=[{"object": "response", "output": [words("a")]}]):
            pass
        with agents.generation_span(model="gpt-9", output=[{"object": "response", "output": []}]):
            pass
    return [first.final_output, second.final_output, failed, [type(item).__name__ for item in first.new_items]]


def test_no_fault_reaches_the_program(provider: Provider, data_dir: Path) -> None:
    options: Any = {"base_url": f"{provider.url}/v1", "api_key": "none", "max_retries": 0, "timeout": 60}

    async def program() -> list[Any]:
        async with openai.AsyncOpenAI(**options, http_client=openai.DefaultAsyncHttpxClient(verify=False)) as client:
            return await _program(provider, client)

    assert harm(FILES, lambda: asyncio.run(program()), data_dir, at_import=AT_IMPORT) == []
