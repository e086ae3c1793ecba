"""Hugging Face's tasks: what is asked, and what comes back, of its own servers and of the providers that it routes to.

Chats are in OpenAI's language. Other tasks have `inputs` and `parameters`, or are in a provider's own.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

from tracekit import semconv
from tracekit.model import Accumulator, Invocation, Message, Part, Response, Usage
from tracekit_integrations import _openai_chat as chat
from tracekit_integrations import _openai_completion as completion
from tracekit_integrations import _parts as parts
from tracekit_integrations._openai_chat_stream import Accumulator as ChatAccumulator
from tracekit_integrations._openai_chat_stream import ended as chat_ended
from tracekit_integrations._openai_media import embeddings_response, images_response
from tracekit_integrations._openai_request import described, tool_definitions
from tracekit_integrations._request import Shaped, attributes, stops, whole
from tracekit_integrations._values import added, count, decoded, get, items, plain, text

_FINISH = {"eos_token": "stop", "stop_sequence": "stop", "tool_calls": "tool_call"}
_PARAMETERS: Shaped = {
    "max_new_tokens": (semconv.REQUEST_MAX_TOKENS, whole),
    "stop": (semconv.REQUEST_STOP_SEQUENCES, stops),
}
_ASKED = ("inputs", "prompt", "text", "input", "documents")
"""Where a request has what is asked, in the servers' own words."""
_SAID = ("generated_text", "summary_text", "translation_text", "answer", "text")

Body = Mapping[str, Any]


def describe_chat(made: Invocation, body: Body) -> None:
    """A chat."""
    made.attributes |= described(body)
    made.input_messages = [chat.message_in(message) for message in items(body.get("messages"))] or None
    made.tool_definitions = tool_definitions(body)


def describe_text(made: Invocation, body: Body) -> None:
    """One text that another is made of, or a question with what it is about."""
    made.attributes |= attributes({**body, **(body.get("parameters") or {})}, {}, _PARAMETERS)
    asked = _asked(body)
    if isinstance(asked, str):
        made.input_messages = [parts.message("user", [parts.text_part(asked)])]
    elif asked is not None:
        made.content[semconv.INPUT] = asked


def describe_input(made: Invocation, body: Body) -> None:
    """What vectors are made of."""
    made.attributes |= attributes(body, {}, {})
    made.content[semconv.INPUT] = _asked(body)


def describe_picture(made: Invocation, body: Body) -> None:
    """What is to be seen."""
    describe_text(made, body)
    made.attributes[semconv.OUTPUT_TYPE] = "image"


def describe_speech(made: Invocation, body: Body) -> None:
    """What is to be heard."""
    describe_text(made, body)
    made.attributes[semconv.OUTPUT_TYPE] = "speech"


def _asked(body: Body) -> Any:
    return next((plain(body[name]) for name in _ASKED if body.get(name)), None)


def chat_response(data: Any) -> Response:
    """A whole chat."""
    return chat.reworded(chat.response(_json(data)), _FINISH)


def text_response(data: Any) -> Response:
    """A text, a summary, a translation, an answer; of a provider in OpenAI's language, a completion."""
    found = _json(data)
    first = found[0] if items(found) else found
    if get(first, "choices"):
        return completion.response(first)
    words = next((said for name in _SAID if (said := text(get(first, name)))), None)
    return _texts(words, get(first, "details"))


def _texts(words: str | None, details: Any) -> Response:
    found: list[Message] = []
    if words is not None:
        found = [parts.reply([parts.text_part(words)], parts.finish_word(get(details, "finish_reason"), _FINISH))]
    read, made = count(get(details, "input_length")), count(get(details, "generated_tokens"))
    spent = read if read is not None else len(items(get(details, "prefill"))) or None
    return Response(
        finish_reasons=parts.finish_reasons(found),
        usage=None if added(spent, made) is None else Usage(input_tokens=spent, output_tokens=made),
        output_messages=found or None,
    )


def vectors_response(data: Any) -> Response:
    """The vectors' length, and a provider's tokens."""
    found = _json(data)
    if isinstance(found, dict):
        return embeddings_response(found)
    made = Response()
    while items(found) and items(found[0]):
        found = found[0]
    if items(found):
        made.attributes[semconv.EMBEDDINGS_DIMENSION_COUNT] = len(found)
    return made


def scores_response(data: Any) -> Response:
    """How near texts are to one."""
    return Response(content={semconv.OUTPUT: _json(data)})


def picture_response(data: Any) -> Response:
    """A picture's bytes, or where a provider has put pictures."""
    found = _json(data)
    if found is None:
        return _drawn([parts.blob_part("image", None, base64.b64encode(data).decode())])
    pictures = [parts.url_part("image", str(get(each, "url"))) for each in items(get(found, "images"))]
    return _drawn(pictures) if pictures else images_response(found)


def _drawn(pictures: list[Part]) -> Response:
    return Response(output_messages=[parts.reply(pictures, "stop")])


def sound_response(_data: Any) -> Response:
    """Nothing: sound is not recorded."""
    return Response()


def _json(data: bytes) -> Any:
    """What a body says, where that is JSON."""
    found = decoded(data.decode(errors="replace"))
    return None if isinstance(found, str) else found


def event(line: Any) -> Any:
    """What a line of an event stream says; None of a line that says nothing."""
    said = line.decode() if isinstance(line, bytes) else line
    data = said.removeprefix("data:").strip() if said.startswith("data:") else ""
    return json.loads(data) if data and data != "[DONE]" else None


class Lines:
    """A streamed reply so far, in lines of an event stream.

    Args:
        inner: takes what the lines say.
    """

    def __init__(self, inner: Accumulator) -> None:
        self._inner = inner
        self._error: str | None = None

    def add(self, line: Any, /) -> None:
        """Take one line."""
        found = event(line)
        failed = get(found, "error")
        if failed is not None:
            self._error = text(get(found, "error_type")) or text(get(failed, "type")) or "error"
        elif found is not None:
            self._inner.add(found)

    def response(self) -> Response:
        """The reply as far as it has come."""
        made = self._inner.response()
        if self._error is not None:
            made.attributes[semconv.ERROR_TYPE] = self._error
        return made


class Chat(ChatAccumulator):
    """A streamed chat so far."""

    def response(self) -> Response:
        """The reply as far as it has come."""
        return chat.reworded(super().response(), _FINISH)


class Texts:
    """A streamed text so far: tokens, and with the last of them what they come to; or a provider's completion."""

    def __init__(self) -> None:
        self._words: list[str] = []
        self._details: Any = None
        self._completion: completion.Accumulator | None = None

    def add(self, found: Any, /) -> None:
        """Take what one line says."""
        if get(found, "choices"):
            self._completion = self._completion or completion.Accumulator()
            self._completion.add(found)
        else:
            token = get(found, "token")
            self._words.append("" if get(token, "special") else get(token, "text") or "")
            self._details = get(found, "details") or self._details

    def response(self) -> Response:
        """The reply as far as it has come."""
        if self._completion is not None:
            return self._completion.response()
        return _texts("".join(self._words) or None, self._details)


def ended(line: Any) -> bool:
    """Whether a line is the last of a reply, or tells why it ended."""
    found = event(line)
    if found is None:
        return "[DONE]" in str(line)
    return get(found, "error") is not None or bool(get(found, "details")) or ("choices" in found and chat_ended(found))


Describe = Callable[[Invocation, Body], None]

TASKS: dict[str, tuple[str, Describe, Callable[[Any], Response]]] = {
    "conversational": (semconv.CHAT, describe_chat, chat_response),
    **dict.fromkeys(
        ("text-generation", "summarization", "translation", "question-answering", "table-question-answering"),
        (semconv.TEXT_COMPLETION, describe_text, text_response),
    ),
    **dict.fromkeys(
        ("image-to-text", "document-question-answering", "visual-question-answering"),
        (semconv.GENERATE_CONTENT, describe_text, text_response),
    ),
    "feature-extraction": (semconv.EMBEDDINGS, describe_input, vectors_response),
    "sentence-similarity": (semconv.EMBEDDINGS, describe_input, scores_response),
    "text-to-image": (semconv.GENERATE_IMAGE, describe_picture, picture_response),
    "image-to-image": (semconv.GENERATE_IMAGE, describe_picture, picture_response),
    "text-to-speech": (semconv.GENERATE_SPEECH, describe_speech, sound_response),
    "automatic-speech-recognition": (semconv.TRANSCRIBE_AUDIO, describe_text, text_response),
}
"""By the task's name: the operation, how a request is read, and how a reply."""
