"""LangChain under `autolog()`, a model server beneath it, and what it makes of the spans: trees by name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from langchain_openai import ChatOpenAI
from opentelemetry import context as otel

import tracekit
from tests.support import conventions
from tests.support.provider import Provider
from tests.support.recorded import journaled
from tests.support.traced import Traced
from tracekit import semconv
from tracekit.model import RawSpan
from tracekit.sdk import guard


@pytest.fixture
def traced(data_dir: Path) -> Iterator[Traced]:
    """LangChain and openai are patched. No test may leave a fault of ours, an open span, or anything current."""
    before, current = guard.faults(), otel.get_current()
    tracekit.autolog(directory=data_dir, instrument=["langchain", "openai"])
    yield Traced(data_dir)
    tracekit.uninstrument()
    assert guard.faults() == before
    assert otel.get_current() == current
    journal = journaled(data_dir)
    left = {span.span_id: span.name for span in journal.started}
    for span in journal.ended:
        left.pop(span.span_id, None)
        conventions.check(span.attributes)
    assert not left


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider() as server:
        yield server


@pytest.fixture
def model(provider: Provider) -> Iterator[ChatOpenAI]:
    """The client of langchain-openai, with the openai client beneath it."""
    plain = openai.DefaultHttpxClient(verify=False)  # no CA files to load
    options: Any = {"base_url": f"{provider.url}/v1", "api_key": "none", "max_retries": 0, "timeout": 60}
    with plain:
        yield ChatOpenAI(model="gpt-9", http_client=plain, **options)


def usage(span: RawSpan) -> tuple[Any, Any]:
    return span.attributes.get(semconv.USAGE_INPUT_TOKENS), span.attributes.get(semconv.USAGE_OUTPUT_TOKENS)
