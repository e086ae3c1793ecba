"""Model calls made through an HTTP library alone, of every library: each way in which a reply can come and end."""

from __future__ import annotations

import gc
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
import pytest

import tracekit_integrations
from tests.clients.http.speaking import AIOHTTP
from tests.support.conventions import outcome
from tests.support.exchanges import (
    ASKED,
    CHAT,
    CHUNKS,
    CLAUDE,
    CONTENTS,
    GEMINI,
    HI,
    SAID,
    chunk,
    only,
    spans,
    texts,
    tokens,
)
from tests.support.faults import harm
from tests.support.provider import Provider, answer, events
from tests.support.speakers import SPEAKERS, Speaker
from tracekit import semconv
from tracekit_integrations import _request, http

ALL = (*SPEAKERS, AIOHTTP)


@pytest.fixture(params=ALL, ids=lambda speaker: speaker.name)
def speaker(request: pytest.FixtureRequest) -> Speaker:
    return request.param


@pytest.mark.usefixtures("heard")
def test_a_whole_reply_is_a_call(speaker: Speaker, provider: Provider, data_dir: Path) -> None:
    provider.queue(CHAT, answer(SAID))
    status, text = speaker.whole(provider.url + CHAT, ASKED)
    assert (status, "Hello" in text) == (200, True)
    span = only(data_dir)
    assert (span.name, span.kind, outcome(span.attributes)) == ("chat gpt-9", 3, "complete")
    assert (texts(span), tokens(span)) == ("Hello", (7, 3))
    assert span.attributes[semconv.INPUT_MESSAGES][0]["parts"][0]["content"] == "Hi"
    assert span.attributes[semconv.PROVIDER] == "openai"
    assert span.attributes[semconv.RESPONSE_MODEL] == "gpt-9-1"
    assert span.attributes[semconv.SERVER_PORT] == int(provider.url.rpartition(":")[2])


@pytest.mark.usefixtures("heard")
def test_a_stream_is_seen_as_it_is_read(speaker: Speaker, provider: Provider, data_dir: Path) -> None:
    provider.queue(CHAT, events(CHUNKS))
    lines = speaker.lines(provider.url + CHAT, {**ASKED, "stream": True})
    assert [line for line in lines if line] == [line for line in events(CHUNKS).body.decode().splitlines() if line]
    span = only(data_dir)
    assert (texts(span), tokens(span), outcome(span.attributes)) == ("Hello", (7, 3), "complete")
    assert span.attributes[semconv.REQUEST_STREAM] is True
    assert 0 < span.attributes[semconv.RESPONSE_TIME_TO_FIRST_CHUNK] <= span.attributes[semconv.TIME_TO_LAST_CHUNK]


@pytest.mark.usefixtures("heard")
def test_a_stream_that_is_left_is_abandoned(speaker: Speaker, provider: Provider, data_dir: Path) -> None:
    provider.queue(CHAT, events([chunk("Hel" * 400), *CHUNKS]))
    assert speaker.left(provider.url + CHAT, {**ASKED, "stream": True}).startswith(b"data: {")
    assert outcome(only(data_dir).attributes) == "abandoned"


@pytest.mark.usefixtures("heard")
def test_a_stream_that_breaks_off_is_an_error(speaker: Speaker, provider: Provider, data_dir: Path) -> None:
    provider.queue(CHAT, events(CHUNKS[:1], done=False, cut=True))
    with pytest.raises(Exception) as caught:  # noqa: PT011 - each library has its own
        speaker.lines(provider.url + CHAT, {**ASKED, "stream": True})
    assert "tracekit" not in str(caught.value)
    span = only(data_dir)
    assert (span.status_code, texts(span), outcome(span.attributes)) == (2, "Hel", "partial")


@pytest.mark.usefixtures("heard")
def test_a_refusal_is_told_by_its_status(speaker: Speaker, provider: Provider, data_dir: Path) -> None:
    refusal = answer({"error": {"message": "slow down"}}, status=429)
    provider.queue(CHAT, refusal, answer({"error": {"message": "no"}}, status=401))
    assert speaker.whole(provider.url + CHAT, ASKED)[0] == 429
    assert speaker.dropped(provider.url + CHAT, ASKED) == 401
    first, second = spans(data_dir)
    assert (first.attributes[semconv.ERROR_TYPE], first.status_code, first.status_message) == ("429", 2, "slow down")
    assert (second.attributes[semconv.ERROR_TYPE], second.status_code, outcome(second.attributes)) == (
        "401",
        2,
        "complete",
    )


@pytest.mark.usefixtures("heard")
def test_a_timeout_is_the_librarys_own(speaker: Speaker, provider: Provider, data_dir: Path) -> None:
    provider.queue(CHAT, answer(SAID, pause=0.3))
    with pytest.raises(Exception) as caught:  # noqa: PT011 - each library has its own
        speaker.slow(provider.url + CHAT, ASKED)
    assert "tracekit" not in str(caught.value)
    span = only(data_dir)
    assert (span.attributes[semconv.ERROR_TYPE], span.status_code) == (speaker.timeout, 2)


@pytest.mark.usefixtures("heard")
def test_what_asks_no_model_passes(speaker: Speaker, provider: Provider, data_dir: Path) -> None:
    provider.queue("/v1/files", answer({"id": "f1"}))
    provider.queue(CHAT, answer({"id": "x"}))
    assert speaker.whole(f"{provider.url}/v1/files", {"messages": HI})[0] == 200
    assert speaker.whole(provider.url + CHAT, {"title": "not for a model"})[0] == 200
    assert spans(data_dir) == []


@pytest.mark.torture
def test_a_fault_at_any_line_costs_the_program_nothing(
    provider: Provider, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRACEKIT_INSTRUMENT", "http")

    def program() -> Any:
        _request._seen.clear()
        _request.address.cache_clear()
        http._sender.cache_clear()
        found: list[Any] = []
        for speaker in (ALL[0], ALL[4], AIOHTTP):
            provider.queue(CHAT, answer(SAID), events(CHUNKS), events(CHUNKS), answer({"error": "no"}, status=400))
            provider.queue(CHAT, answer(SAID))
            url = provider.url + CHAT
            found += [speaker.whole(url, ASKED), speaker.lines(url, ASKED), speaker.left(url, ASKED)[:5]]
            found += [speaker.whole(url, ASKED), speaker.whole(url, {"title": "no model's"})]
            gc.collect()
        provider.queue("/v1/messages", answer(CLAUDE))
        provider.queue("/v1/models/g-9:generateContent", answer(GEMINI))
        with httpx.Client(verify=False) as client:
            provider.queue(CHAT, events(CHUNKS))
            with client.stream("POST", provider.url + CHAT, json={**ASKED, "stream": True}) as reply:
                found.append(list(islice(reply.iter_lines(), 4)))
            found.append(client.post(f"{provider.url}/v1/messages", json={"messages": HI}).json())
            found.append(client.post(f"{provider.url}/v1/models/g-9:generateContent", json=CONTENTS).json())
        return found

    at_import = (
        "methods =",
        "name: Method(",
        "request=partial",
        "response=partial",
        "accumulator=",
        "for name, api",
        "}",
    )
    at_import += ("def choose", "return choose")
    assert harm([Path(tracekit_integrations.__file__).parent / "http.py"], program, data_dir, at_import=at_import) == []
