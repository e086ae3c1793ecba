"""LlamaIndex under `autolog()`: the tree of a call, what each span says, streams, agents, errors, threads."""

from __future__ import annotations

import asyncio
import gc
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import openai
import pytest
from llama_index.core.agent.workflow import AgentWorkflow, FunctionAgent
from llama_index.core.base.llms.base import BaseLLM
from llama_index.core.instrumentation import get_dispatcher
from llama_index.core.llms import ChatMessage, CompletionResponse, CustomLLM, LLMMetadata, MockLLM
from llama_index.core.llms.callbacks import llm_completion_callback
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.tools import FunctionTool
from llama_index.core.workflow import StartEvent, StopEvent, Workflow, step
from llama_index.llms.openai import OpenAI
from llama_index_instrumentation.dispatcher import Dispatcher
from opentelemetry import context as otel

import tracekit
from tests.clients.frameworks import CHAT, only, said, streamed, tokens
from tests.support import conventions
from tests.support.patched import Spans
from tests.support.provider import Provider, answer
from tests.support.trees import tree
from tracekit import semconv

pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # LlamaIndex leaves its clients' connections to the process
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # pydantic's, of what LlamaIndex uses
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
MODEL = "chat gpt-4o-mini"
CALL = (MODEL, [MODEL])
HI = [ChatMessage("hi")]


def add(a: int, b: int) -> int:
    """Adds."""
    return a + b


async def test_a_chat_is_a_span_with_the_clients_beneath_it(model: Any, provider: Provider, spans: Spans) -> None:
    provider.queue(CHAT, said("Hello"), said("Hello", id_="c2"))
    assert model.chat(HI, max_tokens=5).message.content == "Hello"
    assert (await model.achat(HI)).message.content == "Hello"
    assert tree(spans()) == [CALL, CALL]
    outer = only(spans(), MODEL)
    assert outer[semconv.OPERATION] == "chat"
    assert outer[semconv.PROVIDER] == "openai"
    assert outer[semconv.REQUEST_MODEL] == "gpt-4o-mini"
    assert outer[semconv.RESPONSE_MODEL] == "gpt-9"
    assert outer[semconv.RESPONSE_ID] == "c1"
    assert outer[semconv.REQUEST_MAX_TOKENS] == 5
    assert outer[semconv.RESPONSE_FINISH_REASONS] == ["stop"]
    assert outer[semconv.INPUT_MESSAGES] == [{"role": "user", "parts": [{"type": "text", "content": "hi"}]}]
    assert outer[semconv.OUTPUT_MESSAGES][0]["parts"] == [{"type": "text", "content": "Hello"}]
    assert {tokens(span) for span in spans()} == {(9, 3)}
    for span in spans():
        conventions.check(span.attributes)


async def test_tokens_count_once(model: Any, provider: Provider, spans: Spans, data_dir: Path) -> None:
    provider.queue(CHAT, said("Hello"), streamed("Hel", "lo", id_="c2"), said("Hello", id_="c3"))
    model.chat(HI)
    list(model.stream_chat(HI))
    await model.acomplete("hi")
    assert len(spans()) == 6
    counted = "select sum(input_tokens), sum(output_tokens), count(*) from spans where counted and input_tokens > 0"
    assert tracekit.connect(data_dir).sql(counted).rows == [(27, 9, 3)]


async def test_streams_end_when_they_are_read(model: Any, provider: Provider, spans: Spans) -> None:
    provider.queue(CHAT, *(streamed("Hel", "lo", id_=f"c{number}") for number in range(4)))
    assert type(reading := model.stream_chat(HI)).__name__ == "generator"
    assert spans() == []
    assert [each.delta for each in reading] == ["", "Hel", "lo", "", ""]
    assert [each.delta async for each in await model.astream_chat(HI)][1:3] == ["Hel", "lo"]
    assert [each.text for each in model.stream_complete("hi")][-1] == "Hello"
    assert [each.text async for each in await model.astream_complete("hi")][-1] == "Hello"
    complete = ("text_completion gpt-4o-mini", [MODEL])
    assert tree(spans()) == [CALL, CALL, complete, complete]
    for span in spans():
        assert span.attributes[semconv.OUTPUT_MESSAGES][0]["parts"] == [{"type": "text", "content": "Hello"}]
        assert span.attributes[semconv.RESPONSE_FINISH_REASONS] == ["stop"]
        assert semconv.RESPONSE_TIME_TO_FIRST_CHUNK in span.attributes
        assert tokens(span) == (9, 3)


async def test_a_stream_that_is_left_is_abandoned(model: Any, provider: Provider, spans: Spans) -> None:
    provider.queue(CHAT, streamed("Hel", "lo"), streamed("Hel", "lo"), streamed("Hel", "lo"))
    reading = model.stream_chat(HI)
    next(reading), next(reading)
    assert tracekit.current_trace_id() is None
    reading.close()
    for _ in model.stream_chat(HI):
        break
    del reading
    arriving = await model.astream_chat(HI)
    await anext(arriving)
    await asyncio.create_task(arriving.aclose())
    del arriving
    gc.collect()
    await asyncio.sleep(0.05)  # the loop closes LlamaIndex's own generator
    assert tree(spans()) == [CALL] * 3
    assert {conventions.outcome(span.attributes) for span in spans()} == {"abandoned"}


async def test_errors_are_the_callers(model: Any, provider: Provider, spans: Spans) -> None:
    broken = {"error": {"message": "no", "type": "x"}}
    provider.queue(CHAT, *(answer(broken, status=400) for _ in range(4)))
    calls: list[Any] = [lambda: model.chat(HI), lambda: list(model.stream_chat(HI))]
    for call in calls:
        with pytest.raises(openai.BadRequestError, match="no"):
            call()
    with pytest.raises(openai.BadRequestError, match="no"):
        await model.achat(HI)
    with pytest.raises(openai.BadRequestError, match="no"):
        async for _ in await model.astream_chat(HI):
            pass
    assert tree(spans()) == [CALL] * 4
    assert {span.attributes[semconv.ERROR_TYPE] for span in spans()} == {"openai.BadRequestError"}
    assert {span.status_code for span in spans()} == {2}


async def test_a_cancelled_call_says_so(provider: Provider, spans: Spans, model: Any) -> None:
    provider.queue(CHAT, said("late"))
    provider._replies["POST", CHAT][0].pause = 1
    task = asyncio.create_task(model.achat(HI))
    await asyncio.sleep(0.3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert {conventions.outcome(span.attributes) for span in spans()} == {"cancelled"}


SYNTHESIS = "CompactAndRefine.synthesize"
FOUND = ("retrieval VectorIndexRetriever", ["embeddings MockEmbedding"])


async def test_a_query_and_what_it_finds(model: Any, index: Any, provider: Provider, spans: Spans) -> None:
    provider.queue(CHAT, said("Answer"), said("Answer", id_="c2"))
    engine = index.as_query_engine(llm=model)
    assert str(engine.query("q?")) == str(await engine.aquery("q?")) == "Answer"
    asked = [("RetrieverQueryEngine.query", [FOUND, (SYNTHESIS, [("OpenAI.predict", [CALL])])]),
             ("RetrieverQueryEngine.aquery",
              [FOUND, ("CompactAndRefine.asynthesize", [("OpenAI.apredict", [CALL])])])]  # fmt: skip
    assert tree(spans()) == asked
    found = only(spans(), FOUND[0])
    assert found[semconv.RETRIEVAL_QUERY] == "q?"
    assert found[semconv.RETRIEVAL_TOP_K] == 2
    assert {"id": "n1", "score": 1.0, "content": "a b c", "metadata": {"page": 3}} in [
        {**each, "score": round(each["score"], 3)} for each in found[semconv.RETRIEVAL_DOCUMENTS]
    ]
    whole = only(spans(), "RetrieverQueryEngine.query")
    assert (whole[semconv.INPUT], whole[semconv.OUTPUT]) == ("q?", "Answer")
    embedded = only(spans(), "embeddings MockEmbedding")
    assert embedded[semconv.INPUT] == "q?"
    assert embedded[semconv.EMBEDDINGS_DIMENSION_COUNT] == 3


async def test_an_answer_that_is_still_to_be_read(model: Any, index: Any, provider: Provider, spans: Spans) -> None:
    provider.queue(CHAT, streamed("Hel", "lo"), streamed("Hel", "lo", id_="c2"), streamed("Hel", "lo", id_="c3"))
    engine = index.as_query_engine(llm=model, streaming=True)
    reading = engine.query("q?")
    assert type(reading.response_gen).__name__ == "generator"
    assert "RetrieverQueryEngine.query" not in [span.name for span in spans()]
    assert "".join(reading.response_gen) == "Hello"
    assert only(spans(), "RetrieverQueryEngine.query")[semconv.OUTPUT] == "Hello"
    assert only(spans(), SYNTHESIS)[semconv.OUTPUT] == "Hello"
    assert only(spans(), "OpenAI.stream")[semconv.OUTPUT] == "Hello"
    arriving = await engine.aquery("q?")
    assert "".join([word async for word in arriving.async_response_gen()]) == "Hello"
    assert str(engine.query("q?")) == "Hello"
    assert len({span.trace_id for span in spans()}) == 3
    assert len([span for span in spans() if span.name == MODEL]) == 6


class Reranker(BaseNodePostprocessor):
    top_n: int = 1

    def _postprocess_nodes(self, nodes: Any, query_bundle: Any = None) -> Any:
        return nodes[: self.top_n]


class Sieve(BaseNodePostprocessor):
    def _postprocess_nodes(self, nodes: Any, query_bundle: Any = None) -> Any:
        return nodes


def test_rerankers_and_other_steps_after_a_search(index: Any, spans: Spans) -> None:
    engine = index.as_query_engine(llm=MockLLM(), node_postprocessors=[Sieve(), Reranker()])
    engine.query("q?")
    names = [name if isinstance(name, str) else name[0] for name in tree(spans())[-1][1]]
    assert names == [FOUND[0], "Sieve", "rerank Reranker", SYNTHESIS]
    ranked = only(spans(), "rerank Reranker")
    assert ranked[semconv.RETRIEVAL_QUERY] == "q?"
    assert ranked[semconv.RETRIEVAL_TOP_K] == 1
    assert len(ranked[semconv.RETRIEVAL_DOCUMENTS]) == 1


STEPS = ["setup_agent", ("run_agent_step", [CALL]), "parse_agent_output"]


def agent(model: Any, **more: Any) -> FunctionAgent:
    return FunctionAgent(tools=[add], llm=model, system_prompt="Add.", name="adder", **more)


async def test_an_agent_calls_a_tool(model: Any, provider: Provider, spans: Spans) -> None:
    provider.queue(CHAT, said(None, ("t1", "add", '{"a": 1, "b": 2}')), said("3", id_="c2"))
    with tracekit.span("mine"):
        assert str(await agent(model, streaming=False).run("1+2?")) == "3"
    tool = ("call_tool", ["execute_tool add"])
    steps = ["init_run", *STEPS, tool, "aggregate_tool_results", *STEPS]
    assert tree(spans()) == [("mine", [("invoke_agent adder", steps)])]
    whole = only(spans(), "invoke_agent adder")
    assert whole[semconv.AGENT_NAME] == "adder"
    assert whole[semconv.INPUT]["user_msg"] == "1+2?"
    called = only(spans(), "execute_tool add")
    assert called[semconv.TOOL_CALL_ARGUMENTS] == {"a": 1, "b": 2}
    assert called[semconv.TOOL_CALL_RESULT] == "3"
    assert "Adds." in called[semconv.TOOL_DESCRIPTION]
    first = only(spans(), MODEL)
    assert first[semconv.TOOL_DEFINITIONS][0]["name"] == "add"
    assert first[semconv.OUTPUT_MESSAGES][0]["parts"] == [
        {"type": "tool_call", "id": "t1", "name": "add", "arguments": {"a": 1, "b": 2}}
    ]
    assert {span.status_code for span in spans()} == {0}
    for span in spans():
        conventions.check(span.attributes)


async def test_agents_at_once_stay_apart(provider: Provider, model: Any, spans: Spans) -> None:
    provider.queue(CHAT, *(streamed("Hel", "lo", id_=f"c{number}") for number in range(3)))

    async def one(number: int) -> str:
        with tracekit.span(f"mine {number}"):
            handler = AgentWorkflow(agents=[agent(model)]).run(user_msg="1+2?")
            assert tracekit.current_trace_id() is not None
            return str(await handler)

    assert await asyncio.gather(*map(one, range(3))) == ["Hello"] * 3
    assert {name for name, _ in tree(spans())} == {"mine 0", "mine 1", "mine 2"}
    for _, beneath in tree(spans()):
        assert beneath == [("invoke_workflow AgentWorkflow", ["init_run", *STEPS])]


async def test_a_workflow_of_the_programs(spans: Spans) -> None:
    class Mine(Workflow):
        @step
        async def first(self, ev: StartEvent) -> StopEvent:
            if ev.get("fail"):
                raise ValueError("no")
            return StopEvent(result=MockLLM().complete("a").text)

    assert await Mine().run(word="a") == "a"
    with pytest.raises(Exception, match="no"):
        await Mine().run(fail=True)
    done, failed = tree(spans())
    assert done == ("invoke_workflow Mine", [(only_name(done), ["text_completion MockLLM"])])
    assert failed[0] == "invoke_workflow Mine"
    assert only(spans(), "invoke_workflow Mine")[semconv.OUTPUT] == "a"
    assert len([span for span in spans() if span.status_code == 2]) == 2
    assert otel.get_current() == {}


def only_name(pair: Any) -> str:
    ((name, _),) = pair[1]
    assert name.endswith("first")
    return str(name)


def test_a_tool_that_fails_in_a_result(spans: Spans) -> None:
    def broken(a: int) -> int:
        raise ValueError("no")

    tool = FunctionTool.from_defaults(broken)
    with pytest.raises(ValueError, match="no"):
        tool.call(a=1)
    (span,) = spans()
    assert (span.name, span.status_code, span.status_message) == ("execute_tool broken", 2, "no")


def test_threads_stay_apart(model: Any, provider: Provider, spans: Spans) -> None:
    provider.queue(CHAT, *(said("Hello", id_=f"c{number}") for number in range(8)))

    def one(number: int) -> None:
        with tracekit.span(f"mine {number}"):
            model.chat(HI)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(one, range(8)))
    assert sorted(tree(spans())) == [(f"mine {number}", [CALL]) for number in range(8)]


def test_a_stream_read_in_another_thread(model: Any, provider: Provider, spans: Spans) -> None:
    provider.queue(CHAT, streamed("Hel", "lo"))
    reading = model.stream_chat(HI)
    thread = threading.Thread(target=lambda: list(reading))
    thread.start()
    thread.join()
    assert tree(spans()) == [CALL]


class Own(CustomLLM):
    """A model of the program's, defined when LlamaIndex is patched already or not yet."""

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(model_name="own")

    @llm_completion_callback()
    def complete(self, prompt: str, **_: Any) -> CompletionResponse:
        return CompletionResponse(text="a b")

    @llm_completion_callback()
    def stream_complete(self, prompt: str, **_: Any) -> Any:
        def words() -> Any:
            with tracekit.span("inside"):
                yield CompletionResponse(text="a", delta="a")
            yield CompletionResponse(text="a b", delta=" b")

        return words()


def test_a_model_of_the_programs_own(spans: Spans) -> None:
    class Later(Own):
        @llm_completion_callback()
        def stream_complete(self, prompt: str, **more: Any) -> Any:
            return Own.stream_complete(self, prompt, **more)

    for kind in (Own, Later):
        assert [each.text for each in kind().stream_complete("hi")] == ["a", "a b"]
    own = ("text_completion Own", ["inside"])
    assert tree(spans()) == [own, ("text_completion Later", [("text_completion Later", ["inside"])])]


def test_a_function_of_the_programs(spans: Spans) -> None:
    @get_dispatcher("mine").span
    def mine(a: int) -> int:
        tracekit.span("inside").close()
        return MockLLM().complete("a").text == "a" and a

    assert mine(3) == 3
    assert tree(spans()) == [("mine", ["inside", "text_completion MockLLM"])]
    assert only(spans(), "mine")[semconv.INPUT] == {"a": 3}
    assert otel.get_current() == {}


PATCHED = [(Dispatcher, "span_enter"), (OpenAI, "stream_chat"), (BaseLLM, "__init_subclass__")]


def test_everything_is_put_back(data_dir: Path, provider: Provider, model: Any) -> None:
    def state() -> list[Any]:
        return [id(vars(each).get(name)) for each, name in PATCHED]

    before = state()
    tracekit.autolog(directory=data_dir)
    assert state() != before
    provider.queue(CHAT, streamed("Hel", "lo"), streamed("Hel", "lo"))
    open_one = model.stream_chat(HI)
    next(open_one)
    tracekit.uninstrument()
    assert state() == before
    assert "".join(each.delta for each in open_one) == "Hello"
    assert model.stream_chat(HI) is not None
