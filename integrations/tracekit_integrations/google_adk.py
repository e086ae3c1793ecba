"""Google's Agent Development Kit: it traces itself wherever there is a tracer provider; content is asked for here.

Its older schema has content on spans unasked; the one since version 2 when a variable of the environment says so.
"""

from __future__ import annotations

from typing import Any

from tracekit.sdk.integration import Adoption, Answer, Integration
from tracekit.sdk.registry import instrumentor


def _with_spans(mode: Any, content: bool) -> Any:  # noqa: FBT001 - the signature of an answer
    """The mode that has content on spans beside where `mode` has it."""
    if not content or mode.value.startswith("SPAN"):
        return mode
    return type(mode).SPAN_AND_EVENT if mode.value == "EVENT_ONLY" else type(mode).SPAN_ONLY


integration = Integration(
    name="google_adk",
    package="google.adk",
    distribution="google-adk",
    versions=">=2.3,<3",
    adoption=Adoption(
        scopes=("gcp.vertex.agent",),
        answers=(
            Answer(
                module="google.adk.telemetry.context",
                attribute="_read_content_capturing_mode",
                change=_with_spans,
                everywhere=False,
            ),
        ),
    ),
)

GoogleAdkInstrumentor = instrumentor(integration)
