"""What frameworks call the providers of models, in the conventions' words."""

from __future__ import annotations

from typing import Any

from tracekit_integrations._values import text

_PROVIDERS = {
    "amazon_bedrock": "aws.bedrock",
    "aws": "aws.bedrock",
    "awsbedrock": "aws.bedrock",
    "azure": "azure.ai.openai",
    "bedrock": "aws.bedrock",
    "fireworks": "fireworks_ai",
    "gemini": "gcp.gemini",
    "google": "gcp.gemini",
    "google_genai": "gcp.gemini",
    "google_vertexai": "gcp.vertex_ai",
    "ibm": "ibm.watsonx.ai",
    "mistral": "mistral_ai",
    "mistralai": "mistral_ai",
    "moonshot": "moonshot_ai",
    "together": "together_ai",
    "vertex_ai": "gcp.vertex_ai",
    "vertexai": "gcp.vertex_ai",
    "xai": "x_ai",
}
"""By their names in small letters; those that are called the same everywhere are left out."""


def provider(named: Any) -> str | None:
    """The conventions' name of a provider; one that they do not know stays, in small letters."""
    said = text(named)
    return None if said is None else _PROVIDERS.get(said.lower(), said.lower())
