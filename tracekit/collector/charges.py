"""What calls cost, set on their spans. The list of prices is loaded when the first span needs it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tracekit.model import Span

if TYPE_CHECKING:
    from tracekit.store.pricing import Pricer


def pricer(prices: Path | None) -> Pricer:
    """The prices of calls.

    Raises:
        UsageError: the file cannot be used.
    """
    from tracekit.store.pricing import Pricer  # noqa: PLC0415 - 400 ms to import, and only new model calls need it

    return Pricer(prices)


class Charges:
    """Sets what a span has cost; the built-in list is loaded when the first span needs it.

    Args:
        prices: a JSON file of prices that come before the built-in ones.

    Raises:
        UsageError: the file cannot be used.
    """

    def __init__(self, prices: Path | None) -> None:
        self._pricer = pricer(prices) if prices is not None else None

    def __call__(self, span: Span) -> None:
        """Charge one span."""
        if self._pricer is None:
            self._pricer = pricer(None)
        self._pricer.charge(span)
