"""A row as texts to judge: every field as what a judge can read, whatever it was. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tracekit.evals.judges.draft import Judged
from tracekit.evals.metric import InvalidRowError
from tracekit.evals.row import Row, ToolCall


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a conversation: who spoke, and what was said, tool calls spelled out."""

    role: str
    text: str


def text_of(value: Any) -> str:
    """A value as text: text as it is, all else as JSON.

    Raises:
        InvalidRowError: JSON cannot hold it.
    """
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError) as error:
        raise InvalidRowError(f"{type(value).__name__} cannot be shown to a judge: {error}.") from error


def parts(row: Row, *names: str) -> tuple[Judged, ...]:
    """Fields and columns of a row that it has, in this order; `contexts` become a part each, `messages` one.

    The expected answer is called `reference`, and where there are several, each is one.
    """
    found: list[Judged] = []
    for name in names:
        if name == "contexts":
            found += contexts(row)
        elif name == "expected":
            found += references(row)
        elif name == "messages":
            found += [Judged("conversation", conversation(row))] if row.messages is not None else []
        elif name == "tool_calls":
            found += [Judged("tool calls", steps_text(row))] if row.tool_calls is not None else []
        elif name in row:
            found.append(Judged(name, text_of(row[name])))
    return tuple(found)


def contexts(row: Row) -> list[Judged]:
    """The contexts, numbered from 1."""
    return [Judged(f"context {number}", text) for number, text in enumerate(row.contexts or (), 1)]


def references(row: Row) -> list[Judged]:
    """What the answer should have been; several are alternatives, each right by itself."""
    expected = row.expected
    if expected is None:
        return []
    if isinstance(expected, Sequence) and not isinstance(expected, str) and len(expected) > 1:
        return [
            Judged(f"reference {number}, one of several that are right", text_of(one))
            for number, one in enumerate(expected, 1)
        ]
    alone = expected[0] if isinstance(expected, Sequence) and not isinstance(expected, str) and expected else expected
    return [Judged("reference", text_of(alone))]


def turns(row: Row) -> list[Turn]:
    """The conversation of a row."""
    return [Turn(str(message.get("role") or "unknown"), _said(message)) for message in row.messages or ()]


def conversation(row: Row) -> str:
    """The conversation as one text, turns numbered from 1."""
    return "\n".join(f"[{number}] {turn.role}: {turn.text}" for number, turn in enumerate(turns(row), 1))


def steps(row: Row) -> list[str]:
    """The tool calls of a row, a line each."""
    return [_call(call) for call in row.tool_calls or ()]


def steps_text(row: Row) -> str:
    """The tool calls as one text, numbered from 1."""
    return "\n".join(f"[{number}] {line}" for number, line in enumerate(steps(row), 1)) or "(no tool was called)"


def _call(call: ToolCall) -> str:
    return f"{call.name}({'' if call.arguments is None else text_of(call.arguments)})"


def _said(message: Mapping[str, Any]) -> str:
    """The text of a message: its content, or the convention's parts, and the tools that it calls."""
    content = message.get("content") if message.get("content") is not None else message.get("parts")
    if isinstance(content, Sequence) and not isinstance(content, str):
        pieces = [_piece(part) for part in content]
    else:
        pieces = [] if content is None else [text_of(content)]
    for call in message.get("tool_calls") or ():
        function = call.get("function", call) if isinstance(call, Mapping) else {}
        pieces.append(f"(calls {function.get('name')}: {text_of(function.get('arguments'))})")
    return "\n".join(piece for piece in pieces if piece)


def _piece(part: Any) -> str:
    if not isinstance(part, Mapping):
        return text_of(part)
    if part.get("type") == "tool_call":
        return f"(calls {part.get('name')}: {text_of(part.get('arguments'))})"
    if part.get("type") == "tool_call_response":
        return f"(result: {text_of(part.get('response', part.get('result')))})"
    text = part.get("text", part.get("content"))
    return text_of(part if text is None else text)
