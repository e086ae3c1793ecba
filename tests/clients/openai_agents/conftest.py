"""Agents that ask a model server on this machine, as the SDK's own client does."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import count
from typing import Any

import agents
import openai
import pytest

from tests.support.provider import Provider, Reply, answer, events

PATH = "/v1/responses"
USAGE = {
    "input_tokens": 10,
    "output_tokens": 5,
    "total_tokens": 15,
    "input_tokens_details": {"cached_tokens": 2, "cache_write_tokens": 0},
    "output_tokens_details": {"reasoning_tokens": 1},
}
_ids = count(1)


@pytest.fixture(autouse=True)
def no_exporter() -> Iterator[list[Any]]:
    """The SDK's own exporter asks OpenAI's host: a processor of the program's stands in its place."""
    seen: list[Any] = []

    class Kept(agents.TracingProcessor):
        def on_trace_start(self, trace: Any) -> None:
            seen.append(("trace", trace.name))

        def on_trace_end(self, trace: Any) -> None:
            seen.append(("end of trace", trace.name))

        def on_span_start(self, span: Any) -> None:
            seen.append(("span", span.span_data.type))

        def on_span_end(self, span: Any) -> None:
            seen.append(("end of span", span.span_data.type))

        def shutdown(self) -> None:
            """Keeps nothing."""

        def force_flush(self) -> None:
            """Keeps nothing."""

    agents.set_trace_processors([Kept()])
    yield seen
    agents.set_trace_processors([])


@pytest.fixture
async def client(provider: Provider) -> AsyncIterator[openai.AsyncOpenAI]:
    plain = openai.DefaultAsyncHttpxClient(verify=False)  # no CA files to load
    options: Any = {"base_url": f"{provider.url}/v1", "api_key": "none", "max_retries": 0, "timeout": 60}
    async with openai.AsyncOpenAI(**options, http_client=plain) as made:
        yield made


@pytest.fixture
def model(client: openai.AsyncOpenAI) -> agents.Model:
    return agents.OpenAIResponsesModel("gpt-9", client)


def response(*output: Any) -> dict[str, Any]:
    """A response of these items."""
    return {
        "id": f"resp_{next(_ids)}",
        "object": "response",
        "created_at": 1,
        "model": "gpt-9-1",
        "status": "completed",
        "instructions": "Be brief.",
        "temperature": 0.5,
        "output": list(output),
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [{"type": "function", "name": "weather", "parameters": {"type": "object"}, "strict": True}],
        "usage": USAGE,
    }


def words(said: str) -> dict[str, Any]:
    content = [{"type": "output_text", "text": said, "annotations": []}]
    return {"type": "message", "id": "m", "role": "assistant", "status": "completed", "content": content}


def calls(name: str, **arguments: Any) -> dict[str, Any]:
    given = json.dumps(arguments)
    return {
        "type": "function_call", "id": f"f_{name}", "call_id": f"c_{name}", "name": name, "arguments": given,
        "status": "completed",
    }  # fmt: skip


def whole(*output: Any) -> Reply:
    return answer(response(*output))


def streamed(*output: Any, **options: Any) -> Reply:
    made = response(*output)
    said: Sequence[Any] = [
        {"type": "response.created", "sequence_number": 0, "response": {**made, "output": [], "status": "in_progress"}},
        {"type": "response.completed", "sequence_number": 1, "response": made},
    ]
    return events(said, done=False, **options)


@agents.function_tool
def weather(city: str) -> str:
    """How it is outside."""
    if city == "Atlantis":
        raise ValueError("no such city")
    return f"Rain in {city}."
