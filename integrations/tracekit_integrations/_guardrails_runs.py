"""Guards, their attempts at an answer that is valid, the model's calls, and validators. Pure."""

from __future__ import annotations

from typing import Any

from tracekit import semconv
from tracekit.model import Call, Invocation, Message, Response, Usage
from tracekit_integrations import _openai_chat as openai_chat
from tracekit_integrations import _parts as parts
from tracekit_integrations._request import attributes
from tracekit_integrations._values import bound, count, get, given, items, plain, text

_GUARDRAIL = {semconv.KIND: "guardrail"}
_OUTCOME = f"{semconv.METADATA_PREFIX}outcome"
_NAMELESS = "gr-"
"""Beginning of the names that guards are given which have none."""


def guard(call: Call) -> Invocation:
    """A guard is asked to validate what it is given, or what a model answers."""
    name = text(get(call.instance, "name")) or _NAMELESS
    first = "llm_api" if callable(next(iter(call.args), None)) else "llm_output"
    asked = bound((first,), call.args, call.kwargs)
    return Invocation(
        name="guard" if name.startswith(_NAMELESS) else f"guard {name}",
        attributes=dict(_GUARDRAIL),
        content={semconv.INPUT: plain(asked.get("llm_output") or asked.get("messages"))},
    )


def outcome(result: Any) -> Response:
    """What it found: whether all is valid, what it lets through, and why not."""
    passed = get(result, "validation_passed")
    made = Response(content={semconv.OUTPUT: _found(result)})
    if passed is not None:
        made.attributes[_OUTCOME] = "pass" if passed else "fail"
    return made


def _found(result: Any) -> dict[str, Any]:
    found = {
        "validation_passed": get(result, "validation_passed"),
        "validated_output": plain(get(result, "validated_output")),
        "error": text(get(result, "error")),
        "reasons": [_reason(summary) for summary in items(get(result, "validation_summaries"))],
    }
    return {name: value for name, value in found.items() if value not in (None, [])}


def _reason(summary: Any) -> dict[str, Any]:
    return {name: get(summary, name) for name in ("validator_name", "property_path", "failure_reason")}


class Outcomes:
    """What a guard finds in a stream, piece by piece."""

    __slots__ = ("_seen",)

    def __init__(self) -> None:
        self._seen: list[Any] = []

    def add(self, chunk: Any, /) -> None:
        """Take what it found in one piece."""
        self._seen.append(chunk)

    def response(self) -> Response:
        """All of it: valid if every piece is."""
        verdicts = [get(each, "validation_passed") for each in self._seen]
        words = [plain(get(each, "validated_output")) for each in self._seen]
        together = "".join(words) if all(isinstance(word, str) for word in words) else words
        reasons = [summary for each in self._seen for summary in items(get(each, "validation_summaries"))]
        whole = {"validated_output": together, "validation_summaries": reasons}
        return outcome({**whole, "validation_passed": all(verdicts) if verdicts else None})


def attempt(call: Call) -> Invocation:
    """An answer is asked for and validated; again, with what was wrong, where the guard may ask again."""
    asked = bound(("index", "output_schema", "call_log"), call.args, call.kwargs)
    number = asked.get("index") or 0
    return Invocation(
        name=f"reask {number}" if number else "attempt",
        content={semconv.INPUT: plain(asked.get("output")) or _messages(asked.get("messages"))},
    )


def attempted(iteration: Any) -> Response:
    """What came of it."""
    made = Response(content={semconv.OUTPUT: plain(get(iteration, "guarded_output"))})
    status = text(get(iteration, "status"))
    if status is not None:
        made.attributes[_OUTCOME] = status
    return made


def chat(call: Call) -> Invocation | None:
    """A model is asked. None where the answer was there already."""
    asked = given(bound(("messages", "api", "output"), call.args, call.kwargs))
    if "output" in asked or "api" not in asked:
        return None
    parameters = get(asked["api"], "init_kwargs") or {}
    model = text(parameters.get("model"))
    return Invocation(
        operation=semconv.CHAT,
        request_model=model,
        name=None if model else type(asked["api"]).__name__,
        stream=parameters.get("stream") is True,
        attributes=attributes(parameters, {}, {}),
        input_messages=_messages(asked.get("messages")),
    )


def _messages(given_: Any) -> list[Message] | None:
    """Messages, their text as it is sent: prompts of guardrails' are objects until then, and so is a list of them."""
    listed = items(get(given_, "source")) or items(given_)
    texts = [get(get(message, "content"), "source") or get(message, "content") for message in listed]
    pairs = zip(listed, texts, strict=True)
    made = [openai_chat.message_in({"role": get(message, "role"), "content": said}) for message, said in pairs]
    return made or None


def answered(reply: Any) -> Response:
    """The answer. One in pieces has none yet, and no tokens: the client's own call has."""
    if get(reply, "stream_output") is not None or get(reply, "async_stream_output") is not None:
        return Response()
    asked, said = count(get(reply, "prompt_token_count")), count(get(reply, "response_token_count"))
    words = text(get(reply, "output"))
    return Response(
        usage=None if asked is None and said is None else Usage(input_tokens=asked, output_tokens=said),
        output_messages=[parts.reply([parts.text_part(words)], parts.UNKNOWN)] if words else None,
    )


def validator(call: Call) -> Invocation:
    """A validator is asked."""
    asked = bound(("validator", "value", "metadata", "stream"), call.args, call.kwargs)
    made = Invocation(
        name=str(get(asked["validator"], "rail_alias")),
        attributes=dict(_GUARDRAIL),
        content={semconv.INPUT: plain(asked.get("value"))},
    )
    on_fail = text(getattr(get(asked["validator"], "on_fail_descriptor"), "value", None))
    if on_fail is not None:
        made.attributes[f"{semconv.METADATA_PREFIX}on_fail"] = on_fail
    return made


def validated(result: Any) -> Response:
    """Its verdict, with its reason and what it would put instead."""
    verdict = get(result, "outcome")
    told = {name: plain(get(result, name)) for name in ("error_message", "fix_value", "error_spans")}
    return Response(
        attributes={_OUTCOME: str(getattr(verdict, "value", verdict))},
        content={semconv.OUTPUT: {name: value for name, value in told.items() if value is not None} or None},
    )
