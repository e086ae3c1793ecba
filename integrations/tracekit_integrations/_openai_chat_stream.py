"""Streamed chat completions: chunks put together, choice by choice."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from typing import Any

from tracekit.model import Message, Part, Response
from tracekit_integrations import _parts as parts
from tracekit_integrations._openai_chat import content_part, finish_word, made_sound_part, reply_of, reported_usage
from tracekit_integrations._values import declared, decoded, extra, get, items, plain, said, text, undeclared


class _Call:
    """One tool call that arrives in fragments."""

    __slots__ = ("arguments", "free", "id", "name")

    def __init__(self) -> None:
        self.free = False
        self.id: str | None = None
        self.name: str | None = None
        self.arguments: list[str] = []

    def add(self, id_: Any, details: Any, argument: str) -> None:
        self.id = self.id or text(id_)
        self.name = self.name or text(get(details, "name"))
        fragment = get(details, argument)
        if fragment:
            self.arguments.append(fragment if isinstance(fragment, str) else json.dumps(plain(fragment)))

    def part(self) -> Part:
        given = "".join(self.arguments)
        return parts.tool_call_part(self.id, self.name, given if self.free else decoded(given))


class _Choice:
    """One choice of a streamed reply so far."""

    __slots__ = ("calls", "finish", "function", "others", "refusal", "role", "sound", "text", "thoughts", "transcript")

    def __init__(self) -> None:
        self.role = "assistant"
        self.finish: Any = None
        self.text: list[str] = []
        self.others: list[Part] = []
        self.refusal: list[str] = []
        self.thoughts: list[str] = []
        self.sound: list[str] = []
        self.transcript: list[str] = []
        self.calls: dict[int, _Call] = {}
        self.function: _Call | None = None

    def add(self, delta: Any) -> None:
        found = declared(delta)
        content = found.get("content")
        if content:
            if isinstance(content, str):
                self.text.append(content)
            else:
                self._add_parts(map(content_part, items(content)))
        for call in found.get("tool_calls") or ():
            self._add_call(call)
        refusal = found.get("refusal")
        if refusal:
            self.refusal.append(refusal)
        function = found.get("function_call")
        if function is not None:
            self.function = self.function or _Call()
            self.function.add(None, function, "arguments")
        more = undeclared(delta)
        if more:
            thoughts = more.get("reasoning_content") or more.get("reasoning")  # some send both, the same
            if thoughts and isinstance(thoughts, str):
                self.thoughts.append(thoughts)
        sound = found.get("audio") or more.get("audio")
        if sound is not None:
            self.sound.append(get(sound, "data") or "")
            self.transcript.append(get(sound, "transcript") or "")

    def _add_parts(self, more: Iterable[Part]) -> None:
        for part in more:
            if part["type"] == "reasoning":
                self.thoughts.append(str(part.get("content")))
            else:
                parts.join(self.others, [part])

    def _add_call(self, call: Any) -> None:
        index = get(call, "index")
        if index is None:  # some gateways leave it out: an id begins a call, what has none goes on with the last
            index = len(self.calls) if get(call, "id") or not self.calls else next(reversed(self.calls))
        custom = extra(call, "custom")
        kept = self.calls.setdefault(index, _Call())
        if custom is not None:
            kept.free = True  # a custom tool takes text of any kind
            kept.add(get(call, "id"), custom, "input")
        else:
            kept.add(get(call, "id"), get(call, "function"), "arguments")

    def message(self) -> Message:
        found: list[Part] = []
        if self.thoughts:
            found.append(parts.reasoning_part("".join(self.thoughts)))
        if self.text:
            found.append(parts.text_part("".join(self.text)))
        found.extend(self.others)
        if self.refusal:
            found.append(parts.refusal_part("".join(self.refusal)))
        if self.sound:
            found.append(made_sound_part({"data": _joined(self.sound), "transcript": "".join(self.transcript)}))
        found.extend(self.calls[index].part() for index in sorted(self.calls))
        if self.function is not None:
            found.append(self.function.part())
        return parts.reply(found, finish_word(self.finish), self.role)


def _joined(pieces: list[str]) -> str:
    """Base64 text of bytes whose pieces came in base64 each."""
    try:
        return base64.b64encode(b"".join(map(base64.b64decode, pieces))).decode()
    except ValueError:  # not base64 then, whatever it is
        return "".join(pieces)


class Accumulator:
    """A streamed reply of `chat.completions` so far; choices may interleave, usage comes last or never.

    `add` runs for every chunk on the caller's time: it reads each object's fields through one look-up.
    """

    def __init__(self) -> None:
        self._head: dict[str, Any] = {}
        self._usage: Any = None
        self._choices: dict[int, _Choice] = {}

    def add(self, chunk: Any, /) -> None:
        """Take one chunk."""
        found = declared(chunk)
        for choice in found.get("choices") or ():
            self._add_choice(declared(choice))
        reported = found.get("usage") or get(found.get("x_groq") or undeclared(chunk).get("x_groq"), "usage")
        if reported is not None:
            self._usage = reported
            take_head(self._head, found)
        elif "id" not in self._head:
            take_head(self._head, found)

    def _add_choice(self, choice: Mapping[str, Any]) -> None:
        index, delta, finish = choice.get("index") or 0, choice.get("delta"), choice.get("finish_reason")
        kept = self._choices.get(index)
        if kept is None:
            kept = self._choices[index] = _Choice()
            kept.role = text(get(delta, "role")) or kept.role
        if delta is not None:
            kept.add(delta)
        if finish is not None:
            kept.finish = finish

    def response(self) -> Response:
        """The reply as far as it has come."""
        choices = [self._choices[index] for index in sorted(self._choices)]
        return reply_of(self._head, self._usage, [(choice.finish, choice.message()) for choice in choices])


def take_head(head: dict[str, Any], chunk: Mapping[str, Any]) -> None:
    """Keep the first value of each: Azure's first chunk has empty ones."""
    for name in ("id", "model", "service_tier", "system_fingerprint"):
        value = chunk.get(name)
        if value:
            head.setdefault(name, value)


def ended(chunk: Any) -> bool:
    """Whether a chunk is the last of a reply, or the last but the usage: each of its choices has its finish reason."""
    found = said(chunk)
    choices = found.get("choices")
    if not choices:
        return reported_usage(found) is not None
    return all(get(choice, "finish_reason") is not None for choice in choices)
