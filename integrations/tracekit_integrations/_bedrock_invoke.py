"""InvokeModel: a body in JSON and one that comes back, in the language of the model's maker.

The language is told by the body's shape: the id of a model may be that of a profile or of a copy, which says nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from tracekit import semconv
from tracekit.model import Accumulator as Accumulates
from tracekit.model import Call, Invocation, Response
from tracekit.sdk.integration import Method
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


def method(call: Call) -> Method:
    """How a call of InvokeModel is understood, or of InvokeModelWithResponseStream."""
    parameters = parameters_of(call)
    body = _decoded(parameters.get("body"))
    operation, describe = _asked(body, str(parameters.get("modelId")))

    def request(call: Call) -> Invocation:
        made = invocation(call, operation, request_model=text(parameters.get("modelId")))
        describe(made, body)
        guarded(made, parameters)
        put(made.attributes, BEDROCK_REQUEST_SERVICE_TIER=text(parameters.get("serviceTier")))
        return made

    return Method(request=request, response=partial(_response, items(body.get("documents"))), accumulator=Accumulator)


def _decoded(body: Any) -> dict[str, Any]:
    """The JSON object that a body is; of a file, which is not read here, nothing."""
    words = body.decode(errors="replace") if isinstance(body, (bytes, bytearray)) else body
    found = decoded(words) if isinstance(words, str) else None
    return found if isinstance(found, dict) else {}


def _asked(body: Parameters, model: str) -> tuple[str, _Describe]:
    """What a request is for, and how it is read."""
    if "anthropic_version" in body and "messages" in body:
        return semconv.CHAT, claude.describe
    if "messages" in body:
        nova = "schemaVersion" in body or not {"inferenceConfig", "toolConfig"}.isdisjoint(body) or _untyped(body)
        return semconv.CHAT, converse.describe if nova else _describe_chat
    if "message" in body:
        return semconv.CHAT, command.describe
    if "query" in body and "documents" in body:
        return semconv.RERANK, vectors.describe_ranking
    if vectors.embeds(body, model):
        return semconv.EMBEDDINGS, vectors.describe_embedding
    if vectors.draws(body, model):
        return semconv.GENERATE_IMAGE, vectors.describe_picture
    return semconv.TEXT_COMPLETION, texts.describe


def _untyped(body: Parameters) -> bool:
    """Whether messages have Nova's blocks, which are named by their one key."""
    content = [get(message, "content") for message in items(body["messages"])]
    return any(isinstance(each, dict) and "type" not in each for blocks in content for each in items(blocks))


def _describe_chat(made: Invocation, body: Parameters) -> None:
    made.attributes |= described(body)
    made.input_messages = [chat.message_in(message) for message in items(body["messages"])] or None
    made.tool_definitions = tool_definitions(body)


def _response(documents: Any, reply: Any) -> Response:
    """A whole reply, whose body has been read. Where that counts no tokens, the headers do."""
    body = _decoded(get(reply, "body"))
    made = identified(_said(body, documents), reply)
    headers = get(get(reply, "ResponseMetadata"), "HTTPHeaders") or {}
    made.usage = made.usage or usage(*(decoded(headers.get(name)) for name in _HEADERS))
    put(made.attributes, BEDROCK_RESPONSE_SERVICE_TIER=text(get(reply, "serviceTier")))
    return made


def _said(body: Mapping[str, Any], documents: Any) -> Response:
    if not {"embedding", "embeddings"}.isdisjoint(body):
        return vectors.embedding_response(body)
    if not {"images", "artifacts"}.isdisjoint(body):
        return vectors.picture_response(body)
    if documents and "results" in body:
        return vectors.ranking_response(body, documents)
    if body.get("type") == "message":
        return claude.response(body)
    if "output" in body:
        return converse.response(body)
    if "response_id" in body or "generation_id" in body:
        return command.whole(body)
    found = _language(body)()
    found.add(body)
    return found.response()


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
