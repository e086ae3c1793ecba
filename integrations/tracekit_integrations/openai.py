"""The openai client, versions 2 and 3: what is patched in it, and how each method is understood.

Azure and every `base_url` go through the same classes. The realtime API, assistants and batches are not recorded.
"""

from __future__ import annotations

from typing import Any

from tracekit import semconv
from tracekit.sdk.integration import Integration, Method, Target
from tracekit.sdk.registry import instrumentor
from tracekit.sdk.stainless import adapter, hooks
from tracekit_integrations import _openai_chat as chat
from tracekit_integrations import _openai_chat_stream as chat_stream
from tracekit_integrations import _openai_completion as completion
from tracekit_integrations import _openai_media as media
from tracekit_integrations import _openai_responses as responses

_CHAT = Method(request=chat.request, response=chat.response, accumulator=chat_stream.Accumulator)
_COMPLETION = Method(request=completion.request, response=completion.response, accumulator=completion.Accumulator)
_RESPONSE = Method(
    request=responses.create_request, response=responses.create_response, accumulator=responses.CreateAccumulator
)
_FETCH = Method(
    request=responses.fetch_request, response=responses.fetch_response, accumulator=responses.FetchAccumulator
)
_IMAGE = Method(
    request=media.prompted(semconv.GENERATE_IMAGE, prompt="prompt", output_type="image"),
    response=media.images_response,
    accumulator=media.ImagesAccumulator,
)

_RESOURCES = "openai.resources"

_METHODS: dict[str, Method] = {
    "chat.completions.completions:Completions.create": _CHAT,
    "chat.completions.completions:Completions.parse": _CHAT,
    "completions:Completions.create": _COMPLETION,
    "responses.responses:Responses.create": _RESPONSE,
    "responses.responses:Responses.parse": _RESPONSE,
    "responses.responses:Responses.compact": _RESPONSE,
    "responses.responses:Responses.retrieve": _FETCH,
    "beta.responses.responses:Responses.create": _RESPONSE,
    "beta.responses.responses:Responses.compact": _RESPONSE,
    "beta.responses.responses:Responses.retrieve": _FETCH,
    "embeddings:Embeddings.create": Method(request=media.embeddings_request, response=media.embeddings_response),
    "images:Images.generate": _IMAGE,
    "images:Images.edit": _IMAGE,
    "images:Images.create_variation": _IMAGE,
    "audio.speech:Speech.create": Method(
        request=media.prompted(semconv.GENERATE_SPEECH, prompt="input", output_type="speech"),
        response=media.speech_response,
    ),
    "audio.transcriptions:Transcriptions.create": Method(
        request=media.prompted(semconv.TRANSCRIBE_AUDIO, prompt="prompt", output_type="text"),
        response=media.heard_response,
        accumulator=media.HeardAccumulator,
    ),
    "audio.translations:Translations.create": Method(
        request=media.prompted(semconv.TRANSLATE_AUDIO, prompt="prompt", output_type="text"),
        response=media.heard_response,
    ),
    "moderations:Moderations.create": Method(request=media.moderations_request, response=media.moderations_response),
}
"""By place of the synchronous method; its asynchronous twin is in the same module, in the class named `Async...`.

`beta.chat` is the same class as `chat`, and the `.stream()` helpers call `create` or `retrieve` when they are entered.
"""


def _targets() -> tuple[Target, ...]:
    found: list[Target] = []
    for place, method in _METHODS.items():
        module, attribute = place.split(":")
        where = f"{_RESOURCES}.{module}"
        found.append(Target(module=where, attribute=attribute, method=method))
        found.append(Target(module=where, attribute=f"Async{attribute}", method=method, is_async=True))
    return tuple(found)


def _ended(chunk: Any) -> bool:
    """Whether a chunk of any of these streams ends a whole reply: their shapes do not overlap."""
    return chat_stream.ended(chunk) or responses.ended(chunk) or media.ended(chunk)


integration = Integration(
    name="openai",
    package="openai",
    distribution="openai",
    versions=">=2,<4",
    targets=_targets(),
    hooks=hooks(
        "openai",
        streams=(
            "_streaming:Stream",
            "_streaming:AsyncStream",
            "lib.streaming.chat._completions:ChatCompletionStream",
            "lib.streaming.chat._completions:AsyncChatCompletionStream",
            "lib.streaming.responses._responses:ResponseStream",
            "lib.streaming.responses._responses:AsyncResponseStream",
        ),
        parsers=("_legacy_response:LegacyAPIResponse", "_response:APIResponse"),
        async_parsers=("_response:AsyncAPIResponse",),
    ),
    adapt=adapter(_ended),
)

OpenAIInstrumentor = instrumentor(integration)
