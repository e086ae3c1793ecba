"""What has been recorded of a program: spans in order, by name, and as trees of names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tracekit
from tests.support.recorded import journaled
from tests.support.trees import one, tree
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
        return one(self.spans, name)

    def said(self, name: str) -> dict[str, Any]:
        """The attributes of the only span of this name."""
        return self.one(name).attributes

    @property
    def tree(self) -> list[Any]:
        """Names beneath names: each span is a name, or a pair of a name and what is beneath it."""
        return tree(self.spans)

    @property
    def outcomes(self) -> dict[str, str]:
        return {span.name: str(span.attributes.get(semconv.OUTCOME, "complete")) for span in self.spans}

    @property
    def counted(self) -> tuple[int, int]:
        """Tokens in and out of all responses, each once, as the store has them."""
        asked = "select sum(input_tokens), sum(output_tokens) from spans where counted"
        (row,) = tracekit.connect(self.directory).sql(asked).rows
        return row
