"""Reading back what a program journaled, for tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from tracekit.journal import reader, records
from tracekit.journal.frame import Frame
from tracekit.model import RawSpan, Score


@dataclass
class Journaled:
    """Everything in a data directory's journals."""

    started: list[RawSpan] = field(default_factory=list)
    ended: list[RawSpan] = field(default_factory=list)
    scores: list[Score] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    files: int = 0

    def one(self, name: str) -> RawSpan:
        """The only ended span of this name."""
        (span,) = [span for span in self.ended if span.name == name]
        return span

    @property
    def names(self) -> list[str]:
        return [span.name for span in self.ended]


def journaled(directory: Path) -> Journaled:
    """Read every journal of a data directory."""
    result = Journaled()
    for path in reader.journals(directory / "journal"):
        result.files += 1
        resources = {}
        for frame in reader.read(path).frames:
            result.frames.append(frame)
            if frame.kind == records.RESOURCE:
                data = records.load(frame.payload)
                resources[data["id"]] = data["attributes"]
            elif frame.kind == records.SPAN_START:
                result.started.append(records.raw_span(frame.payload, resources))
            elif frame.kind == records.SPAN_END:
                result.ended.append(records.raw_span(frame.payload, resources))
            elif frame.kind == records.SCORE:
                result.scores.append(records.score(frame.payload))
    return result
