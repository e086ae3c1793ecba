"""The calls to models in a trace, each once, and what they used. What is not known is said, never taken for 0. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from tracekit.evals.metric import InvalidRowError
from tracekit.evals.score import Score, Status, failed

Span = Mapping[str, Any]
_STEPS = frozenset({"chain", "prompt", "other", "llm"})
"""What may stand between a model call and those that it sums up."""
_FETCH = "fetch_response"


class NoCallError(Exception):
    """The trace has nothing that the metric measures."""


def model_calls(spans: Sequence[Span]) -> list[Span]:
    """The spans of kind llm, each response once: no twin of another, and none that only holds others."""
    parents = {span.get("span_id"): span for span in spans}
    calls = [span for span in spans if span.get("kind") == "llm" and _own(span)]
    holding: set[Any] = set()
    for call in calls:
        above, seen = parents.get(call.get("parent_span_id")), set[Any]()
        while above is not None and above.get("kind") in _STEPS and above.get("span_id") not in seen:
            seen.add(above.get("span_id"))
            holding |= {above.get("span_id")} if not above.get("counted") else set()
            above = parents.get(above.get("parent_span_id"))
    return [call for call in calls if call.get("span_id") not in holding]


def summed(spans: Sequence[Span], column: str, *, kinds: frozenset[str] | None = None) -> float:
    """The sum of a column over the spans that own their usage.

    Args:
        spans: of one trace.
        column: of the view `spans`.
        kinds: kinds of spans that have it; None for all.

    Raises:
        NoCallError: no model was called.
        InvalidRowError: what a call used is not known.
    """
    counted = [span for span in spans if span.get("counted") and (kinds is None or span.get("kind") in kinds)]
    silent = [span for span in model_calls(spans) if not span.get("counted") and not _failed(span)]
    unknown = [span for span in counted if span.get(column) is None] + silent
    if not counted and not silent:
        raise NoCallError("the trace has no call to a model")
    if unknown:
        known = sum(span[column] for span in counted if span.get(column) is not None)
        names = ", ".join(dict.fromkeys(str(span.get("name")) for span in unknown[:3]))
        raise InvalidRowError(
            f"{column} is not known of {len(unknown)} of {len(counted) + len(silent)} calls ({names}); "
            f"of the others it is {known:g}."
        )
    return sum(span[column] for span in counted)


def unmeasured(name: str, error: NoCallError) -> Score:
    """The score of a trace that has nothing to measure."""
    return failed(Status.SKIPPED, f"{name} does not apply: {error}.")


def instant(value: Any, column: str) -> datetime:
    """A time of a span, as the store gives it or in ISO 8601.

    Raises:
        InvalidRowError: it is none: the span has not ended, most likely.
    """
    if isinstance(value, datetime):
        return value
    try:
        return datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise InvalidRowError(f"{column} of a span is {value!r:.40}, and no time.") from error


def _own(span: Span) -> bool:
    return span.get("twin_of") is None and span.get("operation") != _FETCH


def _failed(span: Span) -> bool:
    return span.get("status") == "error"
