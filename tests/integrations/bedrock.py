"""Bedrock's recordings: how a client is asked for each, and what its span must say. Knows no client."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

from botocore.eventstream import EventStreamBuffer

from tests.support import conventions
from tests.support.conventions import outcome
from tests.support.provider import Exchange
from tracekit import semconv
from tracekit.model import RawSpan

_FINISH = {"max_tokens": "length", "length": "length", "LENGTH": "length", "tool_use": "tool_call", "end_turn": "stop"}
_METHODS = {
    "converse": "converse",
    "converse-stream": "converse_stream",
    "invoke": "invoke_model",
    "invoke-with-response-stream": "invoke_model_with_response_stream",
}


def model_of(exchange: Exchange) -> str:
    return unquote(exchange.path.split("/")[2])


def asking(exchange: Exchange) -> tuple[str, dict[str, Any]]:
    """The client's method, and what it is given."""
    kind = exchange.path.rpartition("/")[2]
    if kind.startswith("invoke"):
        return _METHODS[kind], {"modelId": model_of(exchange), "body": json.dumps(exchange.request)}
    return _METHODS[kind], {"modelId": model_of(exchange), **exchange.request}


def check(span: RawSpan, exchange: Exchange) -> None:
    """The span against the recording, read here by other means than the integration's."""
    said, asked, model = span.attributes, exchange.request, model_of(exchange)
    conventions.check(said)
    assert span.kind == 3
    assert span.name == f"{said[semconv.OPERATION]} {model}"
    assert (said[semconv.PROVIDER], said[semconv.REQUEST_MODEL]) == ("aws.bedrock", model)
    assert said[semconv.SERVER_ADDRESS] == "127.0.0.1"
    assert text_in(said) == texts(asked)
    if exchange.reply.status >= 400:
        assert (span.status_code, said[semconv.ERROR_TYPE]) == (2, "botocore.errorfactory.ValidationException")
        return
    assert (span.status_code, outcome(said)) == (0, "complete")
    streamed = exchange.path.endswith("stream")
    assert (semconv.RESPONSE_TIME_TO_FIRST_CHUNK in said) is streamed
    body = _whole(exchange.reply.body) if streamed else json.loads(exchange.reply.body)
    tokens = ("inputTokens", "input_tokens", "prompt_token_count", "inputTextTokenCount")
    assert said[semconv.USAGE_INPUT_TOKENS] == _one(body, tokens)
    made = ("outputTokens", "output_tokens", "generation_token_count", "totalOutputTextTokenCount")
    assert said[semconv.USAGE_OUTPUT_TOKENS] == _one(body, made)
    finish = _FINISH[_one(body, ("stopReason", "stop_reason", "completionReason"))]
    (out,) = said[semconv.OUTPUT_MESSAGES]
    assert (out["finish_reason"], said[semconv.RESPONSE_FINISH_REASONS]) == (finish, [finish])
    words = [part["content"] for part in out["parts"] if part["type"] == "text"]
    assert words == list(_every(body, ("text", "generation", "outputText")))
    calls = [part for part in out["parts"] if part["type"] == "tool_call"]
    assert [(call["id"], call["name"], call["arguments"]) for call in calls] == [
        (each["toolUseId"], each["name"], each["input"]) for each in _every(body, ("toolUse",))
    ]
    if "toolConfig" in asked:
        (tool,) = asked["toolConfig"]["tools"]
        (offered,) = said[semconv.TOOL_DEFINITIONS]
        assert offered["parameters"] == tool["toolSpec"]["inputSchema"]["json"]


def text_in(said: dict[str, Any]) -> list[str]:
    """The texts that went in, and what tools answered."""
    found = [part for message in said[semconv.INPUT_MESSAGES] for part in message["parts"]]
    return [
        json.dumps(part["response"]) if part["type"] == "tool_call_response" else part["content"]
        for part in found
        if part["type"] != "tool_call"
    ]


def texts(asked: Any) -> list[str]:
    """The texts of a request, in order; of a tool's answer its JSON."""
    return [
        each if isinstance(each, str) else json.dumps(each)
        for each in _every(asked, ("text", "prompt", "inputText", "json"), ("toolConfig",))
    ]


def _every(value: Any, names: Iterable[str], without: Iterable[str] = ()) -> Iterable[Any]:
    """Every value of these names, at any depth."""
    if isinstance(value, list):
        for each in value:
            yield from _every(each, names, without)
    elif isinstance(value, dict):
        for name, held in value.items():
            if name in names:
                yield held
            elif name not in without:
                yield from _every(held, names, without)


def _one(value: Any, names: Iterable[str]) -> Any:
    return next(iter(_every(value, names)))


def _whole(body: bytes) -> list[Any]:
    """The JSON of every event of a stream, and of the bytes that one carries."""
    buffer = EventStreamBuffer()
    buffer.add_data(body)
    found = [json.loads(event.payload) for event in buffer]
    return [json.loads(base64.b64decode(each["bytes"])) if "bytes" in each else each for each in found]
