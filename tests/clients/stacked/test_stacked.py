"""Many instrumentations of one call, ours and OpenInference's, in place in either order: each response counts once."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # or LiteLLM asks for prices over the network

import agents
import litellm
import openai
import pytest
from agents.extensions.models.litellm_model import LitellmModel
from langchain.agents import create_agent
from langchain_openai import ChatOpenAI
from openinference.instrumentation.langchain import LangChainInstrumentor
from openinference.instrumentation.litellm import LiteLLMInstrumentor
from openinference.instrumentation.openai import OpenAIInstrumentor

import tracekit
from tests.clients.wire import CHAT, RESPONSES, Bill
from tests.support.provider import Provider
from tracekit.sdk import guard

FOREIGN = (OpenAIInstrumentor, LangChainInstrumentor, LiteLLMInstrumentor)
ASKED: Any = [{"role": "user", "content": "hi"}]
USAGE: Any = {"include_usage": True}
Check = Callable[[], None]

pytestmark = pytest.mark.filterwarnings("ignore")
"""Those are the frameworks' own, and OpenInference's, which parses a raw response without awaiting it."""


@pytest.fixture(scope="module", autouse=True)
def collected() -> Iterator[None]:
    """Clients that the frameworks keep and never close warn when they are collected: here, not when pytest ends."""
    yield
    gc.collect()


@pytest.fixture
def bill() -> Bill:
    return Bill()


@pytest.fixture(params=["before", "after"])
def check(request: pytest.FixtureRequest, data_dir: Path, bill: Bill) -> Iterator[Check]:
    """All of them are in place, the foreign ones before or after ours; compares the store with the provider's bill."""
    before = guard.faults()
    agents.set_trace_processors([])  # it uploads otherwise
    order = [lambda: [each().instrument() for each in FOREIGN], lambda: tracekit.autolog(directory=data_dir)]
    for put in order if request.param == "before" else reversed(order):
        put()

    def compare() -> None:
        store = tracekit.connect(data_dir)
        total = "sum(input_tokens), sum(output_tokens), sum(cost_usd)"
        right = (bill.input, bill.output, pytest.approx(bill.usd))
        assert store.sql(f"select {total} from spans where counted").rows[0] == right
        assert store.sql(f"select {total} from traces").rows[0] == right
        scopes = {scope for (scope,) in store.sql("select distinct scope_name from spans").rows}
        assert len(scopes) > 1

    yield compare
    for each in FOREIGN:
        each().uninstrument()
    tracekit.uninstrument()
    assert guard.faults() == before


def at(provider: Provider) -> dict[str, Any]:
    return {"base_url": f"{provider.url}/v1", "api_key": "none"}


def by_litellm(provider: Provider) -> dict[str, Any]:
    return {"api_base": f"{provider.url}/v1", "api_key": "none"}


def chat_model(provider: Provider) -> ChatOpenAI:
    return ChatOpenAI(model="gpt-4o", stream_usage=True, **at(provider))


def test_synchronous(check: Check, provider: Provider, bill: Bill) -> None:
    provider.queue(CHAT, bill.chat("a"), bill.chat("b"), bill.chat("c"))
    provider.queue(RESPONSES, bill.response("d"), bill.response("e"))
    client = openai.OpenAI(**at(provider))
    client.chat.completions.create(model="gpt-4o", messages=ASKED)
    litellm.completion("openai/gpt-4o", ASKED, **by_litellm(provider))
    chat_model(provider).invoke("hi")
    client.responses.create(model="gpt-4o", input="hi")
    litellm.responses("hi", "openai/gpt-4o", **by_litellm(provider))
    check()


def test_streamed(check: Check, provider: Provider, bill: Bill) -> None:
    provider.queue(CHAT, *(bill.chat_stream("a", "b") for _ in range(3)))
    provider.queue(RESPONSES, bill.response_stream("c"))
    client = openai.OpenAI(**at(provider))
    list(client.chat.completions.create(model="gpt-4o", messages=ASKED, stream=True, stream_options=USAGE))
    list(litellm.completion("openai/gpt-4o", ASKED, stream=True, stream_options=USAGE, **by_litellm(provider)))
    list(chat_model(provider).stream("hi"))
    list(client.responses.create(model="gpt-4o", input="hi", stream=True))
    check()


async def test_asynchronous(check: Check, provider: Provider, bill: Bill) -> None:
    provider.queue(CHAT, bill.chat("a"), bill.chat("b"), bill.chat("c"))
    await openai.AsyncOpenAI(**at(provider)).chat.completions.create(model="gpt-4o", messages=ASKED)
    await litellm.acompletion("openai/gpt-4o", ASKED, **by_litellm(provider))
    await chat_model(provider).ainvoke("hi")
    check()


async def test_asynchronous_streams(check: Check, provider: Provider, bill: Bill) -> None:
    provider.queue(CHAT, *(bill.chat_stream("a", "b") for _ in range(3)))
    asked: Any = {"model": "gpt-4o", "messages": ASKED, "stream": True, "stream_options": USAGE}
    assert [chunk async for chunk in await openai.AsyncOpenAI(**at(provider)).chat.completions.create(**asked)]
    stream = await litellm.acompletion(**{**asked, "model": "openai/gpt-4o"}, **by_litellm(provider))
    assert [chunk async for chunk in stream]
    assert [chunk async for chunk in chat_model(provider).astream("hi")]
    check()


def test_an_agent_of_langchain_that_streams(check: Check, provider: Provider, bill: Bill) -> None:
    provider.queue(CHAT, bill.chat_stream("a", "b"))
    agent = create_agent(chat_model(provider), [])
    assert list(agent.stream({"messages": [("user", "hi")]}, stream_mode="messages"))
    check()


async def test_a_program_of_agents_in_agents(check: Check, provider: Provider, bill: Bill) -> None:
    """An agent of openai-agents, whose tool is an agent of LangChain, whose tool asks LiteLLM."""

    def weather(city: str) -> str:
        """What it is like outside."""
        provider.queue(CHAT, bill.chat("rain"))
        said = litellm.completion("openai/gpt-4o", ASKED, **by_litellm(provider)).choices[0].message.content
        provider.queue(CHAT, bill.chat("it rains"))
        return str(said)

    @agents.function_tool
    async def ask(city: str) -> str:
        """Ask another agent."""
        provider.queue(CHAT, bill.chat(tool=("weather", {"city": city})))
        told = await create_agent(chat_model(provider), [weather]).ainvoke({"messages": [("user", "weather?")]})
        provider.queue(RESPONSES, bill.response("take a coat"))
        return str(told["messages"][-1].content)

    agents.set_default_openai_client(openai.AsyncOpenAI(**at(provider)), use_for_tracing=False)
    provider.queue(RESPONSES, bill.response(tool=("ask", {"city": "Paris"})))
    asked = await agents.Runner.run(agents.Agent(name="Outer", model="gpt-4o", tools=[ask]), "coat?")
    assert asked.final_output == "take a coat"
    provider.queue(RESPONSES, bill.response_stream("hello"))
    streamed = agents.Runner.run_streamed(agents.Agent(name="Streamed", model="gpt-4o"), "hi")
    assert [event async for event in streamed.stream_events()]
    provider.queue(CHAT, bill.chat("hello"))
    model = LitellmModel(model="openai/gpt-4o", **at(provider))
    await agents.Runner.run(agents.Agent(name="ByLitellm", model=model), "hi")
    assert provider.left == 0
    check()
