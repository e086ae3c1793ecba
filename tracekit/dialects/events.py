"""Content that emitters put beside their spans: in span events, or in log records that belong to them. Pure.

Two ages of the conventions: one event a message (`gen_ai.user.message`, `gen_ai.choice`, ... before v1.37), and one
event that repeats the span's content attributes (`gen_ai.client.inference.operation.details`).
"""

from __future__ import annotations

from typing import Any

from tracekit import semconv as sc
from tracekit.dialects.documents import tools
from tracekit.dialects.messages import message, messages
from tracekit.dialects.parts import parts
from tracekit.dialects.values import decoded, listed, text
from tracekit.model import RawSpan, Span

_Said = dict[str, Any]
_ROLES = {
    sc.EVENT_SYSTEM_MESSAGE: "system",
    sc.EVENT_USER_MESSAGE: "user",
    sc.EVENT_ASSISTANT_MESSAGE: "assistant",
    sc.EVENT_TOOL_MESSAGE: "tool",
    sc.PROMPT_OLD: "user",
}

_CONTENTS = ("content", "text", "body")
_BLOCK = frozenset({"type", "role", "parts", "content", "text"})
"""Members that show an object to be a message or a block of one."""


def records(raw: RawSpan) -> list[tuple[str, _Said]]:
    """The span's events and log records in the order of their times: the name of each, and what it says.

    What a record says is its attributes, and over them the members of its body where that is an object. A body that is
    none stands under `body`.
    """
    beside: list[Any] = [*raw.events, *raw.logs]
    found = [one for one in beside if isinstance(one, dict)]
    found.sort(key=_time)
    return [_record(one) for one in found]


def read_events(found: list[tuple[str, _Said]], span: Span) -> None:
    """Read content that stands in these `records`, for all that the span's attributes do not say."""
    asked: list[Any] = []
    answered: list[Any] = []
    for name, said in found:
        if name in _ROLES:
            asked.append(message(_message(said, _ROLES[name]), _ROLES[name]))
        elif name == sc.EVENT_CHOICE:
            answered.append(_choice(said))
        else:
            asked += _texts(said, sc.PROMPT_OLD, "user")
            answered += _texts(said, sc.COMPLETION_OLD, "assistant")
            asked += messages(said.get(sc.INPUT_MESSAGES)) or ()
            answered += messages(said.get(sc.OUTPUT_MESSAGES), "assistant") or ()
            _details(said, span)
    span.input_messages = span.input_messages or asked or None
    span.output_messages = span.output_messages or answered or None


def read_listed(span: Span, value: Any) -> None:
    """Read events that stand as a list in an attribute, each its body with its name under `event.name`."""
    read_events([_record({"body": event}) for event in listed(value) or ()], span)


def _details(said: _Said, span: Span) -> None:
    if span.system_instructions is None and said.get(sc.SYSTEM_INSTRUCTIONS):
        span.system_instructions = parts(decoded(said[sc.SYSTEM_INSTRUCTIONS])) or None
    if span.tool_definitions is None:
        span.tool_definitions = tools(said.get(sc.TOOL_DEFINITIONS))


def _record(record: _Said) -> tuple[str, _Said]:
    attributes = record.get("attributes")
    said: _Said = dict(attributes) if isinstance(attributes, dict) else {}
    body = decoded(record.get("body"))
    if isinstance(body, dict):
        said |= body
    elif body is not None:
        said["body"] = body
    return text(record.get("name")) or text(said.get(sc.EVENT_NAME)) or "", said


def _message(said: _Said, role: str) -> _Said:
    """What an event says of its message; of a body that is only text, that text."""
    inner = decoded(said.get("message"))
    if isinstance(inner, dict):
        said = inner
    content = _content(next((said[name] for name in _CONTENTS if name in said), None))
    speaker = {} if isinstance(content, dict) else {"role": role}  # an object is a message, and says who speaks
    return {**speaker, **said, "content": content, "tool_call_id": said.get("tool_call_id", said.get("id"))}


def _content(value: Any) -> Any:
    """Blocks of content decoded; text that happens to be JSON is what was said, and stays text."""
    found = decoded(value)
    if isinstance(found, dict):
        return value if isinstance(value, str) and _BLOCK.isdisjoint(found) else found
    return found if isinstance(found, list) and all(isinstance(one, dict) for one in found) else value


def _choice(said: _Said) -> Any:
    inner = decoded(said.get("message"))
    if isinstance(inner, str | list):
        inner = {"content": inner}
    calls = said.get("tool_calls")
    held = inner if isinstance(inner, dict) else said
    if calls is not None and "tool_calls" not in held:
        held = {**held, "tool_calls": calls}
    reason = said.get("finish_reason", held.get("finish_reason"))
    return message(_message({**held, "finish_reason": reason}, "assistant"), "assistant")


def _texts(said: _Said, name: str, role: str) -> list[Any]:
    return messages(said.get(name), role) or []


def _time(record: _Said) -> int:
    said = record.get("time_ns")
    return said if isinstance(said, int) else 0
