"""Stores without the cost of their schema: each is a copy of one that has been made here once."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

from tracekit.store.duckdb import open_store
from tracekit.store.duckdb.database import DuckDBStore


def new_store(path: Path) -> DuckDBStore:
    """An open store without a row at `path`, where there is none. Close it."""
    lay(path)
    return DuckDBStore(path)


def lay(path: Path) -> None:
    """Have a database without a row at `path`, as the first command of a data directory leaves it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600, exist_ok=False)
    path.write_bytes(_empty())


@functools.cache
def _empty() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "traces.duckdb"
        open_store(path).close()
        return path.read_bytes()
