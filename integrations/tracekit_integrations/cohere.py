"""The cohere client: what is patched in it, and how each method is understood.

Calls are seen at the raw clients, which `Client`, `ClientV2`, `client.v2` and `with_raw_response` go through.
Version 1's `generate`, `classify` and `summarize`, batches and the clouds' own clients are not recorded.
"""

from __future__ import annotations

from typing import Any

from tracekit.sdk.integration import Integration, Method, Recording, Target
from tracekit.sdk.registry import instrumentor
from tracekit.sdk.taps import watch_context
from tracekit_integrations import _cohere_chat as chat
from tracekit_integrations import _cohere_search as search
from tracekit_integrations import _cohere_v1 as old
from tracekit_integrations._request import streamed
from tracekit_integrations._values import get

_EMBED = Method(request=search.embed_request, response=search.embed_response)
_RERANK = Method(request=search.rerank_request, response=search.rerank_response)
_METHODS: dict[str, dict[str, Method]] = {
    "v2.raw_client:RawV2Client": {
        "chat": Method(request=chat.request, response=chat.response),
        "chat_stream": Method(request=streamed(chat.request), response=chat.response, accumulator=chat.Accumulator),
        "embed": _EMBED,
        "rerank": _RERANK,
    },
    "raw_base_client:RawBaseCohere": {
        "chat": Method(request=old.request, response=old.response),
        "chat_stream": Method(request=streamed(old.request), response=old.response, accumulator=old.Accumulator),
        "embed": _EMBED,
        "rerank": _RERANK,
    },
}
"""By place of the synchronous class; its asynchronous twin is in the same module, named `Async...`."""


def _targets() -> tuple[Target, ...]:
    found: list[Target] = []
    for place, methods in _METHODS.items():
        module, name = place.split(":")
        for attribute, method in methods.items():
            where, awaited = f"cohere.{module}", method.accumulator is None  # a stream's is a context manager at once
            found.append(Target(module=where, attribute=f"{name}.{attribute}", method=method))
            twin = f"Async{name}.{attribute}"
            found.append(Target(module=where, attribute=twin, method=method, is_async=awaited))
    return tuple(found)


def _watch(result: Any, recording: Recording) -> bool:
    """A stream's context manager: what it gives has the HTTP response."""
    return watch_context(result, recording, chat.ended, lambda entered: get(entered, "_response"))


integration = Integration(
    name="cohere",
    package="cohere",
    distribution="cohere",
    versions=">=5.16,<8",
    tested=("5.16.0", "6.0.0", "7.3.1"),
    targets=_targets(),
    adapt=_watch,
)

CohereInstrumentor = instrumentor(integration)
