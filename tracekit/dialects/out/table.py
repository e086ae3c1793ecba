"""The table of dialects out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tracekit.dialects.out import frame, openinference, openllmetry, otel_genai
from tracekit.dialects.out.frame import Loss
from tracekit.errors import UsageError
from tracekit.model import RawSpan, Span

RAW = "raw"


@dataclass(frozen=True, slots=True)
class DialectOut:
    """A way to say a span to others: its name, how it is written, and which fields it cannot carry, each with why."""

    name: str
    write: Callable[[Span], RawSpan]
    lost: tuple[Loss, ...]


def as_it_came(span: Span) -> RawSpan:
    """The span with the attributes and events that it came with, and no others."""
    made = frame.raw(span, span.attributes, events=span.events)
    if span.raw_kind is not None:  # rows of older versions have none
        made.kind = span.raw_kind
    return made


DIALECTS_OUT: Mapping[str, DialectOut] = {
    dialect.name: dialect
    for dialect in (
        DialectOut(RAW, as_it_came, ()),
        DialectOut(otel_genai.NAME, otel_genai.write, otel_genai.LOST),
        DialectOut(openinference.NAME, openinference.write, openinference.LOST),
        DialectOut(openllmetry.NAME, openllmetry.write, openllmetry.LOST),
    )
}


def writing(name: str) -> Callable[[Span], RawSpan]:
    """How spans are said in a dialect.

    Raises:
        UsageError: there is none of that name.
    """
    found = DIALECTS_OUT.get(name)
    if found is None:
        raise UsageError(f"{name!r} is no dialect out; there are {', '.join(DIALECTS_OUT)}.")
    return found.write
