"""Canonical spans for tests: only what a test cares about is said."""

from __future__ import annotations

import itertools
from typing import Any

from tracekit.model import Span

BASE_NS = 1_790_000_000_000_000_000
SECOND = 1_000_000_000
_numbers = itertools.count(1)


def span(
    name: str = "step", *, trace: int = 1, number: int | None = None, parent: int | None = None, **fields: Any
) -> Span:
    """A span of trace `trace`; starts at `BASE_NS` and takes a second unless told otherwise."""
    own = next(_numbers) + 1000 if number is None else number
    fields.setdefault("start_ns", BASE_NS)
    fields.setdefault("end_ns", fields["start_ns"] + SECOND)
    return Span(
        trace_id=f"{trace:032x}",
        span_id=f"{own:016x}",
        parent_span_id=None if parent is None else f"{parent:016x}",
        name=name,
        project=fields.pop("project", "default"),
        **fields,
    )


def call(name: str = "chat gpt-4o-mini", **fields: Any) -> Span:
    """A model call that owns its usage: 100 tokens in, 10 out."""
    said: dict[str, Any] = {
        "kind": "llm",
        "operation": "chat",
        "provider": "openai",
        "request_model": "gpt-4o-mini",
        "model": "gpt-4o-mini",
        "input_tokens": 100,
        "output_tokens": 10,
        "counted": True,
    }
    return span(name, **(said | fields))


def message(role: str, text: str, **more: Any) -> dict[str, Any]:
    """A message of one part of text."""
    return {"role": role, "parts": [{"type": "text", "content": text}], **more}
