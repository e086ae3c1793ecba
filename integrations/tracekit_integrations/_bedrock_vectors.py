"""Embeddings, pictures and rankings by InvokeModel: Titan's and Nova's, Cohere's, Stability's. Records no vectors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracekit import semconv
from tracekit.model import Invocation, Response
from tracekit_integrations import _parts as parts
from tracekit_integrations._bedrock_request import Parameters, usage
from tracekit_integrations._request import Shaped, attributes, choices, stops, whole
from tracekit_integrations._values import count, get, items, plain, text

_EMBEDDED: Shaped = {
    **dict.fromkeys(
        ("output_dimension", "outputEmbeddingLength", "embeddingDimension"),
        (semconv.EMBEDDINGS_DIMENSION_COUNT, whole),
    ),
    **dict.fromkeys(("embedding_types", "embeddingTypes"), (semconv.REQUEST_ENCODING_FORMATS, stops)),
}
_TEXTS = ("inputText", "texts", "inputs", "images", "inputImage")
_OPTIONS = ("embeddingConfig", "singleEmbeddingParams")
_PICTURES: Shaped = {
    **dict.fromkeys(("numberOfImages", "samples"), (semconv.REQUEST_CHOICE_COUNT, choices)),
}
_RANKED: Shaped = {"top_n": (semconv.RETRIEVAL_TOP_K, whole)}
_FINISH = {"SUCCESS": "stop", "CONTENT_FILTERED": "content_filter", "ERROR": "error"}


def embeds(body: Parameters, model: str) -> bool:
    """Whether a request is for vectors."""
    keys = {"input_type", "embedding_types", "embeddingConfig", "embeddingTypes", "normalize", "dimensions"}
    return "embed" in model or not keys.isdisjoint(body) or str(body.get("taskType")).endswith("EMBEDDING")


def describe_embedding(made: Invocation, body: Parameters) -> None:
    """Put what is embedded into the invocation."""
    options = {name: value for key in _OPTIONS for name, value in (body.get(key) or {}).items()}
    made.attributes |= attributes({**body, **options}, {}, _EMBEDDED)
    embedded = next((body[name] for name in _TEXTS if body.get(name)), get(options.get("text"), "value"))
    if embedded is not None:
        made.content[semconv.INPUT] = plain(embedded)


def embedding_response(body: Mapping[str, Any]) -> Response:
    """The tokens and the vectors' length."""
    vectors = body.get("embeddings", body.get("embedding"))
    listed = items(vectors) or items(next(iter(vectors.values()), None) if isinstance(vectors, dict) else None)
    first = get(listed[0], "embedding") if listed and isinstance(listed[0], dict) else None
    first = first or (listed[0] if listed and items(listed[0]) else listed)
    made = Response(response_id=text(body.get("id")), usage=usage(body.get("inputTextTokenCount"), None))
    if items(first):
        made.attributes[semconv.EMBEDDINGS_DIMENSION_COUNT] = len(first)
    return made


def draws(body: Parameters, model: str) -> bool:
    """Whether a request is for pictures."""
    return "text_prompts" in body or "imageGenerationConfig" in body or "taskType" in body or "stability." in model


def describe_picture(made: Invocation, body: Parameters) -> None:
    """Put what is to be seen into the invocation."""
    own = [value for name, value in body.items() if name.endswith("Params")]
    asked = [body, *own, *items(body.get("text_prompts"))]
    said = [words for each in asked if (words := text(get(each, "prompt")) or text(get(each, "text")))]
    made.attributes |= attributes({**body, **(body.get("imageGenerationConfig") or {})}, {}, _PICTURES)
    made.attributes[semconv.OUTPUT_TYPE] = "image"
    made.input_messages = [parts.message("user", list(map(parts.text_part, said)))] if said else None


def picture_response(body: Mapping[str, Any]) -> Response:
    """The pictures, in base64, each with why it is the way it is where that is told."""
    listed = [(data, None) for data in items(body.get("images"))]
    listed += [(get(each, "base64"), get(each, "finishReason")) for each in items(body.get("artifacts"))]
    reasons = items(body.get("finish_reasons")) or [reason for _, reason in listed]
    replies = [
        parts.reply([parts.blob_part("image", None, data)], parts.finish_word(reason or "SUCCESS", _FINISH))
        for (data, _), reason in zip(listed, reasons, strict=True)
    ]
    return Response(finish_reasons=parts.finish_reasons(replies), output_messages=replies or None)


def describe_ranking(made: Invocation, body: Parameters) -> None:
    """The query is the span's input."""
    made.attributes |= attributes(body, {}, _RANKED)
    made.content[semconv.RETRIEVAL_QUERY] = body.get("query")


def ranking_response(body: Mapping[str, Any], documents: Any) -> Response:
    """Documents, best first, with their scores. The reply numbers them; what they say stands in the request."""
    ranked = [
        {"id": str(index), "score": get(each, "relevance_score"), "content": plain(documents[index])}
        for each in items(body.get("results"))
        if (index := count(get(each, "index"))) is not None
    ]
    made = Response(response_id=text(body.get("id")))
    made.content[semconv.RETRIEVAL_DOCUMENTS] = ranked or None
    return made
