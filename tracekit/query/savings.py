"""What prompt caching saved: what the same calls had cost without it, by the price list, less what they cost with it.

Writing to a cache costs more than plain input at some providers: a cache that is hardly read saves less than nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tracekit.model import Span

if TYPE_CHECKING:
    from tracekit.store.pricing import Pricer

_DAY_NS = 86_400 * 10**9


@dataclass(slots=True, kw_only=True)
class Saving:
    """USD saved by some calls, and how many calls used a cache whose prices are not known; those are not in the sum."""

    usd: float | None = None
    unknown: int = 0


def savings(rows: Iterable[Mapping[str, Any]], prices: Path | None = None) -> dict[str | None, Saving]:
    """What caching saved by `key`.

    Args:
        rows: of `tracekit.query.analytics.cached`.
        prices: the user's own price file; see `tracekit.store.pricing.Pricer`.
    """
    found: dict[str | None, Saving] = {}
    for row in rows:
        saving = found.setdefault(row["key"], Saving())
        usd = None if row["apart"] else _saved(row, _pricer(prices))
        if usd is None:
            saving.unknown += row["calls"]
        else:
            saving.usd = (saving.usd or 0.0) + usd
    return found


@cache
def _pricer(prices: Path | None) -> Pricer:
    from tracekit.store.pricing import Pricer  # noqa: PLC0415 - its list takes a while to load

    return Pricer(prices)


def _saved(row: Mapping[str, Any], pricer: Pricer) -> float | None:
    """USD that a row's calls saved; None where a price is not known.

    Prices are linear in tokens among calls of like size: one call of the mean size tells the price of a token.
    """
    size = max(1, round(row["input_tokens"] / row["calls"]))
    plain = pricer.price(_call(row, size=size))
    total = 0.0
    for tokens, read, write in ((row["cache_read_tokens"], size, 0), (row["cache_write_tokens"], 0, size)):
        if not tokens:
            continue
        cached = pricer.price(_call(row, size=size, read=read, write=write))
        if plain is None or cached is None:
            return None
        total += (plain - cached) / size * tokens
    return total


def _call(row: Mapping[str, Any], *, size: int, read: int = 0, write: int = 0) -> Span:
    return Span(
        trace_id="",
        span_id="",
        name="",
        kind=row["kind"],
        provider=row["provider"],
        request_model=row["request_model"],
        response_model=row["response_model"],
        service_tier=row["service_tier"],
        start_ns=row["day"] * _DAY_NS + _DAY_NS // 2,
        input_tokens=size,
        output_tokens=0,
        cache_read_tokens=read,
        cache_write_tokens=write,
    )
