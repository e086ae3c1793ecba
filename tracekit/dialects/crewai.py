"""CrewAI's own spans: crews, tasks and uses of tools, without the calls of models. Pure.

The calls come from whatever instruments the model's client, or from OpenInference and OpenLLMetry.
"""

from __future__ import annotations

from tracekit import semconv as sc
from tracekit import semconv_vendors as sv
from tracekit.dialects.dialect import Dialect
from tracekit.dialects.values import promote, text
from tracekit.model import Kind, RawSpan, Span

_KINDS: dict[str, tuple[Kind, str | None]] = {
    "Tool": ("tool", sc.EXECUTE_TOOL),
    "Task": ("agent", sc.INVOKE_AGENT),
    "Crew": ("chain", sc.INVOKE_WORKFLOW),
    "Flow": ("chain", sc.INVOKE_WORKFLOW),
}
"""Kinds by the first word of a span's name."""


def read(raw: RawSpan, span: Span) -> None:
    """Read CrewAI's attributes onto `span`."""
    span.kind, span.operation = _KINDS.get(raw.name.partition(" ")[0], ("other", None))
    span.request_model = span.model = text(raw.attributes.get(sv.CREWAI_LLM))
    if span.kind == "tool":
        span.tool_name = text(raw.attributes.get(sv.BARE_TOOL_NAME))
    promote(span, "input", sv.CREWAI_INPUTS)
    if span.input is None:
        promote(span, "input", sv.CREWAI_TASK)


DIALECT = Dialect(
    name="crewai",
    read=read,
    scopes=("crewai.telemetry", "crewAI-telemetry"),
    markers=frozenset({sv.CREWAI_VERSION}),
)
