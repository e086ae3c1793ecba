"""The scores of one row: every metric asked for, those that wait at the same time, each with a status."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping, Sequence

from tracekit.errors import UsageError
from tracekit.evals.asking import Asked
from tracekit.evals.metric import Services
from tracekit.evals.row import Row
from tracekit.evals.score import Score, Status, failed

Begun = dict[str, Score | Awaitable[Score]]
"""By label: the scores that are there, and what is to be awaited for the others."""


def begin(row: Row, asked: Sequence[Asked], services: Services | None) -> Begun:
    """Score a row as far as that goes without waiting. Blocks: it belongs into a worker thread."""
    begun: Begun = {}
    for one in asked:
        try:
            begun[one.label] = one.metric.begin(row, services=services, options=one.options)
        except UsageError as error:
            begun[one.label] = failed(Status.ERROR, f"{one.metric.name}: {error}")
    return begun


async def finish(begun: Begun, *, seconds: float) -> Mapping[str, Score]:
    """The scores, once what waits is there.

    Args:
        begun: from `begin`.
        seconds: how long each of them may take.
    """
    waiting = {label: one for label, one in begun.items() if not isinstance(one, Score)}
    if len(waiting) == 1:
        [(label, one)] = waiting.items()
        begun[label] = await _in_time(label, one, seconds)
    elif waiting:
        scores = await asyncio.gather(*(_in_time(label, one, seconds) for label, one in waiting.items()))
        begun |= dict(zip(waiting, scores, strict=True))
    return {label: one for label, one in begun.items() if isinstance(one, Score)}


async def _in_time(label: str, waiting: Awaitable[Score], seconds: float) -> Score:
    try:
        async with asyncio.timeout(seconds):
            return await waiting
    except TimeoutError:
        return failed(Status.TIMEOUT, f"{label} took longer than {seconds:g} s.")
    except UsageError as error:
        return failed(Status.ERROR, f"{label}: {error}")


def without(asked: Sequence[Asked], status: Status, why: str) -> dict[str, Score]:
    """The scores of a row that has no answer to be scored."""
    return {one.label: failed(status, why) for one in asked}
