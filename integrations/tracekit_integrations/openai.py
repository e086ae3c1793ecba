"""The openai client, versions 2 and 3: what is patched in it, and how each method is understood.

Azure and every `base_url` go through the same classes. The realtime API, assistants and batches are not recorded.
"""

from __future__ import annotations

from typing import Any

from tracekit.sdk.integration import Integration, Method, Target
from tracekit.sdk.registry import instrumentor
from tracekit.sdk.stainless import adapter, hooks
from tracekit_integrations import _openai_chat as chat
from tracekit_integrations import _openai_media as media
from tracekit_integrations import _openai_responses as responses

_RESOURCES = "openai.resources"

_METHODS: dict[str, Method] = {
    "chat.completions.completions:Completions.create": chat.CHAT,
    "chat.completions.completions:Completions.parse": chat.CHAT,
    "completions:Completions.create": chat.COMPLETION,
    "responses.responses:Responses.create": responses.CREATE,
    "responses.responses:Responses.parse": responses.CREATE,
    "responses.responses:Responses.compact": responses.CREATE,
    "responses.responses:Responses.retrieve": responses.FETCH,
    "beta.responses.responses:Responses.create": responses.CREATE,
    "beta.responses.responses:Responses.compact": responses.CREATE,
    "beta.responses.responses:Responses.retrieve": responses.FETCH,
    "embeddings:Embeddings.create": media.EMBEDDINGS,
    "images:Images.generate": media.IMAGES,
    "images:Images.edit": media.IMAGES,
    "images:Images.create_variation": media.IMAGES,
    "audio.speech:Speech.create": media.SPEECH,
    "audio.transcriptions:Transcriptions.create": media.TRANSCRIPTION,
    "audio.translations:Translations.create": media.TRANSLATION,
    "moderations:Moderations.create": media.MODERATION,
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
    return chat.ended(chunk) or responses.ended(chunk) or media.ended(chunk)


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
