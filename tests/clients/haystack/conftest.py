"""Haystack that talks to nobody but the model server here."""

from __future__ import annotations

import gc
import os
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.provider import Provider

os.environ.update(HAYSTACK_TELEMETRY_ENABLED="False", OPENAI_API_KEY="x")


@pytest.fixture(autouse=True)
def left_connections() -> Iterator[None]:
    """Haystack leaves its clients' connections to the collector, which warns when the session is over otherwise."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture
def generator(provider: Provider) -> Any:
    """Makes a generator, with the real client of openai beneath."""
    from haystack.components.generators.chat import OpenAIChatGenerator

    def make(**more: Any) -> Any:
        url = f"{provider.url}/v1"
        return OpenAIChatGenerator(model="gpt-4o-mini", api_base_url=url, max_retries=0, **more)

    return make
