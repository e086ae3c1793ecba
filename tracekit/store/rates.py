"""What one model costs at one time, and the arithmetic of it. Pure. Amounts are in USD.

Plain usage is five multiplications of floats. Usage with further parts (sound, pictures, long-lived cache) is left to
genai-prices, which knows how they overlap.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from genai_prices import Usage
from genai_prices.types import ModelPrice, TieredPrices

from tracekit.model import Span

PER_MILLION = 1_000_000.0
DETAILS = frozenset(
    {
        "input_audio_tokens",
        "input_image_tokens",
        "input_video_tokens",
        "output_audio_tokens",
        "output_image_tokens",
        "output_video_tokens",
        "cache_audio_read_tokens",
        "cache_image_read_tokens",
        "cache_write_1h_tokens",
    }
)
"""Further parts of usage that may have prices of their own."""


@dataclass(slots=True, frozen=True)
class Step:
    """A price in USD per token that holds for requests of more than `above` input tokens."""

    above: int
    price: float


Steps = tuple[Step, ...]


@dataclass(slots=True, frozen=True, kw_only=True)
class Rates:
    """Prices of one model at one time. None is not on the list: cached input then counts as plain input."""

    input: Steps | None = None
    output: Steps | None = None
    cache_read: Steps | None = None
    cache_write: Steps | None = None
    reasoning: Steps | None = None
    request: float = 0.0
    listed: ModelPrice

    def cost(self, span: Span) -> float | None:
        """USD for the span's usage; None where that is unknown, contradicts itself, or is not covered."""
        tokens, output = span.input_tokens, span.output_tokens
        if tokens is None or (output is None and span.kind != "embedding"):
            return None
        read = span.cache_read_tokens or 0 if self.cache_read else 0
        write = span.cache_write_tokens or 0 if self.cache_write else 0
        thought = span.reasoning_tokens or 0 if self.reasoning else 0
        plain, spoken = tokens - read - write, (output or 0) - thought
        if plain < 0 or spoken < 0:
            return None
        total = self.request
        for amount, steps in (
            (plain, self.input),
            (read, self.cache_read),
            (write, self.cache_write),
            (spoken, self.output),
            (thought, self.reasoning),
        ):
            if amount:
                if steps is None:
                    return None
                total += amount * _at(steps, tokens)
        return self._detailed(span) if span.usage_details else total

    def _detailed(self, span: Span) -> float | None:
        usage = {
            "input_tokens": span.input_tokens,
            "output_tokens": span.output_tokens,
            "cache_read_tokens": span.cache_read_tokens,
            "cache_write_tokens": span.cache_write_tokens,
            "output_reasoning_tokens": span.reasoning_tokens,
            **{part: tokens for part, tokens in (span.usage_details or {}).items() if part in DETAILS},
        }
        try:
            return float(self.listed.calc_price(Usage(**usage))["total_price"])
        except ValueError:  # two parts overlap, and nothing says by how much: a price of one could be of either
            return None


def rates(listed: ModelPrice) -> Rates:
    """A list's prices of a model, made ready for quick arithmetic."""
    prices = listed.__dict__
    per_thousand = prices.get("requests_kcount")
    return Rates(
        input=_steps(prices.get("input_mtok")),
        output=_steps(prices.get("output_mtok")),
        cache_read=_steps(prices.get("cache_read_mtok")),
        cache_write=_steps(prices.get("cache_write_mtok")),
        reasoning=_steps(prices.get("output_reasoning_mtok")),
        request=float(per_thousand) / 1000 if isinstance(per_thousand, Decimal) else 0.0,
        listed=listed,
    )


def _steps(price: Decimal | TieredPrices | None) -> Steps | None:
    if price is None:
        return None
    if isinstance(price, Decimal):
        return (Step(-1, float(price) / PER_MILLION),)
    tiers = sorted(price.tiers, key=lambda tier: tier.start)
    return (
        Step(-1, float(price.base) / PER_MILLION),
        *(Step(tier.start, float(tier.price) / PER_MILLION) for tier in tiers),
    )


def _at(steps: Steps, input_tokens: int) -> float:
    if len(steps) == 1:  # by far the commonest: one price, whatever the size
        return steps[0].price
    return next(step.price for step in reversed(steps) if input_tokens > step.above)
