"""instructor under `autolog()`, with the client of OpenAI beneath it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import instructor
import openai
import pytest
from pydantic import BaseModel

import tracekit
import tracekit_integrations
from tests.clients.wire import CHAT, Bill
from tests.support.faults import harm
from tests.support.patched import Spans
from tests.support.provider import Provider
from tracekit import semconv
from tracekit.model import RawSpan

FILES = [Path(tracekit_integrations.__file__).parent / "instructor.py"]
pytestmark = pytest.mark.filterwarnings("ignore")
"""instructor's own."""
ASKED: Any = [{"role": "user", "content": "who?"}]
NAME = "instructor.create Person"


class Person(BaseModel):
    name: str
    age: int


WRONG, RIGHT = ("Person", {"name": "Ada"}), ("Person", {"name": "Ada", "age": 36})


@pytest.fixture
def bill() -> Bill:
    return Bill()


_open: list[openai.OpenAI] = []


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    """A client that nobody closes leaves its socket to the end of all tests."""
    yield
    while _open:
        _open.pop().close()


def client(provider: Provider) -> Any:
    _open.append(openai.OpenAI(base_url=f"{provider.url}/v1", api_key="none", max_retries=0))
    return instructor.from_openai(_open[-1])


def step(spans: Spans) -> tuple[RawSpan, list[RawSpan]]:
    """The only step, and what stands beneath it."""
    ended = sorted(spans(), key=lambda span: span.start_ns)
    (found,) = [span for span in ended if span.name == NAME]
    return found, [span for span in ended if span.parent_span_id == found.span_id]


def test_each_attempt_is_a_call_beneath_and_what_was_wrong_is_told(
    provider: Provider, spans: Spans, bill: Bill
) -> None:
    heard: list[Any] = []
    asking = client(provider)
    asking.on("parse:error", heard.append)
    provider.queue(CHAT, bill.chat(tool=WRONG), bill.chat(tool=RIGHT))
    made = asking.chat.completions.create(model="gpt-4o", response_model=Person, messages=ASKED, max_retries=2)
    assert (type(made).__name__, made.age) == ("Person", 36)
    found, calls = step(spans)
    assert [call.name for call in calls] == ["chat gpt-4o", "chat gpt-4o"]
    assert [event["name"] for event in found.events] == ["exception"]
    assert "age" in found.events[0]["attributes"]["exception.message"]
    assert found.attributes[semconv.OUTPUT] == {"name": "Ada", "age": 36}
    assert found.status_code != 2
    assert len(heard) == 1


def test_an_answer_that_is_never_right_is_a_failure(provider: Provider, spans: Spans, bill: Bill) -> None:
    provider.queue(CHAT, bill.chat(tool=WRONG), bill.chat(tool=WRONG))
    with pytest.raises(Exception, match="age"):
        client(provider).chat.completions.create(model="gpt-4o", response_model=Person, messages=ASKED, max_retries=1)
    found, calls = step(spans)
    assert found.status_code == 2
    assert found.attributes[semconv.ERROR_TYPE].startswith("instructor.")
    assert calls


async def test_asynchronous_with_the_completion(provider: Provider, spans: Spans, bill: Bill) -> None:
    provider.queue(CHAT, bill.chat(tool=RIGHT))
    async with openai.AsyncOpenAI(base_url=f"{provider.url}/v1", api_key="none", max_retries=0) as beneath:
        made, reply = await instructor.from_openai(beneath).chat.completions.create_with_completion(
            model="gpt-4o", response_model=Person, messages=ASKED
        )
    assert (made.name, reply.id) == ("Ada", "chatcmpl-1")
    _, (call,) = step(spans)
    assert call.attributes[semconv.RESPONSE_ID] == "chatcmpl-1"


def test_without_a_model_of_its_own_nothing_is_added(provider: Provider, spans: Spans, bill: Bill) -> None:
    provider.queue(CHAT, bill.chat("hello"))
    client(provider).chat.completions.create(model="gpt-4o", response_model=None, messages=ASKED)
    assert [span.name for span in spans()] == ["chat gpt-4o"]


def test_faults_of_ours_are_not_noticed(provider: Provider, data_dir: Path) -> None:
    def program() -> list[Any]:
        bill = Bill()
        provider.queue(CHAT, bill.chat(tool=WRONG), bill.chat(tool=RIGHT), bill.chat("hello"))
        asking = client(provider).chat.completions
        made = asking.create(model="gpt-4o", response_model=Person, messages=ASKED, max_retries=2)
        plain = asking.create(model="gpt-4o", response_model=None, messages=ASKED)
        return [made.model_dump(), plain.id]

    assert [line for line in harm(FILES, program, data_dir) if "is not passed" not in line] == []


def test_taken_out_again(data_dir: Path) -> None:
    import instructor.core.hooks

    before = vars(instructor.core.hooks.Hooks)["emit_parse_error"]
    tracekit.autolog(directory=data_dir)
    tracekit.uninstrument()
    assert vars(instructor.core.hooks.Hooks)["emit_parse_error"] is before
