"""Dialects: what a raw span means. Pure. `canonical` is the way in, `registry` their table."""

from __future__ import annotations

from tracekit.dialects.registry import DIALECTS, Dialect, canonical
from tracekit.dialects.balance import reports

__all__ = ["DIALECTS", "Dialect", "canonical", "reports"]
