"""How a trace or a span stands: failed, running, cut short or fine, with the words and the mark for it.

Owns the one place where status, outcome and missing data become what a reader sees. Refuses to call "fine"
what is not known to be complete.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Mark = Literal["error", "running", "cut", "ok"]

_CUT = {
    "partial": "ended before it was read to its end",
    "cancelled": "cancelled by its caller",
    "abandoned": "left by its reader before the end",
    "interrupted": "its process died before it ended",
}


@dataclass(slots=True, frozen=True)
class State:
    """A mark (icon and colour), a word for it, and a sentence for whoever asks."""

    mark: Mark
    label: str
    note: str


def of_trace(trace: Mapping[str, Any], *, interrupted: bool = False) -> State:
    """The state of a trace: a failure anywhere in it comes first, then running, then what is missing.

    Args:
        trace: a row of the `traces` view.
        interrupted: whether its process died before all of it had ended.
    """
    errors = trace["error_count"] or 0
    if errors or trace["status"] == "error":
        return State("error", "Error", f"{errors} of {plural(trace['span_count'], 'span')} failed")
    if interrupted:
        return State("cut", "Interrupted", "its process died before all of its spans had ended")
    if trace["end_time"] is None:
        return State("running", "Running", "not all of its spans have ended")
    missing = trace["missing_spans"] or 0
    if missing:
        return State("cut", "Incomplete", f"{plural(missing, 'span')} missing")
    if not trace["complete"]:
        return State("cut", "Incomplete", "some of its spans never ended, or their parents never arrived")
    return State("ok", "OK", "no span failed")


def of_span(span: Mapping[str, Any]) -> State:
    """The state of one span; an outcome other than complete is named, an open span runs."""
    if span["status"] == "error":
        return State("error", "Error", span.get("status_message") or span["error_type"] or "failed without a message")
    outcome = span["outcome"]
    if outcome in _CUT:
        return State("cut", str(outcome).capitalize(), _CUT[outcome])
    if span["end_time"] is None:
        return State("running", "Running", "has not ended yet")
    return State("ok", "OK", "no error reported")


def plural(number: int, noun: str) -> str:
    """`1 span`, `1,204 spans`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
