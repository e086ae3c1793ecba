"""Where scenarios play: a model server and clients of it, one of each library."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import anthropic
import openai

from tests.support.provider import Provider, Reply


@dataclass(slots=True, frozen=True)
class Stage:
    """A server, and clients of it."""

    provider: Provider
    gpt: openai.OpenAI
    claude: anthropic.Anthropic

    def fresh(self) -> Stage:
        """The same with new clients: resources of older ones may hold on to methods as they were patched then."""
        return replace(self, gpt=self.gpt.with_options(), claude=self.claude.with_options())

    def queue(self, path: str, *replies: Reply, method: str = "POST") -> None:
        """Have these replies ready."""
        self.provider.queue(path, *replies, method=method)


@contextmanager
def stage() -> Generator[Stage]:
    """Set up once: clients keep their connections."""
    options: Any = {"api_key": "none", "max_retries": 0, "timeout": 5}
    with (
        Provider() as provider,
        openai.OpenAI(
            **options, base_url=f"{provider.url}/v1", http_client=openai.DefaultHttpxClient(verify=False)
        ) as gpt,
        anthropic.Anthropic(
            **options, base_url=provider.url, http_client=anthropic.DefaultHttpxClient(verify=False)
        ) as claude,
    ):
        yield Stage(provider, gpt, claude)
