"""CrewAI that talks to nobody but the model server here, and says nothing."""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.provider import Provider

os.environ.update(
    CREWAI_DISABLE_TELEMETRY="true", CREWAI_TRACING_ENABLED="false", CREWAI_TESTING="true",
    CREWAI_DISABLE_VERSION_CHECK="true", CREWAI_STORAGE_DIR=tempfile.mkdtemp(),
)  # fmt: skip
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its modules warn of each other as they are imported
    import crewai.flow.flow  # noqa: F401


@pytest.fixture
def model(provider: Provider) -> Any:
    return _model(provider)


@pytest.fixture
def streaming(provider: Provider) -> Any:
    return _model(provider, stream=True)


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Panels of the console are no part of this."""
    from crewai.events import crewai_event_bus

    yield
    assert crewai_event_bus.flush(10)


def _model(provider: Provider, **more: Any) -> Any:
    from crewai import LLM

    return LLM(model="openai/gpt-4o-mini", api_key="x", base_url=f"{provider.url}/v1", max_retries=0, **more)
