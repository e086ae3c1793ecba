"""How fast a provider's model is asked: a token bucket whose rate its refusals teach, one for each (provider, model).

Nothing is held back until the provider says 429. Then the rate is halved (from what was really sent in the last second
before), nothing is sent until `Retry-After` is over, and each second of success adds one request a second: additive
increase, multiplicative decrease (Chiu and Jain 1989). Waiting is asynchronous: one row's wait stalls no other.
"""

from __future__ import annotations

import asyncio
import email.utils
import math
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping

_ROUNDING = 1e-9
LEAST_RATE = 0.2
"""Requests a second that a model is asked at in any case."""


class Pace:
    """The pace of one model.

    Args:
        rate: requests a second at the beginning; None holds nothing back.
        clock: seconds that pass.
        sleep: waits for some.
    """

    def __init__(
        self,
        rate: float | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self.rate = rate
        self._clock, self._sleep = clock, sleep
        self._stored = 1.0 if rate is None else max(1.0, rate)
        self._filled = clock()
        self._closed_until = 0.0
        self._lowered = 0.0
        self._sent: deque[float] = deque(maxlen=4096)

    async def turn(self) -> None:
        """Wait until one request may be sent."""
        while (wait := self._wait(self._clock())) > 0:
            await self._sleep(wait)

    def throttled(self, retry_after: float | None) -> None:
        """The provider refused one for coming too fast; `retry_after` is how many seconds it wants to be left alone."""
        now = self._clock()
        pause = max(retry_after or 0.0, 0.0)
        self._closed_until = max(self._closed_until, now + pause)
        if now - self._lowered < 1.0:  # one burst, refused many times, is one refusal
            return
        self._lowered = now
        sent = sum(1 for at in self._sent if now - at <= 1.0)
        before = self.rate if self.rate is not None else max(sent, 1)
        self.rate = max(before / 2, LEAST_RATE)
        self._stored, self._filled = 1.0, self._closed_until

    def succeeded(self) -> None:
        """The provider answered one."""
        if self.rate is not None:
            self.rate += 1 / max(self.rate, 1.0)

    def _wait(self, now: float) -> float:
        """Seconds to wait; at 0 a request is taken from the bucket."""
        if now < self._closed_until:
            return self._closed_until - now
        if self.rate is not None:
            self._stored = min(self._stored + max(now - self._filled, 0.0) * self.rate, max(1.0, self.rate))
            self._filled = max(now, self._filled)
            if self._stored < 1 - _ROUNDING:
                return (1 - self._stored) / self.rate
            self._stored -= 1
        self._sent.append(now)
        return 0.0


def retry_after(headers: Mapping[str, str], *, now: float) -> float | None:
    """Seconds that a reply's headers ask to wait; None where they do not say, or say what is no time.

    Args:
        headers: by name in lower case.
        now: Unix seconds, which a date is compared with.
    """
    for name, scale in (("retry-after-ms", 1e-3), ("retry-after", 1.0)):
        text = headers.get(name)
        if text is None:
            continue
        try:
            seconds = float(text) * scale
            if math.isfinite(seconds):
                return max(seconds, 0.0)
        except ValueError:
            pass  # a date, or nothing that can be read
        try:
            return max(email.utils.parsedate_to_datetime(text).timestamp() - now, 0.0)
        except (ValueError, TypeError, OverflowError):
            continue
    return None
