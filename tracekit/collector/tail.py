"""One journal as far as it has been read: where to go on, and what its later records need of its earlier ones. Pure.

`Tail` becomes a `JournalState` and comes back from one, so that a new process resumes in the middle of a file.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tracekit.collector.sequences import Range, Sequences
from tracekit.journal.records import SUFFIX, family
from tracekit.store import Gap, JournalState

KEPT_REASONS = 5
"""Reasons of faults kept for `doctor`; all of them are counted."""


@dataclass(slots=True, kw_only=True)
class Tail:
    """What is known of one journal file."""

    name: str
    offset: int = 0
    ended: bool = False
    frames: int = 0
    faults: int = 0
    skipped_bytes: int = 0
    reasons: list[str] = field(default_factory=list[str])
    header: dict[str, Any] = field(default_factory=dict[str, Any])
    resources: dict[int, Mapping[str, Any]] = field(default_factory=dict[int, Mapping[str, Any]])
    sequences: Sequences = field(default_factory=Sequences)
    received: Counter[str] = field(default_factory=Counter[str])
    """OTLP requests taken in, by signal."""
    unstored: int = 0
    """Requests that an older version counted and made no rows of."""
    health: dict[str, Any] | None = None
    """What its process has said last of its own tracing."""
    dropped: int = 0
    """Records the writer says it could not write."""
    continued: bool = False
    """The process went on to another file: what is open here is not interrupted by the end of this file."""

    @property
    def process(self) -> str | None:
        """The writer's own name for itself; None until its header has been read."""
        return self.header.get("process")

    @property
    def family(self) -> str:
        """What the files of one process have in common, whose records are numbered as those of one file.

        The end of the process's id. A file whose header was lost carries it in its name.
        """
        if self.process is None:
            return self.name.removesuffix(SUFFIX).partition("-")[2] or self.name
        return family(self.process) if "part" in self.header else self.name

    @property
    def foreign(self) -> bool:
        """Whether the file is no journal: it is read to its end and held nothing."""
        return self.ended and not self.frames and self.skipped_bytes > 0

    def fault(self, why: str, *, count: int = 1) -> None:
        """Count what could not be read, and remember why."""
        self.faults += count
        self.reasons = [*self.reasons, why][-KEPT_REASONS:]

    def state(self, missing: Iterable[Range] | None = None) -> JournalState:
        """This, in the form that the store keeps.

        Args:
            missing: numbers of records that never came; by default those that are missing in this file.
        """
        lost = self.sequences.missing if missing is None else missing
        detail = {
            "header": self.header,
            "resources": {str(number): attributes for number, attributes in self.resources.items()},
            "frames": self.frames,
            "following": self.sequences.following,
            "missing": self.sequences.missing,
            "received": self.received,
            "unstored": self.unstored,
            "reasons": self.reasons,
            "dropped": self.dropped,
            "continued": self.continued,
            **({"health": self.health} if self.health is not None else {}),
        }
        return JournalState(
            name=self.name,
            process=self.process,
            offset=self.offset,
            state=json.dumps(detail, separators=(",", ":")),
            faults=self.faults,
            skipped_bytes=self.skipped_bytes,
            ended=self.ended,
            gaps=[Gap(first_missing=first, last_missing=last) for first, last in lost],
        )

    @classmethod
    def resume(cls, state: JournalState) -> Tail:
        """The tail that `state` was made from."""
        detail = json.loads(state.state)
        received = Counter[str](detail["received"])
        missing: list[Range] = [(first, last) for first, last in detail["missing"]]
        return cls(
            name=state.name,
            offset=state.offset,
            ended=state.ended,
            faults=state.faults,
            skipped_bytes=state.skipped_bytes,
            header=detail["header"],
            resources={int(number): attributes for number, attributes in detail["resources"].items()},
            frames=detail["frames"],
            sequences=Sequences(following=detail["following"], missing=missing),
            received=received,
            unstored=detail.get("unstored", received["logs"] + received["metrics"]),
            reasons=detail["reasons"],
            dropped=detail["dropped"],
            continued=detail.get("continued", False),
            health=detail.get("health"),
        )
