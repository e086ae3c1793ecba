"""What was said of a span, its trace and its session, the last word of each first, and what can be said of it here.

Owns which scores a span's panel shows and what a person may add. Earlier words are counted, never lost: the view
`scores` has them all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import escape

from tracekit import units
from tracekit.store.previews import assistant_text
from tracekit.units import Moment
from tracekit_viewer.presenters.address import is_short
from tracekit_viewer.text import Folded, folded, visible

HUMAN = "human"
VERDICT, COMMENT, CORRECTION = "correct", "comment", "correction"
"""Names of what the page itself says: right or wrong, a comment, what the answer should have been."""
PREFILLED = 20_000
"""Characters of an answer up to which it stands in the field to be corrected: a longer one is not edited in a page."""


@dataclass(slots=True, frozen=True, kw_only=True)
class Said:
    """One judgement: on what (`target`), by whom, and how many of the same name it has replaced."""

    name: str
    value: str
    mark: str
    target: str
    source: str
    text: Folded | None
    comment: Folded | None
    when: Moment | None
    earlier: int


@dataclass(slots=True, frozen=True, kw_only=True)
class Judging:
    """The section of scores in a span's panel."""

    trace_id: str
    span_id: str
    session_id: str | None
    is_root: bool
    said: list[Said]
    verdict: float | None
    expected: str
    names: list[str]


def judging(span: Mapping[str, Any], *, now: datetime) -> Judging:
    """Make the section.

    Args:
        span: a row of the `spans` view, JSON columns decoded, with the `scores` of its trace and session.
        now: what "ago" counts from.
    """
    relevant = [one for one in span["scores"] if one["span_id"] in (None, span["span_id"])]
    own = [one for one in relevant if one["source"] == HUMAN and _is_on(one, span)]
    verdicts = [one["value"] for one in own if one["name"] == VERDICT]
    corrections = [one["label"] or one["comment"] for one in own if one["name"] == CORRECTION]
    return Judging(
        trace_id=span["trace_id"],
        span_id=span["span_id"],
        session_id=session if (session := span["session_id"]) and is_short(session) else None,  # forms name it
        is_root=span["parent_span_id"] is None,
        said=spoken(relevant, now=now),
        verdict=verdicts[-1] if verdicts else None,
        expected=_editable((corrections[-1] or "") if corrections else _answer(span)),
        names=sorted({one["name"] for one in span["scores"]} - {VERDICT, COMMENT, CORRECTION}),
    )


def word(score: Mapping[str, Any]) -> tuple[str, str]:
    """The value of a score as read, and its mark: a verdict is a word, everything else what was written."""
    number, label = score["value"], score["label"]
    if score["name"] == VERDICT and score["source"] == HUMAN and number in (0, 1):
        return ("Right", "ok") if number else ("Wrong", "error")
    said = [f"{number:g}" if number is not None else None, label]
    return " ".join(str(part) for part in said if part is not None), "none"


def spoken(scores: Sequence[Mapping[str, Any]], *, now: datetime) -> list[Said]:
    """The last of each name, target and source, newest first; comments each for itself."""
    last: dict[Any, tuple[Mapping[str, Any], int]] = {}
    for place, one in enumerate(scores):
        key = (one["name"], one["source"], one["span_id"], one["session_id"])
        if one["name"] == COMMENT:
            key = (*key, place)
        last[key] = (one, last[key][1] + 1 if key in last else 0)
    ordered = sorted(last.values(), key=lambda pair: pair[0]["created_at"], reverse=True)
    return [_one(one, earlier, now) for one, earlier in ordered]


def _one(one: Mapping[str, Any], earlier: int, now: datetime) -> Said:
    value, mark = word(one)
    long = one["name"] == CORRECTION
    target = f"session {one['session_id']}" if one["session_id"] is not None else "this span"
    return Said(
        name=one["name"],
        value="" if long else value,
        mark=mark,
        target="whole trace" if one["session_id"] is None and one["span_id"] is None else target,
        source=one["source"],
        text=folded(value) if long and value else None,
        comment=folded(one["comment"]) if one["comment"] else None,
        when=units.moment(one["created_at"], now),
        earlier=earlier,
    )


def _is_on(one: Mapping[str, Any], span: Mapping[str, Any]) -> bool:
    """Whether it is on what the forms of this span's panel are on at first: the root's on the trace."""
    if span["parent_span_id"] is None:
        return one["session_id"] is None
    return one["span_id"] == span["span_id"]


def _answer(span: Mapping[str, Any]) -> Any:
    for value in (span["tool_result"], span["output"]):
        if value is not None:
            return value
    return assistant_text(span["output_messages"]) if span["output_messages"] else None


def _editable(text: Any) -> str:
    """A text that can be edited in a field; one in which something hides would be saved with it, unseen."""
    if not isinstance(text, str) or len(text) > PREFILLED:
        return ""
    return text if visible(text) == escape(text) else ""
