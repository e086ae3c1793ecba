"""How a trace or a span stands: failed, running, cut short or fine, with the words and the mark for it. Pure.

Owns the one place where status, outcome and missing data become what a person reads, on a page and in a terminal.
Instrumentations leave the status unset on success, so what ended without an error is ok. Refuses to call "ok" what is
not known to be complete.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tracekit.units import plural

Mark = Literal["error", "running", "cut", "ok"]

_CUT = {
    "partial": "ended before it was read to its end",
    "cancelled": "cancelled by its caller",
    "abandoned": "left by its reader before the end",
    "interrupted": "its process died before it ended",
}


@dataclass(slots=True, frozen=True)
class State:
    """A mark (icon and colour), a lower-case word for it, and a sentence for whoever asks."""

    mark: Mark
    word: str
    note: str

    @property
    def label(self) -> str:
        """The word at the beginning of a line."""
        return "OK" if self.word == "ok" else self.word.capitalize()


def of_trace(trace: Mapping[str, Any]) -> State:
    """The state of a row of the `traces` view: a failure anywhere in it comes first, then what has no end.

    `tracekit.query.traces.Filters.status` finds traces by the same words.
    """
    errors = trace["error_count"] or 0
    if errors or trace["status"] == "error":
        return State("error", "error", f"{errors} of {plural(trace['span_count'], 'span')} failed")
    if trace["interrupted_spans"]:
        return State("cut", "interrupted", "its process died before all of its spans had ended")
    if trace["end_time"] is None:
        return State("running", "running", "not all of its spans have ended")
    missing = trace["missing_spans"] or 0
    if missing:
        return State("cut", "incomplete", f"{plural(missing, 'span')} missing")
    if not trace["complete"]:
        return State("cut", "incomplete", "some of its spans never ended, or their parents never arrived")
    return State("ok", "ok", "no span failed")


def of_span(span: Mapping[str, Any]) -> State:
    """The state of one span; an outcome other than complete is named, an open span runs."""
    if span["status"] == "error":
        return State("error", "error", span.get("status_message") or span["error_type"] or "failed without a message")
    outcome = span["outcome"]
    if outcome in _CUT:
        return State("cut", str(outcome), _CUT[outcome])
    if span["end_time"] is None:
        return State("running", "running", "has not ended yet")
    return State("ok", "ok", "no error reported")
