"""What the dialects out have in common: ids, times, status, resource, attributes that belong to no dialect. Pure.

Attributes that some dialect would read as its own are not carried over: the new dialect says what they said, and beside
it they would be read a second time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tracekit import semconv as sc
from tracekit._version import __version__
from tracekit.jsontext import encoder
from tracekit.model import DEFAULT_PROJECT, Kind, RawSpan, Span, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """What of a field of the canonical span a dialect does not carry, and why.

    Attributes:
        field: its name.
        why: completes the sentence that the name begins.
        kinds: of spans; None for all.
        rest: what of a value is carried; None where nothing is.
        unknown: a value that there is, is carried; one that is not known may come to be known.
    """

    field: str
    why: str
    kinds: tuple[Kind, ...] | None = None
    rest: Callable[[Any], Any] | None = None
    unknown: bool = False


LOST = (
    Loss(field="cost_usd", why="is priced again by who reads the span"),
    Loss(field="price_source", why="stands with cost_usd"),
    Loss(field="given_cost_usd", why="is what another emitter said"),
    Loss(field="usage_details", why="breaks usage down by names that the dialects do not share"),
    Loss(field="usage_fault", why="is found again"),
    Loss(field="counted", why="follows from the whole trace: who owns the usage is found again"),
    Loss(field="dialect", why="is the new one"),
    Loss(field="scope_name", why="is tracekit's where the original's speaks another dialect"),
    Loss(field="scope_version", why="stands with scope_name"),
    Loss(field="attributes", why="are the new dialect's, and those that belong to no dialect"),
    Loss(field="events", why="that say what attributes now say are left out"),
    Loss(field="raw_kind", why="is what the conventions want of a span of the kind"),
    Loss(field="finish_reasons", why="are taken from the output messages where they are not known", unknown=True),
)
"""What no dialect carries."""
SCOPES: Mapping[str, str] = {
    "otel-genai": sc.SCOPE,
    "openinference": "openinference.instrumentation.tracekit",
    "openllmetry": "traceloop.tracekit",
}
"""The instrumentation scope under which a span is said in another dialect."""
json_text = encoder(str, ascii_only=False)

INTERNAL, CLIENT = 1, 3
_CLIENTS: frozenset[Kind] = frozenset({"llm", "embedding", "retriever", "reranker"})
_STATUS: Mapping[Status, int] = {"unset": 0, "ok": 1, "error": 2}
_VOCABULARIES = (
    "ai.", "embedding.", "gen_ai.", "input.mime_type", "input.value", "langfuse.", "langsmith.", "llm.", "lmnr.",
    "logfire.", "mlflow.", "openinference.", "operation.cost", "output.mime_type", "output.value", "reranker.",
    "retrieval.", "tag.tags", "tool.", "tool_call.", "traceloop.", "tracekit.",
)  # fmt: skip
"""How the names begin that some dialect reads."""
_GENERAL = frozenset({sc.ERROR_TYPE, sc.SESSION_ID, sc.USER_ID})
_OURS_KEPT = (
    sc.METADATA_PREFIX, sc.FAULT, sc.OUTPUT_OMITTED, sc.TIME_TO_LAST_CHUNK, sc.RETRIEVAL_FILTER, sc.RETRIEVAL_SCORE,
)  # fmt: skip


def translated(span: Span, attributes: Mapping[str, Any], *, dialect: str) -> RawSpan:
    """A span that says `attributes`, with what of the original belongs to no dialect.

    Its scope is the original's where that speaks the dialect, else tracekit's: readers know a dialect by its scope.
    """
    events = [event for event in span.events if not _is_read(str(event.get("name", "")))]
    made = raw(span, {**foreign(span.attributes), **attributes}, events=events)
    if span.dialect != dialect.replace("-", "_"):
        made.scope_name, made.scope_version = SCOPES[dialect], __version__
    return made


def raw(span: Span, attributes: dict[str, Any], *, events: list[dict[str, Any]]) -> RawSpan:
    """A span to be sent, with these attributes and events; OTLP's own kind is what the conventions want of its kind."""
    return RawSpan(
        trace_id=span.trace_id,
        span_id=span.span_id,
        parent_span_id=span.parent_span_id,
        name=span.name,
        kind=CLIENT if span.kind in _CLIENTS else INTERNAL,
        start_ns=span.start_ns,
        end_ns=span.end_ns,
        status_code=_STATUS[span.status],
        status_message=span.status_message,
        attributes=attributes,
        events=events,
        links=span.links,
        resource=span.resource,
        scope_name=span.scope_name,
        scope_version=span.scope_version,
    )


def foreign(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes that belong to no dialect."""
    return {
        name: value
        for name, value in attributes.items()
        if name.startswith(_OURS_KEPT) or not (name in _GENERAL or name.startswith(_VOCABULARIES))
    }


def common(span: Span) -> dict[str, Any]:
    """What is said alike in every dialect: OpenTelemetry's general names, and ours where nobody has one."""
    own_project = span.project not in {None, DEFAULT_PROJECT, span.resource.get(sc.PROJECT)}
    said = {
        sc.ERROR_TYPE: span.error_type,
        sc.SESSION_ID: span.session_id,
        sc.USER_ID: span.user_id,
        sc.KIND: span.kind,
        sc.TAGS: span.tags,
        sc.OPENAI_RESPONSE_SERVICE_TIER: span.service_tier,
        sc.OUTCOME: None if span.outcome == "complete" else span.outcome,
        sc.PROJECT: span.project if own_project else None,
    }
    return present(said)


def present(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Those that have a value."""
    return {name: value for name, value in attributes.items() if value is not None}


def content(value: Any) -> Any:
    """Structured content as JSON text, which is how attributes carry it; everything else as it is."""
    return json_text(value) if isinstance(value, list | dict) else value


def _is_read(event: str) -> bool:
    """Whether an event says what the attributes now say: a message, a choice, the details of a call."""
    return event.startswith("gen_ai.")
