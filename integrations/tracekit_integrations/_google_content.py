"""`generateContent` and its embeddings in the wire's JSON, as google-genai sends and gets it: camelCase, mostly.

Read at the client's HTTP layer, so that text, dictionaries, objects, pictures and Python functions given by a program
all come in one form.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from tracekit import semconv
from tracekit.model import Call, Invocation, Message, Part, Response, Usage
from tracekit_integrations import _parts as parts
from tracekit_integrations._request import (
    Shaped,
    attributes,
    choices,
    invocation,
    number,
    stops,
    whole,
    word,
)
from tracekit_integrations._values import added, count, fields, get, items, plain, text

_FINISH = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    **dict.fromkeys(
        ("SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY", "IMAGE_RECITATION",
         "IMAGE_PROHIBITED_CONTENT", "MODEL_ARMOR"), "content_filter",
    ),
    **dict.fromkeys(("MALFORMED_FUNCTION_CALL", "MALFORMED_RESPONSE", "UNEXPECTED_TOOL_CALL"), "error"),
}  # fmt: skip
_ROLES = {"model": "assistant", "function": "tool"}
_TYPES = {"application/json": "json", "text/plain": "text", "text/x.enum": "text"}
_MODALITIES = {"TEXT": "text", "IMAGE": "image", "AUDIO": "speech"}
_PARAMETERS: Shaped = {
    "topP": (semconv.REQUEST_TOP_P, number),
    "topK": (semconv.REQUEST_TOP_K, whole),
    "candidateCount": (semconv.REQUEST_CHOICE_COUNT, choices),
    "maxOutputTokens": (semconv.REQUEST_MAX_TOKENS, whole),
    "stopSequences": (semconv.REQUEST_STOP_SEQUENCES, stops),
    "presencePenalty": (semconv.REQUEST_PRESENCE_PENALTY, number),
    "frequencyPenalty": (semconv.REQUEST_FREQUENCY_PENALTY, number),
    "responseMimeType": (semconv.OUTPUT_TYPE, lambda value: _TYPES.get(str(value))),
    "responseModalities": (semconv.OUTPUT_TYPE, lambda value: _output_type(items(value))),
    "thinkingConfig": (semconv.REQUEST_REASONING_LEVEL, lambda value: word(either(value, "thinkingLevel"))),
}


def _output_type(modalities: Any) -> str | None:
    return _MODALITIES.get(str(modalities[0])) if len(modalities) == 1 else None


def either(thing: Any, name: str) -> Any:
    """A field by its name on the wire, or by the client's own: it hands some objects on as they were given."""
    found = get(thing, name)
    return found if found is not None else get(thing, _SNAKES.get(name, name))


_SNAKES = {
    "thinkingLevel": "thinking_level",
    "mimeType": "mime_type",
    "fileUri": "file_uri",
    "parametersJsonSchema": "parameters_json_schema",
}


def request(call: Call) -> Invocation | None:
    """A request of the HTTP layer: `(method, path, body, options)`. None for what is no model's call."""
    path, body = str(call.args[1]), call.args[2]
    model, _, verb = path.partition("?")[0].rpartition(":")
    make = _VERBS.get(verb)
    return None if make is None else make(call, model.rpartition("models/")[2], body)


def endpoint(client: Any, options: Any = None) -> tuple[str, str]:
    """Provider and URL of the client's HTTP layer; a call's own options may name another URL."""
    url = text(get(options, "base_url")) or text(get(getattr(client, "_http_options", None), "base_url")) or ""
    return ("gcp.vertex_ai" if getattr(client, "vertexai", False) else "gcp.gemini"), url


def _where(call: Call) -> tuple[str, str]:
    options = call.args[3] if len(call.args) > len(("method", "path", "body")) else call.kwargs.get("http_options")
    return endpoint(call.instance, options)


def _generate(call: Call, model: str, body: Any) -> Invocation:
    made = invocation(semconv.GENERATE_CONTENT, *_where(call), request_model=text(model))
    made.stream = ":stream" in str(call.args[1])
    made.attributes.update(attributes(get(body, "generationConfig") or {}, {}, _PARAMETERS))
    made.system_instructions = _parts(get(body, "systemInstruction")) or None
    made.input_messages = [_message(content) for content in items(get(body, "contents"))] or None
    made.tool_definitions = [tool for each in items(get(body, "tools")) for tool in _tools(each)] or None
    return made


def _tools(tool: Any) -> list[dict[str, Any]]:
    """The functions of a tool in the conventions' flat shape; of one that the provider runs, only its name."""
    return [
        definition
        for kind in fields(tool)
        for definition in (
            map(_function, items(get(tool, kind)))
            if kind in {"functionDeclarations", "function_declarations"}
            else [{"type": kind, "name": kind}]
        )
    ]


def _function(declared: Any) -> dict[str, Any]:
    found = {"type": "function", "name": str(get(declared, "name"))}
    schema = get(declared, "parameters") or either(declared, "parametersJsonSchema")
    more = {"description": get(declared, "description"), "parameters": plain(schema)}
    return {**found, **{name: value for name, value in more.items() if value is not None}}


def _message(content: Any) -> Message:
    said = _parts(content)
    answers = bool(said) and all(part["type"] == "tool_call_response" for part in said)
    role = text(get(content, "role")) or "user"
    return parts.message("tool" if answers else _ROLES.get(role, role), said)


def _parts(content: Any) -> list[Part]:
    return [made for made in map(_part, items(get(content, "parts"))) if made != _SILENT]


_SILENT: Part = {"type": "text", "content": ""}
"""What carries a signature and says nothing."""


def _part(part: Any) -> Part:
    said = get(part, "text")
    if said is not None:
        return (parts.reasoning_part if get(part, "thought") else parts.text_part)(str(said))
    for kind, read in _PARTS.items():
        inner = get(part, kind)
        if inner is not None:
            return read(inner)
    named = fields(part, without=("thoughtSignature", "thought"))
    return parts.generic_part(next(iter(named), "empty"), named)


def _tool_call(call: Any) -> Part:
    return parts.tool_call_part(text(get(call, "id")), get(call, "name"), get(call, "args"))


def _tool_response(answer: Any) -> Part:
    return parts.tool_response_part(text(get(answer, "id")), get(answer, "response"))


def _blob(blob: Any) -> Part:
    mime_type, data = either(blob, "mimeType"), str(get(blob, "data"))
    standard = data.replace("-", "+").replace("_", "/")  # the client writes base64 for addresses
    return parts.blob_part(parts.modality(mime_type), mime_type, standard)


def _file(file: Any) -> Part:
    mime_type = either(file, "mimeType")
    found = parts.url_part(parts.modality(mime_type), str(either(file, "fileUri")))
    return {**found, "mime_type": mime_type} if mime_type else found


def _answered(found: Any, name: str) -> Part:
    """What a tool answered that ran at the provider."""
    return parts.server_result_part(text(get(found, "id")), name, fields(found))


_PARTS: dict[str, Callable[[Any], Part]] = {
    "functionCall": _tool_call,
    "functionResponse": _tool_response,
    "inlineData": _blob,
    "fileData": _file,
    "executableCode": lambda code: parts.server_tool_part(text(get(code, "id")), "code_execution", fields(code)),
    "codeExecutionResult": lambda found: _answered(found, "code_execution"),
    "toolCall": lambda call: parts.server_tool_part(text(get(call, "id")), str(get(call, "toolType")), fields(call)),
    "toolResponse": lambda found: _answered(found, str(get(found, "toolType"))),
}


def _embed(call: Call, model: str, body: Any) -> Invocation:
    made = invocation(semconv.EMBEDDINGS, *_where(call), request_model=text(model))
    contents = [get(each, "content") for each in items(get(body, "requests"))] or [get(body, "content")]
    texts = [text(get(part, "text")) for content in contents for part in items(get(content, "parts"))]
    _embedded(made, texts, [get(body, "outputDimensionality"), *map(_length, items(get(body, "requests")))])
    return made


def _predict(call: Call, model: str, body: Any) -> Invocation | None:
    """Vertex AI's older way: of its many uses, embeddings have a text for content."""
    texts = [text(get(each, "content")) for each in items(get(body, "instances"))]
    if not any(texts):
        return None
    made = invocation(semconv.EMBEDDINGS, *_where(call), request_model=text(model))
    _embedded(made, texts, [_length(get(body, "parameters"))])
    return made


def _length(options: Any) -> Any:
    return get(options, "outputDimensionality")


def _embedded(made: Invocation, texts: list[str | None], lengths: list[Any]) -> None:
    said = [each for each in texts if each is not None]
    if said:
        made.content[semconv.INPUT] = said
    asked = next((each for each in lengths if isinstance(each, int)), None)
    if asked is not None:
        made.attributes[semconv.EMBEDDINGS_DIMENSION_COUNT] = asked


_VERBS: dict[str, Callable[[Call, str, Any], Invocation | None]] = {
    "generateContent": _generate,
    "streamGenerateContent": _generate,
    "embedContent": _embed,
    "batchEmbedContents": _embed,
    "predict": _predict,
}


def response(reply: Any) -> Response:
    """A whole reply of the HTTP layer, or what it says; of a stream that was asked for as one list, that list."""
    if isinstance(reply, list):
        return _reply(list(map(_body, items(reply))))
    body = _body(reply)
    if "embeddings" in body or "embedding" in body or "predictions" in body:
        return _vectors(body)
    return _reply([body])


def _body(reply: Any) -> Mapping[str, Any]:
    """What a reply says: the HTTP layer has it as JSON text."""
    if isinstance(reply, dict):
        return reply
    said = get(reply, "body")
    found = json.loads(said) if said else {}
    return found if isinstance(found, dict) else {}


def _vectors(body: Mapping[str, Any]) -> Response:
    predicted = [get(each, "embeddings") for each in items(body.get("predictions"))]
    vectors = [*items(body.get("embeddings")), *([body["embedding"]] if "embedding" in body else ()), *predicted]
    spent = added(*(_statistics(vector) for vector in vectors))
    told = count(get(body.get("usageMetadata"), "promptTokenCount"))
    tokens = told if told is not None else spent
    made = Response(usage=None if tokens is None else Usage(input_tokens=tokens))
    if vectors and items(get(vectors[0], "values")):
        made.attributes[semconv.EMBEDDINGS_DIMENSION_COUNT] = len(vectors[0]["values"])
    return made


def _statistics(vector: Any) -> int | None:
    return count(get(get(vector, "statistics"), "token_count"))


class Accumulator:
    """A streamed reply so far. Chunks are kept as they came and put together at the end."""

    def __init__(self) -> None:
        self._chunks: list[Any] = []

    def add(self, chunk: Any, /) -> None:
        """Take one chunk."""
        self._chunks.append(chunk)

    def response(self) -> Response:
        """The reply as far as it has come."""
        return _reply(list(map(_body, self._chunks)))


def ended(chunk: Any) -> bool:
    """Whether a chunk is the last of a reply: each of its candidates has its finish reason."""
    candidates = items(_body(chunk).get("candidates"))
    return bool(candidates) and all(get(each, "finishReason") for each in candidates)


def _reply(chunks: list[Mapping[str, Any]]) -> Response:
    """A reply out of its chunks; a whole one is one chunk."""
    heard: dict[int, list[Part]] = {}
    finish: dict[int, Any] = {}
    last: dict[str, Any] = {}
    for chunk in chunks:
        last.update({name: value for name, value in chunk.items() if value is not None})
        for place, candidate in enumerate(items(chunk.get("candidates"))):
            index = get(candidate, "index") or place
            parts.join(heard.setdefault(index, []), _parts(get(candidate, "content")))
            finish[index] = get(candidate, "finishReason") or finish.get(index)
    said = [
        parts.reply(heard[index], parts.finish_word(finish[index], _FINISH, heard[index])) for index in sorted(heard)
    ]
    made = Response(
        response_model=text(last.get("modelVersion")),
        response_id=text(last.get("responseId")),
        finish_reasons=parts.finish_reasons(said),
        usage=_usage(last.get("usageMetadata")),
        output_messages=said or None,
    )
    blocked = text(get(last.get("promptFeedback"), "blockReason"))
    if blocked is not None and not said:
        made.finish_reasons = ["content_filter"]
    return made


def _usage(reported: Any) -> Usage | None:
    """Tokens: thoughts are counted beside the candidates, and what tools brought in beside the prompt."""
    if reported is None:
        return None
    thoughts = count(get(reported, "thoughtsTokenCount"))
    return Usage(
        input_tokens=added(count(get(reported, "promptTokenCount")), count(get(reported, "toolUsePromptTokenCount"))),
        output_tokens=added(count(get(reported, "candidatesTokenCount")), thoughts),
        cache_read_tokens=count(get(reported, "cachedContentTokenCount")),
        reasoning_tokens=thoughts,
    )
