"""Every method of the client, what a request says of itself, and errors of every class: one span a call."""

from __future__ import annotations

import socket
from collections import Counter
from pathlib import Path
from typing import Any

import openai
import pytest

import tracekit
from tests.integrations import wire
from tests.support import conventions
from tests.support.patched import Spans
from tests.support.provider import Provider, Reply, answer, events
from tracekit import semconv
from tracekit.sdk import bodies, guard, taps
from tracekit_integrations import _openai_chat_stream

pytestmark = pytest.mark.openai

ASK: Any = {"model": "gpt-9", "messages": [{"role": "user", "content": "Hi"}]}


def only(spans: Spans) -> dict[str, Any]:
    (span,) = spans()
    conventions.check(span.attributes)
    return span.attributes


def test_a_request_says_how_it_wants_the_reply(provider: Provider, spans: Spans, client: openai.OpenAI) -> None:
    provider.queue(wire.CHAT, answer(wire.completion() | {"service_tier": "flex", "system_fingerprint": "fp_1"}))
    client.chat.completions.create(
        **ASK,
        temperature=0,
        top_p=0.5,
        max_completion_tokens=64,
        frequency_penalty=1,
        presence_penalty=-1,
        seed=7,
        stop="END",
        n=1,
        service_tier="flex",
        reasoning_effort="low",
        response_format={"type": "json_object"},
        user=openai.NOT_GIVEN,
        logprobs=None,
        extra_body={"top_k": 40},
    )
    said = only(spans)
    port = int(provider.url.rpartition(":")[2])
    expected = {
        semconv.OPERATION: "chat",
        semconv.PROVIDER: "openai",
        semconv.SERVER_ADDRESS: "127.0.0.1",
        semconv.SERVER_PORT: port,
        semconv.REQUEST_MODEL: "gpt-9",
        semconv.REQUEST_TEMPERATURE: 0.0,
        semconv.REQUEST_TOP_P: 0.5,
        semconv.REQUEST_TOP_K: 40,
        semconv.REQUEST_MAX_TOKENS: 64,
        semconv.REQUEST_FREQUENCY_PENALTY: 1.0,
        semconv.REQUEST_PRESENCE_PENALTY: -1.0,
        semconv.REQUEST_SEED: 7,
        semconv.REQUEST_STOP_SEQUENCES: ["END"],
        semconv.REQUEST_REASONING_LEVEL: "low",
        semconv.OPENAI_REQUEST_SERVICE_TIER: "flex",
        semconv.OPENAI_RESPONSE_SERVICE_TIER: "flex",
        semconv.OPENAI_RESPONSE_SYSTEM_FINGERPRINT: "fp_1",
        semconv.OPENAI_API_TYPE: "chat_completions",
        semconv.OUTPUT_TYPE: "json",
    }
    assert {name: said.get(name) for name in expected} == expected
    assert semconv.REQUEST_CHOICE_COUNT not in said
    assert semconv.REQUEST_STREAM not in said


def test_messages_that_iterating_uses_up_are_left_to_the_client(
    provider: Provider, spans: Spans, client: openai.OpenAI
) -> None:
    provider.queue(wire.CHAT, answer(wire.completion()))
    client.chat.completions.create(model="gpt-9", messages=(message for message in ASK["messages"]))
    assert provider.asked[0].json["messages"] == ASK["messages"]
    assert semconv.INPUT_MESSAGES not in only(spans)


def test_a_reply_goes_back_in_as_it_came(provider: Provider, spans: Spans, client: openai.OpenAI) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}
    provider.queue(wire.CHAT, answer(wire.completion(None, tool_calls=[call])), answer(wire.completion("2")))
    first = client.chat.completions.create(**ASK).choices[0].message
    given: list[Any] = [*ASK["messages"], first, {"role": "tool", "tool_call_id": "c1", "content": "2"}]
    client.chat.completions.create(model="gpt-9", messages=given)
    asked, again = (span.attributes for span in spans())
    assert asked[semconv.RESPONSE_FINISH_REASONS] == ["tool_calls"]
    (out,) = asked[semconv.OUTPUT_MESSAGES]
    assert out["parts"] == [{"type": "tool_call", "id": "c1", "name": "add", "arguments": {"a": 1}}]
    assert again[semconv.INPUT_MESSAGES][1:] == [
        {"role": "assistant", "parts": out["parts"]},
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "response": "2"}]},
    ]


def test_responses_create_fetch_and_compact(provider: Provider, spans: Spans, client: openai.OpenAI) -> None:
    provider.queue(wire.RESPONSES, answer(wire.response(wire.said("Hello"), conversation={"id": "conv_1"})))
    provider.queue("/v1/responses/resp_1", answer(wire.response(wire.said("Hello"))), method="GET")
    compacted = {"id": "cmp_1", "object": "response.compaction", "created_at": 1, "output": [wire.said("short")]}
    provider.queue("/v1/responses/compact", answer(compacted | {"usage": wire.response()["usage"]}))
    client.responses.create(
        model="gpt-9",
        input="Hi",
        instructions="Be brief.",
        max_output_tokens=99,
        reasoning={"effort": "high"},
        previous_response_id="resp_0",
        conversation="conv_1",
        text={"format": {"type": "text"}},
    )
    client.responses.retrieve("resp_1")
    client.responses.compact(model="gpt-9", input="Hi")
    made, fetched, short = (span.attributes for span in spans())
    for said in (made, fetched, short):
        conventions.check(said)
    assert made[semconv.SYSTEM_INSTRUCTIONS] == [{"type": "text", "content": "Be brief."}]
    assert made[semconv.INPUT_MESSAGES] == [{"role": "user", "parts": [{"type": "text", "content": "Hi"}]}]
    assert made[semconv.REQUEST_MAX_TOKENS] == 99
    assert made[semconv.REQUEST_REASONING_LEVEL] == "high"
    assert made[semconv.REQUEST_PREVIOUS_RESPONSE_ID] == "resp_0"
    assert made[semconv.CONVERSATION_ID] == "conv_1"
    assert made[semconv.OUTPUT_TYPE] == "text"
    assert fetched[semconv.OPERATION] == "fetch_response"
    assert fetched[semconv.OUTPUT_MESSAGES] == made[semconv.OUTPUT_MESSAGES]
    assert semconv.USAGE_INPUT_TOKENS not in fetched
    assert short[semconv.USAGE_INPUT_TOKENS] == 30


def test_a_response_that_failed_says_why(provider: Provider, spans: Spans, client: openai.OpenAI) -> None:
    error = {"code": "server_error", "message": "sorry"}
    provider.queue(wire.RESPONSES, answer(wire.response(status="failed", error=error, usage=None)))
    client.responses.create(model="gpt-9", input="Hi")
    said = only(spans)
    assert said[semconv.ERROR_TYPE] == "server_error"
    assert said[semconv.RESPONSE_FINISH_REASONS] == ["error"]
    assert semconv.USAGE_INPUT_TOKENS not in said


def test_parse_makes_one_span(provider: Provider, spans: Spans, client: openai.OpenAI) -> None:
    class Colour(openai.BaseModel):
        name: str

    tools: Any = [openai.pydantic_function_tool(Colour, name="paint", description="Paints.")]
    provider.queue(wire.CHAT, answer(wire.completion('{"name": "red"}')))
    provider.queue(wire.RESPONSES, answer(wire.response(wire.said('{"name": "red"}'))))
    completion = client.chat.completions.parse(**ASK, response_format=Colour, tools=tools)
    response = client.responses.parse(model="gpt-9", input="Hi", text_format=Colour)
    assert completion.choices[0].message.parsed == response.output_parsed == Colour(name="red")
    chat, made = (span.attributes for span in spans())
    assert chat[semconv.OUTPUT_TYPE] == made[semconv.OUTPUT_TYPE] == "json"
    (tool,) = chat[semconv.TOOL_DEFINITIONS]
    assert (tool["type"], tool["name"], tool["description"]) == ("function", "paint", "Paints.")
    assert tool["parameters"]["properties"] == {"name": {"title": "Name", "type": "string"}}


def test_the_beta_resources_are_recorded_once(provider: Provider, spans: Spans, client: openai.OpenAI) -> None:
    class Colour(openai.BaseModel):
        name: str

    provider.queue(wire.CHAT, answer(wire.completion('{"name": "red"}')), events(wire.chat("Hel", "lo")))
    provider.queue(wire.RESPONSES, answer(wire.response(wire.said("Hello"))))
    client.beta.chat.completions.parse(**ASK, response_format=Colour)
    with client.beta.chat.completions.stream(**ASK) as stream:
        stream.until_done()
    client.beta.responses.create(model="gpt-9", input="Hi")
    assert [span.attributes[semconv.OPENAI_API_TYPE] for span in spans()] == [
        "chat_completions",
        "chat_completions",
        "responses",
    ]
    assert [span.attributes[semconv.USAGE_INPUT_TOKENS] for span in spans()] == [30, 30, 30]


def test_a_stream_outlives_the_patches(provider: Provider, client: openai.OpenAI, data_dir: Path) -> None:
    provider.queue(wire.CHAT, events(wire.chat("Hel", "lo")))
    tracekit.autolog(directory=data_dir, instrument=["openai"])
    stream = client.chat.completions.create(**ASK, stream=True)
    next(stream)
    tracekit.uninstrument()
    assert len(list(stream)) == 4
    stream.close()


def test_embeddings(provider: Provider, spans: Spans, client: openai.OpenAI) -> None:
    vectors = [{"object": "embedding", "index": index, "embedding": "AACAPwAAAEAAAEBA"} for index in (0, 1)]
    usage = {"prompt_tokens": 8, "total_tokens": 8}
    body = {"object": "list", "model": "embed-9-2026", "data": vectors, "usage": usage}
    provider.queue("/v1/embeddings", answer(body), answer(body))
    made = client.embeddings.create(model="embed-9", input=["one", "two"])
    assert made.data[0].embedding == [1.0, 2.0, 3.0]
    client.embeddings.create(model="embed-9", input="one", encoding_format="base64", dimensions=3)
    default, base64 = (span.attributes for span in spans())
    assert default[semconv.INPUT] == ["one", "two"]
    assert base64[semconv.INPUT] == "one"
    assert base64[semconv.REQUEST_ENCODING_FORMATS] == ["base64"]
    for said in (default, base64):
        assert said[semconv.EMBEDDINGS_DIMENSION_COUNT] == 3
        assert said[semconv.RESPONSE_MODEL] == "embed-9-2026"
        assert said[semconv.USAGE_INPUT_TOKENS] == 8
        assert semconv.USAGE_OUTPUT_TOKENS not in said
    assert [span.name for span in spans()] == ["embeddings embed-9"] * 2


@pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")  # the client's own, of some methods
def test_images_sound_and_moderation(provider: Provider, spans: Spans, client: openai.OpenAI) -> None:
    drawn = {
        "created": 1,
        "data": [{"url": "https://images.example/1.png"}, {"b64_json": "AAAA"}],
        "output_format": "png",
    }
    for path in ("generations", "edits", "variations"):
        provider.queue(f"/v1/images/{path}", answer(drawn))
    provider.queue("/v1/audio/transcriptions", answer({"text": "Hey", "usage": {"type": "duration", "seconds": 3}}))
    provider.queue("/v1/audio/transcriptions", Reply(headers={"content-type": "text/plain"}, body=b"Hey"))
    provider.queue("/v1/audio/translations", answer({"text": "Hello"}))
    verdict = {"flagged": False, "categories": {}, "category_scores": {}, "category_applied_input_types": {}}
    provider.queue("/v1/moderations", answer({"id": "modr_1", "model": "mod-9", "results": [verdict]}))
    picture, sound = ("a.png", b"PNG", "image/png"), ("a.wav", b"RIFF", "audio/wav")
    client.images.generate(model="img-9", prompt="a cat", n=2)
    client.images.edit(model="img-9", image=picture, prompt="a dog")
    client.images.create_variation(model="img-9", image=picture)
    client.audio.transcriptions.create(model="ears-9", file=sound)
    assert client.audio.transcriptions.create(model="ears-9", file=sound, response_format="text") == "Hey"
    client.audio.translations.create(model="ears-9", file=sound)
    client.moderations.create(model="mod-9", input=["be nice"])
    found = spans()
    assert [span.name for span in found] == [
        "generate_image img-9",
        "generate_image img-9",
        "generate_image img-9",
        "transcribe_audio ears-9",
        "transcribe_audio ears-9",
        "translate_audio ears-9",
        "moderate mod-9",
    ]
    for span in found:
        conventions.check(span.attributes)
        assert not {semconv.USAGE_INPUT_TOKENS, semconv.USAGE_OUTPUT_TOKENS} & span.attributes.keys()
    assert found[0].attributes[semconv.REQUEST_CHOICE_COUNT] == 2
    assert found[0].attributes[semconv.OUTPUT_MESSAGES][0]["parts"] == [
        {"type": "uri", "modality": "image", "mime_type": None, "uri": "https://images.example/1.png"},
        {"type": "blob", "modality": "image", "mime_type": "image/png", "content": "AAAA"},
    ]
    heard = [span.attributes[semconv.OUTPUT_MESSAGES][0]["parts"][0]["content"] for span in found[3:6]]
    assert heard == ["Hey", "Hey", "Hello"]
    assert found[6].attributes[semconv.INPUT] == ["be nice"]
    assert found[6].attributes[semconv.OUTPUT][0]["flagged"] is False


@pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")  # the client's own, of some methods
async def test_every_async_method_makes_one_span(
    provider: Provider, spans: Spans, async_client: openai.AsyncOpenAI
) -> None:
    provider.queue(wire.CHAT, answer(wire.completion()), answer(wire.completion("{}")))
    provider.queue(wire.RESPONSES, answer(wire.response(wire.said("Hello"))), answer(wire.response(wire.said("{}"))))
    provider.queue("/v1/responses/resp_1", answer(wire.response(wire.said("Hello"))), method="GET")
    provider.queue(
        "/v1/completions", answer({"id": "c", "object": "text_completion", "created": 1, "model": "m", "choices": []})
    )
    provider.queue("/v1/embeddings", answer({"object": "list", "model": "m", "data": []}))
    provider.queue("/v1/images/generations", answer({"created": 1, "data": []}))
    provider.queue("/v1/audio/speech", Reply(headers={"content-type": "audio/mpeg"}, body=b"sound"))
    provider.queue("/v1/audio/transcriptions", answer({"text": "Hey"}))
    provider.queue("/v1/audio/translations", answer({"text": "Hey"}))
    provider.queue("/v1/moderations", answer({"id": "modr_1", "model": "mod-9", "results": []}))
    sound = ("a.wav", b"RIFF", "audio/wav")

    class Empty(openai.BaseModel):
        pass

    await async_client.chat.completions.create(**ASK)
    await async_client.chat.completions.parse(**ASK, response_format=Empty)
    await async_client.responses.create(model="gpt-9", input="Hi")
    await async_client.responses.parse(model="gpt-9", input="Hi", text_format=Empty)
    await async_client.responses.retrieve("resp_1")
    await async_client.completions.create(model="m", prompt=["a", "b"])
    await async_client.embeddings.create(model="m", input=[1, 2, 3], encoding_format="float")
    await async_client.images.generate(model="m", prompt="a cat")
    await async_client.audio.speech.create(model="m", voice="ash", input="Read")
    await async_client.audio.transcriptions.create(model="m", file=sound)
    await async_client.audio.translations.create(model="m", file=sound)
    await async_client.moderations.create(input="be nice")
    assert provider.left == 0
    assert [span.attributes[semconv.OPERATION] for span in spans()] == [
        "chat",
        "chat",
        "chat",
        "chat",
        "fetch_response",
        "text_completion",
        "embeddings",
        "generate_image",
        "generate_speech",
        "transcribe_audio",
        "translate_audio",
        "moderate",
    ]
    for span in spans():
        conventions.check(span.attributes)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, openai.BadRequestError),
        (401, openai.AuthenticationError),
        (403, openai.PermissionDeniedError),
        (404, openai.NotFoundError),
        (409, openai.ConflictError),
        (422, openai.UnprocessableEntityError),
        (429, openai.RateLimitError),
        (500, openai.InternalServerError),
    ],
)
def test_an_error_status_is_recorded_and_raised(
    status: int, expected: type[openai.APIStatusError], provider: Provider, spans: Spans, client: openai.OpenAI
) -> None:
    body = {"error": {"message": "no", "type": "t", "code": "c", "param": None}}
    provider.queue(wire.CHAT, answer(body, status=status))
    with pytest.raises(expected) as caught:
        client.chat.completions.create(**ASK)
    assert caught.value.body == body["error"]
    (span,) = spans()
    assert span.status_code == 2
    assert span.attributes[semconv.ERROR_TYPE] == f"openai.{expected.__name__}"
    assert span.attributes[semconv.INPUT_MESSAGES][0]["parts"][0]["content"] == "Hi"
    assert semconv.OUTPUT_MESSAGES not in span.attributes


@pytest.mark.parametrize("end", ["recovers", "fails"])
def test_retries_are_one_span(end: str, provider: Provider, spans: Spans, client: openai.OpenAI) -> None:
    busy = answer(
        {"error": {"message": "busy"}}, status=429, headers={"content-type": "application/json", "retry-after": "0.01"}
    )
    provider.queue(wire.CHAT, busy, busy, answer(wire.completion()) if end == "recovers" else busy)
    again = client.with_options(max_retries=2)
    if end == "recovers":
        again.chat.completions.create(**ASK)
    else:
        with pytest.raises(openai.RateLimitError):
            again.chat.completions.create(**ASK)
    assert len(provider.asked) == 3
    assert (semconv.ERROR_TYPE in only(spans)) is (end == "fails")


def test_a_timeout_and_a_refused_connection(provider: Provider, spans: Spans, client: openai.OpenAI) -> None:
    provider.queue(wire.CHAT, answer(wire.completion(), pause=0.5))
    with pytest.raises(openai.APITimeoutError):
        client.with_options(timeout=0.05).chat.completions.create(**ASK)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(openai.APIConnectionError):
        client.with_options(base_url=f"http://127.0.0.1:{port}/v1").chat.completions.create(**ASK)
    late, refused = (span.attributes for span in spans())
    assert late[semconv.ERROR_TYPE] == "openai.APITimeoutError"
    assert refused[semconv.ERROR_TYPE] == "openai.APIConnectionError"
    assert refused[semconv.SERVER_PORT] == port


def test_a_call_that_the_client_refuses_is_refused_the_same(
    provider: Provider, spans: Spans, client: openai.OpenAI
) -> None:
    create: Any = client.chat.completions.create
    with pytest.raises(TypeError, match="Missing required arguments"):
        create(model="gpt-9")
    with pytest.raises(TypeError, match="unexpected keyword argument"):
        create(**ASK, wrong=1)
    assert [span.attributes[semconv.ERROR_TYPE] for span in spans()] == ["TypeError", "TypeError"]
    assert provider.asked == []


def test_a_fault_of_ours_costs_the_caller_nothing(
    provider: Provider, client: openai.OpenAI, data_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    def broken(*_: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(_openai_chat_stream.Accumulator, "add", broken)
    monkeypatch.setattr(taps, "left_outcome", broken)
    monkeypatch.setattr(bodies.Reading, "data", broken)
    monkeypatch.setattr(bodies.Reading, "end", broken)
    provider.queue(wire.CHAT, events(wire.chat("Hello")), events(wire.chat("Hello")), answer(wire.completion()))
    monkeypatch.setattr(guard, "_counts", Counter())  # the first fault of each place is told
    before = sum(count for count, _ in guard.faults().values())
    tracekit.autolog(directory=data_dir, instrument=["openai"])
    try:
        assert len(list(client.chat.completions.create(**ASK, stream=True))) == 4
        with client.chat.completions.create(**ASK, stream=True) as stream:
            assert next(stream).id == "chatcmpl-1"
        with client.chat.completions.with_streaming_response.create(**ASK) as response:
            assert response.json() == wire.completion()
    finally:
        tracekit.uninstrument()
    assert sum(count for count, _ in guard.faults().values()) > before
    assert "a fault of tracekit's own" in capsys.readouterr().err
