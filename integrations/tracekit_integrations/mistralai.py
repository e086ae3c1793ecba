"""The mistralai client: what is patched in it, and how each method is understood.

`parse` and its kin call the methods patched here. Conversations, audio, batches and the classes for Azure and Google's
cloud are not recorded. The client's own spans, on by default in version 2, give way to ours.
"""

from __future__ import annotations

from tracekit.sdk.integration import Integration, Method, Target
from tracekit.sdk.native import gives_way
from tracekit.sdk.registry import instrumentor
from tracekit.sdk.speakeasy import adapter
from tracekit_integrations import _mistral as mistral
from tracekit_integrations._openai_chat_stream import ended
from tracekit_integrations._request import streamed

_CHAT = Method(request=mistral.chat_request, response=mistral.chat_response)
_CHAT_STREAM = Method(
    request=streamed(mistral.chat_request), response=mistral.chat_response, accumulator=mistral.Accumulator
)
_METHODS: dict[str, Method] = {
    "chat:Chat.complete": _CHAT,
    "chat:Chat.stream": _CHAT_STREAM,
    "agents:Agents.complete": _CHAT,
    "agents:Agents.stream": _CHAT_STREAM,
    "fim:Fim.complete": Method(request=mistral.fim_request, response=mistral.chat_response),
    "fim:Fim.stream": Method(
        request=streamed(mistral.fim_request), response=mistral.chat_response, accumulator=mistral.Accumulator
    ),
    "embeddings:Embeddings.create": Method(request=mistral.embed_request, response=mistral.embed_response),
    "ocr:Ocr.process": Method(request=mistral.ocr_request, response=mistral.ocr_response),
}
"""By place of the synchronous method; its asynchronous twin is in the same class, named `..._async`."""


def _targets() -> tuple[Target, ...]:
    found: list[Target] = []
    for place, method in _METHODS.items():
        module, attribute = place.split(":")
        where = f"mistralai.client.{module}"
        found.append(Target(module=where, attribute=attribute, method=method))
        found.append(Target(module=where, attribute=f"{attribute}_async", method=method, is_async=True))
    return tuple(found)


integration = Integration(
    name="mistralai",
    package="mistralai",
    distribution="mistralai",
    versions=">=2,<4",
    tested=("2.0.0", "2.9.2", "3.7.0"),
    targets=_targets(),
    hooks=(gives_way("mistralai.client._hooks.tracing", "get_traced_request_and_span"),),
    adapt=adapter(ended),
)

MistralaiInstrumentor = instrumentor(integration)
