"""`score()`: a judgement on a span or a trace, written to the journal beside the spans."""

from __future__ import annotations

import time

from tracekit.errors import UsageError
from tracekit.journal.records import SCORE, score_record
from tracekit.journal.writer import JournalWriter
from tracekit.model import Score
from tracekit.sdk import guard
from tracekit.sdk.runtime import runtime
from tracekit.sdk.spans import current_span, current_trace_id


def score(
    name: str,
    value: float | bool | str,  # noqa: FBT001 - a verdict is a value like the others
    *,
    trace_id: str | None = None,
    span_id: str | None = None,
    comment: str | None = None,
    source: str = "code",
) -> None:
    """Record a judgement. Where nothing is recorded, before `autolog()` or with tracing off, it does nothing.

    Args:
        name: what is judged ("helpful", "faithfulness").
        value: a number, a verdict (True is 1, False is 0), or a label.
        trace_id: 32 hex digits; the current trace, and its current span, where it is not given.
        span_id: 16 hex digits; the whole trace where only `trace_id` is given.
        comment: why.
        source: who judged: "code", "human", "judge", ...

    Raises:
        UsageError: no trace is given and none is current, or an id is none.

    Example:
        >>> with span("answer"):
        ...     score("helpful", True, comment="the user said so")
    """
    if runtime.writer is None:
        return
    if trace_id is None:
        trace_id = current_trace_id()
        if trace_id is None:
            raise UsageError(f"score {name!r}: there is no current trace; give trace_id, or call it inside a span.")
        span_id = span_id or current_span().span_id
    for what, text, digits in (("trace_id", trace_id, 32), ("span_id", span_id, 16)):
        if text is not None and not _is_hex(text, digits):
            raise UsageError(f"score {name!r}: {what} {text!r} is not {digits} hex digits.")
    label = value if isinstance(value, str) else None
    record = Score(
        trace_id=trace_id,
        span_id=span_id,
        name=name,
        value=None if isinstance(value, str) else float(value),
        label=label,
        source=source,
        comment=comment,
        created_ns=time.time_ns(),
    )
    guard.call("score", _write, runtime.writer, record)


def _write(writer: JournalWriter, record: Score) -> None:
    writer.append(SCORE, score_record(record).encode())


def _is_hex(text: str, digits: int) -> bool:
    return len(text) == digits and not text.strip("0123456789abcdef")
