"""Asking the store: `connect` for programs, `show` for notebooks. `source` finds the store, `traces` the questions."""

from __future__ import annotations

from tracekit.query.connection import Connection, connect, show
from tracekit.query.source import Source, open_source

__all__ = ["Connection", "Source", "connect", "open_source", "show"]
