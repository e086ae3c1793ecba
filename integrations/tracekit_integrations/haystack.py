"""Haystack, by the functions that run pipelines, components, agents and tools.

Not by its tracer: there is one of it in a process, it is the program's, and its content is under a switch that is the
program's too. Both stay as they are; what a component takes and gives is seen at the function that runs it.
"""

from __future__ import annotations

from tracekit.sdk.integration import Integration, Method, Target
from tracekit.sdk.registry import instrumentor
from tracekit.sdk.taps import within
from tracekit_integrations import _haystack_runs as runs

_PIPELINE = "haystack.core.pipeline.pipeline:Pipeline"
_AGENT = "haystack.components.agents.agent:Agent"
_TOOL = "haystack.tools.tool:Tool"
_ran = Method(request=runs.pipeline, response=runs.gave, nests=True, measured=False)
_streamed = Method(
    request=runs.pipeline, response=runs.gave, accumulator=runs.Parts, tap=within, nests=True, measured=False
)
_component = Method(request=runs.component, response=runs.component_gave, nests=True, measured=False)
_agent = Method(request=runs.agent, response=runs.agent_gave, nests=True, measured=False)
_tool = Method(request=runs.tool, response=runs.tool_gave, nests=True, measured=False)
_awaited = Method(request=runs.awaited_tool, response=runs.tool_gave, nests=True, measured=False)

_METHODS: tuple[tuple[str, str, Method], ...] = (
    (_PIPELINE, "run", _ran),
    (_PIPELINE, "run_async_generator", _streamed),
    (_PIPELINE, "_run_component", _component),
    (_PIPELINE, "_run_component_async", _component),
    (_AGENT, "run", _agent),
    (_AGENT, "run_async", _agent),
    (_TOOL, "invoke", _tool),
    (_TOOL, "invoke_async", _awaited),
)
"""`run_async` of a pipeline reads what `run_async_generator` gives."""


def _target(place: str, attribute: str, method: Method) -> Target:
    module, _, name = place.partition(":")
    awaited = attribute.endswith("_async")
    return Target(module=module, attribute=f"{name}.{attribute}", method=method, is_async=awaited)


integration = Integration(
    name="haystack",
    package="haystack",
    distribution="haystack-ai",
    versions=">=3,<4",
    tested=("3.4.1",),
    targets=tuple(_target(*each) for each in _METHODS),
)

HaystackInstrumentor = instrumentor(integration)
