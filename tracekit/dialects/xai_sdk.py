"""The spans that xAI's own client makes of its requests: the conventions, with content spelled out by index. Pure.

Read in xai-sdk 1.21: messages are `gen_ai.prompt.N.role` and so on, calls JSON text on them; output tokens leave out
those of reasoning; the user is `user_id`.
"""

from __future__ import annotations

import re
from typing import Any

from tracekit import semconv as sc
from tracekit.dialects import otel_genai
from tracekit.dialects.dialect import Dialect
from tracekit.dialects.messages import finished, messages
from tracekit.dialects.values import count, decoded, text
from tracekit.model import RawSpan, Span

_INDEXED = re.compile(r"(gen_ai\.prompt|gen_ai\.completion)\.(\d{1,6})\.(role|content|reasoning_content|tool_calls)")


def read(raw: RawSpan, span: Span) -> None:
    """Read the conventions, then the client's own names."""
    otel_genai.read(raw, span)
    said = raw.attributes
    span.user_id = span.user_id or text(said.get(sc.XAI_USER_ID))
    span.cache_read_tokens = count(said.get(sc.XAI_CACHED_TOKENS))
    span.reasoning_tokens = count(said.get(sc.USAGE_REASONING_OLD))
    _include_reasoning(span, count(said.get(sc.USAGE_TOTAL)))
    found: dict[str, dict[int, dict[str, Any]]] = {}
    for name, value in said.items():
        match = _INDEXED.fullmatch(name)
        if match:
            found.setdefault(match[1], {}).setdefault(int(match[2]), {})[match[3]] = value
    if not span.input_messages:
        span.input_messages = _messages(found.get(sc.PROMPT_OLD), "user")
    if not span.output_messages:
        span.output_messages = _messages(found.get(sc.COMPLETION_OLD), "assistant")
    if span.input is None:
        span.input = said.get(sc.PROMPT_OLD)  # of an image or a video
    finished(span)


def _include_reasoning(span: Span, total: int | None) -> None:
    asked, answered, thought = span.input_tokens, span.output_tokens, span.reasoning_tokens
    if asked is not None and answered is not None and thought and total == asked + answered + thought:
        span.output_tokens = answered + thought


def _messages(rows: dict[int, dict[str, Any]] | None, role: str) -> list[Any] | None:
    if not rows:
        return None
    ordered = [rows[number] for number in sorted(rows)]
    return messages([{**row, "tool_calls": decoded(row.get("tool_calls"))} for row in ordered], role)


DIALECT = Dialect(name="xai_sdk", read=read, scopes=("xai_sdk",))
