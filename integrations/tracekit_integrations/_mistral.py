"""Mistral's replies: chats, completions and embeddings speak OpenAI's language; OCR gives pages of Markdown."""

from __future__ import annotations

from typing import Any

from tracekit import semconv
from tracekit.model import Call, Invocation, Response, Usage
from tracekit_integrations import _openai_chat as chat
from tracekit_integrations import _parts as parts
from tracekit_integrations import _request as requests
from tracekit_integrations._openai_chat_stream import Accumulator as ChatAccumulator
from tracekit_integrations._openai_media import embeddings_response as vectors_response
from tracekit_integrations._request import (
    Shaped,
    attributes,
    choices,
    output_type,
    stops,
    tool_definitions,
    whole,
    word,
)
from tracekit_integrations._values import count, fields, get, given, items, plain, text

_PARAMETERS: Shaped = {
    "stop": (semconv.REQUEST_STOP_SEQUENCES, stops),
    "random_seed": (semconv.REQUEST_SEED, whole),
    "n": (semconv.REQUEST_CHOICE_COUNT, choices),
    "reasoning_effort": (semconv.REQUEST_REASONING_LEVEL, word),
    "response_format": (semconv.OUTPUT_TYPE, output_type),
    "output_dimension": (semconv.EMBEDDINGS_DIMENSION_COUNT, whole),
    "encoding_format": (semconv.REQUEST_ENCODING_FORMATS, stops),
}
_FINISH = {"model_length": "length"}


def _invocation(call: Call, operation: str) -> tuple[Invocation, dict[str, Any]]:
    parameters = given(call.kwargs)
    url = text(parameters.get("server_url")) or call.instance._get_url(None, None)  # noqa: SLF001 - where it looks itself
    made = requests.invocation(operation, "mistral_ai", url, request_model=text(parameters.get("model")))
    made.attributes = attributes(parameters, {}, _PARAMETERS)
    return made, parameters


def chat_request(call: Call) -> Invocation:
    """A call of `chat`, or of an agent, which is one paid reply of a model."""
    agent = text(call.kwargs.get("agent_id"))
    made, parameters = _invocation(call, semconv.INVOKE_AGENT if agent else semconv.CHAT)
    if agent is not None:
        made.attributes |= {semconv.AGENT_ID: agent, semconv.KIND: "llm"}
    made.input_messages = [chat.message_in(message) for message in items(parameters.get("messages"))] or None
    made.tool_definitions = tool_definitions(parameters.get("tools"))
    return made


def fim_request(call: Call) -> Invocation:
    """A call of `fim`: what stands before the gap, and what behind it."""
    made, parameters = _invocation(call, semconv.TEXT_COMPLETION)
    around = [text(parameters.get(name)) for name in ("prompt", "suffix")]
    made.input_messages = [parts.message("user", [parts.text_part(each) for each in around if each])]
    return made


def chat_response(reply: Any) -> Response:
    """A whole reply; what the client fills in by itself (no tokens, no id) is not taken for the provider's word."""
    return chat.reworded(chat.response(fields(reply)), _FINISH)


class Accumulator(ChatAccumulator):
    """A streamed reply so far."""

    def response(self) -> Response:
        """The reply as far as it has come."""
        return chat.reworded(super().response(), _FINISH)


def embed_request(call: Call) -> Invocation:
    """A call of `embeddings`; what is embedded is the span's input."""
    made, parameters = _invocation(call, semconv.EMBEDDINGS)
    embedded = parameters.get("inputs")
    if isinstance(embedded, str) or items(embedded):
        made.content[semconv.INPUT] = plain(embedded)
    return made


def embed_response(reply: Any) -> Response:
    """The model, the tokens and the vectors' length."""
    made = vectors_response(reply)
    made.response_id = text(get(reply, "id"))
    spent = count(fields(get(reply, "usage")).get("prompt_tokens"))
    made.usage = None if spent is None else Usage(input_tokens=spent)
    return made


def ocr_request(call: Call) -> Invocation:
    """A call of `ocr`: a document, by its address, its id or its bytes in an address."""
    made, parameters = _invocation(call, semconv.GENERATE_CONTENT)
    made.input_messages = [parts.message("user", [_document(fields(parameters.get("document")))])]
    made.attributes[semconv.OUTPUT_TYPE] = "text"
    return made


def _document(document: dict[str, Any]) -> Any:
    kind = text(document.get("type")) or next((name for name in document if name.endswith("_url")), "file")
    id_ = text(document.get("file_id"))
    if id_ is not None:
        return parts.file_part("document", id_)
    return chat.content_part({"type": kind, **document})


def ocr_response(reply: Any) -> Response:
    """The pages; they are counted and paid for as pages, not as tokens."""
    pages = [parts.text_part(str(get(page, "markdown") or "")) for page in items(get(reply, "pages"))]
    made = Response(response_model=text(get(reply, "model")))
    made.output_messages = [parts.reply(pages, "stop")] if pages else None
    return made
