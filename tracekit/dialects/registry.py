"""The table of dialects, and the function that reads a span by it. No span is lost to a fault of ours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tracekit import semconv as sc
from tracekit.dialects import balance, generic, otel_genai
from tracekit.dialects.base import base
from tracekit.model import RawSpan, Span

_FAULTS = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
RAW = "raw"


@dataclass(frozen=True, slots=True)
class Dialect:
    """A way to say things: its name, whether a span speaks it, and how it is read onto what all have."""

    name: str
    matches: Callable[[RawSpan], bool]
    read: Callable[[RawSpan, Span], None]


DIALECTS: tuple[Dialect, ...] = (
    Dialect("otel_genai", otel_genai.matches, otel_genai.read),
    Dialect("generic", generic.matches, generic.read),
)
"""Asked in this order; the last one matches everything."""


def canonical(raw: RawSpan) -> Span:
    """The canonical form of a span.

    A dialect that fails yields the span as it came, with `dialect` "raw" and the reason in the attribute
    `tracekit.fault`, so that it can be counted and shown. Never raises.
    """
    dialect = next(dialect for dialect in DIALECTS if dialect.matches(raw))
    span = base(raw)
    try:
        dialect.read(raw, span)
    except _FAULTS as error:
        span = base(raw)
        span.dialect = RAW
        span.attributes = {
            **span.attributes,
            sc.FAULT: f"dialect {dialect.name}: {type(error).__name__}: {error}",
        }
        return span
    span.dialect = dialect.name
    balance.settle(span)
    return span
