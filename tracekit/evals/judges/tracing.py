"""Spans of evaluation: one for each metric on a row, and beneath it one for each call of a judge.

They are a trace of their own, linked to the trace that was judged, so that what judging costs and takes is never
counted with the app. Where nothing is recorded, all of it does nothing.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager

from opentelemetry.context import Context
from opentelemetry.trace import SpanContext, TraceFlags

from tracekit import semconv
from tracekit.evals.judges.question import Question, Reply
from tracekit.evals.row import Row
from tracekit.evals.score import Score
from tracekit.model import AttributeValue
from tracekit.sdk.context import Activation
from tracekit.sdk.runtime import runtime
from tracekit.sdk.spans import SpanHandle, span

_HEX = frozenset("0123456789abcdef")
_TRACE_DIGITS = 32


@contextmanager
def evaluation(metric: str, row: Row) -> Generator[SpanHandle]:
    """The span of one metric on one row; a root, whatever is current here."""
    apart = Activation(Context())
    apart.enter()
    try:
        with span(f"evaluate {metric}", kind="evaluator") as handle:
            handle.set_attribute(semconv.EVALUATION_NAME, metric)
            _link(handle, row)
            yield handle
    finally:
        apart.leave()


def result(handle: SpanHandle, metric: str, score: Score, *, response_ids: Sequence[str] = ()) -> None:
    """Tell what came out, as the conventions' event; the reasons are content, and stand where content may."""
    told: dict[str, AttributeValue] = {semconv.EVALUATION_NAME: metric}
    if score.value is not None:
        told[semconv.EVALUATION_SCORE] = score.value
    else:
        told[semconv.ERROR_TYPE] = str(score.status)
        handle.set_attribute(semconv.ERROR_TYPE, str(score.status))
    if score.label is not None:
        told[semconv.EVALUATION_LABEL] = score.label
    if score.rationale is not None and runtime.capturing().spans:
        told[semconv.EVALUATION_EXPLANATION] = score.rationale
    if len(response_ids) == 1:
        told[semconv.RESPONSE_ID] = response_ids[0]
    handle.add_event(semconv.EVENT_EVALUATION, told)
    handle.set_output(
        {"value": score.value, "label": score.label, "status": str(score.status), "rationale": score.rationale}
    )


@contextmanager
def call(question: Question, *, model: str, provider: str | None) -> Generator[SpanHandle]:
    """The span of one call of a judge."""
    said = [{"role": each.role, "content": each.content} for each in question.messages]
    with span(f"judge {model}", kind="evaluator", input=said) as handle:
        handle.set_attribute(semconv.EVALUATION_NAME, question.metric)
        handle.set_attribute(semconv.REQUEST_MODEL, model)
        if provider is not None:
            handle.set_attribute(semconv.PROVIDER, provider)
        yield handle


def replied(handle: SpanHandle, reply: Reply) -> None:
    """Tell what a judge answered, and how many tokens it took."""
    usage = reply.usage
    told = {
        semconv.RESPONSE_MODEL: reply.model,
        semconv.RESPONSE_ID: reply.response_id,
        semconv.USAGE_INPUT_TOKENS: usage and usage.input_tokens,
        semconv.USAGE_OUTPUT_TOKENS: usage and usage.output_tokens,
        semconv.USAGE_CACHE_READ: usage and usage.cache_read_tokens,
        semconv.USAGE_REASONING: usage and usage.reasoning_tokens,
    }
    for name, value in told.items():
        if value is not None:
            handle.set_attribute(name, value)
    handle.set_output(next((each for each in (reply.text, reply.data, reply.probabilities) if each is not None), None))


def _link(handle: SpanHandle, row: Row) -> None:
    """Name the trace that is judged, and link its root where that is known."""
    trace_id = row.trace_id
    if trace_id is None or len(trace_id) != _TRACE_DIGITS or not _HEX.issuperset(trace_id) or not int(trace_id, 16):
        return
    handle.set_attribute(semconv.EVALUATED_TRACE, trace_id)
    roots = [str(one["span_id"]) for one in row.spans or () if one.get("parent_span_id") is None and one.get("span_id")]
    if roots:
        judged = SpanContext(
            int(trace_id, 16), int(roots[0], 16), is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED)
        )
        handle.span.add_link(judged)
