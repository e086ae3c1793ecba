"""Chat completions and legacy completions: messages in, choices out, whole or in chunks."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

from tracekit import semconv
from tracekit.model import Call, Invocation, Message, Part, Response, Usage
from tracekit.sdk.integration import Method
from tracekit_integrations import _parts as parts
from tracekit_integrations._openai_request import invocation, tool_definitions
from tracekit_integrations._values import count, declared, extra, fields, get, items, plain, text, undeclared

_FINISH = {"tool_calls": "tool_call", "function_call": "tool_call"}


def chat_request(call: Call) -> Invocation:
    """A call of `chat.completions`."""
    made, parameters = invocation(call, semconv.CHAT, api_type="chat_completions")
    made.input_messages = [_message(message) for message in items(parameters.get("messages"))] or None
    made.tool_definitions = tool_definitions(parameters)
    return made


def completion_request(call: Call) -> Invocation:
    """A call of the legacy `completions`. A prompt of token numbers stays that."""
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


def _message(message: Any) -> Message:
    role = str(get(message, "role"))
    content = get(message, "content")
    if role == "tool":
        return parts.message(role, [parts.tool_response_part(get(message, "tool_call_id"), content)])
    if role == "function":
        return parts.message("tool", [parts.tool_response_part(None, content)], get(message, "name"))
    return parts.message(role, _message_parts(message), text(get(message, "name")))


def _message_parts(message: Any) -> list[Part]:
    """The parts of a message either way: thoughts, then words, then calls."""
    content = get(message, "content")
    thoughts = text(extra(message, "reasoning_content")) or text(extra(message, "reasoning"))
    refusal = text(get(message, "refusal"))
    function = get(message, "function_call")
    sound = get(message, "audio")
    return [
        *([parts.reasoning_part(thoughts)] if thoughts else ()),
        *([parts.text_part(content)] if isinstance(content, str) else map(_content_part, items(content))),
        *([parts.refusal_part(refusal)] if refusal else ()),
        *([_sound(sound)] if sound is not None else ()),
        *map(_tool_call, items(get(message, "tool_calls"))),
        *(
            [parts.tool_call_part(None, get(function, "name"), get(function, "arguments"))]
            if function is not None
            else ()
        ),
    ]


def _content_part(part: Any) -> Part:
    if isinstance(part, str):
        return parts.text_part(part)
    kind = get(part, "type")
    read = _CONTENT.get(kind)
    return parts.generic_part(str(kind), fields(part)) if read is None else read(get(part, kind))


def _image(image: Any) -> Part:
    return parts.url_part("image", str(image if isinstance(image, str) else get(image, "url")))


def file_part(file: Any) -> Part:
    """A file given by its id, by its bytes in a `data:` URL, or by its address."""
    file_id, where = get(file, "file_id"), get(file, "file_data") or get(file, "file_url")
    if isinstance(file_id, str):
        return parts.file_part("document", file_id)
    if isinstance(where, str):
        return parts.url_part("document", where)
    return parts.generic_part("file", fields(file))


def sound_part(sound: Any) -> Part:
    """Sound that was recorded by the caller."""
    return parts.blob_part("audio", parts.audio_type(get(sound, "format")), str(get(sound, "data")))


_CONTENT: dict[Any, Callable[[Any], Part]] = {
    "text": lambda content: parts.text_part(str(content)),
    "refusal": lambda content: parts.refusal_part(str(content)),
    "image_url": _image,
    "input_audio": sound_part,
    "file": file_part,
}


def _sound(sound: Any) -> Part:
    """Sound that a model made; in a later request only its id goes back."""
    data, transcript = get(sound, "data"), get(sound, "transcript")
    if not isinstance(data, str):
        return parts.file_part("audio", str(get(sound, "id")))
    part = parts.blob_part("audio", None, data)
    if isinstance(transcript, str):
        part["transcript"] = transcript
    return part


def _tool_call(call: Any) -> Part:
    kind = get(call, "type")
    if kind == "custom":
        custom = get(call, "custom")
        return parts.tool_call_part(get(call, "id"), get(custom, "name"), plain(get(custom, "input")))
    function = get(call, "function")
    return parts.tool_call_part(get(call, "id"), get(function, "name"), get(function, "arguments"))


def usage(reported: Any) -> Usage | None:
    """Tokens as chat, completions and embeddings report them; None where nothing is reported."""
    if reported is None:
        return None
    prompt, completion = get(reported, "prompt_tokens_details"), get(reported, "completion_tokens_details")
    return Usage(
        input_tokens=count(get(reported, "prompt_tokens")),
        output_tokens=count(get(reported, "completion_tokens")),
        cache_read_tokens=count(get(prompt, "cached_tokens")),
        cache_write_tokens=count(extra(prompt, "cache_write_tokens") or get(prompt, "cache_write_tokens")),
        reasoning_tokens=count(get(completion, "reasoning_tokens")),
    )


def finish_word(reason: Any) -> str:
    """The conventions' word for a provider's finish reason; a word that they do not know stays."""
    return _FINISH.get(reason, reason) if isinstance(reason, str) else parts.UNKNOWN


def _response(source: Any, reported: Any, choices: list[tuple[Any, Message]]) -> Response:
    """A reply out of its head (`source`) and its choices: the provider's finish reason, and the message, of each."""
    reasons = [reason if isinstance(reason, str) else parts.UNKNOWN for reason, _ in choices]
    response = Response(
        response_model=text(get(source, "model")),
        response_id=text(get(source, "id")),
        finish_reasons=reasons if any(reason != parts.UNKNOWN for reason in reasons) else None,
        usage=usage(reported),
        output_messages=[message for _, message in choices] or None,
    )
    for name, key in (
        (semconv.OPENAI_RESPONSE_SERVICE_TIER, "service_tier"),
        (semconv.OPENAI_RESPONSE_SYSTEM_FINGERPRINT, "system_fingerprint"),
    ):
        value = text(get(source, key))
        if value is not None:
            response.attributes[name] = value
    error = extra(source, "error")  # some gateways send errors with status 200
    if error is not None:
        response.attributes[semconv.ERROR_TYPE] = str(get(error, "code") or get(error, "type") or "error")
    return response


def _reported(reply: Any) -> Any:
    """The usage of a reply or a chunk; Groq reports that of a stream beside it."""
    reported = get(reply, "usage")
    return reported if reported is not None else get(extra(reply, "x_groq"), "usage")


def chat_response(reply: Any) -> Response:
    """A whole reply of `chat.completions`: one message a choice."""
    choices = sorted(items(get(reply, "choices")), key=lambda choice: get(choice, "index") or 0)
    return _response(reply, _reported(reply), [_choice(choice) for choice in choices])


def _choice(choice: Any) -> tuple[Any, Message]:
    reason, message = get(choice, "finish_reason"), get(choice, "message")
    role = text(get(message, "role")) or "assistant"
    return reason, parts.reply(_message_parts(message), finish_word(reason), role)


def completion_response(reply: Any) -> Response:
    """A whole reply of the legacy `completions`."""
    choices = sorted(items(get(reply, "choices")), key=lambda choice: get(choice, "index") or 0)
    return _response(reply, _reported(reply), [_text_choice(choice) for choice in choices])


def _text_choice(choice: Any) -> tuple[Any, Message]:
    reason = get(choice, "finish_reason")
    return reason, parts.reply([parts.text_part(str(get(choice, "text") or ""))], finish_word(reason))


class _Call:
    """One tool call that arrives in fragments."""

    __slots__ = ("arguments", "id", "name")

    def __init__(self) -> None:
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
        return parts.tool_call_part(self.id, self.name, "".join(self.arguments))


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
                self.others.extend(map(_content_part, items(content)))
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

    def _add_call(self, call: Any) -> None:
        index = get(call, "index")
        if index is None:  # some gateways leave it out: an id begins a call, what has none goes on with the last
            index = len(self.calls) if get(call, "id") or not self.calls else next(reversed(self.calls))
        custom = extra(call, "custom")
        kept = self.calls.setdefault(index, _Call())
        if custom is not None:
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
            found.append(_sound({"data": _joined(self.sound), "transcript": "".join(self.transcript)}))
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


class ChatAccumulator:
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
        reported = found.get("usage") or get(undeclared(chunk).get("x_groq"), "usage")
        if reported is not None:
            self._usage = reported
            _take_head(self._head, found)
        elif "id" not in self._head:
            _take_head(self._head, found)

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
        return _response(self._head, self._usage, [(choice.finish, choice.message()) for choice in choices])


def _take_head(head: dict[str, Any], chunk: Mapping[str, Any]) -> None:
    """Keep the first value of each: Azure's first chunk has empty ones."""
    for name in ("id", "model", "service_tier", "system_fingerprint"):
        value = chunk.get(name)
        if value:
            head.setdefault(name, value)


class CompletionAccumulator:
    """A streamed reply of the legacy `completions` so far."""

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
        _take_head(self._head, declared(chunk))
        reported = _reported(chunk)
        if reported is not None:
            self._usage = reported

    def response(self) -> Response:
        """The reply as far as it has come."""
        choices = [
            {"text": "".join(self._texts[index]), "finish_reason": self._finish[index]} for index in sorted(self._texts)
        ]
        return _response(self._head, self._usage, [_text_choice(choice) for choice in choices])


def ended(chunk: Any) -> bool:
    """Whether a chunk is the last of a reply, or the last but the usage: each of its choices has its finish reason."""
    choices = get(chunk, "choices")
    if not choices:
        return _reported(chunk) is not None
    return all(get(choice, "finish_reason") is not None for choice in choices)


CHAT = Method(request=chat_request, response=chat_response, accumulator=ChatAccumulator)
COMPLETION = Method(request=completion_request, response=completion_response, accumulator=CompletionAccumulator)
