"""From the bytes of a request to the journal, whatever they came by: HTTP and gRPC share it, and its refusals.

It owns the one count of what is in the process at a time, and says that a request is accepted only when it is durable.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from tracekit.collector import signals, weighing
from tracekit.collector.body import Admission, BusyError, EncodingError, Limits, SlowError
from tracekit.collector.durable import GroupCommit, NotDurableError
from tracekit.collector.signals import Signal
from tracekit.errors import BodyTooLargeError, DecodeError, TracekitError

RETRY_AFTER_BUSY = 1
RETRY_AFTER_DISK = 10
"""Seconds."""

JSON_BYTES = 256 << 10
PROTOBUF_BYTES = 4 << 20
"""Bodies up to these sizes are looked into between other requests, some milliseconds; larger ones beside them."""


@dataclass(slots=True, frozen=True)
class Refusal:
    """How a refused request is answered: HTTP status, gRPC code, seconds until it may be sent again (None: never)."""

    http: int
    grpc: int
    retry_after: int | None = None


_REFUSALS: dict[type[TracekitError], Refusal] = {
    EncodingError: Refusal(415, 3),
    BodyTooLargeError: Refusal(413, 3),
    DecodeError: Refusal(400, 3),
    SlowError: Refusal(408, 4),
    BusyError: Refusal(429, 8, RETRY_AFTER_BUSY),
    NotDurableError: Refusal(503, 14, RETRY_AFTER_DISK),
}


def refusal(error: TracekitError) -> Refusal:
    """The answer to a request that this error has ended."""
    return next(_REFUSALS[kind] for kind in type(error).__mro__ if kind in _REFUSALS)


class Acceptance:
    """Checks requests and makes them durable.

    Args:
        journal: where a request becomes durable.
        limits: what is taken at most, by all ways together.
    """

    def __init__(self, journal: GroupCommit, *, limits: Limits | None = None) -> None:
        self._journal = journal
        self.admission = Admission(limits or Limits())

    async def accept(self, signal: Signal, data: bytes, *, is_json: bool) -> int:
        """Check and journal one request; how many of its spans cannot be kept.

        Raises:
            BodyTooLargeError: it has more parts than are taken at a time.
            DecodeError: it is not a request of this signal.
            NotDurableError: the disk does not take it.
        """
        rejected = await self._check(signal, data, is_json=is_json)
        await self._journal.append(signal.record(is_json=is_json), data)
        return rejected

    async def _check(self, signal: Signal, data: bytes, *, is_json: bool) -> int:
        if len(data) <= (JSON_BYTES if is_json else PROTOBUF_BYTES):
            return signals.rejected(signal, data, is_json=is_json)
        async with self.admission.checking:
            return await asyncio.to_thread(self._check_large, signal, data, is_json=is_json)

    def _check_large(self, signal: Signal, data: bytes, *, is_json: bool) -> int:
        weighing.check(signal.request, data, is_json=is_json, limit=self.admission.limits.parts)
        return signals.rejected(signal, data, is_json=is_json)
