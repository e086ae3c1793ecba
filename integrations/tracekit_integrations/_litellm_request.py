"""What LiteLLM's calls have in common before they are sent: whom they ask, and for which model. Pure."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from tracekit import semconv
from tracekit.model import Call, Invocation
from tracekit_integrations import _request
from tracekit_integrations._openai_request import invocation
from tracekit_integrations._values import get, items, text

_PROVIDERS = {
    "anthropic_text": "anthropic",
    "azure": "azure.ai.openai",
    "azure_ai": "azure.ai.inference",
    "azure_text": "azure.ai.openai",
    "bedrock": "aws.bedrock",
    "codestral": "mistral_ai",
    "cohere_chat": "cohere",
    "gemini": "gcp.gemini",
    "mistral": "mistral_ai",
    "moonshot": "moonshot_ai",
    "ollama_chat": "ollama",
    "text-completion-codestral": "mistral_ai",
    "text-completion-openai": "openai",
    "vertex_ai": "gcp.vertex_ai",
    "watsonx": "ibm.watsonx.ai",
    "watsonx_text": "ibm.watsonx.ai",
    "xai": "x_ai",
}
"""LiteLLM's names of providers that the conventions call differently."""
_FAMILIES = {"bedrock": "aws.bedrock", "vertex_ai": "gcp.vertex_ai"}
"""Beginnings of names of which LiteLLM has several for one provider."""
_HALVES = (
    "acompletion", "aembedding", "aimg_generation", "arerank", "aresponses", "aspeech", "async_call",
    "atext_completion", "atranscription",
)  # fmt: skip
"""What LiteLLM says to a function that an asynchronous one calls: it is the same call."""

Read = Callable[[Call], Invocation]


def asked(read: Read, *positions: str) -> Callable[[Call], Invocation | None]:
    """The `request` of one of LiteLLM's functions.

    Args:
        read: how the client of OpenAI's language is understood that this function imitates.
        positions: the names of what may be given by position.
    """

    def request(call: Call) -> Invocation | None:
        given = {**dict(zip(positions, call.args, strict=False)), **call.kwargs}
        if any(given.get(half) is True for half in _HALVES):
            return None
        made = read(Call(instance=None, args=(), kwargs=given))
        made.attributes.pop(semconv.OPENAI_API_TYPE, None)
        name, made.request_model = _place(text(given.get("model")), text(given.get("custom_llm_provider")))
        made.provider = provider(name)
        where = text(given.get("api_base")) or text(given.get("base_url"))
        if where is not None:
            made.server_address, made.server_port = _request.address(where)
        conversation = text(get(given.get("metadata"), "session_id"))
        if conversation is not None:
            made.attributes[semconv.CONVERSATION_ID] = conversation
        return made

    return request


def provider(name: str | None) -> str | None:
    """The conventions' name of a provider."""
    if name is None:
        return None
    family = next((known for start, known in _FAMILIES.items() if name.startswith(f"{start}_")), None)
    return family or _PROVIDERS.get(name, name)


def _place(model: str | None, name: str | None) -> tuple[str | None, str | None]:
    """The provider as LiteLLM calls it, and the model as the provider does."""
    if model is None:
        return name, None
    head, _, rest = model.partition("/")
    litellm: Any = sys.modules.get("litellm")  # DSPy names models as LiteLLM does, and may ask without it
    if rest and (head == name or (name is None and (litellm is None or head in litellm.provider_list))):
        return head, rest
    if name is None:
        name = text(get(get(get(litellm, "model_cost"), model), "litellm_provider"))
    return name, model


def rerank_request(call: Call) -> Invocation:
    """A call of `rerank`: the query is the span's input."""
    made, parameters = invocation(call, semconv.RERANK)
    made.content[semconv.RETRIEVAL_QUERY] = parameters.get("query")
    made.attributes.update(_request.attributes(parameters, {}, {"top_n": (semconv.RETRIEVAL_TOP_K, _request.whole)}))
    return made


def transcription_request(read: Read) -> Callable[[Call], Invocation | None]:
    """The `request` of `transcription`: a stream of it is the client's own, and so is its call."""
    request = asked(read, "model", "file")
    return lambda call: None if call.kwargs.get("stream") is True else request(call)


def routed_request(call: Call) -> Invocation:
    """A call of the router, for a group of models: what it tries stands beneath it."""
    named = [call.kwargs, *items(call.args)]
    group = next((model for each in named if (model := text(get(each, "model")))), None)
    return Invocation(name=" ".join(filter(None, ("litellm.Router", group))))
