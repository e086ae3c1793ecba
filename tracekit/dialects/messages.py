"""Messages in any provider's form, as the conventions' messages: a role and its parts. Pure; knows no emitter.

What is in that shape already is given back as the same object, so that the store need not keep it twice.
"""

from __future__ import annotations

from typing import Any

from tracekit.dialects.parts import part, parts, plain, result_part, sound_part
from tracekit.dialects.values import decoded, listed, text
from tracekit.dialects.vocabulary import finish_reason
from tracekit.model import Span

_ROLES = {"human": "user", "ai": "assistant", "model": "assistant", "function": "tool", "bot": "assistant"}
_OWN_ROLES = ("system", "user", "assistant", "tool", "developer")
_SPEAKERS = ("system", "user", "assistant", "developer")
_OWN_ENDS = (None, "stop", "length", "content_filter", "tool_call", "error")
_LISTS = ("messages", "choices", "candidates", "input", "contents")
"""Members of a request or a reply that hold its messages."""
_TOOL_ITEMS = frozenset({"function_call_output", "tool_result", "tool-result", "tool_call_response"})
_CALL_ITEMS = frozenset({"function_call", "tool_use", "tool_call", "tool-call", "reasoning"})


def messages(value: Any, role: str = "user") -> list[Any] | None:
    """Messages of a list, of JSON text, of one message or of plain text; None for nothing.

    Args:
        value: as an emitter has it.
        role: of whoever speaks where a message does not say.
    """
    if type(value) is not list:
        value = decoded(value)
    if not value:
        return None
    if type(value) is list and _are_settled(value):
        return value
    if isinstance(value, dict) and "role" not in value:
        inner = next((value[name] for name in _LISTS if isinstance(value.get(name), list)), None)
        value = value if inner is None else inner
    found = [value] if isinstance(value, str) else listed(value)
    if found is None:
        return None
    read = [message(one, role) for one in found]
    return found if all(map(_same, read, found)) else read


def message(value: Any, role: str = "user") -> Any:
    """One message; the same object where it is in the conventions' form already."""
    if not isinstance(value, dict):
        return value if value is None else {"role": role, "parts": parts(value)}
    inner = value.get("message", value.get("content"))
    if isinstance(inner, dict) and "role" not in value:  # a choice of OpenAI's, a candidate of Gemini's
        return _ended(message(inner, role), value)
    if isinstance(value.get("parts"), list):
        return _of_parts(value, role)
    kind = value.get("type")
    if isinstance(kind, str) and kind in _TOOL_ITEMS:
        return {"role": "tool", "parts": [part(value)]}
    if isinstance(kind, str) and kind in _CALL_ITEMS:
        return {"role": "assistant", "parts": [part(value)]}
    return _of_content(value, role)


def finished(span: Span) -> None:
    """Take the finish reasons from the output messages where the span says none itself."""
    if span.finish_reasons is None:
        span.finish_reasons = reasons(span.output_messages)


def reasons(found: list[Any] | None) -> list[str] | None:
    """The finish reasons of output messages, of those that have one."""
    said = [one.get("finish_reason") for one in found or () if isinstance(one, dict)]
    return [finish_reason(reason) for reason in said if reason and isinstance(reason, str)] or None


def _are_settled(found: list[Any]) -> bool:
    """Whether messages have the conventions' form already, told quickly: most that come in do."""
    for one in found:
        if type(one) is not dict or one.get("role") not in _OWN_ROLES or one.get("finish_reason") not in _OWN_ENDS:
            return False
        held = one.get("parts")
        if type(held) is not list:
            return False
        for one_part in held:
            if type(one_part) is not dict:
                return False
            is_text = one_part.get("type") == "text" and "content" in one_part
            if not is_text and part(one_part) is not one_part:
                return False
    return True


def _of_parts(value: dict[str, Any], role: str) -> dict[str, Any]:
    held = value["parts"]
    read = [part(one) for one in held]
    speaker, reason = value.get("role"), value.get("finish_reason")
    named = _role(speaker, role)
    ended = finish_reason(reason) if isinstance(reason, str) else reason
    if named == speaker and ended == reason and all(map(_same, read, held)):
        return value
    made = {**value, "role": named, "parts": read}
    return made if ended == reason else {**made, "finish_reason": ended}


def _of_content(value: dict[str, Any], role: str) -> dict[str, Any]:
    """A message as OpenAI, Anthropic and Bedrock have it: content that is text or blocks, and calls beside it."""
    content = value.get("content")
    if len(value) == 2 and type(content) is str and value.get("role") in _SPEAKERS:  # noqa: PLR2004 - a role and text
        return {"role": value["role"], "parts": parts(content)}
    speaker = _role(value.get("role"), role)
    if speaker == "tool" and not _has_results(content):
        found = [result_part(text(value.get("tool_call_id")) or text(value.get("id")), plain(content))]
    else:
        found = _thoughts(value) + parts(content)
    if isinstance(value.get("audio"), dict) and ("data" in value["audio"] or "transcript" in value["audio"]):
        found.append(sound_part(value["audio"]))
    if isinstance(value.get("refusal"), str):
        found.append(part({"type": "refusal", "refusal": value["refusal"]}))
    found += map(_called, listed(value.get("tool_calls")) or ())
    if isinstance(value.get("function_call"), dict):
        found.append(_called(value["function_call"]))
    made: dict[str, Any] = {"role": speaker, "parts": found}
    if value.get("name") is not None:
        made["name"] = value["name"]
    return _ended(made, value)


def _thoughts(value: dict[str, Any]) -> list[Any]:
    said = value.get("reasoning_content") or value.get("reasoning")
    return [{"type": "reasoning", "content": said}] if isinstance(said, str) else []


def _called(call: Any) -> Any:
    return part({**call, "type": "function"}) if isinstance(call, dict) else part(call)


def _has_results(content: Any) -> bool:
    """Whether the blocks of a tool's message say themselves which calls they answer."""
    return isinstance(content, list) and any(
        isinstance(block, dict) and (str(block.get("type")) in _TOOL_ITEMS or "toolResult" in block)
        for block in content
    )


def _ended(made: Any, said: dict[str, Any]) -> Any:
    reason = text(said.get("finish_reason")) or text(said.get("finishReason"))
    return {**made, "finish_reason": finish_reason(reason)} if reason else made


def _role(said: Any, default: str) -> str:
    name = text(said)
    return default if name is None else _ROLES.get(name.lower(), name)


def _same(one: Any, other: Any) -> bool:
    return one is other
