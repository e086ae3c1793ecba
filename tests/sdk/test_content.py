"""Content stays out of what is recorded: of all, of a client, of a stretch of code, of a call."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import openai
import pytest

import tracekit
from tests.support.provider import Provider, answer
from tests.support.recorded import journaled
from tracekit.errors import UsageError

REPLY = {
    "id": "c1",
    "model": "m-9",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "hidden answer"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10},
}


@pytest.fixture(autouse=True)
def nothing_left():
    yield
    tracekit.uninstrument()


@tracekit.trace
def ask(question: str) -> str:
    with Provider() as provider:
        provider.queue("/v1/chat/completions", answer(REPLY))
        plain = openai.DefaultHttpxClient(verify=False)
        with openai.OpenAI(base_url=f"{provider.url}/v1", api_key="none", http_client=plain) as client:
            said: Any = client.chat.completions.create(model="m-9", messages=[{"role": "user", "content": question}])
    return str(said.choices[0].message.content)


def written(directory: Path) -> str:
    return "".join(path.read_bytes().decode("utf-8", "replace") for path in (directory / "journal").iterdir())


def tokens(directory: Path) -> list[Any]:
    return [span.attributes.get("gen_ai.usage.input_tokens") for span in journaled(directory).ended]


def test_content_is_off_for_a_stretch_of_code_and_what_it_calls_in_threads(data_dir: Path):
    tracekit.autolog(instrument=["openai"])
    with tracekit.context(capture_content=False), ThreadPoolExecutor() as pool:
        assert pool.submit(ask, "hidden question").result() == "hidden answer"
        with tracekit.span("own", input="hidden input") as span:
            span.set_output("hidden output")
            tracekit.current_span().set_attribute("seen", "yes")
    assert "hidden" not in written(data_dir)
    assert sorted(tokens(data_dir), key=str) == [7, None, None]
    ask("seen question")
    assert "seen question" in written(data_dir)
    with tracekit.context(capture_content=False), tracekit.context(capture_content=True, user_id="u"):
        ask("another question")
    assert "another question" in written(data_dir)


def test_content_is_off_for_a_client(data_dir: Path):
    tracekit.autolog(instrument=["openai"], no_content=["openai"])
    with tracekit.span("own", input="seen input"):
        ask_plainly = ask.__wrapped__  # type: ignore[attr-defined]
        assert ask_plainly("hidden question") == "hidden answer"
    assert "hidden" not in written(data_dir)
    assert "seen input" in written(data_dir)
    assert sorted(tokens(data_dir), key=str) == [7, None]


def test_a_client_that_there_is_none_of_is_an_error():
    with pytest.raises(UsageError, match="opanai"):
        tracekit.autolog(no_content=["opanai"])


def test_what_is_off_everywhere_cannot_be_turned_on_for_a_part(data_dir: Path):
    tracekit.autolog(instrument=[], capture_content=False)
    with tracekit.context(capture_content=True), tracekit.span("own", input="hidden input"):
        pass
    assert "hidden" not in written(data_dir)
