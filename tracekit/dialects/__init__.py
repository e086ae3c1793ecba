"""Dialects: what a raw span means. Pure. `canonical` is the way in, one file a dialect, `registry` the table of them."""

from __future__ import annotations

from tracekit.dialects.registry import DIALECTS, Dialect, canonical

__all__ = ["DIALECTS", "Dialect", "canonical"]
