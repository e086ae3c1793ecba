"""OpenAI's Agents SDK, by its own tracing: we are told what its trace processors are told.

We stand where the SDK tells all of its processors, and not among them: the program's list stays as the program makes
it, also when it replaces it, and nothing is made before the SDK makes it. A run is current for as long as the SDK has
it current, so that the client's own call stands beneath the response that it makes.
"""

from __future__ import annotations

from tracekit.sdk.integration import Hook, Integration, Wrapper
from tracekit.sdk.registry import instrumentor
from tracekit.sdk.runs import Runs
from tracekit_integrations import _openai_agents_spans as spans

_runs = Runs("openai_agents", key=spans.key, parent=spans.parent)
_enter, _leave = _runs.entering(spans.key), _runs.leaving
_HOOKS: dict[str, Wrapper] = {
    "provider:SynchronousMultiTracingProcessor.on_trace_start": _runs.relaying(_runs.begin(spans.trace_begun)),
    "provider:SynchronousMultiTracingProcessor.on_trace_end": _runs.relaying(_runs.over(spans.trace_ended)),
    "provider:SynchronousMultiTracingProcessor.on_span_start": _runs.relaying(_runs.begin(spans.begun)),
    "provider:SynchronousMultiTracingProcessor.on_span_end": _runs.relaying(_runs.over(spans.ended)),
    "scope:Scope.set_current_trace": _enter,
    "scope:Scope.reset_current_trace": _leave(lambda scope: spans.key(scope.get_current_trace())),
    "scope:Scope.set_current_span": _enter,
    "scope:Scope.reset_current_span": _leave(lambda scope: spans.key(scope.get_current_span())),
}

integration = Integration(
    name="openai_agents",
    package="agents",
    distribution="openai-agents",
    versions=">=0.4,<1",
    tested=("0.4.0", "0.24.0"),
    hooks=tuple(
        Hook(module=f"agents.tracing.{place.partition(':')[0]}", attribute=place.partition(":")[2], wrapper=wrapper)
        for place, wrapper in _HOOKS.items()
    ),
    runs=_runs,
)

OpenaiAgentsInstrumentor = instrumentor(integration)
