"""Imports guardrails and LiteLLM, which it imports at its first call, and closes the loops that guards leave.

At that moment their dependencies warn of each other. LiteLLM is not to ask for prices over the network.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import warnings
from collections.abc import Iterator

import pytest

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import guardrails  # noqa: F401 - the import is the point
    import litellm  # noqa: F401


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
