"""The legacy completions: prompts in, texts out, whole or in chunks."""

from __future__ import annotations

from typing import Any

from tracekit import semconv
from tracekit.model import Call, Invocation, Message, Part, Response
from tracekit_integrations import _parts as parts
from tracekit_integrations._openai_chat import finish_word, reply_of, reported_usage
from tracekit_integrations._openai_chat_stream import take_head
from tracekit_integrations._openai_request import invocation
from tracekit_integrations._values import declared, get, items, plain


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
    choices = sorted(items(get(reply, "choices")), key=lambda choice: get(choice, "index") or 0)
    return reply_of(reply, reported_usage(reply), [_text_choice(choice) for choice in choices])


def _text_choice(choice: Any) -> tuple[Any, Message]:
    reason = get(choice, "finish_reason")
    return reason, parts.reply([parts.text_part(str(get(choice, "text") or ""))], finish_word(reason))


class Accumulator:
    """A streamed reply of the `completions` so far."""

    def __init__(self) -> None:
        self._head: dict[str, Any] = {}
        self._usage: Any = None
        self._texts: dict[int, list[str]] = {}
        self._finish: dict[int, Any] = {}

    def add(self, chunk: Any, /) -> None:
        """Take one chunk."""
        for choice in items(get(chunk, "choices")):
            index = get(choice, "index") or 0
            self._texts.setdefault(index, []).append(get(choice, "text") or "")
            self._finish[index] = get(choice, "finish_reason") or self._finish.get(index)
        take_head(self._head, declared(chunk))
        reported = reported_usage(chunk)
        if reported is not None:
            self._usage = reported

    def response(self) -> Response:
        """The reply as far as it has come."""
        choices = [
            {"text": "".join(self._texts[index]), "finish_reason": self._finish[index]} for index in sorted(self._texts)
        ]
        return reply_of(self._head, self._usage, [_text_choice(choice) for choice in choices])
