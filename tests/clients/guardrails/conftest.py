"""Imports guardrails, whose dependencies warn of each other at that moment, and closes the loops that guards leave."""

from __future__ import annotations

import asyncio
import inspect
import warnings
from collections.abc import Iterator

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import guardrails  # noqa: F401 - the import is the point


@pytest.fixture(autouse=True)
def loop(request: pytest.FixtureRequest) -> Iterator[None]:
    """A synchronous guard runs its validators in the thread's loop, or makes one that nobody closes."""
    if inspect.iscoroutinefunction(request.function):
        yield
        return
    made = asyncio.new_event_loop()
    asyncio.set_event_loop(made)
    yield
    asyncio.set_event_loop(None)
    made.close()
