"""What judging costs, and where it has to stop. A price that is not known is None, and no limit can be kept with it."""

from __future__ import annotations

import time
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from tracekit.evals.judges.question import Reply, UndecidedError
from tracekit.evals.score import Status
from tracekit.model import Span

if TYPE_CHECKING:
    from tracekit.store.pricing import Pricer


class Prices:
    """What replies cost, by the project's price lists.

    Args:
        file: the user's own prices; see `Pricer`.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file

    @cached_property
    def _pricer(self) -> Pricer:
        from tracekit.store.pricing import Pricer  # noqa: PLC0415 - its list takes a while to load

        return Pricer(self._file)

    def cost(self, reply: Reply, *, provider: str | None, model: str | None) -> float | None:
        """USD for one reply; None where it is not known."""
        if reply.cost_usd is not None:
            return reply.cost_usd
        if reply.usage is None or model is None:
            return None
        return self._pricer.price(
            Span(
                trace_id="",
                span_id="",
                kind="llm",
                provider=provider,
                request_model=model,
                response_model=reply.model,
                start_ns=time.time_ns(),
                input_tokens=reply.usage.input_tokens,
                output_tokens=reply.usage.output_tokens,
                cache_read_tokens=reply.usage.cache_read_tokens,
                cache_write_tokens=reply.usage.cache_write_tokens,
                reasoning_tokens=reply.usage.reasoning_tokens,
            )
        )


class Budget:
    """A limit in USD that calls are held against before they are made. Others may spend from it too.

    Calls under way are counted with what the dearest one so far has cost; the first ones, whose cost nobody knows yet,
    may overshoot the limit by what they cost themselves.

    Args:
        limit: USD; None for none.
    """

    def __init__(self, limit: float | None = None) -> None:
        self.limit = limit
        self.spent = 0.0
        self.unpriced: str | None = None
        self._under_way = 0
        self._dearest = 0.0

    @property
    def exhausted(self) -> bool:
        """Whether a call was, or would be, refused."""
        if self.limit is None:
            return False
        return self.unpriced is not None or self.spent + (self._under_way + 1) * self._dearest > self.limit

    def reserve(self) -> None:
        """Before a call.

        Raises:
            UndecidedError: it could cost more than is left; or a call was made of which nobody knows what it cost.
        """
        if self.exhausted:
            why = self.unpriced or f"${self.spent:.4f} of ${self.limit:.4f} are spent, and the next call may exceed it."
            raise UndecidedError(Status.BUDGET, why)
        self._under_way += 1

    def settle(self, cost: float | None, *, what: str) -> None:
        """After a call: what it cost, None where that is not known."""
        self._under_way -= 1
        self.spend(cost, what=what)
        self._dearest = max(self._dearest, cost or 0.0)

    def release(self) -> None:
        """After a call that came to nothing."""
        self._under_way -= 1

    def spend(self, cost: float | None, *, what: str) -> None:
        """Something else was paid for."""
        if cost is not None:
            self.spent += cost
        elif self.limit is not None and self.unpriced is None:
            self.unpriced = (
                f"no price is known of {what}, so the budget of ${self.limit:g} cannot be kept; "
                "name one in TRACEKIT_PRICES, or leave the limit out."
            )
