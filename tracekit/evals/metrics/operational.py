"""What a row took: time, tokens, money, errors, read from the spans of its trace. What is not known gives no number."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tracekit.evals.calls import NoCallError, instant, model_calls, summed, unmeasured
from tracekit.evals.fields import choice, shown, texts, verdict, whole
from tracekit.evals.metric import InvalidRowError, Metric, metric
from tracekit.evals.row import Row
from tracekit.evals.score import Score

_SPANS = ("spans",)
_WRITING = frozenset({"llm", "agent", "chain", "prompt", "other"})
"""Kinds of spans that have output tokens: embeddings and rerankers write none."""
_VIEW = "columns of the view spans (docs/views.md)"
_COUNTED = "sums over counted spans (docs/usage-and-cost.md)"


def _measure(
    unit: str | None, *, source: str = _VIEW, better: Any = "lower", high: float | None = None, ratio: bool = True
) -> Any:
    """A metric of the spans; what does not apply to a trace is skipped."""

    def decorate(function: Callable[..., Any]) -> Metric:
        @functools.wraps(function)
        def measured(row: Row, **options: Any) -> Any:
            try:
                return function(row, **options)
            except NoCallError as error:
                return unmeasured(function.__name__, error)

        made = metric(inputs=_SPANS, high=high, better=better, ratio=ratio, unit=unit, kind="spans", source=source)
        return made(measured)

    return decorate


@_measure("s")
def latency(row: Row) -> Score:
    """Seconds from the start of the trace to its end: of its root; of several roots from the first span to the last."""
    spans = _spans(row)
    ids = {span.get("span_id") for span in spans}
    roots = [span for span in spans if span.get("parent_span_id") not in ids]
    if len(roots) == 1 and roots[0].get("duration_ms") is not None:
        milliseconds = float(roots[0]["duration_ms"])
    else:
        ended = [instant(span.get("end_time"), "end_time") for span in spans]
        milliseconds = (
            max(ended) - min(instant(span.get("start_time"), "start_time") for span in spans)
        ).total_seconds() * 1e3
    if milliseconds < 0:
        raise InvalidRowError(f"the trace ends {-milliseconds:g} ms before it starts: a clock went back.")
    return Score(value=milliseconds / 1e3, details={"spans": len(spans), "roots": len(roots)})


@_measure("s")
def ttft(row: Row, *, which: str = "first") -> Score:
    """Seconds to the first chunk of a streamed model call: of the `first`, the `last` or the slowest (`max`)."""
    how = choice(which, "which", ("first", "last", "max"))
    times = [float(call["ttft_ms"]) for call in model_calls(_spans(row)) if call.get("ttft_ms") is not None]
    if not times:
        raise NoCallError("the trace has no call to a model that was streamed")
    chosen = {"first": times[0], "last": times[-1], "max": max(times)}[how]
    return Score(value=chosen / 1e3, details={"streamed_calls": len(times)})


@_measure("tokens", source=_COUNTED)
def tokens(row: Row) -> Score:
    """Tokens that went into the models and came out of them, each response once."""
    spans = _spans(row)
    parts = {"input_tokens": summed(spans, "input_tokens"), "output_tokens": _written(spans)}
    return Score(value=sum(parts.values()), details=parts)


@_measure("tokens", source=_COUNTED)
def input_tokens(row: Row) -> float:
    """Tokens that went into the models, cached ones included, each response once."""
    return summed(_spans(row), "input_tokens")


@_measure("tokens", source=_COUNTED)
def output_tokens(row: Row) -> float:
    """Tokens that came out of the models, reasoning included, each response once."""
    return summed(_spans(row), "output_tokens", kinds=_WRITING)


@_measure("tokens", source=_COUNTED)
def reasoning_tokens(row: Row) -> float:
    """Tokens of hidden reasoning, each response once; unknown where a provider does not tell."""
    return summed(_spans(row), "reasoning_tokens", kinds=_WRITING)


@_measure("usd", source=_COUNTED)
def cost(row: Row) -> float:
    """US dollars that the trace cost, each response once; unknown where a price is not known."""
    return summed(_spans(row), "cost_usd")


@_measure("usd", source=_COUNTED)
def cost_per_1k_tokens(row: Row) -> Score:
    """US dollars for a thousand tokens, in and out together."""
    spans = _spans(row)
    paid, used = summed(spans, "cost_usd"), summed(spans, "input_tokens") + _written(spans)
    if not used:
        raise NoCallError("no token was used")
    return Score(value=paid / used * 1e3, details={"cost_usd": paid, "tokens": used})


@_measure("tokens/s", source=_COUNTED, better="higher")
def output_tokens_per_second(row: Row) -> Score:
    """Tokens that came out of the models over the seconds that their calls took, one after the other."""
    calls = [call for call in model_calls(_spans(row)) if call.get("status") != "error"]
    if not calls:
        raise NoCallError("the trace has no call to a model that succeeded")
    unknown = [call for call in calls if call.get("output_tokens") is None or not (call.get("duration_ms") or 0) > 0]
    if unknown:
        raise InvalidRowError(f"tokens or duration are not known of {len(unknown)} of {len(calls)} calls.")
    written, seconds = sum(call["output_tokens"] for call in calls), sum(call["duration_ms"] for call in calls) / 1e3
    return Score(value=written / seconds, details={"output_tokens": written, "seconds": seconds})


@_measure("calls", source="a count of model calls, each response once", ratio=False)
def model_call_count(row: Row, *, most: int | None = None) -> Score:
    """How many calls to models the trace has, failed ones included; passes up to `most`, where that is given."""
    count = len(model_calls(_spans(row)))
    return Score(value=count, passed=None if most is None else count <= whole(most, "most", least=0))


@_measure("steps", source="a count of spans of kind llm and tool", ratio=False)
def step_count(row: Row, *, most: int | None = None) -> Score:
    """How many steps were taken: calls to models and of tools; passes up to `most`, where that is given."""
    spans = _spans(row)
    tools = sum(span.get("kind") == "tool" and span.get("twin_of") is None for span in spans)
    models = len(model_calls(spans))
    passed = None if most is None else tools + models <= whole(most, "most", least=0)
    return Score(value=tools + models, passed=passed, details={"model_calls": models, "tool_calls": tools})


@_measure(None, high=1.0, ratio=False)
def error_rate(row: Row, *, kind: str | None = None) -> Score:
    """Share of the spans that failed, or of those of one `kind`."""
    spans = [span for span in _spans(row) if kind in {None, span.get("kind")}]
    if not spans:
        raise NoCallError(f"the trace has no span of kind {shown(kind)}")
    failed = Counter(str(span.get("name")) for span in spans if span.get("status") == "error")
    return Score(value=failed.total() / len(spans), details={"spans": len(spans), "failed": dict(failed)})


@_measure(None, high=1.0, better="higher", source=_COUNTED, ratio=False)
def cache_hit_rate(row: Row) -> Score:
    """Share of the input tokens that came from the provider's cache; unknown where a provider does not tell."""
    spans = _spans(row)
    total = summed(spans, "input_tokens", kinds=_WRITING)
    if not total:
        raise NoCallError("no token went in")
    cached = summed(spans, "cache_read_tokens", kinds=_WRITING)
    return Score(value=cached / total, details={"cache_read_tokens": cached, "input_tokens": total})


@metric(inputs=_SPANS, binary=True, kind="spans", source=_VIEW)
def finish_reason(row: Row, *, allowed: Any = ("stop", "tool_call")) -> Score:
    """Whether every model call that succeeded ended for one of the `allowed` reasons: `length`, cut off, is none."""
    reasons = set(texts(allowed, "allowed"))
    calls = [call for call in model_calls(_spans(row)) if call.get("status") != "error"]
    if not calls:
        return unmeasured("finish_reason", NoCallError("the trace has no call to a model that succeeded"))
    silent = [call for call in calls if not call.get("finish_reasons")]
    if silent:
        raise InvalidRowError(f"why it ended is not known of {len(silent)} of {len(calls)} calls.")
    found = Counter(reason for call in calls for reason in call["finish_reasons"])
    other = {reason: number for reason, number in found.items() if reason not in reasons}
    return verdict(not other, f"ended for another reason: {', '.join(other)}." if other else None, reasons=dict(found))


def _spans(row: Row) -> Sequence[Mapping[str, Any]]:
    if not row.spans:
        raise InvalidRowError("the trace has no spans.")
    return row.spans


def _written(spans: Sequence[Mapping[str, Any]]) -> float:
    """Output tokens; 0 of a trace whose calls write none."""
    try:
        return summed(spans, "output_tokens", kinds=_WRITING)
    except NoCallError:
        return 0.0
