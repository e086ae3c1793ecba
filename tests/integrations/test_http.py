"""Model calls made through an HTTP library alone: seen when asked for, read like a client's, and never twice.

Each way in which a reply can end is tried in `tests/clients/http`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

import tracekit
from tests.integrations.clients import STREAMING, Streaming
from tests.support.conventions import outcome
from tests.support.exchanges import (
    ASKED,
    CHAT,
    CHUNKS,
    CLAUDE,
    CONTENTS,
    GEMINI,
    HI,
    RESPONSE,
    SAID,
    VECTORS,
    chunk,
    only,
    spans,
    texts,
    tokens,
)
from tests.support.provider import Provider, Reply, answer, events
from tests.support.speakers import SPEAKERS, Speaker
from tracekit import semconv
from tracekit.sdk import registry


@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize("speaker", SPEAKERS, ids=lambda speaker: speaker.name)
def test_each_library_is_heard(speaker: Speaker, provider: Provider, data_dir: Path) -> None:
    provider.queue(
        CHAT, answer(SAID), events(CHUNKS), events([chunk("Hel" * 400), *CHUNKS]), answer({"error": "no"}, status=400)
    )
    url = provider.url + CHAT
    assert "Hello" in speaker.whole(url, ASKED)[1]
    assert len(list(filter(None, speaker.lines(url, {**ASKED, "stream": True})))) == len(CHUNKS) + 1
    assert speaker.left(url, {**ASKED, "stream": True})
    assert speaker.dropped(url, ASKED) == 400
    whole, read, left, refused = spans(data_dir)
    assert [(texts(each), tokens(each)) for each in (whole, read)] == [("Hello", (7, 3))] * 2
    assert (outcome(left.attributes), refused.attributes[semconv.ERROR_TYPE]) == ("abandoned", "400")


def test_nothing_is_there_unless_it_is_named(provider: Provider, data_dir: Path) -> None:
    send = httpx.Client.send
    tracekit.autolog(directory=data_dir)
    try:
        assert "http" not in registry.installed
        assert "openai" in registry.installed
        provider.queue(CHAT, answer(SAID))
        with httpx.Client(verify=False) as client:
            assert client.post(provider.url + CHAT, json=ASKED).json() == SAID
    finally:
        tracekit.uninstrument()
    assert httpx.Client.send is send
    assert spans(data_dir) == []


@pytest.mark.parametrize(
    ("named", "excluded", "there"),
    [
        (["http"], [], {"http", "openai", "anthropic"}),
        (["http", "openai"], [], {"http", "openai"}),
        (["openai"], [], {"openai"}),
        (["http"], ["openai"], {"http", "anthropic"}),
        (["http"], ["http"], {"openai", "anthropic"}),
        ([], [], set()),
    ],
)
def test_naming_it_narrows_nothing(named: list[str], excluded: list[str], there: set[str], data_dir: Path) -> None:
    tracekit.autolog(directory=data_dir, instrument=named, exclude=excluded)
    try:
        assert registry.installed.keys() & {"http", "openai", "anthropic"} == there
    finally:
        tracekit.uninstrument()


@pytest.mark.usefixtures("heard")
def test_what_a_clients_integration_records_is_recorded_once(
    provider: Provider, client: openai.OpenAI, data_dir: Path
) -> None:
    provider.queue(CHAT, answer(SAID), events(CHUNKS))
    client.chat.completions.create(model="gpt-9", messages=HI)  # type: ignore[arg-type]
    assert len(list(client.chat.completions.create(model="gpt-9", messages=HI, stream=True))) == 3  # type: ignore[call-overload]
    assert [(span.scope_name, tokens(span)) for span in spans(data_dir)] == [(semconv.SCOPE, (7, 3))] * 2


@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize("streaming", STREAMING, ids=lambda streaming: streaming.name)
async def test_a_clients_stream_is_recorded_once(streaming: Streaming, provider: Provider, data_dir: Path) -> None:
    provider.queue(streaming.path, streaming.reply(), streaming.reply())
    with streaming.client(provider.url) as made:
        list(streaming.ask(made))
    async with streaming.async_client(provider.url) as made:
        stream = streaming.ask_async(made)
        opened = await stream if hasattr(stream, "__await__") else stream
        assert [each async for each in opened]
    assert [tokens(span) for span in spans(data_dir)] == [streaming.tokens] * 2


def test_a_client_that_is_left_out_is_still_heard(provider: Provider, client: openai.OpenAI, data_dir: Path) -> None:
    provider.queue(CHAT, answer(SAID))
    tracekit.autolog(directory=data_dir, instrument=["http"], exclude=["openai"])
    try:
        client.chat.completions.create(model="gpt-9", messages=HI)  # type: ignore[arg-type]
    finally:
        tracekit.uninstrument()
    assert tokens(only(data_dir)) == (7, 3)


@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize(
    ("path", "body", "reply", "expected"),
    [
        ("/v1/responses", {"model": "gpt-9", "input": "Hi"}, answer(RESPONSE), ("chat gpt-9", (7, 3))),
        ("/v1/embeddings", {"model": "e-9", "input": "Hi"}, answer(VECTORS), ("embeddings e-9", (7, None))),
        (
            "/v1/messages",
            {"model": "claude-9", "messages": HI, "max_tokens": 9},
            answer(CLAUDE),
            ("chat claude-9", (7, 3)),
        ),
        (
            "/v1/messages",
            {"model": "claude-9", "messages": HI, "max_tokens": 9, "stream": True},
            events(
                [
                    {"type": "message_start", "message": {"model": "claude-9-1", "usage": {"input_tokens": 7}}},
                    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
                    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hello"}},
                    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 3}},
                    {"type": "message_stop"},
                ],
                done=False,
            ),
            ("chat claude-9", (7, 3)),
        ),
        ("/v1/models/g-9:generateContent", CONTENTS, answer(GEMINI), ("generate_content g-9", (7, 3))),
        ("/v1/models/g-9:streamGenerateContent", CONTENTS, answer([GEMINI]), ("generate_content g-9", (7, 3))),
        (
            "/v1/models/g-9:streamGenerateContent",
            CONTENTS,
            events([GEMINI], done=False),
            ("generate_content g-9", (7, 3)),
        ),
        ("/openai/deployments/gpt-9/chat/completions", {"messages": HI}, answer(SAID), ("chat gpt-9", (7, 3))),
    ],
)
def test_each_language_is_read(  # noqa: PLR0917 - pytest gives them by name
    path: str, body: Any, reply: Reply, expected: tuple[str, Any], provider: Provider, data_dir: Path
) -> None:
    provider.queue(path, reply)
    with httpx.Client(verify=False) as client:
        client.post(f"{provider.url}{path}?alt=sse", json=body)
    span = only(data_dir)
    assert (span.name, tokens(span)) == expected
    assert texts(span) == ("" if "embeddings" in path else "Hello")
