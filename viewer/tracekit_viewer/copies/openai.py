"""A recorded call in OpenAI's shape: chat completions, responses, embeddings. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracekit import semconv
from tracekit_viewer.copies.parts import Notes, Part, content, functions, listed, messages, parameters, parts, text

_CHAT = {
    semconv.REQUEST_TEMPERATURE: "temperature",
    semconv.REQUEST_TOP_P: "top_p",
    semconv.REQUEST_MAX_TOKENS: "max_tokens",
    semconv.REQUEST_FREQUENCY_PENALTY: "frequency_penalty",
    semconv.REQUEST_PRESENCE_PENALTY: "presence_penalty",
    semconv.REQUEST_STOP_SEQUENCES: "stop",
    semconv.REQUEST_CHOICE_COUNT: "n",
    semconv.REQUEST_SEED: "seed",
    semconv.REQUEST_REASONING_LEVEL: "reasoning_effort",
    semconv.OPENAI_REQUEST_SERVICE_TIER: "service_tier",
    semconv.REQUEST_STREAM: "stream",
}
_RESPONSES = {
    semconv.REQUEST_TEMPERATURE: "temperature",
    semconv.REQUEST_TOP_P: "top_p",
    semconv.REQUEST_MAX_TOKENS: "max_output_tokens",
    semconv.REQUEST_PREVIOUS_RESPONSE_ID: "previous_response_id",
    semconv.OPENAI_REQUEST_SERVICE_TIER: "service_tier",
    semconv.REQUEST_STREAM: "stream",
}
_FORMATS = {"audio/mpeg": "mp3", "audio/wav": "wav", "audio/x-wav": "wav"}
_UNSENT = "OpenAI's shape has none for a request."


def chat(span: Mapping[str, Any], notes: Notes) -> dict[str, Any]:
    """The body of a chat completion."""
    system = [text_of for part in parts(span["system_instructions"], notes) if (text_of := content(part))]
    said: list[dict[str, Any]] = [{"role": "system", "content": "\n\n".join(system)}] if system else []
    for role, found, message in messages(span["input_messages"], notes):
        said += _chat_message(role, found, message, notes)
    if span["input_messages"] is None:
        notes.add("The messages were not recorded; the API needs them.")
    given = parameters(span, _CHAT)
    if "max_tokens" in given:
        notes.add("max_tokens may have been sent as max_completion_tokens; both are recorded as one.")
    _format(span, notes)
    tools = [{"type": "function", "function": each} for each in functions(span, notes)]
    return {**_model(span), **({"messages": said} if said else {}), **({"tools": tools} if tools else {}), **given}


def _chat_message(role: str, found: list[Part], message: Mapping[str, Any], notes: Notes) -> list[dict[str, Any]]:
    """One message, or one for each answer of a tool."""
    answers = [part for part in found if part.get("type") == "tool_call_response"]
    made: list[dict[str, Any]] = [
        {
            "role": "tool",
            "tool_call_id": text(part.get("id")),
            "content": text(part.get("response", part.get("result"))),
        }
        for part in answers
    ]
    calls = [
        {
            "id": text(part.get("id")),
            "type": "function",
            "function": {"name": text(part.get("name")), "arguments": text(part.get("arguments"))},
        }
        for part in found
        if part.get("type") == "tool_call"
    ]
    words = [_chat_part(part, notes) for part in found if part.get("type") not in ("tool_call", "tool_call_response")]
    kept = [word for word in words if word is not None]
    if kept or calls or not answers:
        own: dict[str, Any] = {"role": role, "content": _joined(kept)}
        if isinstance(message.get("name"), str):
            own["name"] = message["name"]
        if calls:
            own["tool_calls"] = calls
            own["content"] = own["content"] or None
        made.insert(0, own)
    return made


def _joined(words: list[dict[str, Any]]) -> Any:
    """Text alone is sent as text."""
    if not words:
        return ""
    return words[0]["text"] if len(words) == 1 and words[0]["type"] == "text" else words


def _chat_part(part: Part, notes: Notes) -> dict[str, Any] | None:
    modality, mime = part.get("modality"), part.get("mime_type")
    match part.get("type"):
        case "text":
            return {"type": "text", "text": content(part)}
        case "uri" if modality == "image":
            return {"type": "image_url", "image_url": {"url": text(part.get("uri"))}}
        case "blob" if modality == "image" and mime:
            return {"type": "image_url", "image_url": {"url": f"data:{mime};base64,{content(part)}"}}
        case "blob" if mime in _FORMATS:
            return {"type": "input_audio", "input_audio": {"data": content(part), "format": _FORMATS[mime]}}
        case "file":
            return {"type": "file", "file": {"file_id": text(part.get("file_id"))}}
        case "reasoning":
            notes.left_out(part, _UNSENT)
        case _:
            notes.left_out(part, "it was recorded in a form that has lost its own.")
    return None


def responses(span: Mapping[str, Any], notes: Notes) -> dict[str, Any]:
    """The body of a response."""
    system = [content(part) for part in parts(span["system_instructions"], notes)]
    items: list[dict[str, Any]] = []
    for role, found, _ in messages(span["input_messages"], notes):
        items += _items(role, found, notes)
    if span["input_messages"] is None:
        notes.add("The input was not recorded; the API needs it.")
    given = parameters(span, _RESPONSES)
    effort = (span["attributes"] or {}).get(semconv.REQUEST_REASONING_LEVEL)
    if effort is not None:
        given["reasoning"] = {"effort": effort}
    _format(span, notes)
    tools = [{"type": "function", **each} for each in functions(span, notes)]
    return {
        **_model(span),
        **({"instructions": "\n\n".join(system)} if system else {}),
        **({"input": items} if items else {}),
        **({"tools": tools} if tools else {}),
        **given,
    }


def _items(role: str, found: list[Part], notes: Notes) -> list[dict[str, Any]]:
    """The items of one message: what was said, and each call and each answer by itself."""
    made: list[dict[str, Any]] = []
    words: list[dict[str, Any]] = []
    for part in found:
        match part.get("type"):
            case "text":
                kind = "output_text" if role == "assistant" else "input_text"
                words.append({"type": kind, "text": content(part)})
            case "uri" if part.get("modality") == "image":
                words.append({"type": "input_image", "image_url": text(part.get("uri"))})
            case "blob" if part.get("modality") == "image" and part.get("mime_type"):
                words.append({"type": "input_image", "image_url": f"data:{part['mime_type']};base64,{content(part)}"})
            case "file":
                words.append({"type": "input_file", "file_id": text(part.get("file_id"))})
            case "tool_call":
                call = {"call_id": text(part.get("id")), "name": text(part.get("name"))}
                made.append({"type": "function_call", **call, "arguments": text(part.get("arguments"))})
            case "tool_call_response":
                answer = text(part.get("response", part.get("result")))
                made.append({"type": "function_call_output", "call_id": text(part.get("id")), "output": answer})
            case _:
                notes.left_out(part, "what this shape needs of it was not recorded.")
    return [*([{"role": role, "content": words}] if words else []), *made]


def embeddings(span: Mapping[str, Any], notes: Notes) -> dict[str, Any]:
    """The body of a request for embeddings."""
    given = span["input"]
    attributes = span["attributes"] or {}
    if given is None:
        notes.add("The input was not recorded; the API needs it.")
    formats = listed(attributes.get(semconv.REQUEST_ENCODING_FORMATS))
    dimensions = attributes.get(semconv.EMBEDDINGS_DIMENSION_COUNT)
    return {
        **_model(span),
        **({} if given is None else {"input": given}),
        **({} if dimensions is None else {"dimensions": dimensions}),
        **({"encoding_format": formats[0]} if len(formats) == 1 else {}),
    }


def _model(span: Mapping[str, Any]) -> dict[str, Any]:
    return {"model": span["request_model"]} if span["request_model"] else {}


def _format(span: Mapping[str, Any], notes: Notes) -> None:
    kind = (span["attributes"] or {}).get(semconv.OUTPUT_TYPE)
    if kind is not None and kind != "text":
        notes.add(f"An answer of the type {kind} was asked for; how exactly was not recorded.")
