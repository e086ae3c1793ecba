"""Replies as OpenAI's API writes them, for scripted tests."""

from __future__ import annotations

from typing import Any

CHAT = "/v1/chat/completions"
RESPONSES = "/v1/responses"

USAGE = {
    "prompt_tokens": 30,
    "completion_tokens": 9,
    "total_tokens": 39,
    "prompt_tokens_details": {"cached_tokens": 20},
    "completion_tokens_details": {"reasoning_tokens": 4},
}


def completion(content: str | None = "Hello", **message: Any) -> dict[str, Any]:
    """A whole chat completion of one choice."""
    finish = "tool_calls" if "tool_calls" in message else "stop"
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "gpt-9-2026",
        "choices": [
            {
                "index": 0,
                "finish_reason": finish,
                "logprobs": None,
                "message": {"role": "assistant", "content": content, "refusal": None, **message},
            }
        ],
        "usage": USAGE,
    }


def chunk(*choices: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A chunk of a streamed chat."""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "gpt-9-2026",
        "choices": list(choices),
        **fields,
    }


def delta(index: int = 0, finish: str | None = None, **fields: Any) -> dict[str, Any]:
    """A choice of a chunk."""
    return {"index": index, "delta": fields, "finish_reason": finish}


def chat(*words: str, usage: Any = USAGE, finish: str = "stop") -> list[dict[str, Any]]:
    """The chunks of a streamed answer, its usage last where there is one."""
    chunks = [
        chunk(delta(role="assistant", content="")),
        *(chunk(delta(content=word)) for word in words),
        chunk(delta(finish=finish)),
    ]
    return [*chunks, chunk(usage=usage)] if usage else chunks


def response(*output: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A whole response."""
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "status": "completed",
        "error": None,
        "incomplete_details": None,
        "model": "gpt-9-2026",
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "output": list(output),
        "usage": {
            "input_tokens": 30,
            "input_tokens_details": {"cached_tokens": 20, "cache_write_tokens": 0},
            "output_tokens": 9,
            "output_tokens_details": {"reasoning_tokens": 4},
            "total_tokens": 39,
        },
        **fields,
    }


def said(text: str) -> dict[str, Any]:
    """An output item of text."""
    content = [{"type": "output_text", "text": text, "annotations": []}]
    return {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": content}


def response_events(*words: str) -> list[dict[str, Any]]:
    """The events of a streamed response of text."""
    text = "".join(words)
    place = {"output_index": 0, "content_index": 0, "item_id": "msg_1"}
    begun = response(status="in_progress", usage=None)
    part = {"type": "output_text", "text": text, "annotations": []}
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": begun},
        {
            "type": "response.output_item.added",
            "output_index": 0,
            "item": {**said(""), "status": "in_progress", "content": []},
        },
        {"type": "response.content_part.added", **place, "part": {**part, "text": ""}},
        *({"type": "response.output_text.delta", **place, "delta": word, "logprobs": []} for word in words),
        {"type": "response.output_text.done", **place, "text": text, "logprobs": []},
        {"type": "response.content_part.done", **place, "part": part},
        {"type": "response.output_item.done", "output_index": 0, "item": said(text)},
        {"type": "response.completed", "response": response(said(text))},
    ]
    return [{**event, "sequence_number": number} for number, event in enumerate(events)]
