"""Words that emitters say differently, in the conventions' own: operations as kinds, providers, finish reasons. Pure.

A word that is not known stays as it came: it says more than nothing.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from tracekit import semconv as sc
from tracekit.dialects.values import names, text
from tracekit.model import Kind, Span

KIND_OF: dict[str, Kind] = {
    sc.CHAT: "llm",
    sc.TEXT_COMPLETION: "llm",
    sc.GENERATE_CONTENT: "llm",
    sc.FETCH_RESPONSE: "llm",
    sc.GENERATE_IMAGE: "llm",
    sc.GENERATE_SPEECH: "llm",
    sc.TRANSCRIBE_AUDIO: "llm",
    sc.TRANSLATE_AUDIO: "llm",
    sc.MODERATE: "guardrail",
    sc.RERANK: "reranker",
    sc.EMBEDDINGS: "embedding",
    sc.RETRIEVAL: "retriever",
    sc.SEARCH_MEMORY: "retriever",
    sc.EXECUTE_TOOL: "tool",
    sc.INVOKE_AGENT: "agent",
    sc.CREATE_AGENT: "agent",
    sc.INVOKE_WORKFLOW: "chain",
    sc.PLAN: "chain",
}
"""The kind of an operation (`gen_ai.operation.name`)."""

_WORDS_KEPT = 1024
_LONGEST = 100
"""Characters of a word that is looked up in any spelling: whatever is longer is no word."""
_PROVIDERS = {
    "openai": ("openai_responses", "openai-responses", "openai-chat", "openai_chat", "chatopenai"),
    "anthropic": ("claude", "chatanthropic"),
    "aws.bedrock": (
        "aws_bedrock", "aws-bedrock", "bedrock", "bedrock_converse", "amazon_bedrock", "amazon-bedrock", "aws",
    ),
    "azure.ai.openai": (
        "az.ai.openai", "azure_openai", "azure-openai", "azure.openai", "azureopenai", "azure", "openai.azure",
    ),
    "azure.ai.inference": ("az.ai.inference", "azure_ai_inference", "azure_ai", "azure-ai"),
    "gcp.gemini": (
        "gemini", "google_genai", "google-genai", "google.generative-ai", "google_generative_ai", "google_ai", "google",
    ),
    "gcp.vertex_ai": (
        "vertex_ai", "vertexai", "vertex", "google.vertex", "google-vertex", "google_vertexai",
    ),
    "gcp.gen_ai": ("gcp_gen_ai",),
    "cohere": ("chatcohere",),
    "deepseek": (),
    "groq": ("chatgroq",),
    "ibm.watsonx.ai": ("watsonx", "watsonx.ai", "ibm_watsonx", "ibm"),
    "mistral_ai": ("mistral", "mistralai", "mistral-ai"),
    "moonshot_ai": ("moonshot", "moonshotai"),
    "perplexity": ("perplexity_ai",),
    "x_ai": ("xai", "x-ai", "x.ai", "grok"),
}  # fmt: skip
"""Providers by the conventions' names, each with what else it is called in lower case."""
_PROVIDER = {alias: name for name, aliases in _PROVIDERS.items() for alias in (name, *aliases)}

_MAKERS = {
    "openai": ("gpt-", "chatgpt-", "o1", "o3", "o4", "text-embedding-3", "text-embedding-ada", "dall-e", "whisper"),
    "anthropic": ("claude-",),
    "gcp.gemini": ("gemini-",),
    "mistral_ai": ("mistral-", "ministral-", "magistral-", "codestral-", "pixtral-"),
    "x_ai": ("grok-",),
    "deepseek": ("deepseek-chat", "deepseek-reasoner"),
    "cohere": ("command-",),
    "aws.bedrock": (
        "anthropic.", "amazon.", "meta.", "mistral.", "cohere.", "us.", "eu.", "apac.", "global.", "arn:aws:bedrock",
    ),
}  # fmt: skip
"""Providers by the beginnings of names that only their models have."""

_REASONS = {
    "stop": ("end_turn", "stop_sequence", "complete", "completed", "end", "eos", "eos_token", "finished"),
    "length": ("max_tokens", "max_output_tokens", "max_len", "max_context", "model_length",
               "model_context_window_exceeded"),
    "content_filter": (
        "content_filtered", "guardrail_intervened", "refusal", "safety", "recitation", "blocklist",
        "prohibited_content", "spii",
    ),
    "tool_call": ("tool_calls", "tool_use", "function_call", "function_calls"),
    "error": ("failed", "malformed_function_call"),
}  # fmt: skip
"""Finish reasons by the conventions' names, each with what providers call it."""
_REASON = {alias: name for name, aliases in _REASONS.items() for alias in (name, *aliases)}


def provider(value: Any) -> str | None:
    """A provider by the conventions' name for it.

    >>> provider("openai.chat"), provider("AWS Bedrock"), provider("my-own-gateway")
    ('openai', 'aws.bedrock', 'my-own-gateway')
    """
    said = text(value)
    if said is None:
        return None
    return _PROVIDER.get(said) or (said if len(said) > _LONGEST else _provider(said))


@lru_cache(_WORDS_KEPT)
def _provider(said: str) -> str:
    name = said.strip().lower().replace(" ", "_")
    while name:
        if name in _PROVIDER:
            return _PROVIDER[name]
        name = name.rpartition(".")[0]  # clients add the name of their interface: openai.chat
    return said


def provider_of_model(model: str | None) -> str | None:
    """Who serves a model of this name, where its name leaves no doubt: for emitters that name themselves instead.

    >>> provider_of_model("gpt-4o-mini"), provider_of_model("us.amazon.nova-pro-v1:0"), provider_of_model("llama3")
    ('openai', 'aws.bedrock', None)
    """
    name = (model or "")[:_LONGEST].lower()
    return next((maker for maker, beginnings in _MAKERS.items() if name.startswith(beginnings)), None)


def provider_unless(span: Span, *own: str) -> None:
    """Where the provider is a framework's own name, put who serves the model; unknown where its name does not tell."""
    if span.provider in own:
        span.provider = provider_of_model(span.model)


def finish_reasons(value: Any) -> list[str] | None:
    """Finish reasons as a list of the conventions' words: of a list, of a JSON list, of one word.

    >>> finish_reasons("end_turn"), finish_reasons('["tool_calls"]'), finish_reasons(["pause_turn"])
    (['stop'], ['tool_call'], ['pause_turn'])
    """
    said = names(value)
    return None if said is None else [finish_reason(reason) for reason in said]


def finish_reason(said: str) -> str:
    """One finish reason in the conventions' word for it."""
    return _REASON.get(said) or (said if len(said) > _LONGEST else _reason(said))


@lru_cache(_WORDS_KEPT)
def _reason(said: str) -> str:
    word = said.rpartition(".")[2].lower().replace("-", "_")  # FinishReason.MAX_TOKENS
    return _REASON.get(word.removeprefix("finish_").removeprefix("reason_"), said)
