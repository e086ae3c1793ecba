"""Where scenarios play: a model server and clients of it, one of each library."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import anthropic
import cohere
import httpx
import httpx2
import ollama
import openai
from google import genai
from google.oauth2.credentials import Credentials
from mistralai.client import Mistral

from tests.integrations import botocores
from tests.support.provider import Provider, Reply


@dataclass(slots=True, frozen=True)
class Stage:
    """A server, and clients of it."""

    provider: Provider
    gpt: openai.OpenAI
    claude: anthropic.Anthropic
    gemini: genai.Client
    vertex: genai.Client
    llama: ollama.Client
    cohere: cohere.ClientV2
    cohere_old: cohere.Client
    mistral: Mistral
    bedrock: Any
    agents: Any

    def fresh(self) -> Stage:
        """The same with new clients: resources of older ones may hold on to methods as they were patched then."""
        return replace(self, gpt=self.gpt.with_options(), claude=self.claude.with_options())

    def queue(self, path: str, *replies: Reply, method: str = "POST") -> None:
        """Have these replies ready."""
        self.provider.queue(path, *replies, method=method)


@contextmanager
def stage() -> Generator[Stage]:
    """Set up once: clients keep their connections."""
    options: Any = {"api_key": "none", "max_retries": 0, "timeout": 60}
    with (
        ExitStack() as stack,
        Provider() as provider,
        openai.OpenAI(
            **options, base_url=f"{provider.url}/v1", http_client=openai.DefaultHttpxClient(verify=False)
        ) as gpt,
        anthropic.Anthropic(
            **options, base_url=provider.url, http_client=anthropic.DefaultHttpxClient(verify=False)
        ) as claude,
    ):
        others = _others(provider.url, stack)
        yield Stage(provider, gpt, claude, *others)


def _others(url: str, stack: ExitStack) -> tuple[Any, ...]:
    """Clients of Gemini, Vertex AI, Ollama, Cohere (two), Mistral and Bedrock (two), which look methods up anew."""
    plain = {"verify": False}  # no CA files to load
    google: Any = {"base_url": url, "api_version": "v1", "client_args": plain, "async_client_args": plain}
    who: Any = {"vertexai": True, "project": "p", "location": "l", "credentials": Credentials(token="none")}
    http = stack.enter_context(httpx.Client(verify=False))
    http2 = stack.enter_context(httpx2.Client(verify=False))
    options: Any = {"api_key": "none", "base_url": url, "httpx_client": http}
    return (
        stack.enter_context(genai.Client(api_key="none", http_options=google)),
        stack.enter_context(genai.Client(**who, http_options=google)),
        stack.enter_context(ollama.Client(url, verify=False)),
        cohere.ClientV2(**options),
        cohere.Client(**options),
        Mistral(api_key="none", server_url=url, client=http2),
        botocores.client(url, "bedrock-runtime"),
        botocores.client(url, "bedrock-agent-runtime"),
    )
