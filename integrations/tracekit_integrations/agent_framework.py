"""Microsoft Agent Framework: it traces itself wherever there is a tracer provider; content is asked for here.

The program's switch stays as it is. What the framework sends to logs beside its spans when content is asked for, it
sends only if the program asked.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from tracekit.sdk.adopted import Told, telling
from tracekit.sdk.integration import Adoption, Answer, Hook, Integration
from tracekit.sdk.registry import instrumentor


def _settings() -> Any:
    return sys.modules["agent_framework.observability"].OBSERVABILITY_SETTINGS


def _not_asked() -> bool:
    return not _settings().enable_sensitive_data


def _message(event: Any, body: Mapping[str, Any], *_: Any) -> Iterator[Told]:
    """A message that stands in no attribute, because the program chose the conventions of before."""
    if not _settings().use_latest_experimental_gen_ai_semconv:
        inner = body.get("message", body)
        outer = {name: body[name] for name in ("finish_reason",) if name in body}
        yield str(event.value), {"message": json.dumps(inner), **outer}


def _with_content(asked: bool, content: bool) -> bool:  # noqa: FBT001 - the signature of an answer
    return asked or content


integration = Integration(
    name="agent_framework",
    package="agent_framework",
    distribution="agent-framework-core",
    versions=">=1.15,<2",
    tested=("1.15.0", "1.23.0"),
    hooks=(
        Hook(
            module="agent_framework.observability",
            attribute="_emit_otel_event_v1_36",
            wrapper=telling("agent_framework", _message, unasked=_not_asked),
        ),
    ),
    adoption=Adoption(
        scopes=("agent_framework",),
        answers=(
            Answer(
                module="agent_framework.observability",
                attribute="ObservabilitySettings.SENSITIVE_DATA_ENABLED",
                change=_with_content,
            ),
        ),
    ),
)

AgentFrameworkInstrumentor = instrumentor(integration)
