"""Parameters of the Model Context Protocol in the arguments of the SDK's functions. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracekit.model import Call
from tracekit.sdk.integration import Arguments
from tracekit_integrations._values import get

Params = Mapping[str, Any] | None


def argument(call: Call, place: int, name: str) -> Any:
    """One argument, given by place or by name."""
    return call.args[place] if len(call.args) > place else call.kwargs.get(name)


def put(call: Call, place: int, name: str, value: Any) -> Arguments:
    """The arguments with another value in one place."""
    placed = len(call.args) > place
    args = (*call.args[:place], value, *call.args[place + 1 :]) if placed else call.args
    return args, {**call.kwargs, **({} if placed else {name: value})}


def with_context(params: Params, context: Mapping[str, str]) -> dict[str, Any]:
    """The parameters with a trace context in their `_meta`; what the program has put there stays."""
    said = dict(params or {})
    return {**said, "_meta": {**context, **(said.get("_meta") or {})}}


def meta(params: Params) -> Params:
    """What stands beside the parameters, the trace context among it."""
    return get(params, "_meta")
