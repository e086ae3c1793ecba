"""One conversation for every framework: a model asks for a tool and then answers. 196 tokens in, 29 out."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.support.provider import Provider, Reply, answer, events

QUESTION = "What is the weather in Paris?"
INSTRUCTIONS = "You are a terse assistant."
RESULT = "rainy, 14C"
ANSWER = "It is rainy and 14 degrees in Paris."
SPOKEN = (QUESTION, INSTRUCTIONS, RESULT, ANSWER)
"""What may stand nowhere when content is off."""
INPUT_TOKENS, OUTPUT_TOKENS = 196, 29
CHAT = "/v1/chat/completions"
MODEL = "gpt-4o-mini"
GEMINI = "gemini-2.5-flash"

_USED = ((82, 18, 32), (114, 11, 0))
_numbers = itertools.count(1)


def openai(provider: Provider, *, stream: bool = False) -> None:
    """Queue both replies of OpenAI's chat completions."""
    provider.queue(CHAT, *(_streamed(step) if stream else _whole(step) for step in (0, 1)))


@asynccontextmanager
async def openai_client(url: str) -> AsyncIterator[Any]:
    """The client of openai, for this server."""
    from openai import AsyncOpenAI, DefaultAsyncHttpxClient

    http = DefaultAsyncHttpxClient(verify=False)  # no CA files to load
    async with AsyncOpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0, http_client=http) as client:
        yield client


def gemini(provider: Provider, *, stream: bool = False) -> None:
    """Queue both replies of Gemini's `generateContent`."""
    verb = "streamGenerateContent" if stream else "generateContent"
    replies = [events([_candidate(step)], done=False) if stream else answer(_candidate(step)) for step in (0, 1)]
    provider.queue(f"/v1beta/models/{GEMINI}:{verb}", *replies)


def _candidate(step: int) -> dict[str, Any]:
    asked, answered, cached = _USED[step]
    call = {"functionCall": {"id": "call_1", "name": "get_weather", "args": {"city": "Paris"}}}
    content = {"role": "model", "parts": [{"text": ANSWER} if step else call]}
    used = {"promptTokenCount": asked, "candidatesTokenCount": answered, "totalTokenCount": asked + answered}
    return {
        "candidates": [{"content": content, "finishReason": "STOP", "index": 0}],
        "usageMetadata": {**used, **({"cachedContentTokenCount": cached} if cached else {})},
        "modelVersion": GEMINI,
        "responseId": f"gemini-{next(_numbers)}",
    }


def _usage(step: int) -> dict[str, Any]:
    asked, answered, cached = _USED[step]
    return {
        "prompt_tokens": asked,
        "completion_tokens": answered,
        "total_tokens": asked + answered,
        "prompt_tokens_details": {"cached_tokens": cached},
        "completion_tokens_details": {"reasoning_tokens": 0},
    }


def _message(step: int) -> dict[str, Any]:
    if step:
        return {"role": "assistant", "content": ANSWER}
    call = {"name": "get_weather", "arguments": '{"city": "Paris"}'}
    return {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "call_1", "type": "function", "function": call}],
    }


def _frame(step: int, kind: str, **fields: Any) -> dict[str, Any]:
    number = next(_numbers)
    return {"id": f"chatcmpl-{number}", "object": kind, "created": 1, "model": f"{MODEL}-2024-07-18", **fields}


def _whole(step: int) -> Reply:
    reason = "stop" if step else "tool_calls"
    choice = {"index": 0, "message": _message(step), "finish_reason": reason, "logprobs": None}
    return answer(_frame(step, "chat.completion", choices=[choice], usage=_usage(step)))


def _streamed(step: int) -> Reply:
    frame = _frame(step, "chat.completion.chunk")
    message = _message(step)
    calls = [{**call, "index": at} for at, call in enumerate(message.pop("tool_calls", ()))]
    reason = "stop" if step else "tool_calls"
    pieces = [{"index": 0, "delta": {**message, **({"tool_calls": calls} if calls else {})}, "finish_reason": None}]
    pieces += [{"index": 0, "delta": {}, "finish_reason": reason}]
    chunks = [{**frame, "choices": [piece]} for piece in pieces]
    return events([*chunks, {**frame, "choices": [], "usage": _usage(step)}])
