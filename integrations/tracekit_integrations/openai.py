"""The openai client, versions 2 and 3: what is patched in it, and how each method is understood.

Azure and every `base_url` go through the same classes. The realtime API, assistants and batches are not recorded.
"""

from __future__ import annotations

from tracekit.sdk.integration import Integration
from tracekit.sdk.registry import instrumentor
from tracekit.sdk.stainless import adapter, hooks
from tracekit_integrations import _openai_methods as methods

_METHODS = {
    "chat.completions.completions:Completions.create": methods.CHAT,
    "chat.completions.completions:Completions.parse": methods.CHAT,
    "completions:Completions.create": methods.COMPLETION,
    "responses.responses:Responses.create": methods.RESPONSE,
    "responses.responses:Responses.parse": methods.RESPONSE,
    "responses.responses:Responses.compact": methods.RESPONSE,
    "responses.responses:Responses.retrieve": methods.FETCH,
    "beta.responses.responses:Responses.create": methods.RESPONSE,
    "beta.responses.responses:Responses.compact": methods.RESPONSE,
    "beta.responses.responses:Responses.retrieve": methods.FETCH,
    "embeddings:Embeddings.create": methods.EMBEDDINGS,
    "images:Images.generate": methods.IMAGE,
    "images:Images.edit": methods.IMAGE,
    "images:Images.create_variation": methods.IMAGE,
    "audio.speech:Speech.create": methods.SPEECH,
    "audio.transcriptions:Transcriptions.create": methods.TRANSCRIPTION,
    "audio.translations:Translations.create": methods.TRANSLATION,
    "moderations:Moderations.create": methods.MODERATION,
}
"""`beta.chat` is the same class as `chat`; the `.stream()` helpers call `create` or `retrieve` on entry."""

integration = Integration(
    name="openai",
    package="openai",
    distribution="openai",
    versions=">=2,<4",
    tested=("2.0", "2.54", "3.54", "3.57"),
    targets=methods.targets("openai.resources", _METHODS),
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
    ),
    adapt=adapter(methods.ended),
)

OpenAIInstrumentor = instrumentor(integration)
