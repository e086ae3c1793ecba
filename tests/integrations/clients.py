"""The clients that stream from generators and event streams, each behind the same few words."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import cohere
import httpx
import httpx2
import ollama
from google import genai
from mistralai.client import Mistral

from tests.support.provider import Reply, answer

WORDS = ("Hel", "lo ", "Łódź")


@dataclass(frozen=True, slots=True, kw_only=True)
class Streaming:
    """A client's streaming method. `chunks` are the bodies of the wire that say `WORDS`, the last one whole."""

    name: str
    integration: str
    path: str
    chunks: list[Any]
    client: Callable[[str], Any]
    async_client: Callable[[str], Any]
    ask: Callable[[Any], Any]
    ask_async: Callable[[Any], Any]
    tokens: tuple[int, int]
    kind: str = "text/event-stream"
    done: bool = False

    def reply(self, chunks: list[Any] | None = None, **options: Any) -> Reply:
        """These chunks, or all, as the provider sends them."""
        texts = [json.dumps(chunk) for chunk in (self.chunks if chunks is None else chunks)]
        if self.kind == "text/event-stream":
            body = "".join(f"data: {text}\n\n" for text in texts) + "data: [DONE]\n\n" * (self.done and chunks is None)
        else:
            body = "".join(f"{text}\n" for text in texts)
        return Reply(headers={"content-type": self.kind}, body=body.encode(), **options)

    def refusal(self) -> Reply:
        """An error of the provider's."""
        return answer({"error": {"message": "no", "code": 404, "status": "NOT_FOUND"}, "message": "no"}, status=404)


def _gemini(*texts: str, finish: str | None = None) -> dict[str, Any]:
    content = {"role": "model", "parts": [{"text": text} for text in texts]}
    return {
        "candidates": [{"index": 0, "content": content, **({"finishReason": finish} if finish else {})}],
        "usageMetadata": {"promptTokenCount": 7, "candidatesTokenCount": 3, "totalTokenCount": 10},
        "modelVersion": "gemini-9-1",
        "responseId": "r1",
    }


def gemini(url: str) -> genai.Client:
    """A client of Gemini; it loads no CA files."""
    plain = {"verify": False}
    options: Any = {"base_url": url, "api_version": "v1", "client_args": plain, "async_client_args": plain}
    return genai.Client(api_key="none", http_options=options)


def _interaction(kind: str, **fields: Any) -> dict[str, Any]:
    return {"event_type": kind, **fields}


_INTERACTION = {"id": "int_1", "object": "interaction", "model": "gemini-9-1"}
_SPENT = {"total_input_tokens": 7, "total_output_tokens": 2, "total_thought_tokens": 1, "total_tokens": 10}


@contextmanager
def _cohere(url: str) -> Iterator[Any]:
    with httpx.Client(verify=False) as http:
        yield cohere.ClientV2(api_key="none", base_url=url, httpx_client=http)


@asynccontextmanager
async def _cohere_async(url: str) -> AsyncIterator[Any]:
    async with httpx.AsyncClient(verify=False) as http:
        yield cohere.AsyncClientV2(api_key="none", base_url=url, httpx_client=http)


@contextmanager
def _cohere_old(url: str) -> Iterator[Any]:
    with httpx.Client(verify=False) as http:
        yield cohere.Client(api_key="none", base_url=url, httpx_client=http)


@asynccontextmanager
async def _cohere_old_async(url: str) -> AsyncIterator[Any]:
    async with httpx.AsyncClient(verify=False) as http:
        yield cohere.AsyncClient(api_key="none", base_url=url, httpx_client=http)


@contextmanager
def _mistral(url: str) -> Iterator[Any]:
    with httpx2.Client(verify=False) as http:
        yield Mistral(api_key="none", server_url=url, client=http)


@asynccontextmanager
async def _mistral_async(url: str) -> AsyncIterator[Any]:
    async with httpx2.AsyncClient(verify=False) as http:
        yield Mistral(api_key="none", server_url=url, async_client=http)


_HI: Any = [{"role": "user", "content": "Hi"}]


def _mistral_chunk(text: str, finish: str | None = None, **fields: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": {"role": "assistant", "content": text}, "finish_reason": finish}
    return {
        "id": "m1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m-9-1",
        "choices": [choice],
        **fields,
    }


def _cohere_delta(text: str) -> dict[str, Any]:
    return {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": text}}}}


_BILLED = {"billed_units": {"input_tokens": 7, "output_tokens": 3}, "tokens": {"input_tokens": 70, "output_tokens": 4}}

STREAMING = (
    Streaming(
        name="google",
        integration="google_genai",
        path="/v1/models/m-9:streamGenerateContent",
        chunks=[_gemini(WORDS[0]), _gemini(WORDS[1]), _gemini(WORDS[2], finish="STOP")],
        client=gemini,
        async_client=lambda url: gemini(url).aio,
        ask=lambda client: client.models.generate_content_stream(model="m-9", contents="Hi"),
        ask_async=lambda client: client.models.generate_content_stream(model="m-9", contents="Hi"),
        tokens=(7, 3),
    ),
    Streaming(
        name="google-chat",
        integration="google_genai",
        path="/v1/models/m-9:streamGenerateContent",
        chunks=[_gemini(WORDS[0]), _gemini(WORDS[1]), _gemini(WORDS[2], finish="STOP")],
        client=gemini,
        async_client=lambda url: gemini(url).aio,
        ask=lambda client: client.chats.create(model="m-9").send_message_stream("Hi"),
        ask_async=lambda client: client.chats.create(model="m-9").send_message_stream("Hi"),
        tokens=(7, 3),
    ),
    Streaming(
        name="google-interactions",
        integration="google_genai",
        path="/v1/interactions",
        chunks=[
            _interaction("interaction.created", interaction={**_INTERACTION, "status": "in_progress"}),
            _interaction("step.start", index=0, step={"type": "model_output"}),
            *(_interaction("step.delta", index=0, delta={"type": "text", "text": word}) for word in WORDS),
            _interaction("step.stop", index=0),
            _interaction(
                "interaction.completed", interaction={**_INTERACTION, "status": "completed", "usage": _SPENT}
            ),
        ],
        client=gemini,
        async_client=lambda url: gemini(url).aio,
        ask=lambda client: client.interactions.create(model="m-9", input="Hi", stream=True),
        ask_async=lambda client: client.interactions.create(model="m-9", input="Hi", stream=True),
        tokens=(7, 3),
        done=True,
    ),
    Streaming(
        name="ollama",
        integration="ollama",
        path="/api/chat",
        chunks=[
            *({"model": "m-9", "message": {"role": "assistant", "content": word}, "done": False} for word in WORDS),
            {
                "model": "m-9", "message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "stop",
                "prompt_eval_count": 7, "eval_count": 3,
            },
        ],
        client=lambda url: ollama.Client(url, verify=False),
        async_client=lambda url: ollama.AsyncClient(url, verify=False),
        ask=lambda client: client.chat("m-9", _HI, stream=True),
        ask_async=lambda client: client.chat("m-9", _HI, stream=True),
        tokens=(7, 3),
        kind="application/x-ndjson",
    ),
    Streaming(
        name="ollama-generate",
        integration="ollama",
        path="/api/generate",
        chunks=[
            *({"model": "m-9", "response": word, "done": False} for word in WORDS),
            {
                "model": "m-9", "response": "", "done": True, "done_reason": "stop", "prompt_eval_count": 7,
                "eval_count": 3,
            },
        ],
        client=lambda url: ollama.Client(url, verify=False),
        async_client=lambda url: ollama.AsyncClient(url, verify=False),
        ask=lambda client: client.generate("m-9", "Hi", stream=True),
        ask_async=lambda client: client.generate("m-9", "Hi", stream=True),
        tokens=(7, 3),
        kind="application/x-ndjson",
    ),
    Streaming(
        name="cohere",
        integration="cohere",
        path="/v2/chat",
        chunks=[
            {"type": "message-start", "id": "c1", "delta": {"message": {"role": "assistant", "content": []}}},
            {"type": "content-start", "index": 0, "delta": {"message": {"content": {"type": "text", "text": ""}}}},
            *map(_cohere_delta, WORDS),
            {"type": "content-end", "index": 0},
            {"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": _BILLED}},
        ],
        client=_cohere,
        async_client=_cohere_async,
        ask=lambda client: client.chat_stream(model="m-9", messages=_HI),
        ask_async=lambda client: client.chat_stream(model="m-9", messages=_HI),
        tokens=(7, 3),
        done=True,
    ),
    Streaming(
        name="cohere-v1",
        integration="cohere",
        path="/v1/chat",
        chunks=[
            {"event_type": "stream-start", "is_finished": False, "generation_id": "c1"},
            *({"event_type": "text-generation", "is_finished": False, "text": word} for word in WORDS),
            {
                "event_type": "stream-end", "is_finished": True, "finish_reason": "COMPLETE",
                "response": {"generation_id": "c1", "text": "".join(WORDS), "meta": _BILLED},
            },
        ],
        client=_cohere_old,
        async_client=_cohere_old_async,
        ask=lambda client: client.chat_stream(model="m-9", message="Hi"),
        ask_async=lambda client: client.chat_stream(model="m-9", message="Hi"),
        tokens=(7, 3),
        kind="application/stream+json",
    ),
    Streaming(
        name="mistral",
        integration="mistralai",
        path="/v1/chat/completions",
        chunks=[
            *map(_mistral_chunk, WORDS[:-1]),
            _mistral_chunk(
                WORDS[-1], "stop", usage={"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
            ),
        ],
        client=_mistral,
        async_client=_mistral_async,
        ask=lambda client: client.chat.stream(model="m-9", messages=_HI),
        ask_async=lambda client: client.chat.stream_async(model="m-9", messages=_HI),
        tokens=(7, 3),
        done=True,
    ),
    Streaming(
        name="mistral-agent",
        integration="mistralai",
        path="/v1/agents/completions",
        chunks=[
            *map(_mistral_chunk, WORDS[:-1]),
            _mistral_chunk(
                WORDS[-1], "stop", usage={"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
            ),
        ],
        client=_mistral,
        async_client=_mistral_async,
        ask=lambda client: client.agents.stream(agent_id="ag_1", messages=_HI),
        ask_async=lambda client: client.agents.stream_async(agent_id="ag_1", messages=_HI),
        tokens=(7, 3),
        done=True,
    ),
)  # fmt: skip
