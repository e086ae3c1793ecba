"""AutoGen (agentchat, core and its model clients): what is patched in it, and how each method is understood.

Agents, teams, tools and models are patched in every class that has the methods, also in those that the program makes.
AutoGen's own spans of agents and tools give way. Those of its runtime tell of every message, with what is in it, and
stay where the program has a tracer provider.
"""

from __future__ import annotations

from tracekit.sdk.integration import Integration, Method, Target
from tracekit.sdk.native import keeps_silent, stands_back
from tracekit.sdk.registry import instrumentor
from tracekit_integrations import _autogen_model as model
from tracekit_integrations import _autogen_runs as runs
from tracekit_integrations._request import streamed

_AGENT = Method(
    request=runs.agent, response=runs.ran, accumulator=runs.Messages, nests=True, lasts=True, measured=False
)
_TEAM = Method(request=runs.team, response=runs.ran, accumulator=runs.Messages, nests=True, lasts=True, measured=False)
_TOOL = Method(
    request=runs.tool, response=runs.gave, accumulator=runs.LastGiven, nests=True, lasts=True, measured=False
)
_CHAT = Method(request=model.request, response=model.response, lasts=True, measured=False)
_STREAM = Method(
    request=streamed(model.request), response=model.response, accumulator=model.Accumulator, lasts=True, measured=False
)

_METHODS: dict[str, dict[str, Method]] = {
    "autogen_agentchat.agents._base_chat_agent:BaseChatAgent": dict.fromkeys(
        ("run", "run_stream", "on_messages", "on_messages_stream"), _AGENT
    ),
    "autogen_agentchat.teams._group_chat._base_group_chat:BaseGroupChat": dict.fromkeys(("run", "run_stream"), _TEAM),
    "autogen_core.tools._base:BaseTool": dict.fromkeys(("run_json", "run_json_stream"), _TOOL),
    "autogen_core.models._model_client:ChatCompletionClient": {"create": _CHAT, "create_stream": _STREAM},
}
"""By place of the class."""


def _targets() -> tuple[Target, ...]:
    split = ((place.partition(":"), methods) for place, methods in _METHODS.items())
    return tuple(
        Target(module=module, attribute=f"{name}.{attribute}", method=method, family=True)
        for (module, _, name), methods in split
        for attribute, method in methods.items()
    )


integration = Integration(
    name="autogen",
    package="autogen_core",
    distribution="autogen-core",
    versions=">=0.6,<0.8",
    tested=("0.6.4", "0.7.5"),
    targets=_targets(),
    hooks=(
        stands_back("autogen_core.tools._base", "trace_tool_span"),
        stands_back("autogen_agentchat.agents._base_chat_agent", "trace_invoke_agent_span"),
        stands_back("autogen_agentchat.agents._base_chat_agent", "trace_create_agent_span"),
        stands_back("autogen_agentchat.teams._group_chat._chat_agent_container", "trace_invoke_agent_span"),
        keeps_silent("autogen_core._telemetry._tracing", "TraceHelper.trace_block"),
    ),
)

AutogenInstrumentor = instrumentor(integration)
