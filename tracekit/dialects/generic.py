"""The dialect of a span that speaks none, an HTTP call for one: it has what every span has. Pure."""

from __future__ import annotations

from tracekit.dialects.dialect import Dialect
from tracekit.model import RawSpan, Span


def read(_raw: RawSpan, _span: Span) -> None:
    """Nothing to add."""


DIALECT = Dialect(name="generic", read=read)
