"""Embeddings, images, sound and moderation. Opens and reads no file that is sent, and records no vectors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracekit import semconv
from tracekit.model import Call, Invocation, Part, Response, Usage
from tracekit_integrations import _parts as parts
from tracekit_integrations._openai_chat import usage as chat_usage
from tracekit_integrations._openai_request import invocation
from tracekit_integrations._values import count, get, items, plain, text

_FLOAT_BYTES = 4
_DONE = ("image_generation.completed", "image_edit.completed")
_IMAGE_TYPES = {"jpg": "image/jpeg", "svg": "image/svg+xml"}


def embeddings_request(call: Call) -> Invocation:
    """A call of `embeddings`; what is embedded is the span's input."""
    made, parameters = invocation(call, semconv.EMBEDDINGS)
    texts = parameters.get("input")
    if isinstance(texts, str) or items(texts):
        made.content[semconv.INPUT] = plain(texts)
    return made


def embeddings_response(reply: Any) -> Response:
    """The model, the tokens and the vectors' length."""
    response = Response(response_model=text(get(reply, "model")), usage=chat_usage(get(reply, "usage")))
    data = items(get(reply, "data"))
    length = _dimensions(get(data[0], "embedding")) if data else None
    if length is not None:
        response.attributes[semconv.EMBEDDINGS_DIMENSION_COUNT] = length
    return response


def _dimensions(vector: Any) -> int | None:
    """The length of a vector, given as numbers or as the base64 of 32-bit floats."""
    if isinstance(vector, str):
        return (len(vector) * 3 // 4 - vector[-2:].count("=")) // _FLOAT_BYTES
    return len(vector) if items(vector) else None


def prompted(operation: str, *, prompt: str, output_type: str) -> Callable[[Call], Invocation]:
    """The `request` of a method that takes one text and makes something else of it."""

    def request(call: Call) -> Invocation:
        made, parameters = invocation(call, operation)
        said = text(parameters.get(prompt))
        made.input_messages = [parts.message("user", [parts.text_part(said)])] if said else None
        made.attributes[semconv.OUTPUT_TYPE] = output_type
        return made

    return request


def images_response(reply: Any) -> Response:
    """Images by address or in base64, and what they cost in tokens where the model counts so."""
    mime_type = _image_type(get(reply, "output_format"))
    made = [_image(image, mime_type) for image in items(get(reply, "data"))]
    return Response(usage=_tokens(get(reply, "usage")), output_messages=[parts.reply(made, "stop")] if made else None)


def _image_type(format_: Any) -> str | None:
    return _IMAGE_TYPES.get(format_, f"image/{format_}") if isinstance(format_, str) else None


def _image(image: Any, mime_type: str | None) -> Part:
    content = get(image, "b64_json")
    if isinstance(content, str):
        return parts.blob_part("image", mime_type, content)
    return parts.url_part("image", str(get(image, "url")))


def _tokens(reported: Any) -> Usage | None:
    """Tokens as images and transcriptions report them; sound billed by the second has none."""
    spent = count(get(reported, "input_tokens"))
    made = count(get(reported, "output_tokens"))
    return None if spent is None and made is None else Usage(input_tokens=spent, output_tokens=made)


class ImagesAccumulator:
    """A streamed image: drafts come before it, and are not kept."""

    def __init__(self) -> None:
        self._images: list[Any] = []

    def add(self, event: Any, /) -> None:
        """Take one event."""
        if get(event, "type") in _DONE:
            self._images.append(event)

    def response(self) -> Response:
        """The images that are done."""
        last = self._images[-1] if self._images else None
        made = [_image(image, _image_type(get(image, "output_format"))) for image in self._images]
        return Response(
            usage=_tokens(get(last, "usage")), output_messages=[parts.reply(made, "stop")] if made else None
        )


def speech_response(_reply: Any) -> Response:
    """Nothing: a reply of sound says nothing about itself, and the sound is not recorded."""
    return Response()


def heard_response(reply: Any) -> Response:
    """What was heard: a transcription, a translation, or its bare text."""
    heard = reply if isinstance(reply, str) else get(reply, "text")
    return Response(usage=_tokens(get(reply, "usage")), output_messages=_said(text(heard)))


def _said(heard: str | None) -> Any:
    return None if heard is None else [parts.reply([parts.text_part(heard)], "stop")]


class HeardAccumulator:
    """A streamed transcription: deltas, then the whole with the tokens."""

    def __init__(self) -> None:
        self._deltas: list[str] = []
        self._whole: Any = None

    def add(self, event: Any, /) -> None:
        """Take one event."""
        kind = get(event, "type")
        if kind == "transcript.text.delta":
            self._deltas.append(get(event, "delta"))
        elif kind == "transcript.text.done":
            self._whole = event

    def response(self) -> Response:
        """What was heard so far."""
        if self._whole is not None:
            return heard_response(self._whole)
        return Response(output_messages=_said("".join(self._deltas) or None))


def moderations_request(call: Call) -> Invocation:
    """A call of `moderations`; what is judged is the span's input."""
    made, parameters = invocation(call, semconv.MODERATE)
    judged = parameters.get("input")
    if isinstance(judged, str) or items(judged):
        made.content[semconv.INPUT] = plain(judged)
    return made


def moderations_response(reply: Any) -> Response:
    """The verdicts are the span's output."""
    response = Response(response_model=text(get(reply, "model")), response_id=text(get(reply, "id")))
    verdicts = items(get(reply, "results"))
    if verdicts:
        response.content[semconv.OUTPUT] = plain(verdicts)
    return response


def ended(event: Any) -> bool:
    """Whether an event ends a streamed image or transcription."""
    return get(event, "type") in {*_DONE, "transcript.text.done"}
