"""What a call used and what that costs: the parts of its tokens, the price list, what its emitter says, what is wrong.

Owns the words for it. What is not known is left out, never shown as 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tracekit import units
from tracekit.units import Quantity

TOLERANCE = 0.01
"""Share by which two costs may differ before the page says that they do."""
_PARTS = (
    ("Uncached input", "uncached_input_tokens"),
    ("Read from cache", "cache_read_tokens"),
    ("Written to cache", "cache_write_tokens"),
    ("Visible output", "visible_output_tokens"),
    ("Reasoning", "reasoning_tokens"),
)


@dataclass(slots=True, frozen=True, kw_only=True)
class Amount:
    """A labelled number; `alarming` where another one contradicts it."""

    label: str
    value: Quantity
    note: str = ""
    alarming: bool = False


@dataclass(slots=True, frozen=True, kw_only=True)
class Usage:
    """The usage and the cost of a span, and each contradiction in them as a sentence."""

    amounts: list[Amount]
    faults: list[str]


def usage(span: Mapping[str, Any]) -> Usage | None:
    """The usage of a span; None where nothing is known of it.

    Args:
        span: a row of the `spans` view, JSON columns decoded.
    """
    parts = [(label, span[name]) for label, name in _PARTS]
    details: Mapping[str, Any] = span["usage_details"] or {}
    parts += [(_spelled(name), number) for name, number in details.items()]
    amounts = [Amount(label=label, value=units.count(number)) for label, number in parts if number is not None]
    amounts += _costs(span)
    faults = [_sentence(said) for said in (span["usage_fault"] or "").split("; ") if said]
    return Usage(amounts=amounts, faults=faults) if amounts or faults else None


def _costs(span: Mapping[str, Any]) -> list[Amount]:
    ours, given = span["cost_usd"], span["given_cost_usd"]
    found: list[Amount] = []
    if ours is not None:
        tier = f", {span['service_tier']} tier" if span["service_tier"] else ""
        found.append(Amount(label="Cost", value=units.money(ours), note=f"{span['price_source'] or ''}{tier}"))
    if given is not None:
        differs = ours is not None and abs(given - ours) > TOLERANCE * max(ours, given)
        note = "differs from ours" if differs else ""
        found.append(Amount(label="By its emitter", value=units.money(given), note=note, alarming=differs))
    return found


def _spelled(name: str) -> str:
    return name.removesuffix("_tokens").replace("_", " ").capitalize()


def _sentence(said: str) -> str:
    return said[:1].upper() + said[1:]
