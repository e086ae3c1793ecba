"""What has been recorded of a program: spans in order, by name, and as trees of names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tracekit
from tests.support.recorded import journaled
from tracekit import semconv
from tracekit.model import RawSpan


@dataclass
class Traced:
    """What has been recorded so far."""

    directory: Path

    @property
    def spans(self) -> list[RawSpan]:
        """Ended spans, by start."""
        return sorted(journaled(self.directory).ended, key=lambda span: span.start_ns)

    @property
    def traces(self) -> set[str]:
        return {span.trace_id for span in self.spans}

    def one(self, name: str) -> RawSpan:
        (span,) = [span for span in self.spans if span.name == name]
        return span

    def said(self, name: str) -> dict[str, Any]:
        """The attributes of the only span of this name."""
        return self.one(name).attributes

    @property
    def tree(self) -> list[Any]:
        """Names beneath names: each span is a name, or a pair of a name and what is beneath it."""
        spans = self.spans
        known = {span.span_id for span in spans}

        def beneath(parent: str | None) -> list[Any]:
            found = [
                span for span in spans if (span.parent_span_id if span.parent_span_id in known else None) == parent
            ]
            made = [(span.name, beneath(span.span_id)) for span in found]
            return [pair if pair[1] else pair[0] for pair in made]

        return beneath(None)

    @property
    def outcomes(self) -> dict[str, str]:
        return {span.name: str(span.attributes.get(semconv.OUTCOME, "complete")) for span in self.spans}

    @property
    def counted(self) -> tuple[int, int]:
        """Tokens in and out of all responses, each once, as the store has them."""
        asked = "select sum(input_tokens), sum(output_tokens) from spans where counted"
        (row,) = tracekit.connect(self.directory).sql(asked).rows
        return row
