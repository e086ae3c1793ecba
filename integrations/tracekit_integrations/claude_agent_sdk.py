"""The Claude Agent SDK: turns of an agent that works in a process of its own, as its messages tell.

The program that it drives asks the model there; here are its messages: what it says, the tools it uses and what they
give, and with the result the tokens and the cost of all of it.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from tracekit.sdk.hearing import asked, asked_and_read, left, read
from tracekit.sdk.integration import Hook, Integration, Wrapper
from tracekit.sdk.registry import instrumentor
from tracekit.sdk.runs import Runs
from tracekit_integrations import _claude_agent_messages as messages

_runs = Runs("claude_agent_sdk", key=messages.key, parent=messages.parent)
_turn = _runs.begin(messages.turn_begun, messages.Turn)
_query = _runs.begin(messages.query_begun, messages.Turn)
_said = _runs.piece(messages.piece)
_over = _runs.end(messages.turn_ended)
_tool = _runs.begin(messages.tool_begun)
_answered = _runs.end(messages.tool_ended)


def _hear(turn: Hashable, message: Any) -> None:
    """Tell of one message: the pieces of the turn, the tools that are used in it, its end."""
    _said(None, turn, message)
    for use in messages.uses(message):
        _tool(None, use, message, turn)
    for result in messages.results(message):
        _answered(None, result)
    if messages.is_result(message):
        _over(None, turn)


_HOOKS: dict[str, Wrapper] = {
    "claude_agent_sdk._internal.client:InternalClient.process_query": asked_and_read(_runs, _query, _hear),
    "claude_agent_sdk.client:ClaudeSDKClient.query": asked(_runs, _turn),
    "claude_agent_sdk.client:ClaudeSDKClient.receive_messages": read(_runs, _hear),
    "claude_agent_sdk.client:ClaudeSDKClient.disconnect": left(_runs),
}

integration = Integration(
    name="claude_agent_sdk",
    package="claude_agent_sdk",
    distribution="claude-agent-sdk",
    versions=">=0.1.6,<1",
    tested=("0.2.189",),
    hooks=tuple(
        Hook(module=place.partition(":")[0], attribute=place.partition(":")[2], wrapper=wrapper)
        for place, wrapper in _HOOKS.items()
    ),
    runs=_runs,
)

ClaudeAgentSdkInstrumentor = instrumentor(integration)
