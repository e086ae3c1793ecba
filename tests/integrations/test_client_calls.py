"""What is particular to one of the clients: names imported early, functions that a client runs, its own spans."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx2
import ollama
import pytest
from mistralai.client import Mistral
from mistralai.extra.observability.telemetry import configure_telemetry
from opentelemetry import trace

import tracekit
from tests.integrations.clients import gemini
from tests.integrations.scenarios import google_calls, mistral_calls
from tests.support import conventions
from tests.support.patched import Spans
from tests.support.provider import Provider, answer
from tests.support.recorded import journaled
from tracekit import semconv

EARLY = """
from ollama import chat
import ollama, tracekit
tracekit.autolog()
hi = [{"role": "user", "content": "Hi"}]
chat("m-9", hi)
ollama.chat("m-9", hi)
assert len(list(chat("m-9", hi, stream=True))) == 1
tracekit.flush()
"""


def test_functions_of_ollamas_module_are_recorded_whenever_they_were_imported(
    provider: Provider, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"model": "m-9", "message": {"role": "assistant", "content": "Hello"}, "done": True, "done_reason": "stop"}
    provider.queue("/api/chat", answer(body), answer(body), answer(body))
    monkeypatch.setenv("OLLAMA_HOST", provider.url)
    subprocess.run([sys.executable, "-c", EARLY], check=True, cwd=Path(__file__).parents[2])
    spans = journaled(data_dir).ended
    assert [span.name for span in spans] == ["chat m-9"] * 3
    for span in spans:
        assert span.attributes[semconv.OUTPUT_MESSAGES][0]["parts"] == [{"type": "text", "content": "Hello"}]


def test_calls_of_a_clients_function_stand_beneath_the_tool(provider: Provider, spans: Spans) -> None:
    path = f"{google_calls.MODEL}:generateContent"
    call = {"functionCall": {"name": "look_up", "args": {"what": "a"}}}
    said = [answer(google_calls.reply(part)) for part in (call, {"text": "inner"}, {"text": "outer"})]
    provider.queue(path, *said)
    with gemini(provider.url) as client:

        def look_up(what: str) -> str:
            """Asks again."""
            return client.models.generate_content(model="m-9", contents=what).text or ""

        with tracekit.span("chat"):
            client.chats.create(model="m-9", config={"tools": [look_up]}).send_message("Hi")
    (inner,) = [span for span in spans() if '"inner"' in json.dumps(span.attributes.get(semconv.OUTPUT_MESSAGES))]
    (tool,) = [span for span in spans() if span.name == "execute_tool look_up"]
    (chat,) = [span for span in spans() if span.name == "chat"]
    assert inner.parent_span_id == tool.span_id
    assert tool.kind == 1
    assert tool.attributes[semconv.TOOL_CALL_ARGUMENTS] == {"what": "a"}
    assert tool.attributes[semconv.TOOL_CALL_RESULT] == "inner"
    assert tool.attributes[semconv.TOOL_DESCRIPTION] == "Asks again."
    assert [span.parent_span_id for span in spans()].count(chat.span_id) == 3  # two turns and the tool between them


def test_gemini_counts_thoughts_and_tools_beside(provider: Provider, spans: Spans) -> None:
    provider.queue(f"{google_calls.MODEL}:generateContent", answer(google_calls.reply({"text": "Hello"})))
    with gemini(provider.url) as client:
        client.models.generate_content(model="m-9", contents="Hi")
    (span,) = spans()
    conventions.check(span.attributes)
    assert span.attributes[semconv.USAGE_INPUT_TOKENS] == 9
    assert span.attributes[semconv.USAGE_OUTPUT_TOKENS] == 7
    assert span.attributes[semconv.USAGE_CACHE_READ] == 5
    assert span.attributes[semconv.USAGE_REASONING] == 4


def test_mistrals_own_span_gives_way(provider: Provider, spans: Spans) -> None:
    provider.queue("/v1/chat/completions", answer(mistral_calls.reply("Hello")))
    with httpx2.Client(verify=False) as http:
        client: Any = Mistral(api_key="none", server_url=provider.url, client=http)
        configure_telemetry(client, provider="global")
        client.chat.complete(model="m-9", messages=mistral_calls.HI)
    (span,) = spans()
    assert span.scope_name == semconv.SCOPE
    assert trace.get_current_span() is trace.INVALID_SPAN


def test_a_picture_is_recorded_as_bytes(provider: Provider, spans: Spans) -> None:
    body = {"model": "m-9", "message": {"role": "assistant", "content": "A cat"}, "done": True}
    provider.queue("/api/chat", answer(body))
    with ollama.Client(provider.url, verify=False) as client:
        client.chat("m-9", [{"role": "user", "content": "What?", "images": [b"\x89PNG"]}])
    (span,) = spans()
    conventions.check(span.attributes)
    assert span.attributes[semconv.INPUT_MESSAGES][0]["parts"] == [
        {"type": "text", "content": "What?"},
        {"type": "blob", "modality": "image", "mime_type": None, "content": "iVBORw=="},
    ]
