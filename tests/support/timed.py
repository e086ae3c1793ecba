"""Spans of a real time, as pages show them with the time since; `spans` has those of no time in particular."""

from __future__ import annotations

from itertools import count
from typing import Any

from tracekit.model import Span

MS = 1_000_000
_numbers = count(1)


def trace_id() -> str:
    return f"{next(_numbers):032x}"


def span(trace: str, name: str, *, at: int, ms: float | None, parent: Span | None = None, **fields: Any) -> Span:
    """A span of `trace`, `at` nanoseconds; `ms` None leaves it open."""
    fields.setdefault("project", "support")
    fields.setdefault("service", "support-api")
    fields.setdefault("dialect", "otel_genai")
    fields.setdefault("scope_name", "tracekit.openai")
    fields.setdefault("resource", {"service.name": "support-api", "process.pid": 812})
    return Span(
        trace_id=trace,
        span_id=f"{next(_numbers):016x}",
        parent_span_id=parent.span_id if parent else None,
        name=name,
        start_ns=at,
        end_ns=None if ms is None else at + int(ms * MS),
        outcome=None if ms is None else fields.pop("outcome", "complete"),
        **fields,
    )


def llm(
    trace: str, *, at: int, ms: float | None, model: str = "gpt-4o", parent: Span | None = None, **fields: Any
) -> Span:
    """A chat call with usage and price."""
    given = {
        "kind": "llm",
        "operation": "chat",
        "provider": "openai",
        "request_model": model,
        "response_model": f"{model}-2024-08-06",
        "model": model,
        "input_tokens": 1_204,
        "output_tokens": 187,
        "cost_usd": 0.00488,
        "counted": True,
        "finish_reasons": ["stop"],
        "response_id": f"chatcmpl-{next(_numbers):08x}",
        "attributes": {
            "gen_ai.request.temperature": 0.2,
            "gen_ai.request.max_tokens": 800,
            "server.address": "api.openai.com",
            "nested": {"deep": [1, 2.5, None, True, {"k": "v"}]},
        },
        **fields,
    }
    return span(trace, f"chat {model}", at=at, ms=ms, parent=parent, **given)
