"""What the tests of frameworks have in common: the model server's replies, and what a span tells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.support.provider import Reply, answer, events
from tracekit import semconv
from tracekit.model import RawSpan

CHAT = "/v1/chat/completions"
USED = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}


def said(content: str | None, *calls: tuple[str, str, str], id_: str = "c1") -> Reply:
    """A whole chat completion; `calls` are ids, names and JSON arguments of tools."""
    message: dict[str, Any] = {"role": "assistant", "content": content}
    if calls:
        message["tool_calls"] = [_call(*each) for each in calls]
    choice = {"index": 0, "finish_reason": "tool_calls" if calls else "stop", "message": message}
    return answer({"id": id_, "object": "chat.completion", "created": 1, "model": "gpt-9", "choices": [choice],
                   "usage": USED})  # fmt: skip


def streamed(*pieces: str, id_: str = "c1", **options: Any) -> Reply:
    """The same as a stream, its usage in the last chunk."""
    deltas: list[Any] = [{"role": "assistant", "content": ""}, *({"content": piece} for piece in pieces)]
    choices = [[{"index": 0, "delta": delta, "finish_reason": None}] for delta in deltas]
    choices.append([{"index": 0, "delta": {}, "finish_reason": "stop"}])
    head = {"id": id_, "object": "chat.completion.chunk", "created": 1, "model": "gpt-9"}
    chunks: list[Any] = [{**head, "choices": each} for each in choices]
    return events([*chunks, {**head, "choices": [], "usage": USED}], **options)


def _call(id_: str, name: str, arguments: str) -> dict[str, Any]:
    return {"id": id_, "type": "function", "function": {"name": name, "arguments": arguments}}


def only(spans: Sequence[RawSpan], name: str) -> dict[str, Any]:
    """The attributes of the first span of a name."""
    return min((span for span in spans if span.name == name), key=lambda span: span.start_ns).attributes


def tokens(span: RawSpan) -> tuple[Any, Any]:
    """What a span tells of input and output."""
    return span.attributes.get(semconv.USAGE_INPUT_TOKENS), span.attributes.get(semconv.USAGE_OUTPUT_TOKENS)
