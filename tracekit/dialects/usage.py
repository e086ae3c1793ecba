"""Token counts as the conventions want them: the input is the total, with cached tokens inside. Pure."""

from __future__ import annotations

from tracekit.model import Span


def include_cache(span: Span, *, total: int | None = None) -> None:
    """Add cached tokens to an input that a provider counted without them, as Anthropic and Bedrock do.

    For emitters that hand on a provider's own numbers; of the conventions' own emitters the input is a total already.

    Args:
        span: its `input_tokens` become the total.
        total: all tokens, where the emitter says: it adds up either with the cached ones, or without.
    """
    cached = (span.cache_read_tokens or 0) + (span.cache_write_tokens or 0)
    if not cached or span.input_tokens is None:
        return
    said = span.input_tokens + (span.output_tokens or 0)
    if total is None or total == said + cached or cached > span.input_tokens:
        span.input_tokens += cached
