"""Recorded spans as trees of their names, for tests that are about who stands beneath whom."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tracekit.model import RawSpan


def tree(spans: Iterable[RawSpan]) -> list[Any]:
    """Names beneath names, by start: each span is a name, or a pair of a name and what is beneath it."""
    found = sorted(spans, key=lambda span: span.start_ns)
    known = {span.span_id for span in found}

    def beneath(parent: str | None) -> list[Any]:
        here = [span for span in found if (span.parent_span_id if span.parent_span_id in known else None) == parent]
        made = [(span.name, beneath(span.span_id)) for span in here]
        return [pair if pair[1] else pair[0] for pair in made]

    return beneath(None)


def one(spans: Iterable[RawSpan], name: str) -> RawSpan:
    """The only span of this name."""
    (span,) = [span for span in spans if span.name == name]
    return span
