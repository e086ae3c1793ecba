"""What all calls of the openai client have in common before they are sent: the endpoint, the parameters, the tools."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from tracekit import semconv
from tracekit.model import AttributeValue, Call, Invocation
from tracekit_integrations._values import get, given, items, plain, text

_AZURE_CLIENTS = frozenset({"AzureOpenAI", "AsyncAzureOpenAI"})
_PORTS = {"https": 443, "http": 80}

_PROVIDERS = {
    ".api.openai.com": "openai",
    ".openai.azure.com": "azure.ai.openai",
    ".cognitiveservices.azure.com": "azure.ai.openai",
    ".services.ai.azure.com": "azure.ai.openai",
    ".models.ai.azure.com": "azure.ai.inference",
    ".models.inference.ai.azure.com": "azure.ai.inference",
    ".api.anthropic.com": "anthropic",
    ".api.cerebras.ai": "cerebras",
    ".api.cohere.ai": "cohere",
    ".api.cohere.com": "cohere",
    ".api.deepseek.com": "deepseek",
    ".api.fireworks.ai": "fireworks_ai",
    ".api.groq.com": "groq",
    ".api.mistral.ai": "mistral_ai",
    ".api.moonshot.ai": "moonshot_ai",
    ".api.moonshot.cn": "moonshot_ai",
    ".api.perplexity.ai": "perplexity",
    ".api.together.ai": "together_ai",
    ".api.together.xyz": "together_ai",
    ".api.x.ai": "x_ai",
    ".generativelanguage.googleapis.com": "gcp.gemini",
    ".aiplatform.googleapis.com": "gcp.vertex_ai",
    "-aiplatform.googleapis.com": "gcp.vertex_ai",
    ".openrouter.ai": "openrouter",
}
"""By the end of the host's name with a dot before it, so that subdomains count and other names do not."""
_PREFIXES = {"bedrock-runtime": "aws.bedrock", "bedrock-mantle": "aws.bedrock"}

_FLOATS = {
    "temperature": semconv.REQUEST_TEMPERATURE,
    "top_p": semconv.REQUEST_TOP_P,
    "frequency_penalty": semconv.REQUEST_FREQUENCY_PENALTY,
    "presence_penalty": semconv.REQUEST_PRESENCE_PENALTY,
}
_WHOLE = {
    "max_tokens": semconv.REQUEST_MAX_TOKENS,
    "max_completion_tokens": semconv.REQUEST_MAX_TOKENS,
    "max_output_tokens": semconv.REQUEST_MAX_TOKENS,
    "top_k": semconv.REQUEST_TOP_K,
    "seed": semconv.REQUEST_SEED,
    "dimensions": semconv.EMBEDDINGS_DIMENSION_COUNT,
}
_WORDS = {
    "service_tier": semconv.OPENAI_REQUEST_SERVICE_TIER,
    "reasoning_effort": semconv.REQUEST_REASONING_LEVEL,
    "previous_response_id": semconv.REQUEST_PREVIOUS_RESPONSE_ID,
}
_OUTPUT_TYPES = {"text": "text", "json_object": "json", "json_schema": "json"}


class Endpoint(NamedTuple):
    """Whom a client talks to."""

    provider: str
    address: str | None
    port: int | None


def invocation(call: Call, operation: str, *, api_type: str | None = None) -> tuple[Invocation, dict[str, Any]]:
    """The call without its content, and the parameters that say something.

    What `extra_body` holds is among the parameters, over all others: that is how it is sent.
    """
    parameters = given(call.kwargs)
    body = parameters.pop("extra_body", None)
    if isinstance(body, Mapping):
        parameters.update(given({str(name): value for name, value in body.items()}))
    where = endpoint(getattr(call.instance, "_client", None))
    attributes = _attributes(parameters)
    if api_type is not None:
        attributes[semconv.OPENAI_API_TYPE] = api_type
    return (
        Invocation(
            operation=operation,
            provider=where.provider,
            request_model=text(parameters.get("model")),
            stream=parameters.get("stream") is True,
            server_address=where.address,
            server_port=where.port,
            attributes=attributes,
        ),
        parameters,
    )


def endpoint(client: Any) -> Endpoint:
    """Provider and address of a client; an OpenAI client with an address that nobody knows speaks OpenAI's language."""
    azure = any(cls.__name__ in _AZURE_CLIENTS for cls in type(client).__mro__)
    return _endpoint(str(getattr(client, "base_url", "")), azure)


@functools.lru_cache(maxsize=128)
def _endpoint(url: str, azure: bool) -> Endpoint:  # noqa: FBT001 - lru_cache keys are positional
    parts = urlsplit(url)
    host = parts.hostname
    if host is None:
        return Endpoint("azure.ai.openai" if azure else "openai", None, None)
    provider = "azure.ai.openai" if azure else _provider(host)
    return Endpoint(provider, host, parts.port or _PORTS.get(parts.scheme))


def _provider(host: str) -> str:
    for ending, provider in _PROVIDERS.items():
        if f".{host}".endswith(ending):
            return provider
    return _PREFIXES.get(host.partition(".")[0].removesuffix("-fips"), "openai")


def _attributes(parameters: Mapping[str, Any]) -> dict[str, AttributeValue]:
    attributes: dict[str, AttributeValue] = {}
    for name, value in parameters.items():
        if name in _FLOATS and isinstance(value, (int, float)):
            attributes[_FLOATS[name]] = float(value)
        elif name in _WHOLE and isinstance(value, int):
            attributes[_WHOLE[name]] = value
        elif name in _WORDS and isinstance(value, str):
            attributes[_WORDS[name]] = value
    choices = parameters.get("n")
    if isinstance(choices, int) and choices != 1:
        attributes[semconv.REQUEST_CHOICE_COUNT] = choices
    stop = parameters.get("stop")
    if stop is not None:
        stops = [stop] if isinstance(stop, str) else [word for word in items(stop) if isinstance(word, str)]
        attributes[semconv.REQUEST_STOP_SEQUENCES] = stops
    encoding = parameters.get("encoding_format")
    if isinstance(encoding, str):
        attributes[semconv.REQUEST_ENCODING_FORMATS] = [encoding]
    words = {
        semconv.REQUEST_REASONING_LEVEL: get(parameters.get("reasoning"), "effort"),
        semconv.CONVERSATION_ID: _conversation(parameters.get("conversation")),
        semconv.OUTPUT_TYPE: _output_type(parameters),
    }
    attributes.update({name: word for name, word in words.items() if isinstance(word, str)})
    return attributes


def _conversation(value: Any) -> Any:
    return value if isinstance(value, str) else get(value, "id")


def _output_type(parameters: Mapping[str, Any]) -> str | None:
    if "audio" in items(parameters.get("modalities")):
        return "speech"
    wanted = parameters.get("response_format") or parameters.get("text_format") or get(parameters.get("text"), "format")
    if isinstance(wanted, type):
        return "json"
    kind = None if isinstance(wanted, str) else get(wanted, "type")
    return _OUTPUT_TYPES.get(kind) if isinstance(kind, str) else None


def tool_definitions(parameters: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """The tools on offer in the conventions' flat shape.

    Of a tool that is not a function only type, name and description are kept: an MCP server's entry holds credentials.
    """
    offered = [*items(parameters.get("tools")), *items(parameters.get("functions"))]
    return [_tool(tool) for tool in offered] or None


def _tool(tool: Any) -> dict[str, Any]:
    kind = get(tool, "type") or "function"
    details = get(tool, kind) or tool
    name = get(details, "name") or get(details, "server_label") or kind
    definition: dict[str, Any] = {"type": kind, "name": name}
    description = get(details, "description")
    if description is not None:
        definition["description"] = description
    if kind == "function":
        schema = get(details, "parameters")
        if schema is not None:
            definition["parameters"] = plain(schema)
    return definition
