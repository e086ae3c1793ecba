"""Completions on Bedrock: one prompt in, texts out, in each maker's own words, told apart by their shape.

Titan, Llama, Mistral, Cohere's Command, AI21's Jurassic, DeepSeek, and Claude before it had messages. A chunk of a
stream has the shape of a whole reply, or nearly.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from tracekit import semconv
from tracekit.model import Invocation, Response
from tracekit_integrations import _parts as parts
from tracekit_integrations._bedrock_request import Parameters, in_base64, usage
from tracekit_integrations._request import Shaped, attributes, choices, number, stops, whole
from tracekit_integrations._values import added, count, get, items, text

_FINISH = {
    "FINISH": "stop",
    "FINISHED": "stop",
    "COMPLETE": "stop",
    "endoftext": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "MAX_TOKENS": "length",
    "CONTENT_FILTERED": "content_filter",
    "ERROR_TOXIC": "content_filter",
}


def _scale(penalty: Any) -> float | None:
    return number(get(penalty, "scale"))


_PARAMETERS: Shaped = {
    **dict.fromkeys(
        ("maxTokenCount", "max_gen_len", "maxTokens", "max_tokens_to_sample"), (semconv.REQUEST_MAX_TOKENS, whole)
    ),
    **dict.fromkeys(("topP", "p"), (semconv.REQUEST_TOP_P, number)),
    "k": (semconv.REQUEST_TOP_K, whole),
    **dict.fromkeys(("stopSequences", "stop_sequences", "stop"), (semconv.REQUEST_STOP_SEQUENCES, stops)),
    **dict.fromkeys(("num_generations", "numResults"), (semconv.REQUEST_CHOICE_COUNT, choices)),
    "frequencyPenalty": (semconv.REQUEST_FREQUENCY_PENALTY, _scale),
    "presencePenalty": (semconv.REQUEST_PRESENCE_PENALTY, _scale),
}


def describe(made: Invocation, body: Parameters) -> None:
    """Put the prompt and the parameters into the invocation."""
    asked = text(body.get("prompt")) or text(body.get("inputText")) or text(body.get("inputPrompt"))
    pictures = [parts.blob_part("image", None, data) for each in items(body.get("images")) if (data := in_base64(each))]
    said = [*([parts.text_part(asked)] if asked else ()), *pictures]
    made.attributes |= attributes({**body, **(body.get("textGenerationConfig") or {})}, {}, _PARAMETERS)
    made.input_messages = [parts.message("user", said)] if said else None


class _Texts(NamedTuple):
    """Where a maker's replies have their texts, and what stands beside them: keys of the body, or of an element."""

    elements: Callable[[Mapping[str, Any]], Any]
    words: str
    stopped: str
    spent: str = ""
    made: str = ""


def _itself(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [body]


def _listed(name: str) -> Callable[[Mapping[str, Any]], Any]:
    return lambda body: items(body[name])


def _completions(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """AI21's, flat."""
    return [
        {"text": get(get(each, "data"), "text"), "reason": get(get(each, "finishReason"), "reason")}
        for each in items(body["completions"])
    ]


_SHAPES = {
    "results": _Texts(_listed("results"), "outputText", "completionReason", "inputTextTokenCount", "tokenCount"),
    "outputText": _Texts(_itself, "outputText", "completionReason", "inputTextTokenCount", "totalOutputTextTokenCount"),
    "generation": _Texts(_itself, "generation", "stop_reason", "prompt_token_count", "generation_token_count"),
    "outputs": _Texts(_listed("outputs"), "text", "stop_reason"),
    "generations": _Texts(_listed("generations"), "text", "finish_reason"),
    "completions": _Texts(_completions, "text", "reason"),
    "completion": _Texts(_itself, "completion", "stop_reason"),
    "choices": _Texts(_listed("choices"), "text", "stop_reason"),
    "message": _Texts(_itself, "message", "finishReason"),
    "text": _Texts(_itself, "text", "finish_reason"),
}
"""By the one key of a body that has this shape."""


class Accumulator:
    """A reply so far, out of one body or of many: texts by their index."""

    def __init__(self) -> None:
        self._id: str | None = None
        self._words: dict[int, list[str]] = {}
        self._stopped: dict[int, Any] = {}
        self._spent: int | None = None
        self._made: int | None = None

    def add(self, body: Any, /) -> None:
        """Take one body."""
        shape = next((shape for key, shape in _SHAPES.items() if key in body), None)
        if shape is None:
            return
        found = shape.elements(body)
        for place, element in enumerate(found):
            index = count(get(element, "index")) or place
            self._words.setdefault(index, []).append(text(get(element, shape.words)) or "")
            self._stopped[index] = get(element, shape.stopped) or self._stopped.get(index)
        spent, made = count(get(body, shape.spent)), added(*(count(get(element, shape.made)) for element in found))
        self._id = text(get(body, "id")) or self._id
        self._spent = self._spent if spent is None else spent
        self._made = self._made if made is None else made

    def response(self) -> Response:
        """The reply as far as it has come."""
        replies = [
            parts.reply(
                [parts.text_part("".join(self._words[index]))], parts.finish_word(self._stopped[index], _FINISH)
            )
            for index in sorted(self._words)
        ]
        return Response(
            response_id=self._id,
            finish_reasons=parts.finish_reasons(replies),
            usage=usage(self._spent, self._made),
            output_messages=replies or None,
        )
