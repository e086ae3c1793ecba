"""Dialects out: canonical spans as other tools expect them. Pure. `DIALECTS_OUT` is the table."""

from __future__ import annotations

from tracekit.dialects.out.table import DIALECTS_OUT, RAW, DialectOut, writing

__all__ = ["DIALECTS_OUT", "RAW", "DialectOut", "writing"]
