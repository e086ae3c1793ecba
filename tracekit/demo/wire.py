"""OpenAI's HTTP forms, in and out: chat completions, responses, embeddings, and their event streams. Pure."""

from __future__ import annotations

import base64
import json
import re
import zlib
from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tracekit.demo import tokens
from tracekit.demo.exchange import MODELS, Asked, Reply, ToolCall, Turn

DIMENSIONS = 1536
"""Length of an embedding when the request names none, as with text-embedding-3-small."""

Json = dict[str, Any]


def chat_request(body: Mapping[str, Any], *, retries: int) -> Asked:
    """A chat completion request as the script sees it."""
    options = body.get("stream_options") or {}
    return Asked(
        model=str(body["model"]),
        turns=tuple(Turn(role=message["role"], text=_chat_text(message)) for message in body["messages"]),
        tools=tuple(body.get("tools") or ()),
        stream=bool(body.get("stream")),
        include_usage=bool(options.get("include_usage")),
        retries=retries,
    )


def _chat_text(message: Mapping[str, Any]) -> str:
    calls = [call["function"]["name"] + call["function"]["arguments"] for call in message.get("tool_calls") or ()]
    return "".join([_text(message.get("content")), *calls])


def _text(content: str | Sequence[Mapping[str, Any]] | None) -> str:
    if content is None or isinstance(content, str):
        return content or ""
    return "".join(str(part.get("text", "")) for part in content)


def responses_request(body: Mapping[str, Any], *, retries: int) -> Asked:
    """A Responses API request as the script sees it."""
    given = body["input"]
    items = [{"role": "user", "content": given}] if isinstance(given, str) else given
    turns = [Turn(role="system", text=body["instructions"])] if body.get("instructions") else []
    turns += [_item_turn(item) for item in items]
    return Asked(
        model=str(body["model"]),
        turns=tuple(turns),
        tools=tuple(body.get("tools") or ()),
        stream=bool(body.get("stream")),
        retries=retries,
    )


def _item_turn(item: Mapping[str, Any]) -> Turn:
    kind = item.get("type", "message")
    if kind == "function_call":
        return Turn(role="assistant", text=item["name"] + item["arguments"])
    if kind == "function_call_output":
        return Turn(role="tool", text=_text(item["output"]))
    return Turn(role=item.get("role", "assistant"), text=_text(item.get("content")))


def chat_completion(asked: Asked, reply: Reply, *, key: str, created: int) -> Json:
    """The body of a whole chat completion.

    Args:
        asked: the request.
        reply: what the model says.
        key: makes the ids of this reply its own.
        created: Unix seconds.
    """
    message: Json = {"role": "assistant", "content": reply.text or None, "refusal": None, "annotations": []}
    if reply.tool_calls:
        message["tool_calls"] = [_tool_call(call, key, index) for index, call in enumerate(reply.tool_calls)]
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _finish(reply)}
    head = _chat_head(asked, key, created)
    return {**head, "object": "chat.completion", "choices": [choice], "usage": _chat_usage(asked, reply)}


def chat_chunks(asked: Asked, reply: Reply, *, key: str, created: int) -> Iterator[Json]:
    """The chunks of a streamed chat completion: a token each, and usage last when it was asked for."""
    head = {**_chat_head(asked, key, created), "object": "chat.completion.chunk"}

    def chunk(delta: Json, finish: str | None = None) -> Json:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        usage = {"usage": None} if asked.include_usage else {}
        return {**head, "choices": [choice], **usage}

    yield chunk({"role": "assistant", "content": None if reply.tool_calls else "", "refusal": None})
    for piece in tokens.pieces(reply.text):
        yield chunk({"content": piece})
    for index, call in enumerate(reply.tool_calls):
        whole = _tool_call(call, key, index)
        yield chunk({"tool_calls": [{"index": index, **whole, "function": {"name": call.name, "arguments": ""}}]})
        for piece in tokens.pieces(call.arguments):
            yield chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
    yield chunk({}, _finish(reply))
    if asked.include_usage:
        yield {**head, "choices": [], "usage": _chat_usage(asked, reply)}


def _chat_head(asked: Asked, key: str, created: int) -> Json:
    return {
        "id": f"chatcmpl-{key}",
        "created": created,
        "model": MODELS[asked.model].dated,
        "service_tier": "default",
        "system_fingerprint": "fp_lakeside",
    }


def _tool_call(call: ToolCall, key: str, index: int) -> Json:
    return {
        "id": f"call_{key}{index}",
        "type": "function",
        "function": {"name": call.name, "arguments": call.arguments},
    }


def _finish(reply: Reply) -> str:
    return "tool_calls" if reply.tool_calls else "stop"


def _chat_usage(asked: Asked, reply: Reply) -> Json:
    return {
        "prompt_tokens": asked.input_tokens,
        "completion_tokens": reply.output_tokens,
        "total_tokens": asked.input_tokens + reply.output_tokens,
        "prompt_tokens_details": {"cached_tokens": asked.cached_tokens, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": reply.reasoning_tokens, "audio_tokens": 0},
    }


def response(asked: Asked, reply: Reply, *, key: str, created: int) -> Json:
    """The body of a whole Responses API reply; arguments as for `chat_completion`."""
    return {
        **_response_head(asked, key, created),
        "status": "completed",
        "output": _output(reply, key),
        "usage": {
            "input_tokens": asked.input_tokens,
            "input_tokens_details": {"cached_tokens": asked.cached_tokens},
            "output_tokens": reply.output_tokens,
            "output_tokens_details": {"reasoning_tokens": reply.reasoning_tokens},
            "total_tokens": asked.input_tokens + reply.output_tokens,
        },
    }


def response_events(asked: Asked, reply: Reply, *, key: str, created: int) -> Iterator[Json]:
    """The events of a streamed Responses API reply, numbered, a token a delta."""
    for number, event in enumerate(_response_events(asked, reply, key, created)):
        yield {**event, "sequence_number": number}


def _response_events(asked: Asked, reply: Reply, key: str, created: int) -> Iterator[Json]:
    begun = {**_response_head(asked, key, created), "status": "in_progress", "output": [], "usage": None}
    yield {"type": "response.created", "response": begun}
    for index, item in enumerate(_output(reply, key)):
        yield {
            "type": "response.output_item.added",
            "output_index": index,
            "item": {**item, "status": "in_progress"},
        }
        if item["type"] == "message":
            yield from _text_events(item, index)
        elif item["type"] == "function_call":
            place = {"item_id": item["id"], "output_index": index}
            for piece in tokens.pieces(item["arguments"]):
                yield {"type": "response.function_call_arguments.delta", **place, "delta": piece}
            done = {"name": item["name"], "arguments": item["arguments"]}
            yield {"type": "response.function_call_arguments.done", **place, **done}
        yield {"type": "response.output_item.done", "output_index": index, "item": item}
    yield {"type": "response.completed", "response": response(asked, reply, key=key, created=created)}


def _text_events(item: Json, index: int) -> Iterator[Json]:
    part = item["content"][0]
    place = {"item_id": item["id"], "output_index": index, "content_index": 0}
    yield {"type": "response.content_part.added", **place, "part": {**part, "text": ""}}
    for piece in tokens.pieces(part["text"]):
        yield {"type": "response.output_text.delta", **place, "delta": piece, "logprobs": []}
    yield {"type": "response.output_text.done", **place, "text": part["text"], "logprobs": []}
    yield {"type": "response.content_part.done", **place, "part": part}


def _response_head(asked: Asked, key: str, created: int) -> Json:
    return {
        "id": f"resp_{key}",
        "object": "response",
        "created_at": created,
        "model": MODELS[asked.model].dated,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "parallel_tool_calls": True,
        "temperature": 1.0,
        "top_p": 1.0,
        "tool_choice": "auto",
        "tools": list(asked.tools),
    }


def _output(reply: Reply, key: str) -> list[Json]:
    items: list[Json] = []
    if reply.thought:
        items.append(
            {
                "id": f"rs_{key}",
                "type": "reasoning",
                "summary": [{"type": "summary_text", "text": reply.thought}],
            }
        )
    if reply.text:
        part = {"type": "output_text", "text": reply.text, "annotations": [], "logprobs": []}
        items.append(
            {
                "id": f"msg_{key}",
                "type": "message",
                "role": "assistant",
                "status": "completed",
                "content": [part],
            }
        )
    for index, call in enumerate(reply.tool_calls):
        ids = {"id": f"fc_{key}{index}", "call_id": f"call_{key}{index}"}
        items.append(
            {
                **ids,
                "type": "function_call",
                "status": "completed",
                "name": call.name,
                "arguments": call.arguments,
            }
        )
    return items


def embeddings(body: Mapping[str, Any]) -> Json:
    """The body of an embeddings reply, floats or base64 as asked."""
    given = body["input"]
    texts = [given] if isinstance(given, str) else list(given)
    size = int(body.get("dimensions") or DIMENSIONS)
    vectors = [vector(text, size) for text in texts]
    encoded: list[Any] = vectors
    if body.get("encoding_format") == "base64":
        encoded = [base64.b64encode(array("f", one).tobytes()).decode() for one in vectors]
    used = sum(tokens.count(text) for text in texts)
    return {
        "object": "list",
        "model": MODELS[body["model"]].dated,
        "data": [{"object": "embedding", "index": index, "embedding": one} for index, one in enumerate(encoded)],
        "usage": {"prompt_tokens": used, "total_tokens": used},
    }


def vector(text: str, size: int) -> list[float]:
    """A unit vector; texts that share words lie close: each word of four letters or more adds to one place.

    Words are taken by their first four letters, so that "ferry" and "ferries" meet.
    """
    values = [0.0] * size
    for word in re.findall(r"\w{4,}", text.lower()):
        values[zlib.crc32(word[:4].encode()) % size] += 1.0
    length = sum(value * value for value in values) ** 0.5
    return [value / length for value in values] if length else [1.0, *values[1:]]


def sse(event: Mapping[str, Any], *, named: bool) -> bytes:
    """One server-sent event; the Responses API also names its events on a line of their own."""
    head = f"event: {event['type']}\n" if named else ""
    return f"{head}data: {json.dumps(event, ensure_ascii=False)}\n\n".encode()
