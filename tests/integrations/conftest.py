"""A model server for each test, and clients of it under `autolog()` with the spans that it journals."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import anthropic
import openai
import pytest

from tests.support.patched import heard, provider, spans
from tests.support.provider import Provider

__all__ = ["heard", "provider", "spans"]


@pytest.fixture
def client(provider: Provider) -> Iterator[openai.OpenAI]:
    plain = openai.DefaultHttpxClient(verify=False)  # no CA files to load
    options: Any = {"base_url": f"{provider.url}/v1", "api_key": "none", "max_retries": 0, "timeout": 60}
    with openai.OpenAI(**options, http_client=plain) as made:
        yield made


@pytest.fixture
async def async_client(provider: Provider) -> AsyncIterator[openai.AsyncOpenAI]:
    plain = openai.DefaultAsyncHttpxClient(verify=False)
    options: Any = {"base_url": f"{provider.url}/v1", "api_key": "none", "max_retries": 0, "timeout": 60}
    async with openai.AsyncOpenAI(**options, http_client=plain) as made:
        yield made


CLAUDE: Any = {"api_key": "none", "max_retries": 0, "timeout": 60}


@pytest.fixture
def claude(provider: Provider) -> Iterator[anthropic.Anthropic]:
    plain = anthropic.DefaultHttpxClient(verify=False)  # no CA files to load
    with anthropic.Anthropic(**CLAUDE, base_url=provider.url, http_client=plain) as made:
        yield made


@pytest.fixture
async def async_claude(provider: Provider) -> AsyncIterator[anthropic.AsyncAnthropic]:
    plain = anthropic.DefaultAsyncHttpxClient(verify=False)
    async with anthropic.AsyncAnthropic(**CLAUDE, base_url=provider.url, http_client=plain) as made:
        yield made


@pytest.fixture
def bare_claude(provider: Provider) -> Iterator[anthropic.Anthropic]:
    """A client whose calls are not recorded. Ask for it before `spans`: it keeps the method that will be patched."""
    kind: Any = type("Bare", (anthropic.Anthropic,), {"request": anthropic.Anthropic.request})
    with kind(**CLAUDE, base_url=provider.url, http_client=anthropic.DefaultHttpxClient(verify=False)) as made:
        yield made


@pytest.fixture
async def bare_async_claude(provider: Provider) -> AsyncIterator[anthropic.AsyncAnthropic]:
    kind: Any = type("AsyncBare", (anthropic.AsyncAnthropic,), {"request": anthropic.AsyncAnthropic.request})
    plain = anthropic.DefaultAsyncHttpxClient(verify=False)
    async with kind(**CLAUDE, base_url=provider.url, http_client=plain) as made:
        yield made
