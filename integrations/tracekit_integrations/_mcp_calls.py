"""Requests in version 2 of the SDK of the Model Context Protocol, where they are JSON. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from tracekit.model import Call, Invocation
from tracekit.sdk.integration import Arguments
from tracekit_integrations._mcp_arguments import Params, argument, meta, put, with_context
from tracekit_integrations._mcp_messages import request
from tracekit_integrations._values import get


def sent(call: Call) -> Invocation | None:
    """Either end: a request goes out."""
    return request(argument(call, 0, "method"), argument(call, 1, "params"), "client")


def carry(call: Call, context: Mapping[str, str]) -> Arguments:
    """Its parameters, copied."""
    return put(call, 1, "params", with_context(argument(call, 1, "params"), context))


def handled(call: Call) -> Invocation | None:
    """Server: a message has come in; one without an id is a notification, which nothing answers."""
    asked = argument(call, 0, "ctx")
    if asked.request_id is None:
        return None
    return request(asked.method, asked.params, "server", id_=asked.request_id, version=asked.protocol_version)


def carrier(call: Call) -> Params:
    """Its `_meta`."""
    return argument(call, 0, "ctx").meta


def answered(call: Call) -> Invocation | None:
    """Client: the server asks something in turn."""
    id_ = get(argument(call, 0, "dctx"), "request_id")
    return request(argument(call, 1, "method"), argument(call, 2, "params"), "server", id_=id_)


def carrier_of_answer(call: Call) -> Params:
    """Its `_meta`."""
    return meta(argument(call, 2, "params"))
