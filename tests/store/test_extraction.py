"""Base64 out of spans and back: what is taken, what stays, and that nothing is said differently afterwards."""

from __future__ import annotations

import base64
import json
import os
from typing import Any

import pytest

from tracekit.dialects import canonical
from tracekit.model import RawLog, RawSpan, Span
from tracekit.store.extraction import SMALL, Reference, extract, extract_log, references, restored

BYTES = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20
PLAIN = base64.b64encode(BYTES).decode()
URI = f"data:image/png;base64,{PLAIN}"
ODD = b"\xfb\xff" * 3000 + b"\x01"


def span(**attributes: Any) -> Span:
    return canonical(
        RawSpan(trace_id="t" * 32, span_id="s" * 16, parent_span_id=None, name="n", start_ns=1, attributes=attributes)
    )


def parts_as(*parts: Any) -> str:
    return json.dumps([{"role": "user", "parts": list(parts)}])


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(
            {"type": "blob", "modality": "image", "mime_type": "image/png", "content": PLAIN}, id="convention"
        ),
        pytest.param({"type": "image_url", "image_url": {"url": URI}}, id="openai-chat"),
        pytest.param({"type": "input_image", "image_url": URI}, id="openai-responses"),
        pytest.param({"type": "input_audio", "input_audio": {"data": PLAIN, "format": "wav"}}, id="openai-audio"),
        pytest.param({"type": "file", "file": {"filename": "a.pdf", "file_data": URI}}, id="openai-file"),
        pytest.param(
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PLAIN}}, id="anthropic"
        ),
        pytest.param({"image": {"format": "png", "source": {"bytes": PLAIN}}}, id="bedrock"),
        pytest.param({"inlineData": {"mimeType": "image/png", "data": PLAIN}}, id="gemini"),
        pytest.param({"type": "file", "mediaType": "image/png", "data": PLAIN}, id="vercel"),
        pytest.param(
            {
                "type": "tool_call_response",
                "id": "1",
                "response": {"content": [{"type": "image", "mimeType": "image/png", "data": PLAIN}]},
            },
            id="mcp-result",
        ),
        pytest.param(
            {"type": "tool_call_response", "id": "1", "response": json.dumps({"b64_json": PLAIN})}, id="json-in-json"
        ),
        pytest.param({"type": "text", "content": f"look: ![x]({URI}) and say"}, id="uri-in-text"),
    ],
)
def test_base64_of_every_provider_is_taken_and_put_back_word_for_word(content: Any) -> None:
    said = parts_as(content)
    before = span(**{"gen_ai.operation.name": "chat", "gen_ai.input.messages": said})
    after, blobs = extract(before)
    assert list(blobs.values()) == [BYTES]
    assert PLAIN[:80] not in json.dumps(after.input_messages) + json.dumps(after.attributes)
    assert restored(after.attributes["gen_ai.input.messages"], blobs) == said
    assert json.loads(restored(json.dumps(after.input_messages), blobs)) == before.input_messages
    assert [found.size for found in references(after.input_messages)] == [len(BYTES)]
    assert extract(after) == (after, {})


@pytest.mark.parametrize(
    "text",
    [
        base64.b64encode(ODD).decode(),
        base64.b64encode(ODD).decode().rstrip("="),
        base64.urlsafe_b64encode(ODD).decode(),
        base64.urlsafe_b64encode(ODD).decode().rstrip("="),
    ],
    ids=["plain", "unpadded", "url", "url-unpadded"],
)
def test_each_way_to_write_base64_comes_back(text: str) -> None:
    after, blobs = extract(span(payload=f"data:application/x;base64,{text}"))
    assert (list(blobs.values()), len(after.attributes["payload"]) < 200) == ([ODD], True)
    assert restored(after.attributes["payload"], blobs).endswith("," + text)


@pytest.mark.parametrize(
    "attributes",
    [
        pytest.param({"input.value": "a" * 8000}, id="long text"),
        pytest.param({"gen_ai.input.messages": parts_as({"type": "text", "content": "a" * 8000})}, id="text part"),
        pytest.param({"note": PLAIN}, id="nothing says what it is"),
        pytest.param(
            {
                "x": json.dumps(
                    {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "a" * 8000}}
                )
            },
            id="text source",
        ),
        pytest.param({"x": "data:image/png;base64," + PLAIN[:SMALL] + "A" + "="}, id="broken padding"),
        pytest.param({"x": URI[:-1] + "!" + "==="}, id="broken end"),
        pytest.param({"x": "data:image/png;base64," + "-+" * 4000}, id="two alphabets"),
        pytest.param({"x": "data:image/png;base64," + base64.b64encode(b"x" * 300).decode()}, id="small"),
        pytest.param({"x": "[" * 100_000}, id="deep"),
    ],
)
def test_what_is_not_said_to_be_base64_or_is_none_stays(attributes: dict[str, Any]) -> None:
    before = span(**attributes)
    assert extract(before) == (before, {})


def test_one_content_in_many_places_is_one_attachment() -> None:
    block = {"type": "blob", "modality": "image", "mime_type": "image/png", "content": PLAIN}
    after, blobs = extract(span(**{"gen_ai.input.messages": parts_as(block, block), "again": URI}))
    assert (len(blobs), after.attributes["again"].count("sha256")) == (1, 1)


def test_a_log_record_is_treated_alike() -> None:
    log = RawLog(body={"content": [{"type": "image_url", "image_url": {"url": URI}}]}, attributes={"a": 1})
    after, blobs = extract_log(log)
    assert restored(json.dumps(after.body), blobs) == json.dumps(log.body)
    assert PLAIN not in json.dumps(after.body)


def test_a_token_without_its_content_stays() -> None:
    token = Reference(sha256=os.urandom(32).hex(), size=9).token
    assert restored(token, {}) == token
