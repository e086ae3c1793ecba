"""What calls in OpenAI's language have in common before they are sent: the endpoint, the parameters, the tools."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracekit import semconv
from tracekit.model import AttributeValue, Call, Invocation
from tracekit_integrations import _request as request
from tracekit_integrations._values import get, items, text

CLIENTS = request.Clients(
    default="openai", classes={"AzureOpenAI": "azure.ai.openai", "Groq": "groq", "Together": "together_ai"}
)

_WORDS = {
    "service_tier": semconv.OPENAI_REQUEST_SERVICE_TIER,
    "reasoning_effort": semconv.REQUEST_REASONING_LEVEL,
    "previous_response_id": semconv.REQUEST_PREVIOUS_RESPONSE_ID,
}


def invocation(call: Call, operation: str, *, api_type: str | None = None) -> tuple[Invocation, dict[str, Any]]:
    """The call without its content, and the parameters that say something."""
    parameters = request.sent(call.kwargs, call.kwargs.get("extra_body"))
    parameters.pop("extra_body", None)
    where = CLIENTS.endpoint(getattr(call.instance, "_client", None))
    attributes = parameters_of(parameters)
    if api_type is not None:
        attributes[semconv.OPENAI_API_TYPE] = api_type
    return (
        Invocation(
            operation=operation,
            provider=where.provider,
            request_model=text(parameters.get("model")),
            stream=parameters.get("stream") is True,
            server_address=where.address,
            server_port=where.port,
            attributes=attributes,
        ),
        parameters,
    )


def parameters_of(parameters: Mapping[str, Any]) -> dict[str, AttributeValue]:
    """The parameters by the conventions' names."""
    return request.attributes(parameters, _WORDS, _SHAPED)


def _choices(n: Any) -> int | None:
    return n if isinstance(n, int) and n != 1 else None


def _conversation(value: Any) -> str | None:
    return text(value) or text(get(value, "id"))


_SHAPED: request.Shaped = {
    "n": (semconv.REQUEST_CHOICE_COUNT, _choices),
    "stop": (semconv.REQUEST_STOP_SEQUENCES, request.stops),
    "encoding_format": (semconv.REQUEST_ENCODING_FORMATS, lambda value: [value] if isinstance(value, str) else None),
    "reasoning": (semconv.REQUEST_REASONING_LEVEL, lambda value: text(get(value, "effort"))),
    "conversation": (semconv.CONVERSATION_ID, _conversation),
    "response_format": (semconv.OUTPUT_TYPE, request.output_type),
    "text_format": (semconv.OUTPUT_TYPE, request.output_type),
    "text": (semconv.OUTPUT_TYPE, lambda value: request.output_type(get(value, "format"))),
    "modalities": (semconv.OUTPUT_TYPE, lambda value: "speech" if "audio" in items(value) else None),
}


def tool_definitions(parameters: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """The tools on offer, and the functions of before there were tools."""
    return request.tool_definitions(parameters.get("tools"), parameters.get("functions"))
