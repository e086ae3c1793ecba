"""The demo's session, recorded once for all who look at it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tracekit.demo.record import record, recorded


@pytest.fixture(scope="session")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory that holds the session."""
    path = tmp_path_factory.mktemp("demo") / "data" / "demo"
    assert not recorded(path)
    record(path, pace=0)
    assert recorded(path)
    return path
