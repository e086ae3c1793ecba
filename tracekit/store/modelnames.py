"""The names that one model goes by: what clouds, gateways and emitters make of providers' and models' names. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_PROVIDERS = {
    "azure.ai.openai": "azure",
    "azure.ai.inference": "azure",
    "az.ai.openai": "azure",
    "az.ai.inference": "azure",
    "azure_ai": "azure",
    "aws.bedrock": "aws",
    "bedrock": "aws",
    "bedrock_converse": "aws",
    "gcp.gemini": "google",
    "gcp.gen_ai": "google",
    "gcp.vertex_ai": "google",
    "vertex_ai": "google",
    "gemini": "google",
    "mistral_ai": "mistral",
    "x_ai": "x-ai",
    "xai": "x-ai",
    "moonshot_ai": "moonshotai",
    "fireworks_ai": "fireworks",
    "together_ai": "together",
    "github_copilot": "github-copilot",
}
"""Names of providers in the conventions and at gateways, where genai-prices has another."""
_LOCAL = frozenset({"ollama", "vllm", "llama_cpp", "llamacpp", "lmstudio", "lm_studio", "localai", "sglang"})
_VERSION = re.compile(r"(?:@[\w.-]+|-latest|-0\d\d)$")
_WORD = re.compile(r"[a-z0-9]")


def provider_id(provider: str | None) -> str | None:
    """The price list's name of a provider."""
    return _PROVIDERS.get(provider.lower(), provider.lower()) if provider else None


def is_local(provider: str | None) -> bool:
    """Whether people run this server themselves: what a call costs there no list knows, whatever the model's name."""
    return provider is not None and provider.lower() in _LOCAL


def spellings(model: str) -> Iterator[tuple[str | None, str]]:
    """What a model may be called on a list, the likeliest first, with the provider that the name itself tells.

    >>> list(spellings("vertex_ai/gemini-2.5-flash-001"))[1:]
    [('google', 'gemini-2.5-flash-001'), ('google', 'gemini-2.5-flash')]

    The base model of a fine-tuned one is none of its spellings: it has another price.
    """
    yield None, model
    provider: str | None = None
    name = model
    if "/" in model:
        head, _, rest = model.partition("/")
        if ":" in head or head in {
            "models",
            "publishers",
            "projects",
            "accounts",
        }:  # a path of Google's, AWS's, Fireworks'
            name = model.rpartition("/")[2]
        else:
            provider, name = provider_id(head), rest
        yield provider, name
        if "/" in name:
            name = name.rpartition("/")[2]
            yield provider, name
    bare = _VERSION.sub("", name)
    if bare != name:
        yield provider, bare


def within(deployment: str, models: Iterable[str]) -> str | None:
    """The longest of these names that a deployment's name holds as whole words; None where it holds none.

    >>> within("our-gpt-4o-mini-eu", ["gpt-4o", "gpt-4o-mini"])
    'gpt-4o-mini'
    """
    lower = deployment.lower()
    return max((model for model in models if _holds(lower, model.lower())), key=len, default=None)


def _holds(text: str, word: str) -> bool:
    start = text.find(word)
    end = start + len(word)
    return start >= 0 and not (_WORD.match(text[start - 1 : start]) or _WORD.match(text[end : end + 1]))
