"""Content on spans that others make: what of it is content, kept from the journal or from whoever else sees the span.

Our own spans carry content beside them, or not at all. Others put it into attributes and events of theirs, where every
exporter of the provider sees it; the names are those that the dialects read.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import Any

from opentelemetry.attributes import BoundedAttributes
from opentelemetry.sdk.trace import ReadableSpan, Span

from tracekit import semconv as sc
from tracekit import semconv_vendors as sv

TOLD = frozenset({
    sc.SYSTEM_INSTRUCTIONS, sc.INPUT_MESSAGES, sc.OUTPUT_MESSAGES, sc.TOOL_CALL_ARGUMENTS, sc.TOOL_CALL_RESULT,
})  # fmt: skip
"""Content that clients have on their spans only when they are told to."""
_CONTENT = TOLD | {
    sc.INPUT, sc.OUTPUT, sc.TOOL_DEFINITIONS, sc.RETRIEVAL_QUERY, sc.RETRIEVAL_DOCUMENTS, sc.MEMORY_QUERY,
    sc.MEMORY_RECORDS, sc.ADK_DATA, sc.ADK_LLM_REQUEST, sc.ADK_LLM_RESPONSE, sc.ADK_TOOL_ARGUMENTS,
    sc.ADK_TOOL_RESPONSE, sc.OPENLIT_TOOL_INPUT, sc.OPENLIT_TOOL_OUTPUT, sc.OPENLIT_WORKFLOW_INPUT,
    sc.OPENLIT_WORKFLOW_OUTPUT, sc.OPENLIT_RETRIEVAL_QUERY, sc.OPENLIT_PROMPT, sc.OPENLIT_COMPLETION,
    sv.INPUT_VALUE, sv.OUTPUT_VALUE, sv.LLM_PROMPT_TEMPLATE, sv.LLM_PROMPT_VARIABLES, sv.EMBEDDING_TEXT,
    sv.RERANKER_QUERY, sv.TRACELOOP_INPUT, sv.TRACELOOP_OUTPUT, sv.LANGFUSE_INPUT, sv.LANGFUSE_OUTPUT,
    sv.LANGFUSE_TRACE_INPUT, sv.LANGFUSE_TRACE_OUTPUT, sv.LANGFUSE_INSTRUCTIONS, sv.MLFLOW_INPUTS, sv.MLFLOW_OUTPUTS,
    sv.MLFLOW_TOOLS, sv.MLFLOW_CHUNK, sv.LAMINAR_INPUT, sv.LAMINAR_OUTPUT, sv.LOGFIRE_REQUEST, sv.LOGFIRE_RESPONSE,
    sv.LOGFIRE_EVENTS, sv.LOGFIRE_MESSAGE, sv.PYDANTIC_AI_MESSAGES, sv.PYDANTIC_AI_EVENTS, sv.PYDANTIC_AI_RESULT,
    sv.PYDANTIC_AI_TOOL_ARGUMENTS, sv.PYDANTIC_AI_TOOL_RESPONSE, sv.PYDANTIC_AI_PARAMETERS, sv.HAYSTACK_INPUT,
    sv.HAYSTACK_OUTPUT, sv.HAYSTACK_PIPELINE_INPUT, sv.HAYSTACK_PIPELINE_OUTPUT, sv.HAYSTACK_AGENT_INPUT,
    sv.HAYSTACK_AGENT_OUTPUT, sv.HAYSTACK_LLM_INPUT, sv.HAYSTACK_LLM_OUTPUT, sv.HAYSTACK_TOOL_INPUT,
    sv.HAYSTACK_TOOL_OUTPUT, sv.CREWAI_INPUTS, sv.CREWAI_TASK, sv.LIVEKIT_CONTEXT, sv.LIVEKIT_CONTEXT_OLD,
    sv.LIVEKIT_TEXT, sv.LIVEKIT_TEXT_OLD, sv.LIVEKIT_USER_INPUT, sv.LIVEKIT_USER_INPUT_OLD, sv.LIVEKIT_TRANSCRIPT,
    sv.LIVEKIT_TRANSCRIPT_OLD, sv.LIVEKIT_SPEECH, sv.LIVEKIT_SPEECH_OLD, sv.LIVEKIT_TOOL_ARGUMENTS,
    sv.LIVEKIT_TOOL_ARGUMENTS_OLD, sv.LIVEKIT_TOOL_OUTPUT, sv.LIVEKIT_TOOL_OUTPUT_OLD,
}  # fmt: skip
_LISTED = (
    sc.PROMPT_OLD, sc.COMPLETION_OLD, sv.LLM_INPUT_MESSAGES, sv.LLM_OUTPUT_MESSAGES, sv.LLM_PROMPTS, sv.LLM_CHOICES,
    sv.LLM_TOOLS, sv.LLM_REQUEST_FUNCTIONS, sv.EMBEDDINGS, sv.DOCUMENTS, sv.RERANKER_INPUT, sv.RERANKER_OUTPUT,
)  # fmt: skip
"""Content that is spelled out by index, or stands under the bare name."""
_OF_LIST = re.compile(rf"(?:{'|'.join(map(re.escape, _LISTED))})(?:\.\d.*)?", re.DOTALL)
_EVENTS = frozenset({
    sc.EVENT_DETAILS, sc.EVENT_SYSTEM_MESSAGE, sc.EVENT_USER_MESSAGE, sc.EVENT_ASSISTANT_MESSAGE,
    sc.EVENT_TOOL_MESSAGE, sc.EVENT_CHOICE, sc.OPENLIT_PROMPT, sc.OPENLIT_COMPLETION, *sc.STRANDS_EVENTS,
    sv.EVENT_TOOL_OUTPUT,
})  # fmt: skip

Takes = Callable[[str], bool]
"""Whether the attribute of this name goes beside the span."""
Event = dict[str, Any]
"""A span event as the journal has it: `name`, `time_ns`, `attributes`."""


def is_content(name: str) -> bool:
    """Whether the attribute of this name holds what was asked, answered, or handed to a tool, in some dialect.

    >>> is_content("gen_ai.prompt.0.content"), is_content("gen_ai.prompt.name"), is_content("llm.token_count.prompt")
    (True, False, False)
    """
    return name in _CONTENT or _OF_LIST.fullmatch(name) is not None


def is_content_event(name: str) -> bool:
    """Whether the span event of this name is a message, or a piece of one."""
    return name in _EVENTS or name.startswith(sv.MLFLOW_CHUNK_ITEM)


class Riding:
    """What goes into an open span's record and not through the span."""

    __slots__ = ("attributes", "events", "span")

    def __init__(self) -> None:
        self.attributes = BoundedAttributes(immutable=False)  # takes what a span takes, and no more
        self.events: list[Event] = []
        self.span: Span | None = None

    def divert(self, span: Span, takes: Takes) -> None:
        """From now on what is content rides here and does not come onto the span; nor what it has begun with."""
        self.span = span
        set_attribute, add_event, held = span.set_attribute, span.add_event, vars(span)["_attributes"]

        def attribute(key: str, value: Any) -> None:
            if takes(key):
                self.attributes[key] = value
            else:
                set_attribute(key, value)

        def attributes(values: Mapping[str, Any]) -> None:
            for key, value in values.items():
                attribute(key, value)

        def event(name: str, attributes: Mapping[str, Any] | None = None, timestamp: int | None = None) -> None:
            if is_content_event(name):
                self.add(name, attributes, timestamp)
            else:
                add_event(name, attributes, timestamp)

        for key in [key for key in held if takes(key)]:
            self.attributes[key] = held[key]
            del held[key]
        vars(span).update(set_attribute=attribute, set_attributes=attributes, add_event=event)

    def add(self, name: str, attributes: Mapping[str, Any] | None, time_ns: int | None = None) -> None:
        """An event of its own."""
        kept = dict(BoundedAttributes(attributes=attributes))
        self.events.append({"name": name, "time_ns": time_ns or time.time_ns(), "attributes": kept})

    def release(self) -> None:
        """The span has ended: its methods are its class's again, and nothing holds it."""
        if self.span is not None:
            for name in ("set_attribute", "set_attributes", "add_event"):
                vars(self.span).pop(name, None)
            self.span = None


class Foreign:
    """The spans of others that are open on the provider, as far as something is to be done about their content.

    Args:
        keeps: whether content of a span that begins is written at all.
        diverts: what of a span that begins goes beside it; None where nothing does.
    """

    __slots__ = ("_bare", "_diverts", "_keeps", "_riding")

    def __init__(self, *, keeps: Callable[[ReadableSpan], bool], diverts: Callable[[Span], Takes | None]) -> None:
        self._keeps = keeps
        self._diverts = diverts
        self._bare: set[int] = set()
        self._riding: dict[int, Riding] = {}

    def begin(self, span: Span, span_id: int, attributes: dict[str, Any]) -> dict[str, Any]:
        """A span begins; gives what of its attributes, and of what rides beside them, may be written."""
        takes = self._diverts(span)
        if takes is not None:
            riding = self._riding[span_id] = Riding()
            riding.divert(span, takes)
        if self._keeps(span):
            return attributes
        self._bare.add(span_id)
        return _without_content(attributes)

    def tell(self, span_id: int, name: str, attributes: Mapping[str, Any]) -> None:
        """Put an event beside an open span."""
        self._riding.setdefault(span_id, Riding()).add(name, attributes)

    def end(self, span_id: int, attributes: dict[str, Any], events: list[Event]) -> tuple[dict[str, Any], list[Event]]:
        """A span has ended; gives what of its attributes and events, and of what rode beside them, may be written."""
        riding = self._riding.pop(span_id, None)
        if riding is not None:
            riding.release()
            attributes = {**attributes, **riding.attributes}
            events = sorted([*events, *riding.events], key=itemgetter("time_ns"))
        if span_id not in self._bare:
            return attributes, events
        self._bare.discard(span_id)
        told = [event for event in events if not is_content_event(event["name"])]
        return _without_content(attributes), [
            {**event, "attributes": _without_content(event["attributes"])} for event in told
        ]

    def clear(self) -> None:
        """The process is a fork: what is open is its parent's."""
        self._riding.clear()
        self._bare.clear()


def _without_content(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in attributes.items() if not is_content(name)}
