"""Semantic Kernel: spans of models and agents switched on, and the messages that it only logs told beside them.

Its settings are read from the environment when it is imported, and stay as they are: what we answer for is the
functions that ask them. Model messages go to a logger if the settings say so, and to nobody's by us.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tracekit import semconv
from tracekit.sdk.adopted import Told, telling
from tracekit.sdk.integration import Adoption, Answer, Hook, Integration
from tracekit.sdk.registry import instrumentor

_TELEMETRY = "semantic_kernel.utils.telemetry"
_MODELS = f"{_TELEMETRY}.model_diagnostics.decorators"
_AGENTS = f"{_TELEMETRY}.agent_diagnostics.decorators"
_FUNCTIONS = f"{_TELEMETRY}.model_diagnostics.function_tracer"
_EVENTS = {
    "system": semconv.EVENT_SYSTEM_MESSAGE,
    "user": semconv.EVENT_USER_MESSAGE,
    "assistant": semconv.EVENT_ASSISTANT_MESSAGE,
    "tool": semconv.EVENT_TOOL_MESSAGE,
}


def _asked(_provider: str, prompt: Any) -> Iterator[Told]:
    """The messages of a chat history, or a prompt's text."""
    if isinstance(prompt, str):
        yield semconv.EVENT_USER_MESSAGE, {"content": prompt}
        return
    for message in prompt.messages:
        name = _EVENTS.get(str(message.role.value))
        if name is not None:
            yield name, {"message": json.dumps(message.to_dict())}


def _answered(_span: Any, completions: list[Any], _provider: str) -> Iterator[Told]:
    for completion in completions:
        reason = getattr(completion, "finish_reason", None)
        said = {} if reason is None else {"finish_reason": str(getattr(reason, "value", reason))}
        yield semconv.EVENT_CHOICE, {"message": json.dumps(completion.to_dict()), **said}


def _answer(module: str, attribute: str, *, content: bool = False) -> Answer:
    def change(said: bool, wanted: bool) -> bool:  # noqa: FBT001 - the signature of an answer
        return said or wanted or not content

    return Answer(module=module, attribute=attribute, change=change, everywhere=False)


integration = Integration(
    name="semantic_kernel",
    package="semantic_kernel",
    distribution="semantic-kernel",
    versions=">=1.36,<2",
    tested=("1.45.0",),
    hooks=(
        Hook(module=_MODELS, attribute="_set_completion_input", wrapper=telling("semantic_kernel", _asked)),
        Hook(module=_MODELS, attribute="_set_completion_response", wrapper=telling("semantic_kernel", _answered)),
    ),
    adoption=Adoption(
        scopes=("semantic_kernel",),
        answers=(
            _answer(_MODELS, "are_model_diagnostics_enabled"),
            _answer(_AGENTS, "are_model_diagnostics_enabled"),
            _answer(_AGENTS, "are_sensitive_events_enabled", content=True),
            _answer(_FUNCTIONS, "are_sensitive_events_enabled", content=True),
        ),
    ),
)

SemanticKernelInstrumentor = instrumentor(integration)
