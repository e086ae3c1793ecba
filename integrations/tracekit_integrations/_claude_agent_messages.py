"""The messages of the Claude Agent SDK, told by their form: turns, tools, results. Pure; imports nothing of its."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any

from tracekit import semconv, semconv_vendors
from tracekit.model import AttributeValue, Invocation, Part, Response
from tracekit_integrations import _anthropic_messages as anthropic
from tracekit_integrations import _parts as parts
from tracekit_integrations._values import declared, fields, get, items, plain, said, text

_AGENT = "Claude"
_SUBAGENTS = frozenset({"Task", "Agent"})
"""The tools that are agents of their own."""


def key(thing: Any, *_: Any, **__: Any) -> Hashable:
    """That of a turn is its reader's identity; that of a tool, the id of its use."""
    if isinstance(thing, int):
        return thing
    return text(get(thing, "tool_use_id")) or text(get(thing, "id")) or id(thing)


def parent(_thing: Any, message: Any = None, turn: Hashable = None, **_: Any) -> Hashable:
    """A tool stands beneath the tool whose agent uses it, else beneath the turn; a turn beneath what is current."""
    if not isinstance(turn, int):
        return None
    return text(get(message, "parent_tool_use_id")) or turn


def query_begun(_client: Any, prompt: Any = None, options: Any = None, *_: Any, **__: Any) -> Invocation:
    """`query()`: one prompt, or several that the program gives one by one, which are its own to read."""
    return _begun(prompt, options)


def turn_begun(client: Any, prompt: Any = None, *_: Any, **__: Any) -> Invocation:
    """A turn of a client that stays connected."""
    return _begun(prompt, get(client, "options"))


def _begun(prompt: Any, options: Any) -> Invocation:
    made = Invocation(
        operation=semconv.INVOKE_AGENT,
        name=_AGENT,
        provider="anthropic",
        request_model=text(get(options, "model")),
        attributes={semconv.AGENT_NAME: _AGENT},
    )
    system = get(options, "system_prompt")
    instructions = text(system) or text(get(system, "append")) or text(get(system, "prompt"))
    if instructions is not None:
        made.system_instructions = [parts.text_part(instructions)]
    if isinstance(prompt, str):
        made.input_messages = [parts.message("user", [parts.text_part(prompt)])]
    return made


def piece(_turn: Hashable, message: Any) -> Any:
    """A message, as a piece of its turn."""
    return message


def uses(message: Any) -> Iterator[Any]:
    """The tools that a message of the agent's uses."""
    if get(message, "model") is not None:
        yield from (block for block in items(get(message, "content")) if get(block, "input") is not None)


def results(message: Any) -> Iterator[Any]:
    """The results of tools that a message gives."""
    yield from (block for block in items(get(message, "content")) if text(get(block, "tool_use_id")))


def is_result(message: Any) -> bool:
    """Whether it ends a turn."""
    return get(message, "num_turns") is not None


def tool_begun(use: Any, *_: Any) -> Invocation:
    """A tool is used; of one that is an agent, what it is called."""
    known: dict[str, AttributeValue] = {semconv.TOOL_NAME: use.name, semconv.TOOL_CALL_ID: use.id}
    agent = text(get(use.input, "subagent_type")) if use.name in _SUBAGENTS else None
    if agent is not None:
        known[semconv.AGENT_NAME] = agent
    return Invocation(
        operation=semconv.EXECUTE_TOOL,
        name=use.name,
        attributes=known,
        content={semconv.TOOL_CALL_ARGUMENTS: plain(use.input)},
    )


def tool_ended(result: Any) -> Response:
    """It answers."""
    content = plain(get(result, "content"))
    made = Response(content={semconv.TOOL_CALL_RESULT: content})
    if get(result, "is_error"):
        made.attributes[semconv.ERROR_TYPE] = "tool_error"
        made.failure = content if isinstance(content, str) else None
    return made


def turn_ended(_turn: Hashable) -> None:
    """Its messages have said all."""


class Turn:
    """The messages of one turn."""

    def __init__(self) -> None:
        self._said: list[Part] = []
        self._model: str | None = None
        self._session: str | None = None
        self._result: Any = None

    def add(self, message: Any, /) -> None:
        """Take one message; what a subagent says stands beneath the tool that it is, with its tools."""
        session = get(message, "session_id") or get(get(message, "data"), "session_id")
        self._session = text(session) or self._session
        if is_result(message):
            self._result = message
        elif get(message, "model") is not None and get(message, "parent_tool_use_id") is None:
            self._model = text(message.model)
            self._said += map(_part, message.content)

    def response(self) -> Response:
        """What they amount to: the tokens and the cost are those that the SDK gives for the whole turn."""
        told = said(self._result)
        reported = told.get("usage")
        made = anthropic.response({"model": self._model, "usage": reported}) if reported else Response()
        made.response_model = self._model
        if self._said:
            made.output_messages = [parts.reply(self._said, parts.finish_word(told.get("stop_reason"), _FINISH))]
        cost = told.get("total_cost_usd")
        known: dict[str, AttributeValue | None] = {
            semconv.CONVERSATION_ID: self._session,
            semconv_vendors.USAGE_COST: cost if isinstance(cost, (int, float)) else None,
            f"{semconv.METADATA_PREFIX}turns": told.get("num_turns"),
        }
        if told.get("is_error"):
            known[semconv.ERROR_TYPE] = text(told.get("subtype")) or "_OTHER"
            made.failure = text(told.get("result"))
        made.attributes.update({name: value for name, value in known.items() if value is not None})
        return made


_FINISH = {"end_turn": "stop", "max_tokens": "length", "stop_sequence": "stop", "tool_use": "tool_call"}


def _part(block: Any) -> Part:
    """A block of what the agent says."""
    found = declared(block)
    if "text" in found:
        return parts.text_part(found["text"])
    if "thinking" in found:
        return parts.reasoning_part(found["thinking"])
    called = (found.get("id"), found.get("name"), found.get("input"))
    return parts.tool_call_part(*called) if called[1] else parts.generic_part(type(block).__name__, fields(found))
