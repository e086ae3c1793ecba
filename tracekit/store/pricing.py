"""What a call cost, by the price list that genai-prices ships and a price file of the user's; no network.

A model is looked up once for each (provider, model); after that a price is five multiplications. A model that
no list knows, or usage that its prices do not cover, costs None, never 0. Amounts are in USD.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import ConditionalPrice, ModelInfo, ModelPrice, TieredPrices

from tracekit.errors import UsageError
from tracekit.model import Span

_PER_MILLION = 1_000_000.0
_PROVIDERS = {
    "azure.ai.openai": "azure",
    "azure.ai.inference": "azure",
    "az.ai.openai": "azure",
    "az.ai.inference": "azure",
    "aws.bedrock": "aws",
    "gcp.gemini": "google",
    "gcp.gen_ai": "google",
    "gcp.vertex_ai": "google",
    "mistral_ai": "mistral",
    "x_ai": "x-ai",
    "moonshot_ai": "moonshotai",
}
"""Provider names of the conventions, where genai-prices has another."""
_LOCAL = frozenset({"ollama", "vllm", "llama_cpp", "llamacpp", "lmstudio", "lm_studio", "localai", "sglang"})
"""Servers that people run themselves: what a call costs there no list knows, whatever the model is called."""
_FILE_KEYS = {
    "input_per_million": "input",
    "output_per_million": "output",
    "cache_read_per_million": "cache_read",
    "cache_write_per_million": "cache_write",
}


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
        return total


@dataclass(slots=True, frozen=True)
class _Listed:
    """A model found on a list: rates that always hold or that hold at a time; and which list that is."""

    rates: Rates | None
    conditional: tuple[ConditionalPrice, ...]
    source: str

    def at(self, start_ns: int) -> Rates:
        if self.rates is not None:
            return self.rates
        when = datetime.fromtimestamp(start_ns // 1_000_000_000, UTC)
        for price in reversed(self.conditional):
            if price.constraint is None or price.constraint.active(when):
                return _rates(price.prices)
        return _rates(self.conditional[0].prices)


class Pricer:
    """Prices of calls.

    Args:
        file: a JSON file of prices that come before the built-in ones: by model name an object
            with some of `input_per_million`, `output_per_million`, `cache_read_per_million` and
            `cache_write_per_million`, in USD; those not given are not priced.

    Raises:
        UsageError: the file cannot be read or says something else.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._own = _read(file) if file is not None else {}
        self._found: dict[tuple[str | None, str | None, str | None], _Listed | None] = {}

    def price(self, span: Span) -> float | None:
        """USD for a span that owns its usage; None for every other span, and where the price is not known."""
        if not span.counted:
            return None
        listed = self._listed(span)
        return listed.at(span.start_ns).cost(span) if listed is not None else None

    def charge(self, span: Span) -> None:
        """Set the span's cost, and which list it comes from, where it owns its usage and the price is known."""
        span.cost_usd = self.price(span)
        span.price_source = self.source(span) if span.cost_usd is not None else None

    def source(self, span: Span) -> str | None:
        """Which list has this span's model: genai-prices with its version, or the user's file."""
        listed = self._listed(span)
        return listed.source if listed is not None else None

    def _listed(self, span: Span) -> _Listed | None:
        key = (span.provider, span.response_model, span.request_model)
        try:
            return self._found[key]
        except KeyError:
            found = self._found[key] = self._look_up(span)
            return found

    def _look_up(self, span: Span) -> _Listed | None:
        models = [model for model in (span.response_model, span.request_model) if model]
        for model in models:
            if model in self._own:
                return self._own[model]
        for model in models:
            info = _model_info(span.provider, model)
            if info is not None:
                return _built_in(info)
        return None


def price(span: Span) -> float | None:
    """`Pricer.price` by the built-in list."""
    return _default().price(span)


@cache
def _default() -> Pricer:
    return Pricer()


@cache
def _list_name() -> str:
    return f"genai-prices {version('genai-prices')}"


def _model_info(provider: str | None, model: str) -> ModelInfo | None:
    """The model on the built-in list, at its provider; by its name alone where the provider is not listed."""
    if provider is not None and provider.lower() in _LOCAL:
        return None
    snapshot = get_snapshot()
    known = _PROVIDERS.get(provider, provider) if provider else None
    if known is not None:
        try:
            snapshot.find_provider(None, known, None)
        except LookupError:
            known = None
    try:
        return snapshot.find_provider_model(model, None, known, None)[1]
    except LookupError:
        return None


def _built_in(info: ModelInfo) -> _Listed:
    if isinstance(info.prices, ModelPrice):
        return _Listed(_rates(info.prices), (), _list_name())
    return _Listed(None, tuple(info.prices), _list_name())


def _rates(price: ModelPrice) -> Rates:
    listed = price.__dict__
    per_thousand = listed.get("requests_kcount")
    return Rates(
        input=_steps(listed.get("input_mtok")),
        output=_steps(listed.get("output_mtok")),
        cache_read=_steps(listed.get("cache_read_mtok")),
        cache_write=_steps(listed.get("cache_write_mtok")),
        reasoning=_steps(listed.get("output_reasoning_mtok")),
        request=float(per_thousand) / 1000 if isinstance(per_thousand, Decimal) else 0.0,
    )


def _steps(price: Decimal | TieredPrices | None) -> Steps | None:
    if price is None:
        return None
    if isinstance(price, Decimal):
        return (Step(-1, float(price) / _PER_MILLION),)
    tiers = sorted(price.tiers, key=lambda tier: tier.start)
    return (
        Step(-1, float(price.base) / _PER_MILLION),
        *(Step(tier.start, float(tier.price) / _PER_MILLION) for tier in tiers),
    )


def _at(steps: Steps, input_tokens: int) -> float:
    return next(step.price for step in reversed(steps) if input_tokens > step.above)


def _read(file: Path) -> Mapping[str, _Listed]:
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(
            f"the price file {file} cannot be read as JSON: {error}. Mend it, or unset TRACEKIT_PRICES."
        ) from error
    if not isinstance(data, dict):
        raise UsageError(
            f"the price file {file} holds a JSON {type(data).__name__}; it must be an object by model name."
        )
    return {model: _Listed(_own_rates(file, model, prices), (), str(file)) for model, prices in data.items()}


def _own_rates(file: Path, model: str, prices: Any) -> Rates:
    if not isinstance(prices, dict) or not prices.keys() <= _FILE_KEYS.keys():
        raise UsageError(f"the price file {file}: {model!r} must be an object with some of {', '.join(_FILE_KEYS)}.")
    steps: dict[str, Any] = {}
    for key, price in prices.items():
        if isinstance(price, bool) or not isinstance(price, int | float) or not math.isfinite(price) or price < 0:
            raise UsageError(f"the price file {file}: {model!r} {key} is {price!r}; it must be a number of USD from 0.")
        steps[_FILE_KEYS[key]] = (Step(-1, price / _PER_MILLION),)
    return Rates(**steps)
