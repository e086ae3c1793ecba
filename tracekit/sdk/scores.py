"""`score()`: a judgement on a span, a trace or a session, written to the journal beside the spans."""

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
    session_id: str | None = None,
    comment: str | None = None,
    source: str = "code",
) -> None:
    """Record a judgement. Where nothing is recorded, before `autolog()` or with tracing off, it does nothing.

    Args:
        name: what is judged ("helpful", "faithfulness").
        value: a number, a verdict (True is 1, False is 0), or a label.
        trace_id: 32 hex digits; the current trace, and its current span, where it is not given.
        span_id: 16 hex digits; the whole trace where only `trace_id` is given.
        session_id: the session that is judged as a whole, in place of a trace: as `context(session_id=)` names it.
        comment: why.
        source: who judged: "code", "human", "judge", ...

    Raises:
        UsageError: no trace is given and none is current, an id is none, or both a session and a trace are given.

    Example:
        >>> with span("answer"):
        ...     score("helpful", True, comment="the user said so")
    """
    if runtime.writer is None:
        return
    if session_id is not None:
        _check_session(name, session_id, trace_id or span_id)
    else:
        trace_id, span_id = _target(name, trace_id, span_id)
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
        session_id=session_id,
    )
    guard.call("score", _write, runtime.writer, record)


def _target(name: str, trace_id: str | None, span_id: str | None) -> tuple[str, str | None]:
    """The trace, and the span of it, that is judged: what is current where no trace is given."""
    if trace_id is None:
        trace_id = current_trace_id()
        if trace_id is None:
            raise UsageError(
                f"score {name!r}: there is no current trace; give trace_id or session_id, or call it inside a span."
            )
        span_id = span_id or current_span().span_id
    for what, text, digits in (("trace_id", trace_id, 32), ("span_id", span_id, 16)):
        if text is not None and not _is_hex(text, digits):
            raise UsageError(f"score {name!r}: {what} {text!r} is not {digits} hex digits.")
    return trace_id, span_id


def _check_session(name: str, session_id: str, other: str | None) -> None:
    if not session_id:
        raise UsageError(f"score {name!r}: session_id is empty; give the one that context(session_id=) has.")
    if other is not None:
        raise UsageError(
            f"score {name!r}: session_id {session_id!r:.80} and {other!r:.80} are both given; "
            "a score is of a session, or of a trace and a span of it: call it twice for both."
        )


def _write(writer: JournalWriter, record: Score) -> None:
    writer.append(SCORE, score_record(record).encode())


def _is_hex(text: str, digits: int) -> bool:
    return len(text) == digits and not text.strip("0123456789abcdef")
