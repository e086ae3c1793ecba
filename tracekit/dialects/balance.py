"""The usage that a span reports, in parts that do not overlap, and what in it contradicts itself. Pure.

Input is uncached, read from the cache, or written to it; output is visible or reasoning; what is sound, pictures or
film of either is a subset beside these. Nothing is mended: a contradiction is named in `usage_fault`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracekit import semconv as sc
from tracekit import semconv_vendors as sv
from tracekit.dialects.values import count, text
from tracekit.model import Span

COUNTED_KINDS = frozenset({"llm", "embedding"})
TIERS = (
    sc.OPENAI_RESPONSE_SERVICE_TIER,
    sc.OPENAI_RESPONSE_SERVICE_TIER_OLD,
    sc.ANTHROPIC_RESPONSE_SPEED,
    sc.ANTHROPIC_RESPONSE_SERVICE_TIER,
    sc.BEDROCK_RESPONSE_SERVICE_TIER,
    sv.AI_RESPONSE_SERVICE_TIER,
    sc.OPENAI_REQUEST_SERVICE_TIER,
    sc.OPENAI_REQUEST_SERVICE_TIER_OLD,
    sc.BEDROCK_REQUEST_SERVICE_TIER,
)
"""The tier that answered goes before the one that was asked for."""
_DETAILS = {
    sc.ANTHROPIC_CACHE_WRITE_1H: "cache_write_1h_tokens",
    sv.USAGE_DETAILS_INPUT_AUDIO: "input_audio_tokens",
    sv.USAGE_DETAILS_OUTPUT_AUDIO: "output_audio_tokens",
    sv.USAGE_DETAILS_CACHE_AUDIO_READ: "cache_audio_read_tokens",
    sv.TOKENS_PROMPT_AUDIO: "input_audio_tokens",
    sv.TOKENS_COMPLETION_AUDIO: "output_audio_tokens",
}
_TOTALS = (sc.USAGE_TOTAL, sv.LLM_USAGE_TOTAL, sv.TOKENS_TOTAL)
NUMBERS = {
    sc.USAGE_INPUT_TOKENS: "input_tokens",
    sc.USAGE_OUTPUT_TOKENS: "output_tokens",
    sc.USAGE_CACHE_READ: "cache_read_tokens",
    sc.USAGE_CACHE_WRITE: "cache_write_tokens",
    sc.USAGE_CACHE_CREATION: "cache_write_tokens",
    sc.USAGE_REASONING: "reasoning_tokens",
}
"""Attributes that are a number of tokens, or a fault."""
_PARTS = (
    ("input_tokens", ("input_audio_tokens", "input_image_tokens", "input_video_tokens")),
    ("output_tokens", ("output_audio_tokens", "output_image_tokens", "output_video_tokens")),
    ("cache_read_tokens", ("cache_audio_read_tokens", "cache_image_read_tokens")),
    ("cache_write_tokens", ("cache_write_1h_tokens",)),
)
"""A whole, and details of it that do not overlap: they cannot be more than it."""
APART = frozenset({*_DETAILS, *_TOTALS})
"""Attributes that few spans have, and that are read one by one."""
_RARE = APART.union(TIERS)


def settle(span: Span) -> None:
    """Complete what a dialect read of a span's usage: further parts, service tier, whether it owns it, its faults."""
    said = span.attributes
    rare = _RARE.intersection(said)
    if rare:
        _read(span, rare)
    faults: list[str] = []
    if reports(span):
        span.counted = span.kind in COUNTED_KINDS
        faults += _excesses(span)
        if rare:
            faults += _total_faults(span, rare)
    unread = [name for name in NUMBERS if name in said and getattr(span, NUMBERS[name]) is None]
    if unread:
        faults += _unreadable(said, unread)
    if faults:
        span.usage_fault = "; ".join(faults)


def reports(span: Span) -> bool:
    """Whether a span tells of tokens that were paid for. A response that is fetched was paid for when it was made."""
    return (span.input_tokens is not None or span.output_tokens is not None) and span.operation != sc.FETCH_RESPONSE


def _read(span: Span, rare: frozenset[str]) -> None:
    said = span.attributes
    if span.service_tier is None:
        span.service_tier = next((tier for name in TIERS if name in rare and (tier := text(said[name]))), None)
    for name, field in _DETAILS.items():
        tokens = count(said[name]) if name in rare else None
        if tokens:  # where there was none, most emitters say 0 and some say nothing
            if span.usage_details is None:
                span.usage_details = {}
            span.usage_details.setdefault(field, tokens)


def _excesses(span: Span) -> list[str]:
    """Parts that are more than their whole."""
    faults: list[str] = []
    read, write, thought = span.cache_read_tokens or 0, span.cache_write_tokens or 0, span.reasoning_tokens or 0
    if span.input_tokens is not None and read + write > span.input_tokens:
        faults.append(f"{read} cache read and {write} cache write tokens exceed {span.input_tokens} input tokens")
    if span.output_tokens is not None and thought > span.output_tokens:
        faults.append(f"{thought} reasoning tokens exceed {span.output_tokens} output tokens")
    details = span.usage_details or {}
    for whole, parts in _PARTS if details else ():
        total: int | None = getattr(span, whole)
        known = {part: details[part] for part in parts if part in details}
        if total is not None and sum(known.values()) > total:
            named = " and ".join(f"{tokens} {_word(part)}" for part, tokens in known.items())
            faults.append(f"{named} tokens exceed {total} {_word(whole)} tokens")
    return faults


def _total_faults(span: Span, rare: frozenset[str]) -> list[str]:
    """Totals that are not the sum of input and output."""
    if span.input_tokens is None or span.output_tokens is None:
        return []
    total = span.input_tokens + span.output_tokens
    return [
        f"{name} is {span.attributes[name]}, and input and output are {total}"
        for name in _TOTALS
        if name in rare and count(span.attributes[name]) not in {None, total}
    ]


def _unreadable(said: Mapping[str, Any], names: list[str]) -> list[str]:
    """Usage that is there and is no number of tokens."""
    return [
        f"{name} is {said[name]!r:.40}, which is no number of tokens"
        for name in sorted(names)
        if said[name] is not None
    ]


def _word(field: str) -> str:
    return field.removesuffix("_tokens").replace("_", " ")
