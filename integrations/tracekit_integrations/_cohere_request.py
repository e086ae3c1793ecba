"""What all calls of the cohere client have in common before they are sent: the address and the parameters."""

from __future__ import annotations

from typing import Any

from tracekit import semconv
from tracekit.model import Call, Invocation
from tracekit_integrations import _request as requests
from tracekit_integrations._openai_request import output_type
from tracekit_integrations._request import Table, number, whole, words
from tracekit_integrations._values import get, given, text

PARAMETERS: Table = {
    "temperature": (semconv.REQUEST_TEMPERATURE, number),
    "p": (semconv.REQUEST_TOP_P, number),
    "k": (semconv.REQUEST_TOP_K, whole),
    "max_tokens": (semconv.REQUEST_MAX_TOKENS, whole),
    "stop_sequences": (semconv.REQUEST_STOP_SEQUENCES, words),
    "presence_penalty": (semconv.REQUEST_PRESENCE_PENALTY, number),
    "frequency_penalty": (semconv.REQUEST_FREQUENCY_PENALTY, number),
    "seed": (semconv.REQUEST_SEED, whole),
    "response_format": (semconv.OUTPUT_TYPE, output_type),
    "conversation_id": (semconv.CONVERSATION_ID, text),
}
"""Of chats."""


def invocation(call: Call, operation: str) -> tuple[Invocation, dict[str, Any]]:
    """The call without its content and parameters, and the parameters that say something."""
    parameters = given(call.kwargs)
    url = getattr(get(call.instance, "_client_wrapper"), "get_base_url", str)()
    return requests.invocation(operation, "cohere", url, request_model=text(parameters.get("model"))), parameters
