"""The store's own statements, one a file."""

from __future__ import annotations

from pathlib import Path

from tracekit.store.sqlfiles import statement

_FOLDER = Path(__file__).parent


def query(name: str) -> str:
    """The text of a statement by the name of its file."""
    return statement(_FOLDER, name)
