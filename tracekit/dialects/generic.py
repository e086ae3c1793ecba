"""The dialect of a span that speaks none, an HTTP call for one: it has what every span has. Pure."""

from __future__ import annotations

from tracekit.model import RawSpan, Span


def matches(_raw: RawSpan) -> bool:
    """Every span; so it is asked last."""
    return True


def read(_raw: RawSpan, _span: Span) -> None:
    """Nothing to add."""
