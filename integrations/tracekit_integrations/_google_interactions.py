"""The Interactions API of google-genai: steps in, steps out, whole or as events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracekit import semconv
from tracekit.model import Call, Invocation, Message, Part, Response, Usage
from tracekit_integrations import _parts as parts
from tracekit_integrations._google_content import endpoint
from tracekit_integrations._request import Shaped, attributes, invocation, stops, word
from tracekit_integrations._values import added, count, decoded, fields, get, given, items, plain, text

_PARAMETERS: Shaped = {
    "stop_sequences": (semconv.REQUEST_STOP_SEQUENCES, stops),
    "thinking_level": (semconv.REQUEST_REASONING_LEVEL, word),
}
_FINISH = {"completed": "stop", "requires_action": "tool_call", "incomplete": "length", "failed": "error"}
_OPEN = {"in_progress", "requires_continuation"}
_SPEAKERS = {"user_input": "user", "function_result": "tool"}


def request(call: Call) -> Invocation:
    """A call of `interactions.create`: of a model, or of an agent that runs at the provider."""
    whole_request = call.kwargs.get("request")
    body = get(whole_request, "body") or whole_request
    said = given(fields(body) if body is not None and type(body).__name__ != "Unset" else call.kwargs)
    agent = text(said.get("agent"))
    provider, url = endpoint(getattr(call.instance, "_api_client", None))
    made = invocation(
        semconv.INVOKE_AGENT if agent else semconv.GENERATE_CONTENT,
        provider,
        url or call.instance._get_url(None, None),  # noqa: SLF001 - where it looks itself, in every version
        request_model=text(said.get("model")),
        name=agent,
        stream=said.get("stream") is True,
    )
    made.attributes.update(attributes(fields(said.get("generation_config")), {}, _PARAMETERS))
    before = text(said.get("previous_interaction_id"))
    if before is not None:
        made.attributes[semconv.REQUEST_PREVIOUS_RESPONSE_ID] = before
    if agent is not None:
        made.attributes[semconv.AGENT_NAME] = agent
    told = text(said.get("system_instruction"))
    made.system_instructions = [parts.text_part(told)] if told else None
    made.input_messages = _messages(said.get("input")) or None
    made.tool_definitions = list(map(_tool, items(said.get("tools")))) or None
    return made


def _tool(tool: Any) -> dict[str, Any]:
    kind = str(get(tool, "type"))
    if kind == "function":
        return {"type": kind, "name": str(get(tool, "name")), **fields(tool, without=("type", "name"))}
    return {"type": kind, "name": text(get(tool, "name")) or kind}


def _messages(given_input: Any) -> list[Message]:
    """The input: a text, contents, or steps."""
    if isinstance(given_input, str):
        return [parts.message("user", [parts.text_part(given_input)])]
    listed = items(given_input) or ([given_input] if given_input is not None else [])
    if any(get(each, "type") in _CONTENTS for each in listed):
        return [parts.message("user", list(map(_content, listed)))]
    return [
        parts.message(_SPEAKERS.get(str(get(step, "type")), "assistant"), said)
        for step, said in zip(listed, map(_step, listed), strict=True)
        if said
    ]


def _step(step: Any) -> list[Part]:
    """The parts of a step. Tools that are no functions of the program's ran at the provider."""
    kind = str(get(step, "type"))
    if kind in {"user_input", "model_output"}:
        return list(map(_content, items(get(step, "content"))))
    if kind == "thought":
        return [parts.reasoning_part(str(get(each, "text") or "")) for each in items(get(step, "summary"))]
    return [_tool_step(step, kind)]


def _tool_step(step: Any, kind: str) -> Part:
    id_, called, details = text(get(step, "id")), text(get(step, "call_id")), ("type", "signature")
    if kind == "function_call":
        return parts.tool_call_part(id_, get(step, "name"), decoded(get(step, "arguments")))
    if kind == "function_result":
        return parts.tool_response_part(called, get(step, "result"))
    if kind.endswith("_call"):
        return parts.server_tool_part(id_, kind.removesuffix("_call"), fields(step, without=details))
    if kind.endswith("_result"):
        return parts.server_result_part(called, kind.removesuffix("_result"), fields(step, without=details))
    return parts.generic_part(kind, fields(step))


def _content(content: Any) -> Part:
    kind = str(get(content, "type"))
    read = _CONTENTS.get(kind)
    return parts.generic_part(kind, fields(content)) if read is None else read(content)


def _media(content: Any) -> Part:
    kind, mime_type, data = str(get(content, "type")), text(get(content, "mime_type")), get(content, "data")
    if data is not None:
        return parts.blob_part(kind, mime_type, str(plain(data)))
    return {**parts.url_part(kind, str(get(content, "uri"))), "mime_type": mime_type}


_CONTENTS: dict[str, Callable[[Any], Part]] = {
    "text": lambda content: parts.text_part(str(get(content, "text"))),
    **dict.fromkeys(("image", "audio", "video", "document"), _media),
}


def response(reply: Any) -> Response:
    """A whole interaction: one message, the parts of all steps that the model made."""
    said = [part for step in items(get(reply, "steps")) if get(step, "type") not in _SPEAKERS for part in _step(step)]
    return _response(reply, said)


def _response(reply: Any, said: list[Part]) -> Response:
    status = text(get(reply, "status"))
    reason = parts.finish_word(None if status in _OPEN else status, _FINISH, said)
    messages = [parts.reply(said, reason)] if said else []
    made = Response(
        response_model=text(get(reply, "model")),
        response_id=text(get(reply, "id")),
        finish_reasons=parts.finish_reasons(messages),
        usage=_usage(get(reply, "usage")),
        output_messages=messages or None,
    )
    if status == "failed":
        made.attributes[semconv.ERROR_TYPE] = text(get(get(reply, "error"), "code")) or status
    return made


def _usage(reported: Any) -> Usage | None:
    """Tokens: as with `generateContent`, thoughts and what tools brought in are counted apart."""
    if reported is None:
        return None
    thoughts = count(get(reported, "total_thought_tokens"))
    return Usage(
        input_tokens=added(count(get(reported, "total_input_tokens")), count(get(reported, "total_tool_use_tokens"))),
        output_tokens=added(count(get(reported, "total_output_tokens")), thoughts),
        cache_read_tokens=count(get(reported, "total_cached_tokens")),
        reasoning_tokens=thoughts,
    )


class Accumulator:
    """The events of a streamed interaction so far."""

    def __init__(self) -> None:
        self._reply: dict[str, Any] = {}
        self._error: str | None = None
        self._steps: dict[int, dict[str, Any]] = {}
        self._deltas: dict[int, list[Any]] = {}

    def add(self, event: Any, /) -> None:
        """Take one event."""
        kind, index = get(event, "event_type"), get(event, "index") or 0
        if kind == "step.start":
            self._steps[index] = dict(get(event, "step"))
        elif kind == "step.delta":
            self._deltas.setdefault(index, []).append(get(event, "delta"))
        elif kind == "error":
            self._error = text(get(get(event, "error"), "code")) or "error"
        elif get(event, "interaction") is not None:
            self._reply.update(get(event, "interaction"))

    def response(self) -> Response:
        """The interaction as far as it has come."""
        said = [part for index in sorted({*self._steps, *self._deltas}) for part in _step(self._whole(index))]
        made = _response(self._reply, said)
        if self._error is not None:
            made.attributes[semconv.ERROR_TYPE] = self._error
        return made

    def _whole(self, index: int) -> dict[str, Any]:
        """A step with its deltas put together: texts and arguments come in pieces, all else at once."""
        step, deltas = dict(self._steps.get(index, {"type": "model_output"})), self._deltas.get(index, [])
        contents: list[dict[str, Any]] = []
        for delta in deltas:
            kind = get(delta, "type")
            if kind == "arguments_delta":
                step["arguments"] = f"{text(step.get('arguments')) or ''}{get(delta, 'arguments') or ''}"
            elif kind == "thought_summary":
                _go_on(contents, get(delta, "content") or {})
            elif kind in _CONTENTS:
                _go_on(contents, delta)
            elif kind not in {"thought_signature", "text_annotation"}:
                step.update(fields(delta, without=("type",)))
        if contents:
            step["summary" if step["type"] == "thought" else "content"] = contents
        return step


def _go_on(contents: list[dict[str, Any]], more: dict[str, Any]) -> None:
    """Add to the last content, or begin another: texts go on."""
    last = contents[-1] if contents and contents[-1].get("type") == more.get("type") else None
    if last is not None and more.get("type") == "text":
        last["text"] = f"{last.get('text', '')}{more.get('text', '')}"
    else:
        contents.append(dict(more))


def ended(event: Any) -> bool:
    """Whether an event is the last of an interaction."""
    return get(event, "event_type") == "interaction.completed"
