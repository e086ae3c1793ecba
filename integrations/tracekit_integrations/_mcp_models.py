"""Requests in version 1 of the SDK of the Model Context Protocol, where they stand in models. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracekit import semconv
from tracekit.model import Call, Invocation, Response
from tracekit.sdk.integration import Arguments
from tracekit_integrations._mcp_arguments import Params, argument, meta, put, with_context
from tracekit_integrations._mcp_messages import request, response
from tracekit_integrations._values import get, plain


def _wire(model: Any) -> dict[str, Any]:
    """A request of version 1 as the JSON that it is sent as."""
    return model.model_dump(by_alias=True, mode="json", exclude_none=True)


def sent(call: Call) -> Invocation | None:
    """Either end: a request goes out."""
    said = _wire(argument(call, 0, "request"))
    return request(said["method"], said.get("params"), "client")


def carry(call: Call, context: Mapping[str, str]) -> Arguments:
    """The same request, made anew: the program's object stays as it is."""
    model = argument(call, 0, "request")
    said = _wire(model)
    twin = type(model).model_validate({**said, "params": with_context(said.get("params"), context)})
    return put(call, 0, "request", twin)


def handled(call: Call) -> Invocation | None:
    """Either end: a request has come in."""
    asked = argument(call, 0, "message") or argument(call, 0, "responder")
    said = _wire(asked.request)
    return request(said["method"], said.get("params"), "server", id_=asked.request_id)


def carrier(call: Call) -> Params:
    """Its `_meta`."""
    asked = argument(call, 0, "message") or argument(call, 0, "responder")
    return meta(_wire(asked.request).get("params"))


def answered(reply: Any) -> Response:
    """What a server answers with: a result, or an error."""
    said = plain(reply)
    if isinstance(get(said, "code"), int) and isinstance(get(said, "message"), str):
        return Response(attributes={semconv.ERROR_TYPE: str(said["code"])}, failure=said["message"])
    return response(reply)


def given_answer(answer: Any) -> Any:
    """What version 1 answers a request with."""
    return answer
