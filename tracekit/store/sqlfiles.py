"""SQL statements by file name: the one way from a `.sql` file to a query, read once."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def statement(folder: Path, name: str) -> str:
    """The text of `name`.sql in a folder.

    Raises:
        FileNotFoundError: there is no such statement: a fault of this package.
    """
    return (folder / f"{name}.sql").read_text(encoding="utf-8")
