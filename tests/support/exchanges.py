"""Exchanges with models over bare HTTP, and what is recorded of them."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

from tests.support import conventions
from tests.support.recorded import journaled
from tracekit import semconv
from tracekit.model import RawSpan

HI = [{"role": "user", "content": "Hi"}]
CHAT = "/v1/chat/completions"
ASKED: dict[str, Any] = {"model": "gpt-9", "messages": HI, "temperature": 0}
SAID = {
    "id": "c1",
    "model": "gpt-9-1",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 7, "completion_tokens": 3},
}


def chunk(content: str, finish: str | None = None) -> dict[str, Any]:
    return {
        "id": "c1",
        "model": "gpt-9-1",
        "choices": [{"index": 0, "delta": {"content": content}, "finish_reason": finish}],
    }


CHUNKS = [
    chunk("Hel"),
    chunk("lo", "stop"),
    {"id": "c1", "model": "gpt-9-1", "choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 3}},
]
CLAUDE = {
    "id": "m1",
    "model": "claude-9-1",
    "content": [{"type": "text", "text": "Hello"}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 7, "output_tokens": 3},
}
GEMINI = {
    "candidates": [{"index": 0, "content": {"role": "model", "parts": [{"text": "Hello"}]}, "finishReason": "STOP"}],
    "usageMetadata": {"promptTokenCount": 7, "candidatesTokenCount": 3},
    "modelVersion": "gemini-9-1",
}
RESPONSE = {
    "id": "r1",
    "model": "gpt-9-1",
    "status": "completed",
    "output": [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hello"}]}],
    "usage": {"input_tokens": 7, "output_tokens": 3},
}
VECTORS = {"model": "e-9", "data": [{"embedding": [0.5, 0.25]}], "usage": {"prompt_tokens": 7}}
CONTENTS = {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}


def spans(data_dir: Path) -> list[RawSpan]:
    gc.collect()
    journal = journaled(data_dir)
    assert len(journal.started) == len(journal.ended)
    for span in journal.ended:
        conventions.check(span.attributes)
    return journal.ended


def only(data_dir: Path) -> RawSpan:
    (span,) = spans(data_dir)
    return span


def texts(span: RawSpan) -> str:
    messages = span.attributes.get(semconv.OUTPUT_MESSAGES, [])
    return "".join(part["content"] for message in messages for part in message["parts"])


def tokens(span: RawSpan) -> tuple[Any, Any]:
    return span.attributes.get(semconv.USAGE_INPUT_TOKENS), span.attributes.get(semconv.USAGE_OUTPUT_TOKENS)
