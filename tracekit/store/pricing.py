"""What a call cost, by the price list that genai-prices ships and a price file of the user's; no network.

A model is looked up once for each way to name it; after that a price is five multiplications. A model that no list
knows, or usage that its prices do not cover, costs None, never 0. Amounts are in USD.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path

from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import ModelInfo, ModelPrice

from tracekit.model import Span
from tracekit.store import modelnames, pricefile
from tracekit.store.ledger import agree
from tracekit.store.rates import Rates, rates

_AZURE = "azure"
_BATCH = "batch"
_MINUTE_NS = 60_000_000_000


@dataclass(slots=True)
class _Listed:
    """A model found on a list: which list that is, and its rates, always the same or of a minute."""

    source: str
    always: Rates | None = None
    at_time: Callable[[datetime], ModelPrice] | None = None
    _minutes: dict[int, Rates] = field(default_factory=dict[int, Rates])

    def at(self, start_ns: int) -> Rates | None:
        """The rates of a call that starts then."""
        if self.at_time is None:
            return self.always
        minute = start_ns // _MINUTE_NS
        if minute not in self._minutes:
            self._minutes.clear()  # calls come about in the order of their time
            self._minutes[minute] = rates(self.at_time(datetime.fromtimestamp(minute * 60, UTC)))
        return self._minutes[minute]


class Pricer:
    """Prices of calls.

    Args:
        file: a JSON file of prices that come before the built-in ones: by model name, or `provider/model`, an object
            with some of the keys of `pricefile.KEYS`, in USD; what is not given is not priced.

    Raises:
        UsageError: the file cannot be read or says something else.
    """

    def __init__(self, file: Path | None = None) -> None:
        own = pricefile.read(file) if file is not None else {}
        self._own = {model: _Listed(str(file), always=prices) for model, prices in own.items()}
        self._found: dict[tuple[str | None, ...], _Listed | None] = {}

    def price(self, span: Span) -> float | None:
        """USD for the usage that a span tells of, owned or not; None where that or its price is not known."""
        return _cost(span, self._listed(span)) if span.input_tokens is not None else None

    def charge(self, span: Span) -> None:
        """Set the span's cost and which list it comes from, where it is known; note where its emitter says another."""
        listed = self._listed(span) if span.input_tokens is not None else None
        cost = span.cost_usd = _cost(span, listed)
        span.price_source = listed.source if listed is not None and cost is not None else None
        given = span.given_cost_usd
        if cost is not None and given is not None and not agree(given, cost):
            said = f"the emitter says {given:.6g} USD, by {span.price_source} it is {cost:.6g}"
            span.usage_fault = f"{span.usage_fault}; {said}" if span.usage_fault else said

    def source(self, span: Span) -> str | None:
        """Which list has this span's model: genai-prices with its version, or the user's file."""
        listed = self._listed(span)
        return listed.source if listed is not None else None

    def _listed(self, span: Span) -> _Listed | None:
        key = (span.provider, span.response_model, span.request_model, span.service_tier)
        try:
            return self._found[key]
        except KeyError:
            found = self._found[key] = self._look_up(span)
            return found

    def _look_up(self, span: Span) -> _Listed | None:
        models = [model for model in (span.response_model, span.request_model) if model]
        for model in models:
            own = self._own.get(f"{span.provider}/{model}") or self._own.get(model)
            if own is not None:
                return own
        if modelnames.is_local(span.provider):
            return None
        for find in (_model, _deployed):
            for model in models:
                found = find(modelnames.provider_id(span.provider), model, span.service_tier)
                if found is not None:
                    return found
        return None


def _cost(span: Span, listed: _Listed | None) -> float | None:
    prices = listed.at(span.start_ns) if listed is not None else None
    return prices.cost(span) if prices is not None else None


def price(span: Span) -> float | None:
    """`Pricer.price` by the built-in list."""
    return _default().price(span)


@cache
def _default() -> Pricer:
    return Pricer()


@cache
def _list_name() -> str:
    return f"genai-prices {version('genai-prices')}"


def _model(provider: str | None, model: str, tier: str | None) -> _Listed | None:
    """A model on the built-in list: at its provider, or, where the list lacks that, at the one that its name tells."""
    known = provider if provider and _has(provider) else None
    for told, name in modelnames.spellings(model):
        if modelnames.is_local(told):
            return None
        info = _info(name, known or (told if told and _has(told) else None))
        if info is not None:
            return _built_in(info, tier)
    return None


def _deployed(provider: str | None, model: str, tier: str | None) -> _Listed | None:
    """The model that a deployment's name tells: on Azure people choose the name, and mostly put the model's into it."""
    if provider != _AZURE:
        return None
    lists = [get_snapshot().find_provider(None, name, None) for name in (_AZURE, "openai")]
    name = modelnames.within(model, (info.id for listed in lists for info in listed.models))
    info = _info(name, _AZURE) if name else None
    if info is None:
        return None
    found = _built_in(info, tier)
    found.source = f"{found.source} ({name}, by the name of the deployment {model})"
    return found


def _has(provider: str) -> bool:
    try:
        get_snapshot().find_provider(None, provider, None)
    except LookupError:
        return False
    return True


def _info(model: str, provider: str | None) -> ModelInfo | None:
    try:
        return get_snapshot().find_provider_model(model, None, provider, None)[1]
    except LookupError:
        return None


def _built_in(info: ModelInfo, tier: str | None) -> _Listed:
    """A model of the list; its prices may depend on the time, and on the tier of service."""
    context = _context(tier) if info.price_variants else {}
    if isinstance(info.prices, ModelPrice) and not context:
        return _Listed(_list_name(), always=rates(info.prices))
    return _Listed(_list_name(), at_time=lambda when: info.get_prices(when, context))


def _context(tier: str | None) -> dict[str, str]:
    """What genai-prices wants to know of a request to choose among a model's prices."""
    if not tier:
        return {}
    return {"processing": tier} if tier == _BATCH else {"service_tier": tier, "speed": tier}
