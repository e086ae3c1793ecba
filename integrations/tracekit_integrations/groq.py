"""The groq client, which speaks OpenAI's language: what is patched in it. Batches and files are not recorded."""

from __future__ import annotations

from tracekit.sdk.integration import Integration
from tracekit.sdk.registry import instrumentor
from tracekit.sdk.stainless import adapter, hooks
from tracekit_integrations import _openai_methods as methods

_METHODS = {
    "chat.completions:Completions.create": methods.CHAT,
    "embeddings:Embeddings.create": methods.EMBEDDINGS,
    "audio.speech:Speech.create": methods.SPEECH,
    "audio.transcriptions:Transcriptions.create": methods.TRANSCRIPTION,
    "audio.translations:Translations.create": methods.TRANSLATION,
}

integration = Integration(
    name="groq",
    package="groq",
    distribution="groq",
    versions=">=1,<2",
    tested=("1.0.0", "1.7"),
    targets=methods.targets("groq.resources", _METHODS),
    hooks=hooks("groq"),
    adapt=adapter(methods.ended),
)

GroqInstrumentor = instrumentor(integration)
