"""What requests of the Model Context Protocol and their results say, as JSON. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from tracekit import semconv
from tracekit.model import AttributeValue, Invocation, Response
from tracekit_integrations._values import get, items, plain, text

_UNRECORDED = frozenset({"ping"})
_TARGETS = {
    "tools/call": ("name", semconv.TOOL_NAME),
    "prompts/get": ("name", semconv.PROMPT_NAME),
    "resources/read": ("uri", semconv.MCP_RESOURCE_URI),
    "resources/subscribe": ("uri", semconv.MCP_RESOURCE_URI),
    "resources/unsubscribe": ("uri", semconv.MCP_RESOURCE_URI),
}
"""What a method is called on: the parameter's name, and the attribute's. Addresses are in no span's name."""
_KINDS = {"prompts/get": "prompt", "resources/read": "retriever"}
_OF_THE_PROTOCOL = frozenset({"_meta", "isError", "is_error", "resultType", "result_type", "ttlMs", "cacheScope"})


def request(
    method: str,
    params: Mapping[str, Any] | None,
    side: Literal["client", "server"],
    *,
    id_: Any = None,
    version: Any = None,
) -> Invocation | None:
    """A request, at the end that sends it or at the one that answers; None for those that ask for nothing."""
    if method in _UNRECORDED:
        return None
    parameter, attribute = _TARGETS.get(method, ("", ""))
    target = get(params, parameter)
    known: dict[str, AttributeValue | None] = {
        semconv.MCP_METHOD: method,
        semconv.MCP_PROTOCOL_VERSION: text(version) or text(get(params, "protocolVersion")),
        semconv.JSONRPC_REQUEST_ID: None if id_ is None else str(id_),
    }
    made = Invocation(title=method, side=side)
    if target is not None:
        known[attribute] = str(target)
        made.title = f"{method} {target}" if parameter == "name" else method
    if method == "tools/call":
        made.operation = semconv.EXECUTE_TOOL
        made.content[semconv.TOOL_CALL_ARGUMENTS] = plain(get(params, "arguments"))
    else:
        known[semconv.KIND] = _KINDS.get(method, "other")
        made.content[semconv.INPUT] = _said(params)
    made.attributes = {name: value for name, value in known.items() if value is not None}
    return made


def response(reply: Any) -> Response:
    """The result that came of it."""
    said = plain(reply)
    content = get(said, "content")
    if not isinstance(content, list) or "role" in said:
        return Response(content={semconv.OUTPUT: _said(said)})
    made = Response(content={semconv.TOOL_CALL_RESULT: _result(said)})
    if get(said, "isError") or get(said, "is_error"):
        made.attributes[semconv.ERROR_TYPE] = "tool_error"
        made.failure = "\n".join(str(block["text"]) for block in content if get(block, "text")) or None
    return made


def _said(told: Any) -> Any:
    """What is told beside the protocol's own; None where that is nothing."""
    found = plain(told)
    return {name: value for name, value in found.items() if name not in _OF_THE_PROTOCOL} or None if found else None


def _result(said: Mapping[str, Any]) -> Any:
    """What a tool gave: its words where that is all."""
    blocks, known = items(said["content"]), _said(said) or {}
    words = text(get(blocks[0], "text")) if len(blocks) == 1 else None
    return words if words is not None and known.keys() <= {"content"} else known
