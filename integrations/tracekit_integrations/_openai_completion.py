"""The legacy completions: prompts in, texts out, whole or in chunks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracekit import semconv
from tracekit.model import Call, Invocation, Message, Part, Response
from tracekit_integrations import _parts as parts
from tracekit_integrations._openai_chat import finish_word, in_order, reply_of, reported_usage
from tracekit_integrations._openai_chat_stream import take_head
from tracekit_integrations._openai_request import invocation
from tracekit_integrations._values import items, plain, said


def request(call: Call) -> Invocation:
    """A call of the `completions`. A prompt of token numbers stays that."""
    made, parameters = invocation(call, semconv.TEXT_COMPLETION)
    prompt = parameters.get("prompt")
    listed = items(prompt)
    prompts = listed if listed and not isinstance(listed[0], int) else [prompt]
    made.input_messages = [parts.message("user", [_prompt(one)]) for one in prompts if one is not None] or None
    return made


def _prompt(prompt: Any) -> Part:
    return (
        parts.text_part(prompt) if isinstance(prompt, str) else parts.generic_part("tokens", {"content": plain(prompt)})
    )


def response(reply: Any) -> Response:
    """A whole reply of the `completions`."""
    found = said(reply)
    choices = [_text_choice(choice) for choice in in_order(found.get("choices"))]
    return reply_of(found, reported_usage(found), choices)


def _text_choice(choice: Mapping[str, Any]) -> tuple[Any, Message]:
    reason = choice.get("finish_reason")
    return reason, parts.reply([parts.text_part(str(choice.get("text") or ""))], finish_word(reason))


class Accumulator:
    """A streamed reply of the `completions` so far."""

    def __init__(self) -> None:
        self._head: dict[str, Any] = {}
        self._usage: Any = None
        self._texts: dict[int, list[str]] = {}
        self._finish: dict[int, Any] = {}

    def add(self, chunk: Any, /) -> None:
        """Take one chunk."""
        found = said(chunk)
        for choice in map(said, items(found.get("choices"))):
            index = choice.get("index") or 0
            self._texts.setdefault(index, []).append(choice.get("text") or "")
            self._finish[index] = choice.get("finish_reason") or self._finish.get(index)
        take_head(self._head, found)
        reported = reported_usage(found)
        if reported is not None:
            self._usage = reported

    def response(self) -> Response:
        """The reply as far as it has come."""
        choices = [
            {"text": "".join(self._texts[index]), "finish_reason": self._finish[index]} for index in sorted(self._texts)
        ]
        return reply_of(self._head, self._usage, [_text_choice(choice) for choice in choices])
