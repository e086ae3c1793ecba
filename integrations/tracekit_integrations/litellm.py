"""LiteLLM's SDK: what is patched in it, and how each function is understood.

Functions are patched beneath LiteLLM's own decorator, where a model is asked: so they are seen by whatever name a
program has them, each attempt of the router and of a retry is a call, and an answer from LiteLLM's cache is none. The
client that LiteLLM may have beneath is recorded too; the store counts both once.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from tracekit import semconv
from tracekit.model import Response
from tracekit.sdk.following import follow, steps
from tracekit.sdk.integration import Integration, Method, Recording, Target
from tracekit.sdk.registry import instrumentor
from tracekit_integrations import _litellm_response as replies
from tracekit_integrations import _openai_chat as chat
from tracekit_integrations import _openai_completion as completion
from tracekit_integrations import _openai_media as media
from tracekit_integrations import _openai_responses as responses
from tracekit_integrations._litellm_request import asked, rerank_request, routed_request, transcription_request

_CHAT = Method(
    request=asked(chat.request, "model", "messages"),
    response=replies.told(chat.response),
    accumulator=replies.Accumulator,
    nests=True,
)
_TEXT = Method(
    request=asked(completion.request, "prompt", "model"),
    response=replies.told(completion.response),
    accumulator=partial(replies.Accumulator, completion.Accumulator),
    nests=True,
)
_RESPONSE = Method(
    request=asked(responses.create_request, "input", "model"),
    response=replies.told(responses.create_response),
    accumulator=replies.ResponsesAccumulator,
    nests=True,
)
_EMBEDDING = Method(
    request=asked(media.embeddings_request, "model", "input"),
    response=replies.told(media.embeddings_response),
    nests=True,
)
_RERANK = Method(
    request=asked(rerank_request, "model", "query", "documents", "custom_llm_provider", "top_n"),
    response=replies.told(replies.rerank_response),
    nests=True,
)
_drawn = media.prompted(semconv.GENERATE_IMAGE, prompt="prompt", output_type="image")
_IMAGE = Method(request=asked(_drawn, "prompt", "model"), response=replies.told(media.images_response), nests=True)
_EDIT = Method(request=asked(_drawn, "image"), response=replies.told(media.images_response), nests=True)
_SPEECH = Method(
    request=asked(media.prompted(semconv.GENERATE_SPEECH, prompt="input", output_type="speech"), "model", "input"),
    response=media.speech_response,
    nests=True,
)
_TRANSCRIPTION = Method(
    request=transcription_request(media.prompted(semconv.TRANSCRIBE_AUDIO, prompt="prompt", output_type="text")),
    response=replies.told(media.heard_response),
    nests=True,
)
_ROUTED = Method(request=routed_request, response=lambda _reply: Response(), nests=True)
_ROUTERS = {
    "litellm.router:Router.async_function_with_fallbacks": True,
    "litellm.router_rust.core:RustCore._drive": True,
    "litellm.router_rust.core:RustCore._call_sync": False,
}
"""Where the router tries deployments one after the other, in the versions that have it there; whether it is awaited."""
_FUNCTIONS = {
    "main:completion": _CHAT,
    "main:text_completion": _TEXT,
    "main:embedding": _EMBEDDING,
    "main:speech": _SPEECH,
    "main:transcription": _TRANSCRIPTION,
    "images.main:image_generation": _IMAGE,
    "images.main:image_edit": _EDIT,
    "rerank_api.main:rerank": _RERANK,
    "responses.main:responses": _RESPONSE,
}
"""By place of the synchronous function; its asynchronous twin is in the same module, with an `a` before its name."""
_CHAT_STREAM = "CustomStreamWrapper"
_STREAMS = (
    f"litellm_core_utils.streaming_handler:{_CHAT_STREAM}",
    "text_completions.streaming_iterator:TextCompletionStreamWrapper",
    "utils:TextCompletionStreamWrapper",
    "responses.streaming_iterator:ResponsesAPIStreamingIterator",
    "responses.streaming_iterator:SyncResponsesAPIStreamingIterator",
    "responses.streaming_iterator:MockResponsesAPIStreamingIterator",
    "responses.litellm_completion_transformation.streaming_iterator:LiteLLMCompletionStreamingIterator",
)
_CLASSES = {place.partition(":")[2] for place in _STREAMS}


def _targets() -> tuple[Target, ...]:
    found: list[Target] = []
    for place, method in _FUNCTIONS.items():
        module, name = place.split(":")
        where = f"litellm.{module}"
        found.append(Target(module=where, attribute=name, method=method, beneath=True))
        found.append(Target(module=where, attribute=f"a{name}", method=method, beneath=True, is_async=True))
    for place, is_async in _ROUTERS.items():
        where, name = place.split(":")
        found.append(Target(module=where, attribute=name, method=_ROUTED, is_async=is_async, everywhere=False))
    return tuple(found)


def _follow(result: Any, recording: Recording) -> bool:
    """A stream, of a class that we see step by step."""
    name = type(result).__name__
    if name not in _CLASSES:
        return False
    return follow(result, recording, replies.ended, replies.shown_chat if name == _CHAT_STREAM else replies.shown)


integration = Integration(
    name="litellm",
    package="litellm",
    distribution="litellm",
    versions=">=1.80,<2",
    tested=("1.80.0", "1.110.2"),
    targets=_targets(),
    hooks=steps(*(f"litellm.{place}" for place in _STREAMS)),
    adapt=_follow,
)

LitellmInstrumentor = instrumentor(integration)
