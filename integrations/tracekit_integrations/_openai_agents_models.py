"""The spans of OpenAI's Agents SDK that stand for calls of models: responses, generations, speech. Pure."""

from __future__ import annotations

from typing import Any, NamedTuple

from tracekit import semconv
from tracekit.model import Invocation, Message, Response, Usage
from tracekit_integrations import _openai_responses as responses
from tracekit_integrations import _parts as parts
from tracekit_integrations._openai_chat import message_in, message_parts
from tracekit_integrations._openai_media import heard_response
from tracekit_integrations._openai_request import CLIENTS, described, tool_definitions
from tracekit_integrations._values import count, get, given, items, plain, said, text


class _Client(NamedTuple):
    """What of a client tells whom it talks to."""

    base_url: str


_OPERATIONS = {"transcription": semconv.TRANSCRIBE_AUDIO, "speech": semconv.GENERATE_SPEECH}


def asked(data: Any) -> Invocation:
    """A model is about to be asked; a response tells which, and what, when it is over."""
    config = get(data, "model_config") or {}
    url = text(config.get("base_url"))
    where = CLIENTS.endpoint(_Client(url)) if url else None
    made = Invocation(
        operation=_OPERATIONS.get(data.type, semconv.CHAT),
        request_model=text(get(data, "model")),
        attributes=described(given(config)),
    )
    if where is not None:
        made.provider, made.server_address, made.server_port = where
    elif data.type != "generation":
        made.provider = "openai"
    return made


_ECHOED = ("temperature", "top_p", "max_output_tokens", "reasoning", "text", "previous_response_id")
"""What a response repeats of its request, as it was asked for."""


def responded(data: Any) -> Response:
    """A response, whole: it repeats what it was asked for."""
    reply = data.response
    made = responses.create_response(reply)
    made.content[semconv.INPUT_MESSAGES] = responses.input_messages(data.input)
    if reply is None:
        made.usage = _usage(get(data, "usage"))
        return made
    request = given(said(reply))
    made.attributes.update(described({name: request[name] for name in _ECHOED if name in request}))
    instructions = text(request.get("instructions"))
    if instructions is not None:
        made.content[semconv.SYSTEM_INSTRUCTIONS] = [parts.text_part(instructions)]
    made.content[semconv.TOOL_DEFINITIONS] = tool_definitions(request)
    return made


def generated(data: Any) -> Response:
    """A generation: messages of chat completions in and out."""
    made = Response(
        usage=_usage(data.usage),
        output_messages=[_answer(message) for message in items(data.output)] or None,
    )
    made.content[semconv.INPUT_MESSAGES] = [message_in(message) for message in items(data.input)] or None
    return made


def _answer(message: Any) -> Message:
    """The message of a reply; a stream's is a whole response."""
    if get(message, "object") == "response":
        whole = responses.create_response(message).output_messages
        return whole[0] if whole else parts.reply([], parts.UNKNOWN)
    return parts.reply(message_parts(said(message)), parts.UNKNOWN)


def _usage(told: Any) -> Usage | None:
    """Tokens as the SDK counts them: everything inside the totals."""
    if not told:
        return None
    within, after = get(told, "input_tokens_details"), get(told, "output_tokens_details")
    return Usage(
        input_tokens=count(get(told, "input_tokens")),
        output_tokens=count(get(told, "output_tokens")),
        cache_read_tokens=count(get(within, "cached_tokens")),
        reasoning_tokens=count(get(after, "reasoning_tokens")),
    )


def heard(data: Any) -> Response:
    """Sound that became words."""
    made = heard_response(data.output)
    sound = text(data.input)
    if sound is not None:
        blob = parts.blob_part("audio", parts.audio_type(data.input_format), sound)
        made.content[semconv.INPUT_MESSAGES] = [parts.message("user", [blob])]
    return made


def spoken(data: Any) -> Response:
    """Words that became sound, which is not kept: that of the call beneath is not, either."""
    return Response(content={semconv.INPUT: plain(data.input)})
