"""How the methods of clients that speak OpenAI's language are understood, and where a client has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracekit import semconv
from tracekit.sdk.integration import Method, Target
from tracekit_integrations import _openai_chat as chat
from tracekit_integrations import _openai_chat_stream as chat_stream
from tracekit_integrations import _openai_completion as completion
from tracekit_integrations import _openai_media as media
from tracekit_integrations import _openai_responses as responses

CHAT = Method(request=chat.request, response=chat.response, accumulator=chat_stream.Accumulator)
COMPLETION = Method(request=completion.request, response=completion.response, accumulator=completion.Accumulator)
RESPONSE = Method(
    request=responses.create_request, response=responses.create_response, accumulator=responses.CreateAccumulator
)
FETCH = Method(
    request=responses.fetch_request, response=responses.fetch_response, accumulator=responses.FetchAccumulator
)
EMBEDDINGS = Method(request=media.embeddings_request, response=media.embeddings_response)
IMAGE = Method(
    request=media.prompted(semconv.GENERATE_IMAGE, prompt="prompt", output_type="image"),
    response=media.images_response,
    accumulator=media.ImagesAccumulator,
)
SPEECH = Method(
    request=media.prompted(semconv.GENERATE_SPEECH, prompt="input", output_type="speech"),
    response=media.speech_response,
)
TRANSCRIPTION = Method(
    request=media.prompted(semconv.TRANSCRIBE_AUDIO, prompt="prompt", output_type="text"),
    response=media.heard_response,
    accumulator=media.HeardAccumulator,
)
TRANSLATION = Method(
    request=media.prompted(semconv.TRANSLATE_AUDIO, prompt="prompt", output_type="text"),
    response=media.heard_response,
)
MODERATION = Method(request=media.moderations_request, response=media.moderations_response)


def targets(under: str, methods: Mapping[str, Method]) -> tuple[Target, ...]:
    """The methods of a client, synchronous and asynchronous.

    Args:
        under: the package that holds the client's resources.
        methods: by place of the synchronous one, `module:Class.method`; its asynchronous twin is in the same module, in
            the class named `Async...`.
    """
    found: list[Target] = []
    for place, method in methods.items():
        module, attribute = place.split(":")
        where = f"{under}.{module}"
        found.append(Target(module=where, attribute=attribute, method=method))
        found.append(Target(module=where, attribute=f"Async{attribute}", method=method, is_async=True))
    return tuple(found)


def ended(chunk: Any) -> bool:
    """Whether a chunk of any of these streams ends a whole reply: their shapes do not overlap."""
    return chat_stream.ended(chunk) or responses.ended(chunk) or media.ended(chunk)
