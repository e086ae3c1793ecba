"""What a span is copied as, run: by a shell and by providers' own clients, against a server that keeps all it gets."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.support import hostile
from tracekit_viewer.copies.curl import curl
from tracekit_viewer.copies.python import python
from tracekit_viewer.copies.request import recorded
from tracekit_viewer.copies.spelling import as_json, comment

ENV = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "OPENAI_API_KEY": "key-o",
    "ANTHROPIC_API_KEY": "key-a",
    "GEMINI_API_KEY": "key-g",
    "GROQ_API_KEY": "key-q",
}
ESCAPES = [
    "'; touch pwned; '",
    '"; touch pwned; "',
    "$(touch pwned) `touch pwned` ${IFS} $OPENAI_API_KEY",
    "\nTRACEKIT_BODY\ntouch pwned\n",
    "\r\nTRACEKIT_BODY\r\ntouch pwned\r\n",
    "!touch pwned !! \\!x",
    '\\"\\\\\'\\n"""\n\'\'\'\nimport os; os.system("touch pwned")\n#',
    "\u202epwned\u2066 \u200b \x1b[31m \x07 \ufeff \U000e0068 \x85 \u2028\u2029",
    "{{7*7}} %n %s <<EOF >pwned | touch pwned & touch pwned",
    "grüße 東京 🙂 é",
    hostile.MIXTURE,
]


class Server(ThreadingHTTPServer):
    """Keeps the requests, and answers each with nothing much."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[tuple[str, dict[str, str], Any]] = []


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        assert isinstance(self.server, Server)
        self.server.requests.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        answer = b"{}"
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def span(port: int | None = None, **given: Any) -> dict[str, Any]:
    where = {} if port is None else {"server.address": "127.0.0.1", "server.port": port}
    names = (
        "name", "kind", "operation", "provider", "request_model", "status", "system_instructions", "input_messages",
        "tool_definitions", "input", "output", "output_messages", "tool_name", "tool_arguments", "tool_result",
        "documents",
    )  # fmt: skip
    return {
        **dict.fromkeys(names),
        "kind": "llm",
        "operation": "chat",
        "provider": "openai",
        "request_model": "gpt-4o",
        "status": "unset",
        **given,
        "attributes": {**where, **given.get("attributes", {})},
    }


def said(text: str) -> list[dict[str, Any]]:
    call = {"type": "tool_call", "id": "c1", "name": "look", "arguments": {"q": text, text: [1, None, True, 2.5]}}
    return [
        {"role": "user", "parts": [{"type": "text", "content": text}]},
        {"role": "assistant", "parts": [{"type": "text", "content": "I look."}, call]},
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "response": {"found": text}}]},
    ]


TOOL = {"type": "function", "name": "look", "description": "Looks.", "parameters": {"type": "object"}}
FULL: dict[str, Any] = {
    "system_instructions": [{"type": "text", "content": "Be brief."}],
    "tool_definitions": [TOOL],
}
PARAMETERS = {"gen_ai.request.temperature": 0.2, "gen_ai.request.max_tokens": 800, "gen_ai.request.top_p": 0.9}


def run(command: list[str], text: str, folder: Path) -> str:
    made = subprocess.run(
        command, input=text.encode(), cwd=folder, env=ENV, capture_output=True, check=False, timeout=60
    )
    assert made.returncode == 0, made.stderr.decode()
    return made.stderr.decode()


@pytest.mark.parametrize("shell", ["sh", "bash"])
@pytest.mark.parametrize("provider", ["openai", "anthropic", "gcp.gemini"])
def test_a_command_sends_what_was_recorded_and_nothing_breaks_out_of_it(server, tmp_path, provider, shell):
    text = "\n".join(ESCAPES)
    given = span(
        server.server_port,
        provider=provider,
        request_model="m'; touch pwned; '$(touch pwned)/x",
        input_messages=said(text),
        status="error",
        attributes=PARAMETERS,
        **FULL,
    )
    request = recorded(given)
    assert request is not None
    server.requests.clear()
    run([shell, "-s"], curl(given), tmp_path)
    [(path, headers, body)] = server.requests
    assert body == json.loads(json.dumps(request.body, ensure_ascii=True))
    assert text in json.dumps(body, ensure_ascii=False) or text in _strings(body)
    assert list(tmp_path.iterdir()) == []
    assert headers["content-type"] == "application/json"
    assert path == request.prefix + request.path
    key = {"openai": "authorization", "anthropic": "x-api-key", "gcp.gemini": "x-goog-api-key"}[provider]
    assert headers[key].removeprefix("Bearer ") == ENV[request.key]


def _strings(value: Any) -> set[str]:
    if isinstance(value, str):
        return {value}
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return {text for each in inner for text in _strings(each)}


@pytest.mark.parametrize("text", ESCAPES, ids=range(len(ESCAPES)))
def test_each_text_arrives_as_it_was(server, tmp_path, text):
    given = span(server.server_port, input_messages=said(text))
    server.requests.clear()
    run(["sh", "-s"], curl(given), tmp_path)
    assert server.requests[0][2]["messages"][0]["content"] == text
    assert list(tmp_path.iterdir()) == []


CLIENTS = {
    "openai": {"provider": "openai"},
    "groq": {"provider": "groq"},
    "responses": {"provider": "openai", "attributes": {"openai.api.type": "responses"}},
    "anthropic": {"provider": "anthropic", "request_model": "claude-sonnet-4-5"},
    "google": {"provider": "gcp.gemini", "request_model": "gemini-2.5-flash"},
}


@pytest.mark.parametrize("client", CLIENTS)
def test_the_clients_send_what_the_command_sends(server, tmp_path, client):
    named = CLIENTS[client]
    given = span(
        server.server_port,
        **{**named, "attributes": {**PARAMETERS, **named.get("attributes", {})}},
        input_messages=said("\n".join(ESCAPES)),
        **FULL,
    )
    server.requests.clear()
    run(["sh", "-s"], curl(given), tmp_path)
    # The answer is none that a client understands; what it has sent by then is what counts.
    made = subprocess.run(
        [sys.executable, "-"], input=python(given).encode(), cwd=tmp_path, env=ENV, capture_output=True, check=False
    )
    assert len(server.requests) == 2, made.stderr.decode()
    (path, _, body), (other_path, _, other) = server.requests
    if client == "google":  # its client spells one name as Python does; the API takes both
        other = json.loads(json.dumps(other).replace("parameters_json_schema", "parametersJsonSchema"))
    assert (path, body) == (other_path, other)
    assert list(tmp_path.iterdir()) == []


def test_embeddings_are_asked_for_again(server, tmp_path):
    given = span(
        server.server_port,
        kind="embedding",
        input=["one", "two"],
        request_model="text-embedding-3-small",
        attributes={"gen_ai.embeddings.dimension.count": 256, "gen_ai.request.encoding_formats": ["float"]},
    )
    server.requests.clear()
    run(["sh", "-s"], curl(given), tmp_path)
    wanted = {"model": "text-embedding-3-small", "input": ["one", "two"], "dimensions": 256, "encoding_format": "float"}
    assert [(path, body) for path, _, body in server.requests] == [("/v1/embeddings", wanted)]


def test_a_body_larger_than_an_argument_may_be(server, tmp_path):
    given = span(server.server_port, input_messages=said("ä" * 300_000))
    server.requests.clear()
    run(["sh", "-s"], curl(given), tmp_path)
    assert len(server.requests[0][2]["messages"][0]["content"]) == 300_000


def test_shapes_of_openai():
    request = recorded(span(input_messages=said("hi"), attributes=PARAMETERS, **FULL))
    assert request is not None
    assert request.body == {
        "model": "gpt-4o",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "hi"},
            {
                "role": "assistant",
                "content": "I look.",
                "tool_calls": [
                    {
                        "id": "c1",
                        "type": "function",
                        "function": {"name": "look", "arguments": '{"q": "hi", "hi": [1, null, true, 2.5]}'},
                    }
                ],
            },
            {"role": "tool", "tool_call_id": "c1", "content": '{"found": "hi"}'},
        ],
        "tools": [
            {
                "type": "function",
                "function": {"name": "look", "description": "Looks.", "parameters": {"type": "object"}},
            }
        ],
        "temperature": 0.2,
        "top_p": 0.9,
        "max_tokens": 800,
    }


def test_shapes_of_anthropic_and_google():
    given = {"input_messages": said("hi"), "attributes": PARAMETERS, **FULL}
    body = recorded(span(provider="anthropic", **given)).body
    assert body["system"] == "Be brief."
    assert body["messages"][2] == {
        "role": "user",
        "content": [{"type": "tool_result", "tool_use_id": "c1", "content": '{"found": "hi"}'}],
    }
    assert body["tools"] == [{"name": "look", "description": "Looks.", "input_schema": {"type": "object"}}]
    body = recorded(span(provider="gcp.gemini", **given)).body
    assert body["contents"][2] == {
        "role": "user",
        "parts": [{"functionResponse": {"id": "c1", "name": "look", "response": {"found": "hi"}}}],
    }
    assert body["generationConfig"] == {"temperature": 0.2, "topP": 0.9, "maxOutputTokens": 800}


TOKEN = f"tracekit-attachment:sha256:{'a' * 64};size=4096;base64"
IMAGE = {"type": "blob", "modality": "image", "mime_type": "image/png", "content": TOKEN}


@pytest.mark.parametrize(
    ("given", "note"),
    [
        ({}, "The messages were not recorded"),
        ({"provider": "anthropic", "input_messages": said("x")}, "max_tokens was not recorded"),
        ({"request_model": None}, "The model asked for was not recorded"),
        ({"attributes": {"server.address": "x; touch pwned\n#"}}, "is no name of a host: x; touch pwned #"),
        ({"attributes": {"server.address": "models.corp", "server.port": 8443}}, "The scheme was not recorded"),
        ({"attributes": {"server.address": "models.corp"}}, "The path was not recorded"),
        ({"attributes": {"gen_ai.output.type": "json"}}, "An answer of the type json was asked for"),
        ({"tool_definitions": [{"type": "web_search", "name": "web_search"}]}, "A tool of type web_search is left out"),
        (
            {"input_messages": [{"role": "user", "parts": [IMAGE]}]},
            f"attachment /attachments/sha256/{'a' * 64}",
        ),
        (
            {"provider": "anthropic", "input_messages": [{"role": "assistant", "parts": [{"type": "reasoning"}]}]},
            "A part of type reasoning is left out: its signature was not recorded.",
        ),
    ],
)  # fmt: skip
def test_what_was_not_recorded_is_said_in_both(given, note):
    for text in (curl(span(**given)), python(span(**given))):
        comments = [line for line in text.splitlines() if line.startswith("# ")]
        assert any(note in line for line in comments), text


def test_without_an_address_the_command_asks_for_one():
    assert '"$BASE_URL"/v1/chat/completions' in curl(span(input_messages=said("x")))
    assert "OpenAI()" in python(span(input_messages=said("x")))


def test_azure_is_asked_by_its_deployment():
    given = span(
        provider="azure.ai.openai", input_messages=said("x"), attributes={"server.address": "corp.openai.azure.com"}
    )
    assert (
        'https://corp.openai.azure.com/openai/deployments/gpt-4o/chat/completions"?api-version=$OPENAI_API_VERSION"'
        in curl(given)
    )
    assert "AzureOpenAI(azure_endpoint='https://corp.openai.azure.com')" in python(given)


def test_what_is_no_request_is_a_dictionary():
    given = span(
        kind="tool", provider=None, tool_name="look", tool_arguments={"q": "x" * 90}, tool_result=hostile.MIXTURE
    )
    text = python(given)
    scope: dict[str, Any] = {}
    exec(text, scope)  # this is what it is for
    assert scope["span"]["tool_arguments"] == {"q": "x" * 90}
    assert scope["span"]["tool_result"] == hostile.MIXTURE
    assert curl(given).startswith("# This span tells of no request")
    assert all(line.startswith("#") for line in curl(given).splitlines())


def test_a_stream_is_read_in_pieces():
    streaming = {"gen_ai.request.stream": True}
    assert "for chunk in client.chat.completions.create(" in python(span(attributes=streaming))
    assert "--no-buffer" in curl(span(attributes=streaming))
    google = span(provider="gcp.gemini", attributes=streaming)
    assert "streamGenerateContent?alt=sse' \\" in curl(google)
    assert "generate_content_stream" in python(google)


def test_depth_beyond_recursion_is_said():
    deep: Any = "end"
    for _ in range(5_000):
        deep = [deep]
    given = span(tool_definitions=[{**TOOL, "parameters": deep}])
    assert "nested too deeply" in curl(given)
    assert "nested too deeply" in python(given)


def test_comments_and_json_stay_on_their_lines():
    assert comment("a\nb\r\u2028c\x85d\x0be").count("\n") == 0
    assert "\r" not in comment("a\rb")
    written = as_json({"k": "\u202e!\x85\u2028\U000e0068\ud800é"})
    assert json.loads(written) == {"k": "\u202e!\x85\u2028\U000e0068\ud800é"}
    assert "\\u202e\\u0021\\u0085\\u2028\\udb40\\udc68\\ud800é" in written
