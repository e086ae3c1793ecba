"""What all calls of Bedrock have in common: where they go, what they ask with, and what every reply says beside."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from tracekit import semconv
from tracekit.model import AttributeValue, Call, Invocation, Response, Usage
from tracekit_integrations import _request
from tracekit_integrations._values import added, count, get, given, text

Parameters = Mapping[str, Any]


def operation_of(call: Call) -> str:
    """The name of the API's operation, as AWS spells it."""
    return call.args[0] if call.args else call.kwargs["operation_name"]


def parameters_of(call: Call) -> dict[str, Any]:
    """What the operation was asked with."""
    return given(call.args[1] if len(call.args) > 1 else call.kwargs["api_params"])


def invocation(call: Call, operation: str, **known: Any) -> Invocation:
    """A call to the endpoint of the client's region."""
    return _request.invocation(operation, "aws.bedrock", call.instance.meta.endpoint_url, **known)


def put(attributes: dict[str, AttributeValue], **known: AttributeValue | None) -> None:
    """Add the attributes that say something, by the names of `semconv`."""
    attributes.update({getattr(semconv, name): value for name, value in known.items() if value is not None})


def guarded(made: Invocation, guardrail: Any, identifier: str = "guardrailIdentifier") -> None:
    """Name the guardrail that a call asks for."""
    put(
        made.attributes,
        BEDROCK_GUARDRAIL_ID=text(get(guardrail, identifier)),
        BEDROCK_GUARDRAIL_VERSION=text(get(guardrail, "guardrailVersion")),
    )


def identified(made: Response, reply: Any) -> Response:
    """The same reply with the id by which AWS knows the request."""
    put(made.attributes, AWS_REQUEST_ID=text(get(get(reply, "ResponseMetadata"), "RequestId")))
    return made


def usage(spent: Any, made: Any, read: Any = None, written: Any = None) -> Usage | None:
    """Tokens by the conventions' rule: Bedrock counts those of the cache beside the input."""
    given_, output, cached, kept = count(spent), count(made), count(read), count(written)
    if given_ is None and output is None:
        return None
    return Usage(
        input_tokens=None if given_ is None else added(given_, cached, kept),
        output_tokens=output,
        cache_read_tokens=cached,
        cache_write_tokens=kept,
    )


def in_base64(data: Any) -> str | None:
    """Bytes as base64, or what is so already; None of a file, which is not opened."""
    if isinstance(data, (bytes, bytearray)):
        return base64.b64encode(data).decode()
    return data if isinstance(data, str) else None
