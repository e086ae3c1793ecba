"""The together client, which speaks OpenAI's language: what is patched in it.

Sound, videos, reranking, batches and fine-tuning are not recorded.
"""

from __future__ import annotations

from tracekit.sdk.integration import Integration
from tracekit.sdk.registry import instrumentor
from tracekit.sdk.stainless import adapter, hooks
from tracekit_integrations import _openai_methods as methods

_METHODS = {
    "chat.completions:CompletionsResource.create": methods.CHAT,
    "completions:CompletionsResource.create": methods.COMPLETION,
    "embeddings:EmbeddingsResource.create": methods.EMBEDDINGS,
    "images:ImagesResource.generate": methods.IMAGE,
}

integration = Integration(
    name="together",
    package="together",
    distribution="together",
    versions=">=2,<4",
    tested=("2.36", "3.1"),
    targets=methods.targets("together.resources", _METHODS),
    hooks=hooks("together"),
    adapt=adapter(methods.ended),
)

TogetherInstrumentor = instrumentor(integration)
