"""The ollama client: what is patched in it, and how each method is understood.

Calls are seen where the client sends them, in JSON: so those of the module's functions too, which are bound methods of
a client made at import and may have been imported by name long before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tracekit import semconv
from tracekit.model import Call, Invocation, Message, Part, Response, Usage
from tracekit.sdk.integration import Integration, Method, Target
from tracekit.sdk.registry import instrumentor
from tracekit.sdk.taps import standing_in
from tracekit_integrations import _parts as parts
from tracekit_integrations._request import (
    Shaped,
    attributes,
    invocation,
    stops,
    tool_definitions,
    whole,
    word,
)
from tracekit_integrations._values import count, decoded, get, items, plain, text

_FINISH = {"stop": "stop", "length": "length"}
_PARAMETERS: Shaped = {
    "num_predict": (semconv.REQUEST_MAX_TOKENS, whole),
    "stop": (semconv.REQUEST_STOP_SEQUENCES, stops),
    "format": (semconv.OUTPUT_TYPE, lambda wanted: "json" if wanted else None),
    "think": (semconv.REQUEST_REASONING_LEVEL, word),
}


def _request(call: Call) -> Invocation | None:
    """A request `(method, path, json=...)`. None for the management of models."""
    path = next((each for each in call.args if isinstance(each, str) and each.startswith("/api/")), "")
    body = call.kwargs.get("json")
    make = _PATHS.get(path)
    if make is None or not isinstance(body, Mapping):
        return None
    operation, fill = make
    made = invocation(operation, "ollama", str(call.instance._client.base_url))  # noqa: SLF001 - it has no other word for it
    made.request_model = text(body.get("model"))
    made.attributes.update(attributes({**(body.get("options") or {}), **body}, {}, _PARAMETERS))
    fill(made, body)
    return made


def _streamed_request(call: Call) -> Invocation | None:
    """The same, of a streamed reply; whole ones are seen further in, where they still have all their fields."""
    made = _request(call) if call.kwargs.get("stream") else None
    if made is not None:
        made.stream = True
    return made


def _chat(made: Invocation, body: Mapping[str, Any]) -> None:
    made.input_messages = [parts.message(*_message(message)) for message in items(body.get("messages"))] or None
    made.tool_definitions = tool_definitions(body.get("tools"))


def _generate(made: Invocation, body: Mapping[str, Any]) -> None:
    system, prompt = text(body.get("system")), text(body.get("prompt"))
    asked = [*([parts.text_part(prompt)] if prompt else ()), *map(_image, items(body.get("images")))]
    made.system_instructions = [parts.text_part(system)] if system else None
    made.input_messages = [parts.message("user", asked)] if asked else None


def _embed(made: Invocation, body: Mapping[str, Any]) -> None:
    embedded = body.get("input", body.get("prompt"))
    if embedded:
        made.content[semconv.INPUT] = plain(embedded)


_PATHS: dict[str, tuple[str, Callable[[Invocation, Mapping[str, Any]], None]]] = {
    "/api/chat": (semconv.CHAT, _chat),
    "/api/generate": (semconv.TEXT_COMPLETION, _generate),
    "/api/embed": (semconv.EMBEDDINGS, _embed),
    "/api/embeddings": (semconv.EMBEDDINGS, _embed),
}


def _message(message: Any) -> tuple[str, list[Part]]:
    """The role and the parts of a message either way."""
    role, content, thoughts = str(get(message, "role")), get(message, "content"), text(get(message, "thinking"))
    if role == "tool":
        return role, [parts.tool_response_part(text(get(message, "tool_call_id")), content)]
    return role, [
        *([parts.reasoning_part(thoughts)] if thoughts else ()),
        *([parts.text_part(content)] if text(content) else ()),
        *map(_image, items(get(message, "images"))),
        *map(_tool_call, items(get(message, "tool_calls"))),
    ]


def _image(image: Any) -> Part:
    """A picture in base64: the client reads files before it sends them."""
    return parts.blob_part("image", None, str(plain(image)))


def _tool_call(call: Any) -> Part:
    function = get(call, "function")
    return parts.tool_call_part(text(get(call, "id")), get(function, "name"), decoded(get(function, "arguments")))


def _response(reply: Any) -> Response:
    """A whole reply: an HTTP response that has been read, or what the body of a stream said that was none."""
    body = reply if isinstance(reply, dict) else reply.json()
    vectors = items(body.get("embeddings")) or ([body["embedding"]] if "embedding" in body else ())
    if not vectors:
        return _said(body, body.get("message") or {"thinking": body.get("thinking"), "content": body.get("response")})
    spent = count(body.get("prompt_eval_count"))
    made = Response(response_model=text(body.get("model")), usage=None if spent is None else Usage(input_tokens=spent))
    made.attributes[semconv.EMBEDDINGS_DIMENSION_COUNT] = len(vectors[0])
    return made


def _said(body: Mapping[str, Any], message: Mapping[str, Any]) -> Response:
    """A message with what the (last) body says of it."""
    _, said = _message({"role": "assistant", **message})
    messages: list[Message] = [parts.reply(said, parts.finish_word(body.get("done_reason"), _FINISH, said))]
    spent, made = count(body.get("prompt_eval_count")), count(body.get("eval_count"))
    return Response(
        response_model=text(body.get("model")),
        finish_reasons=parts.finish_reasons(messages),
        usage=None if spent is None and made is None else Usage(input_tokens=spent, output_tokens=made),
        output_messages=messages if said else None,
    )


class Accumulator:
    """A streamed reply so far: words and thoughts come in pieces, calls whole."""

    def __init__(self) -> None:
        self._last: Mapping[str, Any] = {}
        self._thoughts: list[str] = []
        self._words: list[str] = []
        self._calls: list[Any] = []

    def add(self, chunk: Any, /) -> None:
        """Take one line's JSON."""
        self._last = chunk
        message = chunk.get("message") or {"content": chunk.get("response"), "thinking": chunk.get("thinking")}
        self._words.append(message.get("content") or "")
        self._thoughts.append(message.get("thinking") or "")
        self._calls.extend(message.get("tool_calls") or ())

    def response(self) -> Response:
        """The reply as far as it has come."""
        whole = {"thinking": "".join(self._thoughts), "content": "".join(self._words), "tool_calls": self._calls}
        return _said(self._last, whole)


def _ended(chunk: Any) -> bool:
    """Whether a chunk is the last of a reply."""
    return get(chunk, "done") is True


_WHOLE = Method(request=_request, response=_response)
_STREAMED = Method(
    request=_streamed_request,
    response=_response,
    accumulator=Accumulator,
    stand_in=standing_in("_client", _ended),
)

integration = Integration(
    name="ollama",
    package="ollama",
    distribution="ollama",
    versions=">=0.6,<1",
    tested=("0.6.2", "0.6.3"),
    targets=(
        Target(module="ollama._client", attribute="Client._request_raw", method=_WHOLE),
        Target(module="ollama._client", attribute="AsyncClient._request_raw", method=_WHOLE, is_async=True),
        Target(module="ollama._client", attribute="Client._request", method=_STREAMED),
        Target(module="ollama._client", attribute="AsyncClient._request", method=_STREAMED, is_async=True),
    ),
)

OllamaInstrumentor = instrumentor(integration)
