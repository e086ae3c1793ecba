"""LangChain's serialised messages, results and documents, in plain form. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tracekit.dialects.fields import member

_Object = dict[str, Any]
_ROLES = {"human": "user", "ai": "assistant", "aimessagechunk": "assistant", "chat": "user", "remove": "system"}
_CALLS = frozenset({"tool_use", "tool_call", "function_call", "server_tool_call"})


@dataclass(slots=True, frozen=True, kw_only=True)
class Generation:
    """What one generation says: its message in plain form, why it ended, its metadata and usage."""

    message: _Object
    reason: Any
    metadata: _Object
    usage: Any


def unpacked(value: Any) -> Any:
    """A value with LangChain's messages in plain form: a list of them, a batch of one list, an object of `messages`."""
    if isinstance(value, dict):
        inner = value.get("messages")
        return {**value, "messages": unpacked(inner)} if isinstance(inner, list) else plain(value)
    if not isinstance(value, list):
        return value
    while len(value) == 1 and isinstance(value[0], list):  # a batch of one
        value = value[0]
    return [plain(one) for one in value]


def plain(value: Any) -> Any:
    """A message in the form that providers have: `role`, `content`, `tool_calls`, `tool_call_id`; else the value."""
    if isinstance(value, list) and len(value) == 2 and isinstance(value[0], str):  # noqa: PLR2004 - a pair
        return {"role": _ROLES.get(value[0], value[0]), "content": value[1]}
    if not isinstance(value, dict) or "role" in value:
        return value
    said = _held(value)
    kind = _kind(value, said)
    if said is None or kind is None:
        return value
    calls = said.get("tool_calls") or None
    content = said.get("content")
    if calls and isinstance(content, list):  # Anthropic's blocks repeat the calls
        content = [one for one in content if not (isinstance(one, dict) and str(one.get("type")) in _CALLS)]
    found = {"role": kind, "content": content, "tool_calls": calls, "tool_call_id": said.get("tool_call_id")}
    name = said.get("name") if kind != "tool" else None
    return {key: one for key, one in {**found, "name": name}.items() if one is not None}


def generation(value: _Object) -> Generation:
    """One generation of a result."""
    message = value.get("message")
    said = _held(message) if isinstance(message, dict) else None
    held = member(said, "response_metadata")
    metadata: _Object = held if isinstance(held, dict) else {}
    ended = ("finish_reason", "stop_reason", "stopReason", "done_reason")
    return Generation(
        message=plain(message) if said is not None else {"role": "assistant", "content": value.get("text")},
        reason=member(value.get("generation_info"), *ended)
        or member(metadata, *ended)
        or _status(metadata, said or {}),
        metadata=metadata,
        usage=member(said, "usage_metadata"),
    )


def _status(metadata: _Object, said: _Object) -> str | None:
    """Why a reply of OpenAI's Responses API ended, which says it by its status and by what it gave out."""
    if metadata.get("object") != "response":
        return None
    if metadata.get("status") == "completed":
        return "tool_call" if said.get("tool_calls") else "stop"
    reason = member(metadata.get("incomplete_details"), "reason")
    return reason if isinstance(reason, str) else None


def tool_message(value: Any) -> _Object | None:
    """The fields of a tool's message, as a tool's output is recorded; None for anything else."""
    if isinstance(value, dict) and len(value) == 1 and isinstance(value.get("output"), dict):
        value = value["output"]
    said = _held(value) if isinstance(value, dict) else None
    return said if said is not None and "tool_call_id" in said else None


def _held(value: _Object) -> _Object | None:
    """What a serialised message holds: constructor's arguments, the data of `message_to_dict`, or itself."""
    held = value.get("kwargs") if value.get("lc") else value.get("data", value)
    return held if isinstance(held, dict) and ("content" in held or "tool_calls" in held) else None


def _kind(value: _Object, said: _Object | None) -> str | None:
    named = value.get("id")
    kind: Any = (said or {}).get("type")
    if kind is None:  # of a constructor, the name of the class
        kind = named[-1] if isinstance(named, list) and named else value.get("type")
    if not isinstance(kind, str):
        return None
    word = kind.lower().removesuffix("chunk").removesuffix("message")
    word = _ROLES.get(word, word)
    return word if word in {"user", "assistant", "system", "tool", "function", "developer"} else None
