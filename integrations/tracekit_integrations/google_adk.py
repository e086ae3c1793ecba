"""Google's Agent Development Kit: it traces itself wherever there is a tracer provider; content is asked for here.

Its older schema has content on spans unasked; the one since version 2 when a variable of the environment says so.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from tracekit import semconv
from tracekit.sdk.adopted import Told, telling
from tracekit.sdk.integration import Adoption, Answer, Hook, Integration
from tracekit.sdk.registry import instrumentor

_TELEMETRY = "google.adk.telemetry"


def _with_spans(mode: Any, content: bool) -> Any:  # noqa: FBT001 - the signature of an answer
    """The mode that has content on spans beside where `mode` has it."""
    if not content or mode.value.startswith("SPAN"):
        return mode
    return type(mode).SPAN_AND_EVENT if mode.value == "EVENT_ONLY" else type(mode).SPAN_ONLY


def _tools(_config: Any, details: Mapping[str, Any]) -> Iterator[Told]:
    """The definitions of tools whole: what was on spans before has no parameters."""
    if semconv.TOOL_DEFINITIONS in details:
        definitions = json.dumps(details[semconv.TOOL_DEFINITIONS], default=str)
        yield semconv.EVENT_DETAILS, {semconv.TOOL_DEFINITIONS: definitions}


def _as_before(said: Mapping[str, Any], config: Any, details: Mapping[str, Any]) -> Mapping[str, Any]:
    """Attributes of a span with the definitions of tools as the program would have them there without us."""
    mode = config.resolved_content_capturing_mode
    if config.capture_message_content is None:
        mode = sys.modules[f"{_TELEMETRY}.context"]._read_content_capturing_mode.__wrapped__()  # noqa: SLF001 - ours
    if mode.value.startswith("SPAN"):
        return said
    module: Any = sys.modules[f"{_TELEMETRY}._experimental_semconv"]
    return {**said, **module._operation_details_attributes_no_content(details)}  # noqa: SLF001 - its own rule


integration = Integration(
    name="google_adk",
    package="google.adk",
    distribution="google-adk",
    versions=">=2.3,<3",
    tested=("2.13.0",),
    hooks=(
        Hook(
            module=f"{_TELEMETRY}._experimental_semconv",
            attribute="_build_completion_span_attributes",
            wrapper=telling("google_adk", _tools, shown=_as_before),
        ),
    ),
    adoption=Adoption(
        scopes=("gcp.vertex.agent",),
        answers=(
            Answer(
                module=f"{_TELEMETRY}.context",
                attribute="_read_content_capturing_mode",
                change=_with_spans,
                everywhere=False,
            ),
        ),
    ),
)

GoogleAdkInstrumentor = instrumentor(integration)
