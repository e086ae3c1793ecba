"""Every way to ask a model, what a request says of itself, and errors of every class: one span a call."""

from __future__ import annotations

import socket
import warnings
from typing import Any

import anthropic
import pydantic
import pytest
from anthropic import beta_async_tool, beta_tool
from anthropic.resources.messages.messages import DEPRECATED_MODELS

from tests.integrations import anthropic_wire as wire
from tests.support import conventions
from tests.support.patched import Spans
from tests.support.provider import Provider, Reply, answer, events
from tracekit import semconv
from tracekit.dialects import canonical
from tracekit.model import RawSpan
from tracekit.sdk import registry

ASK = wire.ASK


def calls(spans: Spans) -> list[RawSpan]:
    """The spans of model calls: the client makes spans of its tool runs itself."""
    found = [span for span in spans() if canonical(span).kind == "llm"]
    for span in found:
        conventions.check(span.attributes)
    return found


def only(spans: Spans) -> dict[str, Any]:
    (span,) = spans()
    conventions.check(span.attributes)
    return span.attributes


def test_a_request_says_how_it_wants_the_reply(provider: Provider, spans: Spans, claude: anthropic.Anthropic) -> None:
    provider.queue(wire.MESSAGES, answer(wire.message(usage={**wire.USAGE, "service_tier": "priority"})))
    claude.messages.create(
        **ASK,
        system="Be brief.",
        stop_sequences=["END"],
        service_tier="auto",
        output_config={"effort": "low", "format": {"type": "json_schema", "schema": {"type": "object"}}},
        tools=[{"name": "add", "input_schema": {"type": "object"}}, {"type": "bash_20250124", "name": "bash"}],
        metadata=anthropic.omit,
        extra_body={"temperature": 0, "top_p": 0.5, "top_k": 40},
    )
    said = only(spans)
    port = int(provider.url.rpartition(":")[2])
    expected = {
        semconv.OPERATION: "chat",
        semconv.PROVIDER: "anthropic",
        semconv.SERVER_ADDRESS: "127.0.0.1",
        semconv.SERVER_PORT: port,
        semconv.REQUEST_MODEL: "claude-9",
        semconv.REQUEST_MAX_TOKENS: 64,
        semconv.REQUEST_TEMPERATURE: 0.0,
        semconv.REQUEST_TOP_P: 0.5,
        semconv.REQUEST_TOP_K: 40,
        semconv.REQUEST_STOP_SEQUENCES: ["END"],
        semconv.REQUEST_REASONING_LEVEL: "low",
        semconv.OUTPUT_TYPE: "json",
        semconv.ANTHROPIC_REQUEST_SERVICE_TIER: "auto",
        semconv.ANTHROPIC_RESPONSE_SERVICE_TIER: "priority",
        semconv.SYSTEM_INSTRUCTIONS: [{"type": "text", "content": "Be brief."}],
        semconv.TOOL_DEFINITIONS: [
            {"type": "function", "name": "add", "parameters": {"type": "object"}},
            {"type": "bash_20250124", "name": "bash"},
        ],
    }
    assert {name: said.get(name) for name in expected} == expected
    assert semconv.REQUEST_STREAM not in said
    assert canonical(spans()[0]).service_tier == "priority"


def test_messages_that_iterating_uses_up_are_left_to_the_client(
    provider: Provider, spans: Spans, claude: anthropic.Anthropic
) -> None:
    provider.queue(wire.MESSAGES, answer(wire.message()))
    claude.messages.create(**{**ASK, "messages": (message for message in ASK["messages"])})
    assert provider.asked[0].json["messages"] == ASK["messages"]
    assert semconv.INPUT_MESSAGES not in only(spans)


def test_a_reply_goes_back_in_as_it_came(provider: Provider, spans: Spans, claude: anthropic.Anthropic) -> None:
    provider.queue(
        wire.MESSAGES,
        answer(wire.message(wire.tool_use(a=1), stop_reason="tool_use")),
        answer(wire.message(wire.text("2"))),
    )
    first = claude.messages.create(**ASK)
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "2"}
    given: list[Any] = [
        *ASK["messages"],
        {"role": "assistant", "content": first.content},
        {"role": "user", "content": [result]},
    ]
    claude.messages.create(**{**ASK, "messages": given})
    asked, again = (span.attributes for span in spans())
    (out,) = asked[semconv.OUTPUT_MESSAGES]
    assert out["parts"] == [{"type": "tool_call", "id": "toolu_1", "name": "add", "arguments": {"a": 1}}]
    assert again[semconv.INPUT_MESSAGES][1:] == [
        {"role": "assistant", "parts": out["parts"]},
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "toolu_1", "response": "2"}]},
    ]


class Colour(pydantic.BaseModel):
    name: str


def test_every_method_makes_one_span(provider: Provider, spans: Spans, claude: anthropic.Anthropic) -> None:
    coloured = answer(wire.message(wire.text('{"name": "red"}')))
    streamed = events(wire.stream(wire.text('{"name": "red"}')), done=False)
    provider.queue(wire.MESSAGES, *[coloured, coloured, streamed] * 2, streamed)
    for resource in (claude.messages, claude.beta.messages):
        assert resource.create(**ASK).id == "msg_1"
        assert resource.parse(**ASK, output_format=Colour).parsed_output == Colour(name="red")
        with resource.stream(**ASK, output_format=Colour) as stream:
            assert stream.get_final_message().parsed_output == Colour(name="red")
    made = claude.with_options(timeout=60).messages.create(**ASK, stream=True)
    assert len(list(made)) == 9
    assert provider.left == 0
    assert [span.name for span in calls(spans)] == ["chat claude-9"] * 7
    types = [span.attributes.get(semconv.OUTPUT_TYPE) for span in calls(spans)]
    assert types == [None, "json", "json", None, "json", "json", None]
    for span in calls(spans):
        assert span.attributes[semconv.USAGE_INPUT_TOKENS] == 32


async def test_every_async_method_makes_one_span(
    provider: Provider, spans: Spans, async_claude: anthropic.AsyncAnthropic
) -> None:
    coloured = answer(wire.message(wire.text('{"name": "red"}')))
    streamed = events(wire.stream(wire.text('{"name": "red"}')), done=False)
    provider.queue(wire.MESSAGES, *[coloured, coloured, streamed] * 2)
    for resource in (async_claude.messages, async_claude.beta.messages):
        assert (await resource.create(**ASK)).id == "msg_1"
        assert (await resource.parse(**ASK, output_format=Colour)).parsed_output == Colour(name="red")
        async with resource.stream(**ASK, output_format=Colour) as stream:
            assert (await stream.get_final_message()).parsed_output == Colour(name="red")
    assert provider.left == 0
    assert [span.name for span in calls(spans)] == ["chat claude-9"] * 6


@beta_tool
def add(a: int, b: int) -> str:
    """Adds.

    Args:
        a: one number
        b: another
    """
    return str(a + b)


@beta_async_tool
async def add_later(a: int, b: int) -> str:
    """Adds.

    Args:
        a: one number
        b: another
    """
    return str(a + b)


WANTS = wire.tool_use(a=1, b=2)


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_each_request_of_a_tool_runner_is_one_span(
    *, streamed: bool, provider: Provider, spans: Spans, claude: anthropic.Anthropic
) -> None:
    replies = [wire.stream(WANTS, stop="tool_use"), wire.stream(wire.text("3"))]
    whole = [wire.message(WANTS, stop_reason="tool_use"), wire.message(wire.text("3"))]
    replied = [events(each, done=False) for each in replies] if streamed else [answer(each) for each in whole]
    provider.queue(wire.MESSAGES, *replied)
    runner: Any = claude.beta.messages.tool_runner(**ASK, tools=[add], stream=streamed)
    final = runner.until_done()
    assert final.content[0].text == "3"
    first, second = calls(spans)
    assert first.attributes[semconv.TOOL_DEFINITIONS][0]["name"] == "add"
    assert first.attributes[semconv.RESPONSE_FINISH_REASONS] == ["tool_call"]
    response = {"type": "tool_call_response", "id": "toolu_1", "response": "3"}
    assert second.attributes[semconv.INPUT_MESSAGES][-1] == {"role": "tool", "parts": [response]}


async def test_each_request_of_an_async_tool_runner_is_one_span(
    provider: Provider, spans: Spans, async_claude: anthropic.AsyncAnthropic
) -> None:
    wants = wire.tool_use(name="add_later", a=1, b=2)
    provider.queue(wire.MESSAGES, answer(wire.message(wants, stop_reason="tool_use")), answer(wire.message()))
    runner: Any = async_claude.beta.messages.tool_runner(**ASK, tools=[add_later])
    assert (await runner.until_done()).content[0].text == "Hello"
    assert len(calls(spans)) == 2


def test_what_asks_no_model_is_not_recorded(provider: Provider, spans: Spans, claude: anthropic.Anthropic) -> None:
    provider.queue("/v1/messages/count_tokens", answer({"input_tokens": 9}))
    provider.queue(
        "/v1/models", answer({"data": [], "has_more": False, "first_id": None, "last_id": None}), method="GET"
    )
    assert claude.messages.count_tokens(model="claude-9", messages=ASK["messages"]).input_tokens == 9
    assert list(claude.models.list()) == []
    assert spans() == []
    assert not any("traceparent" in asked.headers for asked in provider.asked)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, anthropic.BadRequestError),
        (401, anthropic.AuthenticationError),
        (403, anthropic.PermissionDeniedError),
        (404, anthropic.NotFoundError),
        (409, anthropic.ConflictError),
        (422, anthropic.UnprocessableEntityError),
        (429, anthropic.RateLimitError),
        (500, anthropic.InternalServerError),
    ],
)
def test_an_error_status_is_recorded_and_raised(
    status: int, expected: type[anthropic.APIStatusError], provider: Provider, spans: Spans, claude: Any
) -> None:
    body = {"type": "error", "error": {"message": "no", "type": "some_error"}}
    provider.queue(wire.MESSAGES, answer(body, status=status), answer(body, status=status))
    with pytest.raises(expected) as caught:
        claude.messages.create(**ASK)
    assert caught.value.body == body
    with pytest.raises(expected), claude.messages.stream(**ASK):
        pass
    for span in spans():
        assert span.status_code == 2
        assert span.attributes[semconv.ERROR_TYPE] == f"anthropic.{expected.__name__}"
        assert span.attributes[semconv.INPUT_MESSAGES][0]["parts"][0]["content"] == "Hi"
        assert semconv.OUTPUT_MESSAGES not in span.attributes
    assert len(spans()) == 2


@pytest.mark.parametrize("end", ["recovers", "fails"])
def test_retries_are_one_span(end: str, provider: Provider, spans: Spans, claude: anthropic.Anthropic) -> None:
    body = {"type": "error", "error": {"message": "busy", "type": "overloaded_error"}}
    busy = answer(body, status=529, headers={"content-type": "application/json", "retry-after": "0.01"})
    provider.queue(wire.MESSAGES, busy, busy, answer(wire.message()) if end == "recovers" else busy)
    again = claude.with_options(max_retries=2)
    if end == "recovers":
        again.messages.create(**ASK)
    else:
        with pytest.raises(anthropic.InternalServerError):
            again.messages.create(**ASK)
    assert len(provider.asked) == 3
    assert (semconv.ERROR_TYPE in only(spans)) is (end == "fails")


def test_a_timeout_and_a_refused_connection(provider: Provider, spans: Spans, claude: anthropic.Anthropic) -> None:
    provider.queue(wire.MESSAGES, answer(wire.message(), pause=0.5))
    with pytest.raises(anthropic.APITimeoutError):
        claude.with_options(timeout=0.05).messages.create(**ASK)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(anthropic.APIConnectionError):
        claude.with_options(base_url=f"http://127.0.0.1:{port}").messages.create(**ASK)
    late, refused = (span.attributes for span in spans())
    assert late[semconv.ERROR_TYPE] == "anthropic.APITimeoutError"
    assert refused[semconv.ERROR_TYPE] == "anthropic.APIConnectionError"
    assert refused[semconv.SERVER_PORT] == port


def test_a_reply_that_cannot_be_parsed_is_the_callers_error(
    provider: Provider, spans: Spans, claude: anthropic.Anthropic
) -> None:
    provider.queue(wire.MESSAGES, answer(wire.message(wire.text("no JSON"))))
    with pytest.raises(pydantic.ValidationError):
        claude.messages.parse(**ASK, output_format=Colour)
    (span,) = spans()
    assert span.attributes[semconv.ERROR_TYPE].endswith("ValidationError")


def test_warnings_point_at_the_program(provider: Provider, spans: Spans, claude: anthropic.Anthropic) -> None:
    provider.queue(wire.MESSAGES, answer(wire.message()))
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        claude.messages.create(**{**ASK, "model": next(iter(DEPRECATED_MODELS))})
    assert [warning.filename for warning in told if "deprecated" in str(warning.message)] == [__file__]
    assert len(spans()) == 1


def test_a_reply_that_is_no_message_is_recorded_as_a_call(
    provider: Provider, spans: Spans, claude: anthropic.Anthropic
) -> None:
    provider.queue(wire.MESSAGES, Reply(headers={"content-type": "text/plain"}, body=b"hello from a proxy"))
    assert claude.messages.create(**ASK) == "hello from a proxy"
    said = only(spans)
    assert not {semconv.OUTPUT_MESSAGES, semconv.USAGE_INPUT_TOKENS, semconv.RESPONSE_ID} & said.keys()


def test_nothing_that_is_patched_is_missing(claude: anthropic.Anthropic, spans: Spans) -> None:
    assert spans() == []
    assert registry.installed["anthropic"].health.missing == []
    assert claude.api_key == "none"
