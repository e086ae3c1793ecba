"""Counts of tokens as APIs and emitters say them, by the conventions' rule. Pure; what is not said stays unknown.

The rule: input is the total with cached tokens inside, output the total with reasoning inside.
"""

from __future__ import annotations

from typing import Any

from tracekit.dialects.values import count, decoded
from tracekit.model import Span

_INPUT = (
    "input_tokens",
    "prompt_tokens",
    "inputTokens",
    "promptTokens",
    "prompt_token_count",
    "promptTokenCount",
    "input",
)
_OUTPUT = (
    "output_tokens", "completion_tokens", "outputTokens", "completionTokens", "candidates_token_count",
    "candidatesTokenCount", "output",
)  # fmt: skip
_TOTAL = ("total_tokens", "totalTokens", "total_token_count", "totalTokenCount", "total")
_READ = (
    "cache_read_input_tokens", "cacheReadInputTokens", "cached_content_token_count", "cachedContentTokenCount",
    "input_cache_read", "input_cached_tokens", "input_cache_read_tokens", "cache_read_tokens", "cachedInputTokens",
)  # fmt: skip
_WRITE = (
    "cache_creation_input_tokens", "cacheWriteInputTokens", "cacheCreationInputTokens", "input_cache_creation",
    "input_cache_creation_tokens", "cache_creation_tokens", "cache_write_tokens",
)  # fmt: skip
_REASONING = (
    "output_reasoning", "output_reasoning_tokens", "reasoning_tokens", "reasoningTokens", "thoughts_token_count",
    "thoughtsTokenCount",
)  # fmt: skip
_INPUT_DETAILS = ("input_tokens_details", "prompt_tokens_details", "input_token_details")
_OUTPUT_DETAILS = ("output_tokens_details", "completion_tokens_details", "output_token_details")
_READ_DETAIL = ("cached_tokens", "cache_read")
_WRITE_DETAIL = ("cache_write_tokens", "cache_creation", "cache_creation_tokens")
_WRITE_LIVES = ("ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens")
"""Tokens written by how long they are kept: LangChain tells these, and 0 for their sum."""
_REASONING_DETAIL = ("reasoning_tokens", "reasoning")
_BESIDE = (
    "cache_read_input_tokens", "cacheReadInputTokens", "cache_creation_input_tokens", "cacheWriteInputTokens",
    "input_cache_read", "input_cache_creation", "input_cached_tokens",
)  # fmt: skip
"""Anthropic's and Bedrock's words, whose APIs count what is cached beside the input, and Langfuse's."""
_THOUGHTS_BESIDE = ("thoughts_token_count", "thoughtsTokenCount", "output_reasoning", "output_reasoning_tokens")
"""Gemini's words, whose API counts thoughts beside the candidates, and Langfuse's, whose buckets do not overlap."""


def read_usage(span: Span, value: Any, *, cached_beside: bool | None = None) -> None:
    """Set what a usage object says onto fields of `span` that say nothing yet.

    Args:
        span: gets the counts.
        value: the object, in any encoding; anything else says nothing.
        cached_beside: whether cached tokens stand beside the input instead of inside. None: as the provider whose
            words these are has it.
    """
    said = decoded(value)
    if not isinstance(said, dict):
        return
    within, after = _inner(said, _INPUT_DETAILS), _inner(said, _OUTPUT_DETAILS)
    read = _count(said, _READ, within, _READ_DETAIL)
    write = _count(said, _WRITE, within, _WRITE_DETAIL)
    write = write or sum(count(within.get(name)) or 0 for name in _WRITE_LIVES) or write
    reasoning = _count(said, _REASONING, after, _REASONING_DETAIL)
    tokens, output, total = _count(said, _INPUT), _count(said, _OUTPUT), _count(said, _TOTAL)
    if cached_beside is None:
        cached_beside = total is None and any(name in said for name in _BESIDE)
    if reasoning and output is not None and any(name in said for name in _THOUGHTS_BESIDE):
        output += reasoning
    settled = span.input_tokens is not None  # by what the emitter says itself
    fill(span, input_tokens=tokens, output_tokens=output, cache_read_tokens=read, cache_write_tokens=write,
         reasoning_tokens=reasoning)  # fmt: skip
    if not settled:
        settle(span, total=total, cached_beside=cached_beside)


def fill(span: Span, **counts: int | None) -> None:
    """Set those fields that are not set yet."""
    for field, value in counts.items():
        if value is not None and getattr(span, field) is None:
            setattr(span, field, value)


def settle(span: Span, *, total: int | None = None, cached_beside: bool = False) -> None:
    """Put cached tokens inside the input where they were counted beside it.

    They were where the emitter is known to do so, where they are more than the input, and where only with them the
    total comes out.
    """
    tokens = span.input_tokens
    cached = (span.cache_read_tokens or 0) + (span.cache_write_tokens or 0)
    if not cached or tokens is None:
        return
    if cached_beside or cached > tokens or total == tokens + cached + (span.output_tokens or 0):
        span.input_tokens = tokens + cached


def _inner(said: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    found = next((said[name] for name in names if isinstance(said.get(name), dict)), None)
    return found or {}


def _count(
    said: dict[str, Any],
    names: tuple[str, ...],
    inner: dict[str, Any] | None = None,
    inner_names: tuple[str, ...] = (),
) -> int | None:
    """The first of these counts that an object has, or that the object of its details has."""
    for name in names:
        if name in said:
            found = count(said[name])
            if found is not None:
                return found
    return _count(inner, inner_names) if inner else None
