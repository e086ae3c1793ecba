"""Head sampling: which traces are recorded at all, decided at a trace's first span and followed by all beneath it.

The share of traces is taken by their ids, as OpenTelemetry's `TraceIdRatioBased` takes it: processes that record the
same share record the same traces. What is not recorded is counted; what is carries the share, so that counts can be
scaled.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from opentelemetry.context import Context
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult
from opentelemetry.trace import Link, SpanKind, TraceState, get_current_span

from tracekit import semconv
from tracekit.errors import UsageError
from tracekit.sdk.context import values

_FIELDS = {
    "kind": semconv.KIND,
    "operation": semconv.OPERATION,
    "provider": semconv.PROVIDER,
    "model": semconv.REQUEST_MODEL,
    "agent": semconv.AGENT_NAME,
    "tool": semconv.TOOL_NAME,
    "session": semconv.SESSION_ID,
    "user": semconv.USER_ID,
    "tag": semconv.TAGS,
}
_WHOLE = 1 << 64


@dataclass(slots=True, frozen=True, kw_only=True)
class Rule:
    """A share of the traces whose first span has a field that looks like `pattern` (`*` and `?` as in file names)."""

    field: str
    pattern: str
    ratio: float

    def applies(self, name: str, attributes: Mapping[str, Any]) -> bool:
        """Whether a span with this name and these attributes is meant."""
        value = name if self.field == "name" else attributes.get(_FIELDS[self.field])
        each = value if isinstance(value, (list, tuple)) else () if value is None else (value,)
        return any(fnmatchcase(str(one), self.pattern) for one in each)


@dataclass(slots=True, frozen=True, kw_only=True)
class Shares:
    """The share of traces that are recorded: of the first rule that applies, else `ratio`."""

    ratio: float = 1.0
    rules: tuple[Rule, ...] = ()

    def of(self, name: str, attributes: Mapping[str, Any]) -> float:
        """The share of traces that begin with such a span."""
        return next((rule.ratio for rule in self.rules if rule.applies(name, attributes)), self.ratio)


def parse(text: str) -> Shares | None:
    """The setting `sample`; None where every trace is recorded.

    >>> parse("0.1, checkout*=1")
    Shares(ratio=0.1, rules=(Rule(field='name', pattern='checkout*', ratio=1.0),))

    Args:
        text: a share from 0 to 1, `PATTERN=SHARE` for traces whose first span's name looks so, `FIELD:PATTERN=SHARE` by
            another field, or several of these with commas between. The first that applies counts.

    Raises:
        UsageError: it says something else.
    """
    ratio, rules = 1.0, list[Rule]()
    for part in filter(None, map(str.strip, text.split(","))):
        which, is_rule, share = part.rpartition("=")
        if not is_rule:
            ratio = _ratio(share)
            continue
        field, _, pattern = which.strip().partition(":")
        if not pattern:
            field, pattern = "name", which.strip()
        if field not in {"name", *_FIELDS}:
            known = ", ".join(("name", *_FIELDS))
            raise UsageError(f"sample: {field!r} in {part!r} is no field to choose traces by; use one of {known}.")
        rules.append(Rule(field=field, pattern=pattern, ratio=_ratio(share)))
    return None if ratio == 1.0 and not rules else Shares(ratio=ratio, rules=tuple(rules))


def _ratio(text: str) -> float:
    try:
        ratio = float(text)
    except ValueError:
        ratio = -1.0
    if not 0.0 <= ratio <= 1.0:
        raise UsageError(f"sample: {text.strip()!r} is no share of traces; write a number from 0 to 1.")
    return ratio


class HeadSampler(Sampler):
    """Decides at the first span of a trace; beneath a span, here or in another process, as was decided there.

    Args:
        shares: how many traces are recorded.
        beside: gives the attributes of the span that this thread is about to start which do not go through it.
    """

    def __init__(self, shares: Shares, beside: Callable[[], Mapping[str, Any]]) -> None:
        self._shares = shares
        self._beside = beside
        self._counting = threading.Lock()
        self.left_out = 0
        """How many traces began here and were not recorded."""

    def should_sample(  # noqa: PLR0917 - the SDK's signature
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,  # noqa: ARG002 - the SDK passes it
        attributes: Any = None,
        links: Sequence[Link] | None = None,  # noqa: ARG002
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        """OpenTelemetry's question about a span that is about to start."""
        parent = get_current_span(parent_context).get_span_context()
        if parent.is_valid:
            decision = Decision.RECORD_AND_SAMPLE if parent.trace_flags.sampled else Decision.DROP
            return SamplingResult(decision, attributes, parent.trace_state)
        ratio = self._shares.of(name, {**values(), **self._beside(), **(attributes or {})})
        if trace_id & (_WHOLE - 1) < round(ratio * _WHOLE):
            shared = {} if ratio == 1.0 else {semconv.SAMPLE_RATIO: ratio}
            return SamplingResult(Decision.RECORD_AND_SAMPLE, {**(attributes or {}), **shared}, trace_state)
        with self._counting:
            self.left_out += 1
        return SamplingResult(Decision.DROP, attributes, trace_state)

    def get_description(self) -> str:
        """What it does, in a line."""
        return f"TracekitHead{{{self._shares}}}"
