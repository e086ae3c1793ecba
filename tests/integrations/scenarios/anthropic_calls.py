"""Programs that ask Claude: between them they pass every line of the integration."""

from __future__ import annotations

from typing import Any

from tests.integrations import anthropic_wire as wire
from tests.integrations.scenarios.stage import Stage
from tests.support.provider import Reply, answer, events

ASK = wire.ASK


def whole(on: Stage) -> Any:
    """A whole reply to a request that has everything in it."""
    usage = {**wire.USAGE, "speed": "fast", "iterations": [{"type": "compaction", "input_tokens": 3}]}
    on.queue("/v1/messages", answer(wire.message(*ANSWERED, usage=usage)))
    return on.claude.beta.messages.create(
        **{**ASK, "messages": ASKED},
        system=[wire.text("Be brief.")],
        stop_sequences=["END"],
        service_tier="auto",
        output_config={"effort": "low", "format": {"type": "json_schema", "schema": {"type": "object"}}},
        tools=[{"name": "add", "description": "Adds.", "input_schema": {"type": "object"}}],
        extra_body={"temperature": 0.5},
    )


ANSWERED: list[dict[str, Any]] = [
    {"type": "thinking", "thinking": "Hm.", "signature": ""},
    {"type": "redacted_thinking", "data": "ZW5j"},
    wire.text("Hello"),
    wire.tool_use(a=1),
    {"type": "mcp_tool_use", "id": "mcp_1", "name": "find", "server_name": "library", "input": {"n": 1}},
    {"type": "web_search_tool_result", "tool_use_id": "srv_1", "content": []},
]
ASKED: list[Any] = [
    {
        "role": "user",
        "content": [
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}},
            {"type": "image", "source": {"type": "url", "url": "https://images.example/1.png"}},
            {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "Once upon"}},
            {"type": "document", "source": {"type": "file", "file_id": "file_1"}},
            {"type": "document", "source": {"type": "content", "content": "parts"}},
            {"type": "container_upload", "file_id": "file_2"},
            {"type": "search_result", "source": "s", "title": "t", "content": []},
        ],
    },
    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "no", "is_error": True}]},
]


def streamed(on: Stage) -> Any:
    """A streamed reply of text and a tool's arguments."""
    script = wire.stream(wire.text("Hello"), wire.tool_use(a=1))
    on.queue("/v1/messages", events(script, done=False))
    with on.claude.messages.stream(**ASK) as stream:
        return list(stream), stream.get_final_message()


def left(on: Stage) -> Any:
    """A stream that its caller leaves."""
    on.queue("/v1/messages", events(wire.stream(), done=False))
    with on.claude.messages.create(**ASK, stream=True) as stream:
        return next(stream)


def raw_error(on: Stage) -> Any:
    """Events that the caller reads itself, an error among them."""
    broken = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    on.queue("/v1/messages", events([wire.stream()[0], broken], done=False))
    with on.claude.messages.with_streaming_response.create(**ASK, stream=True) as response:
        return response.text()


def refused(on: Stage) -> Any:
    """A request that is refused."""
    on.queue("/v1/messages", answer({"type": "error", "error": {"type": "t", "message": "no"}}, status=400))
    return on.claude.messages.create(**ASK)


def counted(on: Stage) -> Any:
    """Tokens that are only counted."""
    on.queue("/v1/messages/count_tokens", answer({"input_tokens": 9}))
    return on.claude.messages.count_tokens(**{name: ASK[name] for name in ("model", "messages")})


def stranger(on: Stage) -> Any:
    """A reply that is no message."""
    on.queue("/v1/messages", Reply(headers={"content-type": "text/plain"}, body=b"hello from a proxy"))
    return on.claude.messages.create(**ASK)


def batch_results(on: Stage) -> Any:
    """The results of a batch, of every kind."""
    results = wire.results(wire.message(), error="invalid_request_error", canceled=True)
    on.queue("/v1/messages/batches/msgbatch_1", answer(wire.batch(on.provider.url)), method="GET")
    on.queue("/v1/messages/batches/msgbatch_1/results", results, method="GET")
    return list(on.claude.messages.batches.results("msgbatch_1"))


SCENARIOS = (counted, whole, streamed, left, raw_error, refused, stranger, batch_results)
