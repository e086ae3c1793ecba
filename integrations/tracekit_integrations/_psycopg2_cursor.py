"""A cursor of psycopg2's that can be patched: its own is made in C. Imported when a connection is made, not before."""

from __future__ import annotations

from typing import Any

from psycopg2.extensions import cursor  # pyright: ignore[reportMissingModuleSource, reportMissingImports]


class Cursor(cursor):
    """Does what its base does."""

    def execute(self, query: Any, vars: Any = None) -> None:  # noqa: A002 - psycopg2's word
        """Execute a statement."""
        super().execute(query, vars)
