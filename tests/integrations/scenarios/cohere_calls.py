"""Programs that ask Cohere: between them they pass every line of the integration."""

from __future__ import annotations

import json
from typing import Any

from tests.integrations.scenarios.stage import Stage
from tests.support.provider import Reply, answer, events

HI: Any = [{"role": "user", "content": "Hi"}]
BILLED = {"billed_units": {"input_tokens": 7, "output_tokens": 3}, "tokens": {"input_tokens": 70, "output_tokens": 4}}
USED = {"tokens": {"input_tokens": 70, "output_tokens": 4}}
CALL = {"id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}


def whole(on: Stage) -> Any:
    """A chat with everything in it, and one of which nothing is billed."""
    said = {
        "role": "assistant",
        "tool_plan": "I add.",
        "content": [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "Hello"}],
        "tool_calls": [CALL],
    }
    on.queue("/v2/chat", answer({"id": "r1", "finish_reason": "TOOL_CALL", "message": said, "usage": BILLED}))
    on.queue("/v2/chat", answer({"id": "r2", "finish_reason": "COMPLETE", "message": said, "usage": USED}))
    tool: Any = {"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}}
    asked: Any = [
        *HI,
        {"role": "assistant", "tool_plan": "I add.", "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "c1", "content": "2"},
    ]
    options: Any = {"k": 3, "p": 0.5, "stop_sequences": ["END"], "response_format": {"type": "json_object"}}
    first = on.cohere.chat(model="m-9", messages=asked, tools=[tool], **options)
    return first, on.cohere.chat(model="m-9", messages=HI)


def delta(kind: str, index: int = 0, **message: Any) -> dict[str, Any]:
    """An event of a stream."""
    return {"type": kind, "index": index, "delta": {"message": message}}


def streamed(on: Stage) -> Any:
    """A stream with every kind of event, read and left."""
    function = {"name": "add", "arguments": ""}
    said = [
        {"type": "message-start", "id": "r1", "delta": {"message": {"role": "assistant"}}},
        delta("tool-plan-delta", tool_plan="I add."),
        delta("content-start", content={"type": "thinking", "thinking": "H"}),
        delta("content-delta", content={"thinking": "m."}),
        delta("content-delta", 1, content={"text": "Hello"}),
        delta("tool-call-start", tool_calls={"id": "c1", "type": "function", "function": function}),
        delta("tool-call-delta", tool_calls={"function": {"arguments": '{"a": 1}'}}),
        {"type": "message-end", "delta": {"finish_reason": "TOOL_CALL", "usage": BILLED}},
    ]
    on.queue("/v2/chat", events(said), events(said, done=False))
    left = on.cohere.chat_stream(model="m-9", messages=HI)
    found = next(left)
    left.close()
    return found, list(on.cohere.chat_stream(model="m-9", messages=HI))


def old(on: Stage) -> Any:
    """The chat of version 1."""
    call = {"name": "add", "parameters": {"a": 1}}
    said = {"text": "Hello", "generation_id": "g1", "finish_reason": "COMPLETE", "tool_calls": [call], "meta": BILLED}
    on.queue("/v1/chat", answer(said))
    tool: Any = {"name": "add", "description": "Adds.", "parameter_definitions": {"a": {"type": "int"}}}
    history: Any = [{"role": "USER", "message": "Hi"}, {"role": "CHATBOT", "message": "", "tool_calls": [call]}]
    results: Any = [{"call": call, "outputs": [{"sum": 2}]}]
    bare: Any = {"name": "cut", "description": "Cuts."}
    return on.cohere_old.chat(
        model="m-9",
        message="Hi",
        preamble="Be brief.",
        chat_history=history,
        tools=[tool, bare],
        tool_results=results,
    )


def old_streamed(on: Stage) -> Any:
    """Streams of version 1: read, and left before their end."""
    call = {"name": "add", "parameters": {"a": 1}}
    said = [
        {"event_type": "stream-start", "is_finished": False, "generation_id": "g1"},
        {"event_type": "text-generation", "is_finished": False, "text": "Hello"},
        {"event_type": "tool-calls-generation", "is_finished": False, "tool_calls": [call]},
        {
            "event_type": "stream-end",
            "is_finished": True,
            "finish_reason": "COMPLETE",
            "response": {"text": "Hello", "generation_id": "g1", "meta": BILLED},
        },
    ]
    body = "".join(f"{json.dumps(each)}\n" for each in said).encode()
    reply = Reply(headers={"content-type": "application/stream+json"}, body=body)
    cut = Reply(headers=reply.headers, body=body[: body.index(b'{"event_type": "stream-end"')])
    on.queue("/v1/chat", reply, cut)
    return [list(on.cohere_old.chat_stream(model="m-9", message="Hi")) for _ in range(2)]


def searched(on: Stage) -> Any:
    """Embeddings and rerankings."""
    by_type = {"id": "e1", "embeddings": {"float": [[1.0, 2.0]]}, "response_type": "embeddings_by_type"}
    on.queue("/v2/embed", answer({**by_type, "meta": {"billed_units": {"input_tokens": 2}}}))
    on.queue(
        "/v1/embed", answer({"id": "e1", "embeddings": [[1.0]], "texts": ["a"], "response_type": "embeddings_floats"})
    )
    ranked = {"id": "k1", "results": [{"index": 1, "relevance_score": 0.9}, {"index": 0, "relevance_score": 0.1}]}
    on.queue("/v2/rerank", answer(ranked))
    embed: Any = on.cohere.embed
    return [
        embed(model="m-9", texts=["a"], input_type="search_query", embedding_types=["float"], output_dimension=2),
        on.cohere_old.embed(model="m-9", texts=["a"], input_type="search_query", batching=False),
        on.cohere.rerank(model="m-9", query="a", documents=["b", "c"], top_n=2),
    ]


SCENARIOS = (whole, streamed, old, old_streamed, searched)
