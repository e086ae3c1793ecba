"""The tracing core: what a host program imports. Loads OpenTelemetry; nothing heavier."""

from tracekit.sdk.context import context
from tracekit.sdk.decorators import trace
from tracekit.sdk.scores import score
from tracekit.sdk.setup import FlushResult, autolog, flush, shutdown, uninstrument
from tracekit.sdk.spans import SpanHandle, current_span, current_trace_id, span

__all__ = [
    "FlushResult",
    "SpanHandle",
    "autolog",
    "context",
    "current_span",
    "current_trace_id",
    "flush",
    "score",
    "shutdown",
    "span",
    "trace",
    "uninstrument",
]
