"""Dialects: what a raw span means. Pure. `canonical` is the way in, `registry` their table."""

from __future__ import annotations

from tracekit.dialects.balance import reports
from tracekit.dialects.base import DERIVATION
from tracekit.dialects.dialect import Dialect
from tracekit.dialects.registry import DIALECTS, canonical

__all__ = ["DERIVATION", "DIALECTS", "Dialect", "canonical", "reports"]
