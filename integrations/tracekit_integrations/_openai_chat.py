"""Chat completions: messages in, choices out. Their streams are in `_openai_chat_stream`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tracekit import semconv
from tracekit.model import Call, Invocation, Message, Part, Response, Usage
from tracekit_integrations import _parts as parts
from tracekit_integrations._openai_request import invocation, tool_definitions
from tracekit_integrations._values import count, decoded, fields, get, items, said, text

_FINISH = {"tool_calls": "tool_call", "function_call": "tool_call"}


def request(call: Call) -> Invocation:
    """A call of `chat.completions`."""
    made, parameters = invocation(call, semconv.CHAT, api_type="chat_completions")
    made.input_messages = [message_in(message) for message in items(parameters.get("messages"))] or None
    made.tool_definitions = tool_definitions(parameters)
    return made


_PLAIN = frozenset({"role", "content"})
_SPEAKERS = frozenset({"system", "developer", "user", "assistant"})


def message_in(message: Any) -> Message:
    """A message that goes in, of any role."""
    found = said(message)
    role, content = role_of(found), found.get("content")
    if isinstance(content, str) and role in _SPEAKERS and found.keys() <= _PLAIN:
        return parts.message(role, [parts.text_part(content)])  # most messages: nothing else to look for
    if role == "tool":
        return parts.message(role, [parts.tool_response_part(found.get("tool_call_id"), content)])
    if role == "function":
        return parts.message("tool", [parts.tool_response_part(None, content)], found.get("name"))
    return parts.message(role, message_parts(found), text(found.get("name")))


def role_of(message: Mapping[str, Any]) -> str:
    """The role of a message, as it is sent: frameworks give members of enumerations of their own."""
    role = message.get("role")
    return role if type(role) is str else str(getattr(role, "value", role))


_BEYOND_WORDS = ("reasoning_content", "reasoning", "refusal", "audio", "tool_calls", "function_call")


def message_parts(message: Mapping[str, Any]) -> list[Part]:
    """The parts of a message either way: thoughts, then words, then calls."""
    content = message.get("content")
    words = [parts.text_part(content)] if isinstance(content, str) else [content_part(part) for part in items(content)]
    beyond = {name: message[name] for name in _BEYOND_WORDS if message.get(name)}
    if not beyond:
        return words
    thoughts = text(beyond.get("reasoning_content")) or text(beyond.get("reasoning"))
    refusal, sound, function = text(beyond.get("refusal")), beyond.get("audio"), beyond.get("function_call")
    return [
        *([parts.reasoning_part(thoughts)] if thoughts else ()),
        *words,
        *([parts.refusal_part(refusal)] if refusal else ()),
        *([made_sound_part(sound)] if sound else ()),
        *map(tool_call, items(beyond.get("tool_calls"))),
        *([parts.tool_call_part(None, *_function(function))] if function else ()),
    ]


def content_part(part: Any) -> Part:
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


def _thought(thinking: Any) -> Part:
    """Thoughts as Mistral and Cohere have them among the content: text, or texts."""
    written = [thinking] if isinstance(thinking, str) else [str(get(each, "text") or "") for each in items(thinking)]
    return parts.reasoning_part("".join(written))


_CONTENT: dict[Any, Callable[[Any], Part]] = {
    "text": lambda content: parts.text_part(str(content)),
    "refusal": lambda content: parts.refusal_part(str(content)),
    "image_url": _image,
    "input_audio": sound_part,
    "file": file_part,
    "thinking": _thought,
    "document_url": lambda url: parts.url_part("document", str(url)),
}


def made_sound_part(sound: Any) -> Part:
    """Sound that a model made; in a later request only its id goes back."""
    data, transcript = get(sound, "data"), get(sound, "transcript")
    if not isinstance(data, str):
        return parts.file_part("audio", str(get(sound, "id")))
    part = parts.blob_part("audio", None, data)
    if isinstance(transcript, str):
        part["transcript"] = transcript
    return part


def tool_call(call: Any) -> Part:
    """A call that a model asks for, of a function or of a custom tool, which takes text."""
    if get(call, "type") == "custom":
        custom = get(call, "custom")
        return parts.tool_call_part(get(call, "id"), get(custom, "name"), get(custom, "input"))
    return parts.tool_call_part(get(call, "id"), *_function(get(call, "function")))


def _function(function: Any) -> tuple[Any, Any]:
    return get(function, "name"), decoded(get(function, "arguments"))


def usage(reported: Any) -> Usage | None:
    """Tokens as chat, completions and embeddings report them; None where nothing is reported."""
    if reported is None:
        return None
    found = said(reported)
    prompt, completion = said(found.get("prompt_tokens_details")), said(found.get("completion_tokens_details"))
    return Usage(
        input_tokens=count(found.get("prompt_tokens")),
        output_tokens=count(found.get("completion_tokens")),
        cache_read_tokens=count(prompt.get("cached_tokens")),
        cache_write_tokens=count(prompt.get("cache_write_tokens")),
        reasoning_tokens=count(completion.get("reasoning_tokens")),
    )


def finish_word(reason: Any) -> str:
    """The conventions' word for a provider's finish reason; a word that they do not know stays."""
    return _FINISH.get(reason, reason) if isinstance(reason, str) else parts.UNKNOWN


def reply_of(source: Mapping[str, Any], reported: Any, choices: list[tuple[Any, Message]]) -> Response:
    """A reply out of its head (`source`) and its choices: the provider's finish reason, and the message, of each."""
    reasons = [reason if isinstance(reason, str) else parts.UNKNOWN for reason, _ in choices]
    made = Response(
        response_model=text(source.get("model")),
        response_id=text(source.get("id")),
        finish_reasons=reasons if reasons.count(parts.UNKNOWN) < len(reasons) else None,
        usage=usage(reported),
        output_messages=[message for _, message in choices] or None,
    )
    tier, fingerprint = text(source.get("service_tier")), text(source.get("system_fingerprint"))
    if tier is not None:
        made.attributes[semconv.OPENAI_RESPONSE_SERVICE_TIER] = tier
    if fingerprint is not None:
        made.attributes[semconv.OPENAI_RESPONSE_SYSTEM_FINGERPRINT] = fingerprint
    error = source.get("error")  # some gateways send errors with status 200
    if error is not None:
        made.attributes[semconv.ERROR_TYPE] = str(get(error, "code") or get(error, "type") or "error")
    return made


def reworded(made: Response, words: Mapping[str, str]) -> Response:
    """The same reply of a provider that has words of its own for why it stopped."""
    for message in made.output_messages or ():
        message["finish_reason"] = parts.finish_word(message.get("finish_reason"), words)
    made.finish_reasons = parts.finish_reasons(made.output_messages or ())
    return made


def reported_usage(reply: Mapping[str, Any]) -> Any:
    """The usage of a reply or a chunk; Groq reports that of a stream beside it."""
    reported = reply.get("usage")
    return reported if reported is not None else get(reply.get("x_groq"), "usage")


def in_order(choices: Any) -> list[Mapping[str, Any]]:
    """The fields of each choice, by index."""
    return sorted(map(said, items(choices)), key=lambda choice: choice.get("index") or 0)


def response(reply: Any) -> Response:
    """A whole reply of `chat.completions`: one message a choice."""
    found = said(reply)
    return reply_of(found, reported_usage(found), [_choice(choice) for choice in in_order(found.get("choices"))])


def _choice(choice: Mapping[str, Any]) -> tuple[Any, Message]:
    reason, message = choice.get("finish_reason"), said(choice.get("message"))
    role = text(message.get("role")) or "assistant"
    return reason, parts.reply(message_parts(message), finish_word(reason), role)
