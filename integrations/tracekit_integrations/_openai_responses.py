"""The Responses API: items in, items out, whole or in events; and fetching a response that was made before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracekit import semconv
from tracekit.model import Call, Invocation, Message, Part, Response, Usage
from tracekit_integrations import _parts as parts
from tracekit_integrations._openai_chat import file_part, finish_word, sound_part
from tracekit_integrations._openai_request import invocation, tool_definitions
from tracekit_integrations._values import count, decoded, fields, get, items, text

_INCOMPLETE = {"max_output_tokens": "length", "content_filter": "content_filter"}
_UNFINISHED = frozenset({"queued", "in_progress"})
_TERMINAL = frozenset({"response.completed", "response.incomplete", "response.failed", "error"})
_IDENTITY = ("id", "call_id", "status", "type")


def create_request(call: Call) -> Invocation:
    """A call that makes a response."""
    made, parameters = invocation(call, semconv.CHAT, api_type="responses")
    instructions = parameters.get("instructions")
    if isinstance(instructions, str):
        made.system_instructions = [parts.text_part(instructions)]
    made.input_messages = input_messages(parameters.get("input"))
    made.tool_definitions = tool_definitions(parameters)
    return made


def input_messages(given: Any) -> list[Message] | None:
    """What a response is made of: a user's words, or items."""
    if isinstance(given, str):
        return [parts.message("user", [parts.text_part(given)])]
    return list(map(_input, items(given))) or None


def fetch_request(call: Call) -> Invocation:
    """A call that reads a response made before."""
    made, parameters = invocation(call, semconv.FETCH_RESPONSE, api_type="responses")
    id_ = call.args[0] if call.args else parameters.get("response_id")
    if isinstance(id_, str):
        made.attributes[semconv.RESPONSE_ID] = id_
    return made


def _input(item: Any) -> Message:
    """One input item as a message of its own."""
    role = get(item, "role")
    if isinstance(role, str):
        return parts.message(role, _contents(get(item, "content")))
    made = _item_parts(item)
    answered = bool(made) and made[0]["type"] == "tool_call_response"
    return parts.message("tool" if answered else "assistant", made)


def _contents(content: Any) -> list[Part]:
    return [parts.text_part(content)] if isinstance(content, str) else [_content(part) for part in items(content)]


def _content(part: Any) -> Part:
    kind = get(part, "type")
    read = _CONTENT.get(kind)
    return parts.generic_part(str(kind), fields(part)) if read is None else read(part)


def _text(part: Any) -> Part:
    return parts.text_part(str(get(part, "text")))


def _image(image: Any) -> Part:
    url = get(image, "image_url")
    return parts.file_part("image", str(get(image, "file_id"))) if url is None else parts.url_part("image", str(url))


_CONTENT: dict[Any, Callable[[Any], Part]] = {
    "input_text": _text,
    "output_text": _text,
    "text": _text,
    "refusal": lambda part: parts.refusal_part(str(get(part, "refusal"))),
    "input_image": _image,
    "input_audio": lambda part: sound_part(get(part, "input_audio")),
    "input_file": file_part,
}


def _item_parts(item: Any) -> list[Part]:
    """The parts of an item, input or output."""
    kind = str(get(item, "type"))
    if kind == "message":
        return _contents(get(item, "content"))
    return _reasoning(item) if kind == "reasoning" else [_item_part(item, kind)]


def _item_part(item: Any, kind: str) -> Part:
    """The part of a tool's item, or of one that is neither message nor thought.

    Of the many kinds of tool items, those with a `call_id` wait for the caller to run the tool, or are its answer; the
    others ran at the provider.
    """
    call_id = get(item, "call_id")
    if kind == "function_call":
        return parts.tool_call_part(call_id, get(item, "name"), decoded(get(item, "arguments")))
    if kind == "custom_tool_call":
        return parts.tool_call_part(call_id, get(item, "name"), get(item, "input"))
    if kind.endswith("_output") and call_id is not None:
        return parts.tool_response_part(call_id, get(item, "output"))
    if kind.endswith("_call"):
        name = kind.removesuffix("_call")
        if call_id is not None:
            return parts.tool_call_part(call_id, name, fields(item, without=_IDENTITY))
        return parts.server_tool_part(get(item, "id"), name, fields(item, without=("id", "type")))  # it may have failed
    return parts.generic_part(kind, fields(item))


def _reasoning(item: Any) -> list[Part]:
    """The thoughts shown; one empty part where the model thought and showed nothing."""
    shown = [*items(get(item, "summary")), *items(get(item, "content"))]
    return [parts.reasoning_part(str(get(part, "text"))) for part in shown] or [parts.reasoning_part("")]


def usage(reported: Any) -> Usage | None:
    if reported is None:
        return None
    given, made = get(reported, "input_tokens_details"), get(reported, "output_tokens_details")
    return Usage(
        input_tokens=count(get(reported, "input_tokens")),
        output_tokens=count(get(reported, "output_tokens")),
        cache_read_tokens=count(get(given, "cached_tokens")),
        cache_write_tokens=count(get(given, "cache_write_tokens")),
        reasoning_tokens=count(get(made, "reasoning_tokens")),
    )


def _finish(reply: Any, found: list[Part]) -> str | None:
    """Why the model stopped, in the word that this provider's chat completions have for it; None while it has not.

    The Responses API has a status instead. In the words of its older sister one query finds the calls of both.
    """
    status = text(get(reply, "status"))
    if status is None or status in _UNFINISHED:
        return None
    if status == "incomplete":
        reason = text(get(get(reply, "incomplete_details"), "reason")) or status
        return _INCOMPLETE.get(reason, reason)
    if status == "completed":
        return "tool_calls" if any(part["type"] == "tool_call" for part in found) else "stop"
    return "error"


def create_response(reply: Any) -> Response:
    """A whole response: one message, the parts of all output items in their order."""
    found = [part for item in items(get(reply, "output")) for part in _item_parts(item)]
    reason = _finish(reply, found)
    response = Response(
        response_model=text(get(reply, "model")),
        response_id=text(get(reply, "id")),
        finish_reasons=None if reason is None else [reason],
        usage=usage(get(reply, "usage")),
        output_messages=[parts.reply(found, finish_word(reason))] if found else None,
    )
    tier = text(get(reply, "service_tier"))
    if tier is not None:
        response.attributes[semconv.OPENAI_RESPONSE_SERVICE_TIER] = tier
    conversation = text(get(get(reply, "conversation"), "id"))
    if conversation is not None:
        response.attributes[semconv.CONVERSATION_ID] = conversation
    code = text(get(get(reply, "error"), "code"))
    if code is not None:
        response.attributes[semconv.ERROR_TYPE] = code
    return response


def fetch_response(reply: Any) -> Response:
    """A response made before: its tokens were counted where it was made."""
    response = create_response(reply)
    response.usage = None
    return response


class CreateAccumulator:
    """The events of a streamed response so far. The last one holds all of it; before that, the deltas do."""

    def __init__(self) -> None:
        self._reply: Any = None
        self._error: str | None = None
        self._items: dict[int, Any] = {}
        self._deltas: dict[int, list[str]] = {}

    def add(self, event: Any, /) -> None:
        """Take one event."""
        kind = get(event, "type")
        if kind in _PIECES:
            self._deltas.setdefault(get(event, "output_index") or 0, []).append(get(event, "delta") or "")
        elif kind == "response.output_item.added":
            self._items[get(event, "output_index") or 0] = get(event, "item")
        elif kind == "response.output_item.done":
            index = get(event, "output_index") or 0
            self._items[index] = get(event, "item")
            self._deltas.pop(index, None)
        elif kind == "error":
            self._error = text(get(event, "code")) or kind
        else:
            whole = get(event, "response")
            if whole is not None:
                self._reply = whole

    def response(self) -> Response:
        """The response as far as it has come."""
        response = create_response(self._reply)
        if response.output_messages is None and (self._items or self._deltas):
            found = [part for index in sorted({*self._items, *self._deltas}) for part in self._partial(index)]
            response.output_messages = [parts.reply(found, parts.UNKNOWN)]
        if self._error is not None:
            response.attributes[semconv.ERROR_TYPE] = self._error
        return response

    def _partial(self, index: int) -> list[Part]:
        """The parts of an item that may not be whole yet."""
        item, deltas = self._items.get(index), self._deltas.get(index)
        if not deltas:
            return _item_parts(item)
        written, kind = "".join(deltas), get(item, "type")
        if kind in {"function_call", "custom_tool_call"}:
            given = decoded(written) if kind == "function_call" else written
            return [parts.tool_call_part(get(item, "call_id"), get(item, "name"), given)]
        return [parts.reasoning_part(written) if kind == "reasoning" else parts.text_part(written)]


_PIECES = frozenset(
    f"response.{kind}.delta"
    for kind in (
        "output_text", "refusal", "function_call_arguments", "custom_tool_call_input", "reasoning_summary_text",
        "reasoning_text",
    )
)  # fmt: skip


class FetchAccumulator(CreateAccumulator):
    """The events of a response made before, read again."""

    def response(self) -> Response:
        """The response as far as it has come, without its tokens."""
        response = super().response()
        response.usage = None
        return response


def ended(event: Any) -> bool:
    """Whether an event is the last of a response."""
    return get(event, "type") in _TERMINAL
