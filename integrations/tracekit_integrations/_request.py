"""What calls of several clients have in common before they are sent: whom they talk to, parameters, tools."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from tracekit import semconv
from tracekit.model import AttributeValue, Call, Invocation
from tracekit_integrations._values import get, given, items, plain, text

_PORTS = {"https": 443, "http": 80}

HOSTS = {
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
Words = Mapping[str, str]
"""The attributes of parameters that are words, by the parameter's name."""
Shaped = Mapping[str, tuple[str, Callable[[Any], AttributeValue | None]]]
"""The attributes of parameters that have a shape of their own, by name, with how each is read; None: nothing to say."""


class Endpoint(NamedTuple):
    """Whom a client talks to."""

    provider: str
    address: str | None
    port: int | None


class Clients(NamedTuple):
    """How the provider of one library's client objects is told: by their class, else by their host, else the default.

    `classes` holds the names of synchronous classes; the asynchronous ones are named the same, after `Async`.
    """

    default: str
    classes: Mapping[str, str]
    hosts: Mapping[str, str] = HOSTS

    def endpoint(self, client: Any) -> Endpoint:
        """Provider and address of a client; one whose host nobody knows speaks the default provider's language."""
        url = getattr(client, "base_url", "")
        key = self.default, id(url)
        known = _seen.get(key)
        if known is None or known[0] is not url:
            known = (url, self._endpoint(type(client), str(url)))
            if len(_seen) >= _MOST_SEEN:
                _seen.clear()
            _seen[key] = known
        return known[1]

    def _endpoint(self, client: type[Any], url: str) -> Endpoint:
        named = (self.classes.get(each.__name__.removeprefix("Async")) for each in client.__mro__)
        by_class = next((provider for provider in named if provider is not None), None)
        parts = urlsplit(url)
        host = parts.hostname
        if host is None:
            return Endpoint(by_class or self.default, None, None)
        return Endpoint(by_class or self._provider(host), host, parts.port or _PORTS.get(parts.scheme))

    def _provider(self, host: str) -> str:
        return provider_of(host, self.hosts) or _PREFIXES.get(
            host.partition(".")[0].removesuffix("-fips"), self.default
        )


def provider_of(host: str, hosts: Mapping[str, str] = HOSTS) -> str | None:
    """The provider whose host this is; None of one that is not known."""
    return next((provider for ending, provider in hosts.items() if f".{host}".endswith(ending)), None)


_seen: dict[tuple[str, int], tuple[Any, Endpoint]] = {}
"""By the identity of a client's URL object, which is kept with it: spelling a URL out at each call costs more."""
_MOST_SEEN = 256


def sent(parameters: Mapping[str, Any], extra_body: Any) -> dict[str, Any]:
    """The parameters that say something; what the extra body holds goes over all others, which is how it is sent."""
    said = given(parameters)
    if isinstance(extra_body, Mapping):
        said.update(given({str(name): value for name, value in extra_body.items()}))
    return said


def attributes(parameters: Mapping[str, Any], words: Words, shaped: Shaped) -> dict[str, AttributeValue]:
    """The parameters by the conventions' names; the numbers have the same names at every client."""
    made: dict[str, AttributeValue] = {}
    for name, value in parameters.items():
        if name in _FLOATS and isinstance(value, (int, float)):
            made[_FLOATS[name]] = float(value)
        elif name in _WHOLE and isinstance(value, int):
            made[_WHOLE[name]] = value
        elif name in words and isinstance(value, str):
            made[words[name]] = value
        elif name in shaped:
            attribute, read = shaped[name]
            found = read(value)
            if found is not None:
                made[attribute] = found
    return made


def invocation(operation: str, provider: str, url: str, **known: Any) -> Invocation:
    """A call to the server of this URL; `known` are further fields."""
    host, port = address(url)
    return Invocation(operation=operation, provider=provider, server_address=host, server_port=port, **known)


def streamed(request: Callable[[Call], Invocation]) -> Callable[[Call], Invocation]:
    """The `request` of the method that streams the same reply."""

    def streamed_request(call: Call) -> Invocation:
        made = request(call)
        made.stream = True
        return made

    return streamed_request


@lru_cache(_MOST_SEEN)
def address(url: str) -> tuple[str | None, int | None]:
    """The host of a URL, and its port."""
    parts = urlsplit(url)
    return parts.hostname, parts.port or _PORTS.get(parts.scheme)


def number(value: Any) -> float | None:
    """A number, as a fraction."""
    return float(value) if isinstance(value, (int, float)) else None


def whole(value: Any) -> int | None:
    """A whole number, also where a client takes it as a fraction."""
    return int(value) if isinstance(value, (int, float)) and int(value) == value else None


def choices(value: Any) -> int | None:
    """How many answers were asked for, where that is not one."""
    return None if value == 1 else whole(value)


def word(value: Any) -> str | None:
    """A word in small letters, given as text or as an enumeration's member."""
    said = text(getattr(value, "value", value))
    return None if said is None else said.lower()


def stops(stop: Any) -> list[str]:
    """Words that end a reply, given as one or as several."""
    return [stop] if isinstance(stop, str) else [word for word in items(stop) if isinstance(word, str)]


_OUTPUT_TYPES = {"text": "text", "json_object": "json", "json_schema": "json"}


def output_type(wanted: Any) -> str | None:
    """The conventions' word for a response format: a class is a schema."""
    if isinstance(wanted, type):
        return "json"
    kind = None if isinstance(wanted, str) else get(wanted, "type")
    return _OUTPUT_TYPES.get(kind) if isinstance(kind, str) else None


def tool_definitions(*offered: Any) -> list[dict[str, Any]] | None:
    """The tools on offer in the conventions' flat shape; None where there are none.

    Of a tool that is not a function only type, name and description are kept: an MCP server's entry holds credentials.
    """
    return [_tool(tool) for tools in offered for tool in items(tools)] or None


def _tool(tool: Any) -> dict[str, Any]:
    schema_only = get(tool, "input_schema")  # Anthropic's functions have no type, or `custom`
    kind = "function" if schema_only is not None else get(tool, "type") or "function"
    details = get(tool, kind) or tool
    name = get(details, "name") or get(details, "server_label") or get(details, "mcp_server_name") or kind
    definition: dict[str, Any] = {"type": kind, "name": name}
    description = get(details, "description")
    if description is not None:
        definition["description"] = description
    if kind == "function":
        schema = get(details, "parameters") if schema_only is None else schema_only
        if schema is not None:
            definition["parameters"] = plain(schema)
    return definition
