from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tracekit.store import Store
from tracekit.store.duckdb import open_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path / "traces.duckdb")
    yield opened
    opened.close()
