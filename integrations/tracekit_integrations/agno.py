"""agno: what is patched in it, and how each method is understood.

Methods are patched in every class of a family that has them, also in those that the program makes. What they give may
be a whole run, a stream of its events or a coroutine: each goes on being that.
"""

from __future__ import annotations

from tracekit.sdk.integration import Integration, Method, Target
from tracekit.sdk.registry import instrumentor
from tracekit_integrations import _agno_model as model
from tracekit_integrations import _agno_runs as runs
from tracekit_integrations._request import streamed

_RUN = Method(request=runs.agent, response=runs.ran, accumulator=runs.Events, nests=True, lasts=True, measured=False)
_WORKFLOW = Method(
    request=runs.workflow, response=runs.ran, accumulator=runs.Events, nests=True, lasts=True, measured=False
)
_STEP = Method(
    request=runs.step, response=runs.ran, accumulator=runs.StepEvents, nests=True, lasts=True, measured=False
)
_TOOL = Method(request=runs.tool, response=runs.executed, nests=True, lasts=True, measured=False)
_SEARCH = Method(request=runs.search, response=runs.found, nests=True, lasts=True, measured=False)
_CHAT = Method(request=model.request, response=model.response, lasts=True, measured=False)
_STREAM = Method(
    request=streamed(model.request), response=model.response, accumulator=model.Accumulator, lasts=True, measured=False
)
_CLAUDE = Method(request=model.request, response=model.claude_response, lasts=True, measured=False)
_CLAUDE_STREAM = Method(
    request=streamed(model.request),
    response=model.claude_response,
    accumulator=model.ClaudeAccumulator,
    lasts=True,
    measured=False,
)

_METHODS: dict[str, dict[str, Method]] = {
    "agent.agent:Agent": dict.fromkeys(("run", "arun", "continue_run", "acontinue_run"), _RUN),
    "team.team:Team": dict.fromkeys(("run", "arun", "continue_run", "acontinue_run"), _RUN),
    "workflow.workflow:Workflow": dict.fromkeys(("run", "arun", "continue_run", "acontinue_run"), _WORKFLOW),
    "workflow.step:Step": dict.fromkeys(("execute", "aexecute", "execute_stream", "aexecute_stream"), _STEP),
    "tools.function:FunctionCall": dict.fromkeys(("execute", "aexecute"), _TOOL),
    "knowledge.knowledge:Knowledge": dict.fromkeys(("search", "asearch", "async_search"), _SEARCH),
    "models.base:Model": {
        **dict.fromkeys(("invoke", "ainvoke"), _CHAT),
        **dict.fromkeys(("invoke_stream", "ainvoke_stream"), _STREAM),
    },
    "models.anthropic.claude:Claude": {
        **dict.fromkeys(("invoke", "ainvoke"), _CLAUDE),
        **dict.fromkeys(("invoke_stream", "ainvoke_stream"), _CLAUDE_STREAM),
    },
}
"""By place of the class."""


def _targets() -> tuple[Target, ...]:
    split = ((*place.split(":"), methods) for place, methods in _METHODS.items())
    return tuple(
        Target(module=f"agno.{module}", attribute=f"{name}.{attribute}", method=method, family=True)
        for module, name, methods in split
        for attribute, method in methods.items()
    )


integration = Integration(
    name="agno",
    package="agno",
    distribution="agno",
    versions=">=2.3,<4",
    tested=("2.3.8", "3.1.10"),
    targets=_targets(),
)

AgnoInstrumentor = instrumentor(integration)
