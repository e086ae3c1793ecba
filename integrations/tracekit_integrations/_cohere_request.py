"""What all calls of the cohere client have in common before they are sent: the address and the parameters."""

from __future__ import annotations

from typing import Any

from tracekit import semconv
from tracekit.model import Call, Invocation
from tracekit_integrations import _request as requests
from tracekit_integrations._request import Shaped, number, output_type, stops, whole
from tracekit_integrations._values import get, given, text

PARAMETERS: Shaped = {
    "p": (semconv.REQUEST_TOP_P, number),
    "k": (semconv.REQUEST_TOP_K, whole),
    "stop_sequences": (semconv.REQUEST_STOP_SEQUENCES, stops),
    "response_format": (semconv.OUTPUT_TYPE, output_type),
    "conversation_id": (semconv.CONVERSATION_ID, text),
}
"""Of chats."""


def invocation(call: Call, operation: str) -> tuple[Invocation, dict[str, Any]]:
    """The call without its content and parameters, and the parameters that say something."""
    parameters = given(call.kwargs)
    url = getattr(get(call.instance, "_client_wrapper"), "get_base_url", str)()
    return requests.invocation(operation, "cohere", url, request_model=text(parameters.get("model"))), parameters
