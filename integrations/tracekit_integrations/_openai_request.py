"""What all calls of the openai client have in common before they are sent: the endpoint, the parameters, the tools."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from tracekit import semconv
from tracekit.model import AttributeValue, Call, Invocation
from tracekit_integrations._values import get, given, items, text

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
    url = getattr(client, "base_url", "")
    known = _seen.get(id(url))
    if known is None or known[0] is not url:
        azure = any(cls.__name__ in _AZURE_CLIENTS for cls in type(client).__mro__)
        known = (url, _endpoint(str(url), azure))
        if len(_seen) >= _MOST_SEEN:
            _seen.clear()
        _seen[id(url)] = known
    return known[1]


_seen: dict[int, tuple[Any, Endpoint]] = {}
"""By the identity of a client's URL object, which is kept with it: spelling a URL out at each call costs more."""
_MOST_SEEN = 256


def _endpoint(url: str, azure: bool) -> Endpoint:  # noqa: FBT001 - called from one place
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
        elif name in _SHAPED:
            attribute, read = _SHAPED[name]
            shaped = read(value)
            if shaped is not None:
                attributes[attribute] = shaped
    return attributes


def _choices(n: Any) -> int | None:
    return n if isinstance(n, int) and n != 1 else None


def _stops(stop: Any) -> list[str]:
    return [stop] if isinstance(stop, str) else [word for word in items(stop) if isinstance(word, str)]


def _conversation(value: Any) -> str | None:
    return text(value) or text(get(value, "id"))


def output_type(wanted: Any) -> str | None:
    """The conventions' word for a response format: a class is a schema."""
    if isinstance(wanted, type):
        return "json"
    kind = None if isinstance(wanted, str) else get(wanted, "type")
    return _OUTPUT_TYPES.get(kind) if isinstance(kind, str) else None


_SHAPED: dict[str, tuple[str, Callable[[Any], AttributeValue | None]]] = {
    "n": (semconv.REQUEST_CHOICE_COUNT, _choices),
    "stop": (semconv.REQUEST_STOP_SEQUENCES, _stops),
    "encoding_format": (semconv.REQUEST_ENCODING_FORMATS, lambda value: [value] if isinstance(value, str) else None),
    "reasoning": (semconv.REQUEST_REASONING_LEVEL, lambda value: text(get(value, "effort"))),
    "conversation": (semconv.CONVERSATION_ID, _conversation),
    "response_format": (semconv.OUTPUT_TYPE, output_type),
    "text_format": (semconv.OUTPUT_TYPE, output_type),
    "text": (semconv.OUTPUT_TYPE, lambda value: output_type(get(value, "format"))),
    "modalities": (semconv.OUTPUT_TYPE, lambda value: "speech" if "audio" in items(value) else None),
}
