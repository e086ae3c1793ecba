"""InvokeModel: a body in JSON and one that comes back, in the language of the model's maker.

The language is told by the body's shape: the id of a model may be that of a profile or of a copy, which says nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from tracekit import semconv
from tracekit.model import Accumulator as Accumulates
from tracekit.model import Call, Invocation, Response
from tracekit_integrations import _anthropic_messages as claude
from tracekit_integrations import _bedrock_converse as converse
from tracekit_integrations import _bedrock_texts as texts
from tracekit_integrations import _bedrock_vectors as vectors
from tracekit_integrations import _cohere_v1 as command
from tracekit_integrations import _openai_chat as chat
from tracekit_integrations._bedrock_request import (
    Parameters,
    guarded,
    identified,
    invocation,
    parameters_of,
    put,
    usage,
)
from tracekit_integrations._openai_chat_stream import Accumulator as ChatAccumulator
from tracekit_integrations._openai_request import described, tool_definitions
from tracekit_integrations._values import decoded, get, items, text

_METRICS = "amazon-bedrock-invocationMetrics"
_EVENTS = {"messageStart", "contentBlockStart", "contentBlockDelta", "contentBlockStop", "messageStop", "metadata"}
_HEADERS = tuple(
    f"x-amzn-bedrock-{counted}-token-count" for counted in ("input", "output", "cache-read-input", "cache-write-input")
)
_COUNTS = ("inputTokenCount", "outputTokenCount", "cacheReadInputTokenCount", "cacheWriteInputTokenCount")

_Describe = Callable[[Invocation, Parameters], None]


def request(call: Call) -> Invocation:
    """A call of InvokeModel, whole or streamed."""
    parameters = parameters_of(call)
    body, model = _decoded(parameters.get("body")), str(parameters.get("modelId"))
    operation, describe = next((wanted, read) for tells, wanted, read in _ASKED if tells(body, model))
    made = invocation(call, operation, request_model=model)
    describe(made, body)
    guarded(made, parameters)
    put(made.attributes, BEDROCK_REQUEST_SERVICE_TIER=text(parameters.get("serviceTier")))
    return made


def _decoded(body: Any) -> dict[str, Any]:
    """The JSON object that a body is; of a file, which is not read here, nothing."""
    words = body.decode(errors="replace") if isinstance(body, (bytes, bytearray)) else body
    found = decoded(words) if isinstance(words, str) else None
    return found if isinstance(found, dict) else {}


def _is_nova(body: Parameters) -> bool:
    """Whether messages have Nova's options, or blocks that are named by their one key."""
    if not {"schemaVersion", "inferenceConfig", "toolConfig"}.isdisjoint(body):
        return True
    content = [get(message, "content") for message in items(body["messages"])]
    return any(isinstance(each, dict) and "type" not in each for blocks in content for each in items(blocks))


def _describe_chat(made: Invocation, body: Parameters) -> None:
    made.attributes |= described(body)
    made.input_messages = [chat.message_in(message) for message in items(body["messages"])] or None
    made.tool_definitions = tool_definitions(body)


_ASKED: tuple[tuple[Callable[[Parameters, str], bool], str, _Describe], ...] = (
    (lambda body, _: {"anthropic_version", "messages"} <= body.keys(), semconv.CHAT, claude.describe),
    (lambda body, _: "messages" in body and _is_nova(body), semconv.CHAT, converse.describe),
    (lambda body, _: "messages" in body, semconv.CHAT, _describe_chat),
    (lambda body, _: "message" in body, semconv.CHAT, command.describe),
    (lambda body, _: {"query", "documents"} <= body.keys(), semconv.RERANK, vectors.describe_ranking),
    (vectors.embeds, semconv.EMBEDDINGS, vectors.describe_embedding),
    (vectors.draws, semconv.GENERATE_IMAGE, vectors.describe_picture),
    (lambda _, __: True, semconv.TEXT_COMPLETION, texts.describe),
)
"""How a request's body, with the id of its model, is told from others; what it is for; how it is read."""


def response(call: Call, reply: Any) -> Response:
    """A whole reply to a call, whose body has been read. Where that counts no tokens, the headers do."""
    body = _decoded(get(reply, "body"))
    made = identified(_said(call, body), reply)
    headers = get(get(reply, "ResponseMetadata"), "HTTPHeaders") or {}
    made.usage = made.usage or usage(*(decoded(headers.get(name)) for name in _HEADERS))
    put(made.attributes, BEDROCK_RESPONSE_SERVICE_TIER=text(get(reply, "serviceTier")))
    return made


def _said(call: Call, body: Mapping[str, Any]) -> Response:
    first = next(iter(items(body.get("results"))), None)
    if get(first, "relevance_score") is not None:
        return vectors.ranking_response(body, items(_decoded(parameters_of(call)["body"]).get("documents")))
    read = next((read for key, read in _WHOLE.items() if key in body), None)
    if read is not None:
        return read(body)
    found = _language(body)()
    found.add(body)
    return found.response()


_WHOLE: dict[str, Callable[[Any], Response]] = {
    "embedding": vectors.embedding_response,
    "embeddings": vectors.embedding_response,
    "images": vectors.picture_response,
    "artifacts": vectors.picture_response,
    "content": claude.response,
    "output": converse.response,
    "response_id": command.whole,
    "generation_id": command.whole,
}
"""By a key that only a whole reply in this language has; others are as the chunks of their streams are."""


def _language(body: Mapping[str, Any]) -> Callable[[], Accumulates]:
    """What puts together the chunks of a stream, told by the first of them."""
    if "event_type" in body:
        return command.Accumulator
    if text(body.get("type")) is not None:
        return claude.Accumulator
    if not _EVENTS.isdisjoint(body):
        return converse.Accumulator
    first = next(iter(items(body.get("choices"))), None)
    return _Chat if "choices" in body and get(first, "text") is None else texts.Accumulator


class _Chat(ChatAccumulator):
    """A reply in OpenAI's language, whole or in chunks; Mistral's says in its own words why it stopped."""

    def add(self, chunk: Any, /) -> None:
        """Take one chunk, or the whole."""
        super().add({**chunk, "choices": list(map(_choice, items(chunk.get("choices"))))})


def _choice(choice: Any) -> dict[str, Any]:
    delta, stopped = choice.get("delta", choice.get("message")), choice.get("finish_reason", choice.get("stop_reason"))
    return {"index": choice.get("index"), "delta": delta, "finish_reason": stopped}


class Accumulator:
    """A streamed reply so far: chunks of JSON, the last of which counts the tokens in Bedrock's own words."""

    def __init__(self) -> None:
        self._inner: Accumulates | None = None
        self._metrics: Mapping[str, Any] = {}

    def add(self, event: Any, /) -> None:
        """Take one event."""
        data = get(get(event, "chunk"), "bytes")
        if data is None:
            return
        chunk = json.loads(data)
        self._metrics = chunk.pop(_METRICS, self._metrics)
        if self._inner is None:
            self._inner = _language(chunk)()
        self._inner.add(chunk)

    def response(self) -> Response:
        """The reply as far as it has come."""
        made = Response() if self._inner is None else self._inner.response()
        made.usage = made.usage or usage(*(self._metrics.get(name) for name in _COUNTS))
        return made


def ended(event: Any) -> bool:
    """Whether an event is the last of a stream: it has Bedrock's own metrics."""
    return _METRICS.encode() in (get(get(event, "chunk"), "bytes") or b"")
