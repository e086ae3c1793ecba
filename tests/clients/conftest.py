"""Clients that have environments of their own are tested there, and left out where their packages are not installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.clients.environments import elsewhere
from tests.support.patched import Spans, heard, provider, spans
from tests.support.traced import Traced

__all__ = ["heard", "provider", "spans", "traced"]

collect_ignore = elsewhere()


@pytest.fixture
def traced(spans: Spans, data_dir: Path) -> Traced:
    """The same, with what it makes of the spans."""
    return Traced(data_dir)
