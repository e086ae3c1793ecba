"""Programs that ask OpenAI and those who speak its language: between them they pass every line of the integration."""

from __future__ import annotations

from typing import Any

import openai

from tests.integrations import wire
from tests.integrations.scenarios.stage import Stage
from tests.support.provider import Reply, answer, events
from tracekit_integrations import _request

ASK: Any = {"model": "gpt-9", "messages": [{"role": "user", "content": "Hi"}]}
JSON_CALL = {"id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"a": NaN}'}}
CUSTOM_CALL = {"id": "c2", "type": "custom", "custom": {"name": "run", "input": "17"}}


ASKED: list[Any] = [
    {"role": "developer", "content": "Rules", "name": "boss"},
    {
        "role": "user",
        "content": [
            "bare",
            {"type": "text", "text": "a"},
            {"type": "refusal", "refusal": "no"},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
            {"type": "image_url", "image_url": "https://images.example/1.png"},
            {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "mp3"}},
            {"type": "file", "file": {"file_id": "file-1"}},
            {"type": "file", "file": {"file_url": "https://files.example/a.pdf"}},
            {"type": "file", "file": {"filename": "a.pdf"}},
            {"type": "video_url", "video_url": {"url": "u"}},
        ],
    },
    {"role": "assistant", "content": None, "tool_calls": [JSON_CALL, CUSTOM_CALL], "reasoning_content": "hm"},
    {"role": "assistant", "content": None, "audio": {"id": "audio_1"}},
    {"role": "assistant", "content": None, "function_call": {"name": "old", "arguments": {"a": 1}}},
    {"role": "tool", "tool_call_id": "c1", "content": "2"},
    {"role": "function", "name": "old", "content": "1"},
]
TOOLS: list[Any] = [
    {"type": "function", "function": {"name": "a", "description": "d", "parameters": {"type": "object"}}},
    {"type": "mcp", "server_label": "wiki"},
]
GIVEN: dict[str, Any] = {
    "temperature": 0.5,
    "max_tokens": 9,
    "service_tier": "flex",
    "n": 2,
    "stop": ["END"],
    "response_format": {"type": "json_object"},
    "modalities": ["audio"],
}


def chat_whole(on: Stage) -> Any:
    """A whole reply to a request that has everything in it."""
    sound = {"id": "audio_1", "data": "AAAA", "transcript": "Hey", "expires_at": 1}
    reply = wire.completion("Hello", tool_calls=[JSON_CALL], refusal="no", audio=sound)
    more = {"service_tier": "flex", "system_fingerprint": "fp_1", "error": {"code": "c"}}
    on.queue(wire.CHAT, answer(reply | more))
    return on.gpt.chat.completions.create(
        model="gpt-9", messages=ASKED, tools=TOOLS, **GIVEN, extra_body={"functions": [{"name": "old"}]}
    )


def chat_streamed(on: Stage) -> Any:
    """A streamed reply with pieces of every kind."""

    def call(index: int | None, arguments: Any, **head: Any) -> dict[str, Any]:
        return {"index": index, **head, "function": {"name": "f", "arguments": arguments}}

    thought = {"type": "thinking", "thinking": []}
    chunks = [
        wire.chunk(wire.delta(role="assistant", content=[thought], reasoning_content="hm")),
        wire.chunk(wire.delta(content="Hi", refusal="no")),
        wire.chunk(wire.delta(tool_calls=[call(0, '{"a"', id="c1"), call(None, {"b": 1}, id="c2")])),
        wire.chunk(wire.delta(tool_calls=[{"id": "c3", "custom": {"name": "run", "input": "1"}}])),
        wire.chunk(wire.delta(function_call={"name": "old", "arguments": "{}"})),
        wire.chunk(wire.delta(audio={"data": "AA==", "transcript": "He"})),
        wire.chunk(wire.delta(audio={"data": "not base64!"}, finish="stop")),
        wire.chunk(usage=wire.USAGE),
    ]
    on.queue(wire.CHAT, events(chunks))
    return list(on.gpt.chat.completions.create(**ASK, stream=True))


def chat_left(on: Stage) -> Any:
    """Streams that their caller leaves: at a chunk of a choice, and at one of usage."""
    on.queue(wire.CHAT, *[events(wire.chat("Hello"))] * 2)
    seen: list[Any] = []
    for count in (1, 4):
        with on.gpt.chat.completions.create(**ASK, stream=True) as stream:
            seen += [next(stream) for _ in range(count)]
    return seen


def azure(on: Stage) -> Any:
    """A client that is told by its class."""
    on.queue("/openai/deployments/d/chat/completions", answer(wire.completion()))
    plain = openai.DefaultHttpxClient(verify=False)
    options: Any = {"azure_endpoint": on.provider.url, "api_version": "v", "api_key": "none", "http_client": plain}
    with openai.AzureOpenAI(**options, max_retries=0) as client:
        return client.chat.completions.create(**{**ASK, "model": "d"})


def known_host(on: Stage) -> Any:
    """A client whose provider is told by its host, which is not there."""
    elsewhere = on.gpt.with_options(base_url="http://api.groq.com:9/v1", timeout=0.05)
    try:
        return elsewhere.chat.completions.create(**ASK)
    except openai.APIError as error:
        return type(error)


def odd_values(on: Stage) -> Any:
    """Content that is nested deeper than it is recorded, and some that the client cannot send."""
    deep: Any = 1
    for _ in range(70):
        deep = [deep]
    on.queue(wire.CHAT, answer(wire.completion()))
    seen: list[Any] = []
    for inner in (deep, {"a": b"bytes"}):
        content: Any = [{"type": "thing", "thing": inner}]
        try:
            seen.append(on.gpt.chat.completions.create(**{**ASK, "messages": [{"role": "user", "content": content}]}))
        except TypeError as error:
            seen.append(type(error))
    return seen


def many_clients(on: Stage) -> Any:
    """The one client too many for what is kept of each."""
    _request._seen.update({("", number): ("", _request.Endpoint("", None, None)) for number in range(256)})
    on.queue(wire.CHAT, answer(wire.completion()))
    return on.gpt.chat.completions.create(**ASK)


class Answer(openai.BaseModel):
    """What a reply is parsed as."""


def parsed(on: Stage) -> Any:
    """A reply by a class of the caller's."""
    on.queue(wire.CHAT, answer(wire.completion("{}")))
    return on.gpt.chat.completions.parse(**ASK, response_format=Answer)


def no_address(on: Stage) -> Any:
    """A client without a host."""
    elsewhere = on.gpt.with_options(base_url="/v1")
    try:
        return elsewhere.chat.completions.create(**ASK)
    except openai.APIError as error:
        return type(error)


def text_completion(on: Stage) -> Any:
    """A legacy completion."""
    on.queue("/v1/completions", answer(COMPLETION))
    return on.gpt.completions.create(model="old", prompt=[1])


def text_completion_streamed(on: Stage) -> Any:
    """A legacy completion, streamed."""
    on.queue("/v1/completions", events([COMPLETION, {**COMPLETION, "usage": wire.USAGE}]))
    return list(on.gpt.completions.create(model="old", prompt="Once", stream=True))


CHOICE = {"index": 0, "text": "upon", "finish_reason": "stop", "logprobs": None}
COMPLETION = {"id": "cmpl-1", "object": "text_completion", "created": 1, "model": "old", "choices": [CHOICE]}


def embeddings(on: Stage) -> Any:
    """Vectors as numbers and in base64; counts that are none."""
    body = {"object": "list", "model": "m", "usage": {"prompt_tokens": 1.0, "total_tokens": 1}}
    data = {"object": "embedding", "index": 0}
    odd = {"prompt_tokens": True, "prompt_tokens_details": {"cached_tokens": 1.5}}
    on.queue("/v1/embeddings", answer({**body, "data": [{**data, "embedding": [1.0]}]}))
    on.queue("/v1/embeddings", answer({**body, "usage": odd, "data": [{**data, "embedding": "AACAPw=="}]}))
    ask = on.gpt.embeddings.create
    return ask(model="m", input="a", encoding_format="float"), ask(model="m", input=["a"], encoding_format="base64")


def pictures(on: Stage) -> Any:
    """Images, whole and streamed."""
    drawn = {
        "created": 1,
        "data": [{"url": "https://images.example/1.png"}, {"b64_json": "AAAA"}],
        "output_format": "jpg",
    }
    usage = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}
    done = {"type": "image_generation.completed", "b64_json": "AAAA", "created_at": 1, "usage": usage}
    on.queue("/v1/images/generations", answer(drawn), events([done], done=False))
    ask = on.gpt.images.generate
    return ask(model="m", prompt="a cat"), list(ask(model="m", prompt="a cat", stream=True))


def speech(on: Stage) -> Any:
    """Speech."""
    on.queue("/v1/audio/speech", Reply(headers={"content-type": "audio/mpeg"}, body=b"sound"))
    return on.gpt.audio.speech.create(model="m", voice="ash", input="Read").content


def heard(on: Stage) -> Any:
    """Transcriptions, whole and streamed."""
    delta = {"type": "transcript.text.delta", "delta": "He"}
    done = {"type": "transcript.text.done", "text": "Hey"}
    on.queue("/v1/audio/transcriptions", answer({"text": "Hey"}))
    on.queue("/v1/audio/transcriptions", events([delta], done=False), events([delta, done], done=False))
    sound: Any = ("a.wav", b"RIFF", "audio/wav")
    ask = on.gpt.audio.transcriptions.create
    return [ask(model="m", file=sound), *[list(ask(model="m", file=sound, stream=True)) for _ in range(2)]]


def moderated(on: Stage) -> Any:
    """A moderation."""
    verdict = {"flagged": False, "categories": {}, "category_scores": {}, "category_applied_input_types": {}}
    on.queue("/v1/moderations", answer({"id": "modr_1", "model": "mod-9", "results": [verdict]}))
    return on.gpt.moderations.create(input=["be nice"])


ITEMS: list[Any] = [
    {"role": "user", "content": "a"},
    {"role": "user", "content": [{"type": "input_text", "text": "a"}, {"type": "input_image", "file_id": "file-1"}]},
    {
        "role": "user",
        "content": [{"type": "input_audio", "input_audio": {"data": "AA", "format": "wav"}}, {"type": "x"}],
    },
    {"role": "assistant", "content": [{"type": "refusal", "refusal": "no"}]},
    {"type": "function_call", "call_id": "c1", "name": "add", "arguments": '{"a": 1}'},
    {"type": "function_call_output", "call_id": "c1", "output": "2"},
    {"type": "custom_tool_call", "call_id": "c2", "name": "run", "input": "17"},
    {"type": "computer_call", "id": "cu_1", "call_id": "c3", "status": "completed", "action": {"type": "wait"}},
    {"type": "item_reference", "id": "msg_9"},
]
MADE: list[Any] = [
    {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "hm"}]},
    {"type": "file_search_call", "id": "fs_1", "status": "completed", "queries": ["q"]},
    wire.said("Hello"),
]


def response_whole(on: Stage) -> Any:
    """A response to a request that has everything in it."""
    on.queue(wire.RESPONSES, answer(wire.response(*MADE, service_tier="flex", conversation={"id": "conv_1"})))
    given: Any = {"conversation": "conv_1", "reasoning": {"effort": "low"}, "text": {"format": {"type": "text"}}}
    tools: Any = [{"type": "web_search"}]
    return on.gpt.responses.create(model="gpt-9", input=ITEMS, instructions="Be brief.", tools=tools, **given)


def response_failed(on: Stage) -> Any:
    """A response that failed, and one that was cut short."""
    on.queue(wire.RESPONSES, answer(wire.response(status="failed", error={"code": "c", "message": "m"})))
    on.queue(wire.RESPONSES, answer(wire.response(status="incomplete", usage=None)))
    return [on.gpt.responses.create(model="gpt-9", input="Hi") for _ in range(2)]


def response_fetched(on: Stage) -> Any:
    """A response that was made before, whole and in events."""
    on.queue("/v1/responses/resp_1", answer(wire.response(wire.said("Hello"))), method="GET")
    on.queue("/v1/responses/resp_1", events(wire.response_events("Hello"), done=False), method="GET")
    return on.gpt.responses.retrieve("resp_1"), list(on.gpt.responses.retrieve("resp_1", stream=True))


def streamed(on: Stage, script: list[Any]) -> Any:
    """A response in these events."""
    on.queue(wire.RESPONSES, events(script, done=False))
    return list(on.gpt.responses.create(model="gpt-9", input="Hi", stream=True))


SCRIPT = wire.response_events("Hel", "lo")


def response_streamed(on: Stage) -> Any:
    """A response in events."""
    return streamed(on, SCRIPT)


def response_broken_off(on: Stage) -> Any:
    """Events that break off in words, before a call's arguments, and in them."""
    call = {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "add", "arguments": ""}
    added = {"type": "response.output_item.added", "output_index": 0, "item": call}
    written = {"type": "response.function_call_arguments.delta", "output_index": 0, "item_id": "fc_1", "delta": "{"}
    return [streamed(on, script) for script in (SCRIPT[:5], [SCRIPT[0], added], [SCRIPT[0], added, written])]


def response_failed_in_events(on: Stage) -> Any:
    """An error among events that the caller reads itself."""
    failed = {"type": "error", "code": "server_error", "message": "sorry", "param": None}
    on.queue(wire.RESPONSES, events([SCRIPT[0], failed], done=False))
    with on.gpt.responses.with_streaming_response.create(model="gpt-9", input="Hi", stream=True) as response:
        return response.text()


SCENARIOS = (
    chat_whole,
    chat_streamed,
    chat_left,
    azure,
    known_host,
    no_address,
    odd_values,
    many_clients,
    parsed,
    text_completion,
    text_completion_streamed,
    embeddings,
    pictures,
    speech,
    heard,
    moderated,
    response_whole,
    response_failed,
    response_fetched,
    response_streamed,
    response_broken_off,
    response_failed_in_events,
)
