"""What the trace of a row tells of it: contexts, retrieved ids, tool calls, the conversation. Pure.

What the program itself returned goes before this, and this before what the dataset holds: it is what happened.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tracekit.evals.row import Row, ToolCall
from tracekit.jsontext import encoder

Spans = Sequence[Mapping[str, Any]]
"""Rows of the view `spans` of one trace, in the order they started."""

_text = encoder(str)
_TOOL_PARTS = frozenset({"tool_call", "server_tool_call"})


def with_trace(row: Row, spans: Spans) -> Row:
    """A row with what its trace tells, where that tells anything.

    `contexts`, `retrieved` and `tool_calls` replace those of the row; `messages` fill in for a row without.
    """
    found = documents(spans)
    told: dict[str, Any] = {"spans": tuple(spans)}
    if found:
        told["contexts"] = tuple(text for text in map(_content, found) if text)
        ids = tuple(str(one["id"]) for one in found if one.get("id") is not None)
        told |= {"retrieved": ids} if ids else {}
    if calls := tool_calls(spans):
        told["tool_calls"] = calls
    if row.messages is None and (said := conversation(spans)):
        told["messages"] = said
    return replace(row, **told)


def documents(spans: Spans) -> list[Mapping[str, Any]]:
    """What was retrieved, in the order it was found, each document once; what a reranker made of it where one did.

    A retriever within a retriever found what the outer one gave: only the outer one is asked.
    """
    reranked = [span for span in spans if span["kind"] == "reranker" and span["documents"]]
    retrievers = {span["span_id"] for span in spans if span["kind"] == "retriever" and span["documents"]}
    parents = {span["span_id"]: span["parent_span_id"] for span in spans}
    outer = [
        span
        for span in spans
        if span["span_id"] in retrievers and not retrievers & set(_above(span["span_id"], parents))
    ]
    found: dict[str, Mapping[str, Any]] = {}
    for span in reranked[-1:] or outer:
        for one in span["documents"]:
            document = one if isinstance(one, Mapping) else {"content": one}
            found.setdefault(_text([document.get("id"), document.get("content")]), document)
    return list(found.values())


def tool_calls(spans: Spans) -> tuple[ToolCall, ...]:
    """The tools that were called, in order: those a span tells of, and those that a model asked for and none tells of.

    A call that a model asks for and a program makes is one call, known by its id, else by name and arguments.
    """
    asked = list(_asked(spans))
    calls: list[tuple[Any, int, ToolCall]] = []
    for place, span in enumerate(spans):
        if span["kind"] != "tool" or span["twin_of"] is not None:
            continue
        call = ToolCall(span["tool_name"] or span["name"], span["tool_arguments"])
        calls.append((span["start_time"], place, call))
        _strike(asked, span["tool_call_id"], call)
    calls += [(when, place, call) for when, place, _, call in asked]
    return tuple(call for _, _, call in sorted(calls, key=lambda one: one[:2]))


def conversation(spans: Spans) -> tuple[Mapping[str, Any], ...]:
    """What was said to the model that spoke last, and what it answered."""
    models = [span for span in spans if span["kind"] == "llm" and span["output_messages"]]
    if not models:
        return ()
    last = models[-1]
    said = [*(last["input_messages"] or ()), *last["output_messages"]]
    return tuple(message for message in said if isinstance(message, Mapping))


def _asked(spans: Spans) -> Iterator[tuple[Any, int, str | None, ToolCall]]:
    """The calls that models asked for, each once: when, place, id and call."""
    seen: set[str] = set()
    for place, span in enumerate(spans):
        if span["kind"] != "llm" or span["twin_of"] is not None:
            continue
        for message in span["output_messages"] or ():
            for part in message.get("parts") or () if isinstance(message, Mapping) else ():
                if not isinstance(part, Mapping) or part.get("type") not in _TOOL_PARTS:
                    continue
                identity = part.get("id")
                if identity is not None and str(identity) in seen:
                    continue
                seen |= {str(identity)} if identity is not None else set()
                arguments = part.get("arguments", part.get("server_tool_call"))
                when = span["end_time"] or span["start_time"]
                yield when, place, identity, ToolCall(str(part.get("name", "")), arguments)


def _strike(asked: list[tuple[Any, int, str | None, ToolCall]], identity: str | None, call: ToolCall) -> None:
    """Take out of what was asked for the call that a span tells of."""
    for place, (_, _, other, wanted) in enumerate(asked):
        if (identity == other) if identity is not None and other is not None else wanted == call:
            del asked[place]
            return


def _above(span_id: str, parents: Mapping[str, str | None]) -> Iterator[str]:
    seen = {span_id}
    parent = parents.get(span_id)
    while parent is not None and parent not in seen:
        yield parent
        seen.add(parent)
        parent = parents.get(parent)


def _content(document: Mapping[str, Any]) -> str | None:
    content = document.get("content")
    return content if content is None or isinstance(content, str) else _text(content)
