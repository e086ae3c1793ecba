"""Fixtures of tests in which clients are patched: a model server, and the spans that are journaled of calls to it."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import tracekit
from tests.support.provider import Provider
from tests.support.recorded import journaled
from tracekit.model import RawSpan
from tracekit.sdk import guard

Spans = Callable[[], list[RawSpan]]


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider() as server:
        yield server


@pytest.fixture
def spans(data_dir: Path) -> Iterator[Spans]:
    """The clients are patched; gives the spans ended so far. No test may leave a fault of ours, nor an open span."""
    before = guard.faults()
    tracekit.autolog(directory=data_dir)
    yield lambda: journaled(data_dir).ended
    tracekit.uninstrument()
    assert guard.faults() == before, guard.faults()
    left = {span.span_id for span in journaled(data_dir).started} - {span.span_id for span in journaled(data_dir).ended}
    assert not left, [span.name for span in journaled(data_dir).started if span.span_id in left]


@pytest.fixture
def heard(data_dir: Path) -> Iterator[None]:
    """A program that has named `http`: it may leave no fault of ours."""
    before = guard.faults()
    tracekit.autolog(directory=data_dir, instrument=["http"])
    yield
    gc.collect()
    tracekit.uninstrument()
    assert guard.faults() == before, guard.faults()
