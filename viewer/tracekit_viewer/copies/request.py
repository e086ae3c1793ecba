"""What a recorded model call was as a request: whose shape it had, where it went, its body. Pure.

The conventions record neither the path nor the scheme of a request: the path follows from the shape and from what is
known of the provider's hosts, and a note says so where it is not certain. Nothing is made up: what was not recorded is
a note.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote

from tracekit import semconv
from tracekit_viewer.copies import anthropic, google, openai
from tracekit_viewer.copies.parts import Notes

Shape = Literal["chat", "responses", "embeddings", "messages", "generate"]

STANDING = (
    "Rebuilt from what the trace recorded. Parameters that OpenTelemetry has no name for, such as tool_choice and"
    " response_format, are not recorded and not here."
)
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*")
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1", "host.docker.internal"})
_PREFIXES = {
    "api.openai.com": "/v1",
    "api.groq.com": "/openai/v1",
    "api.mistral.ai": "/v1",
    "api.together.xyz": "/v1",
    "api.together.ai": "/v1",
    "api.deepseek.com": "",
    "api.x.ai": "/v1",
    "api.perplexity.ai": "",
    "api.cerebras.ai": "/v1",
    "api.fireworks.ai": "/inference/v1",
    "api.moonshot.ai": "/v1",
    "api.moonshot.cn": "/v1",
    "openrouter.ai": "/api/v1",
}
"""What stands before the path of a request in OpenAI's shape, by the host: from the providers' documentation."""
_KEYS = {
    "openai": "OPENAI_API_KEY",
    "azure.ai.openai": "AZURE_OPENAI_API_KEY",
    "groq": "GROQ_API_KEY",
    "mistral_ai": "MISTRAL_API_KEY",
    "together_ai": "TOGETHER_API_KEY",
    "deepseek": "DEEPSEEK_API_KEY",
    "x_ai": "XAI_API_KEY",
    "perplexity": "PERPLEXITY_API_KEY",
    "cerebras": "CEREBRAS_API_KEY",
    "fireworks_ai": "FIREWORKS_API_KEY",
    "moonshot_ai": "MOONSHOT_API_KEY",
    "openrouter": "OPENROUTER_API_KEY",
    "vllm": "OPENAI_API_KEY",
    "anthropic": "ANTHROPIC_API_KEY",
    "gcp.gemini": "GEMINI_API_KEY",
    "gcp.gen_ai": "GEMINI_API_KEY",
}
"""Where each provider's own client looks for its key; who is not here has a shape that is not known."""
GOOGLE_VERSION = "v1beta"
AZURE = "azure.ai.openai"
_PATHS = {
    "chat": "/chat/completions",
    "responses": "/responses",
    "embeddings": "/embeddings",
    "messages": "/v1/messages",
}


@dataclass(slots=True, frozen=True, kw_only=True)
class Recorded:
    """A recorded call as a request.

    Attributes:
        shape: whose language it is in, and which of its methods.
        base: scheme, host and port; None where no address was recorded.
        prefix: what stands before the path, as the client's `base_url` has it.
        path: the path behind it.
        key: the environment variable of the key.
        body: what is sent.
        model: the model asked for.
        notes: what is not as it was, or not known, in sentences.
    """

    shape: Shape
    base: str | None
    prefix: str
    path: str
    key: str
    provider: str
    body: dict[str, Any]
    model: str | None
    notes: list[str]

    @property
    def streams(self) -> bool:
        """Whether the answer was asked for in pieces."""
        return self.body.get("stream") is True or "streamGenerateContent" in self.path


def recorded(span: Mapping[str, Any]) -> Recorded | None:
    """The request that a span tells of; None where it is no model call in a shape that is known here.

    Args:
        span: a row of the `spans` view, JSON columns decoded.
    """
    shape = _shape(span)
    if shape is None:
        return None
    notes = Notes([STANDING])
    body = _body(span, shape, notes)
    base = _base(span["attributes"] or {}, notes)
    provider = str(span["provider"])
    model = span["request_model"]
    prefix, path = _place(span, shape, base, notes)
    if not model:
        notes.add("The model asked for was not recorded; the API needs one.")
    if span["status"] == "error":
        notes.add("The recorded call failed.")
    return Recorded(
        shape=shape,
        base=base,
        prefix=prefix,
        path=path,
        key=_KEYS[provider],
        provider=provider,
        body=body,
        model=model,
        notes=notes.said,
    )


def _shape(span: Mapping[str, Any]) -> Shape | None:
    provider, attributes = span["provider"], span["attributes"] or {}
    if provider not in _KEYS or span["kind"] not in ("llm", "embedding"):
        return None
    if provider.startswith("gcp."):
        return "generate" if span["kind"] == "llm" else None
    if span["kind"] == "embedding":
        return "embeddings" if provider != "anthropic" else None
    if provider == "anthropic":
        return "messages"
    return "responses" if attributes.get(semconv.OPENAI_API_TYPE) == "responses" else "chat"


def _body(span: Mapping[str, Any], shape: Shape, notes: Notes) -> dict[str, Any]:
    match shape:
        case "chat":
            return openai.chat(span, notes)
        case "responses":
            return openai.responses(span, notes)
        case "embeddings":
            return openai.embeddings(span, notes)
        case "messages":
            return anthropic.messages(span, notes)
        case "generate":
            return google.generate(span, notes)


def _base(attributes: Mapping[str, Any], notes: Notes) -> str | None:
    host, port = attributes.get(semconv.SERVER_ADDRESS), attributes.get(semconv.SERVER_PORT)
    if host is None:
        notes.add("The server's address was not recorded.")
        return None
    if not isinstance(host, str) or not _HOST.fullmatch(host):
        notes.add(f"What was recorded as the server's address is no name of a host: {host}")
        return None
    if isinstance(port, bool) or not isinstance(port, int) or not 0 < port < 65_536:  # noqa: PLR2004
        port = None
    plain = port == 80 or (port != 443 and host.lower() in _LOCAL)  # noqa: PLR2004
    scheme = "http" if plain else "https"
    if port not in (80, 443) and (port is not None or plain):
        notes.add(f"The scheme was not recorded; {scheme} is a guess.")
    spelled = f"[{host}]" if ":" in host else host
    return f"{scheme}://{spelled}" + ("" if port in (None, 80 if plain else 443) else f":{port}")


def _place(span: Mapping[str, Any], shape: Shape, base: str | None, notes: Notes) -> tuple[str, str]:
    """What stands before the path, and the path."""
    model = quote(str(span["request_model"] or ""), safe="")
    host = str((span["attributes"] or {}).get(semconv.SERVER_ADDRESS))
    if shape == "generate":
        verb = (
            "streamGenerateContent?alt=sse"
            if (span["attributes"] or {}).get(semconv.REQUEST_STREAM)
            else "generateContent"
        )
        notes.add(
            f"The version of the API was not recorded; {GOOGLE_VERSION} is the one that knows tools and instructions."
        )
        return f"/{GOOGLE_VERSION}", f"/models/{model}:{verb}"
    if shape == "messages":
        return "", _PATHS[shape]
    if span["provider"] == AZURE:
        notes.add("The deployment is taken to be called like the model; the version of the API was not recorded.")
        return f"/openai/deployments/{model}", _PATHS[shape]
    prefix = _PREFIXES.get(host)
    if prefix is None:
        prefix = "/v1"
        if base is not None:
            notes.add("The path was not recorded; /v1 before it is what most servers in OpenAI's shape have.")
    return prefix, _PATHS[shape]
