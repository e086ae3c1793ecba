"""What calls of any client have in common before they are sent: the address, the parameters, the tools."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from tracekit.model import AttributeValue, Invocation
from tracekit_integrations._values import get, items, plain, text

_PORTS = {"https": 443, "http": 80}

Table = Mapping[str, tuple[str, Callable[[Any], AttributeValue | None]]]
"""By a client's name for a parameter: the attribute that it is, and how its value is read (None: it says nothing)."""


def invocation(operation: str, provider: str, url: str, **known: Any) -> Invocation:
    """A call to the server of this URL; `known` are further fields."""
    host, port = _address(url)
    return Invocation(operation=operation, provider=provider, server_address=host, server_port=port, **known)


@lru_cache(256)
def _address(url: str) -> tuple[str | None, int | None]:
    parts = urlsplit(url)
    return parts.hostname, parts.port or _PORTS.get(parts.scheme)


def attributes(parameters: Mapping[str, Any], table: Table) -> dict[str, AttributeValue]:
    """The parameters that the conventions have a name for."""
    found: dict[str, AttributeValue] = {}
    for name, value in parameters.items():
        if name in table and value is not None:
            attribute, read = table[name]
            said = read(value)
            if said is not None:
                found[attribute] = said
    return found


def number(value: Any) -> float | None:
    """A number, as a fraction."""
    return float(value) if isinstance(value, (int, float)) else None


def whole(value: Any) -> int | None:
    """A whole number, also where a client takes it as a fraction."""
    return int(value) if isinstance(value, (int, float)) and int(value) == value else None


def choices(value: Any) -> int | None:
    """How many answers were asked for, where that is not one."""
    return None if value == 1 else whole(value)


def word(value: Any) -> str | None:
    """A word of a client's: text, or an enumeration's member that is one."""
    return text(getattr(value, "value", value))


def low_word(value: Any) -> str | None:
    """A word that a client writes in capitals."""
    said = word(value)
    return None if said is None else said.lower()


def words(value: Any) -> list[str] | None:
    """Texts, given as several or as one."""
    return [value] if isinstance(value, str) else [each for each in items(value) if isinstance(each, str)] or None


def tool_definitions(parameters: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """The tools on offer in the conventions' flat shape.

    Of a tool that is not a function only type, name and description are kept: an MCP server's entry holds credentials.
    """
    offered = [*items(parameters.get("tools")), *items(parameters.get("functions"))]
    return [_tool(tool) for tool in offered] or None


def _tool(tool: Any) -> dict[str, Any]:
    kind = get(tool, "type") or "function"
    details = get(tool, kind) or tool
    name = get(details, "name") or get(details, "server_label") or kind
    definition: dict[str, Any] = {"type": kind, "name": name}
    description = get(details, "description")
    if description is not None:
        definition["description"] = description
    if kind == "function":
        schema = get(details, "parameters")
        if schema is not None:
            definition["parameters"] = plain(schema)
    return definition
