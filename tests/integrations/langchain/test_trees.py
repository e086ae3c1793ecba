"""Runs beneath runs: one trace for each invocation, whatever thread, task or generator it goes through."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler, CallbackManager
from langchain_core.callbacks.base import BaseCallbackManager
from langchain_core.documents import Document
from langchain_core.language_models.fake import FakeListLLM, FakeStreamingListLLM
from langchain_core.language_models.fake_chat_models import FakeListChatModel, GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableLambda, RunnableParallel, chain
from langchain_core.tools import tool

import tracekit
from tests.support.traced import Traced
from tracekit import semconv

CHAT = "chat FakeListChatModel"
TEXT = "text_completion FakeStreamingListLLM"
STEPS = ["ChatPromptTemplate", CHAT, "StrOutputParser"]


def sequence(*answers: str, sleep: float | None = None) -> Any:
    model = FakeListChatModel(responses=list(answers or ["Hello"]), sleep=sleep)
    return ChatPromptTemplate.from_template("Say {word}") | model | StrOutputParser()


@tracekit.trace
def looked_up(word: str) -> str:
    return word * 2


waiting: asyncio.Event
"""Set once some work waits, until it is cancelled or for as long as it would take."""


async def long(seconds: float = 60) -> None:
    if seconds:
        waiting.set()
    await asyncio.sleep(seconds)


class Shelf(BaseRetriever):
    wait: float = 0

    def _get_relevant_documents(self, query: str, *, run_manager: Any) -> list[Document]:
        return [Document(id="d1", page_content=looked_up(query), metadata={"score": 0.5, "page": 3})]

    async def _aget_relevant_documents(self, query: str, *, run_manager: Any) -> list[Document]:
        await long(self.wait)
        return self._get_relevant_documents(query, run_manager=run_manager)


@tool
def double(word: str) -> str:
    """Doubles a word."""
    return looked_up(word)


async def test_a_sequence_is_one_trace(traced: Traced) -> None:
    plain = sequence().invoke({"word": "hi"})
    assert plain == await sequence().ainvoke({"word": "hi"}) == "Hello"
    assert traced.tree == [("RunnableSequence", STEPS)] * 2
    assert len(traced.traces) == 2


async def test_batches_stand_beneath_what_began_them(traced: Traced) -> None:
    inputs = [{"word": word} for word in "abc"]
    with tracekit.span("mine"):
        assert sequence().batch(inputs) == await sequence().abatch(inputs) == ["Hello"] * 3
    ((name, beneath),) = traced.tree
    assert name == "mine"
    assert beneath == [("RunnableSequence", STEPS)] * 6


async def test_what_a_step_calls_is_beneath_it(traced: Traced) -> None:
    @chain
    def outer(word: str) -> str:
        return f"{looked_up(word)} {sequence().invoke({'word': word})} {double.invoke({'word': word})}"

    both = RunnableParallel(one=outer, two=RunnableLambda(looked_up))
    assert both.invoke("a") == await both.ainvoke("a") == {"one": "aa Hello aa", "two": "aa"}
    inside = ["looked_up", ("RunnableSequence", STEPS), ("execute_tool double", ["looked_up"])]
    for name, beneath in traced.tree:
        assert name == "RunnableParallel<one,two>"
        assert dict(beneath) == {"outer": inside, "looked_up": ["looked_up"]}


async def test_a_span_of_the_programs_between_two_runs_stays_between_them(traced: Traced) -> None:
    @chain
    def outer(word: str) -> str:
        with tracekit.span("between"):
            return sequence().invoke({"word": word})

    outer.invoke("a")
    await outer.ainvoke("a")
    assert traced.tree == [("outer", [("between", [("RunnableSequence", STEPS)])])] * 2


async def test_a_retriever_and_its_documents(traced: Traced) -> None:
    assert Shelf().invoke("a") == await Shelf().ainvoke("a")
    assert traced.tree == [("retrieval Shelf", ["looked_up"])] * 2
    for span in traced.spans[::2]:
        assert span.attributes[semconv.RETRIEVAL_QUERY] == "a"
        assert span.attributes[semconv.RETRIEVAL_DOCUMENTS] == [
            {"id": "d1", "content": "aa", "score": 0.5, "metadata": {"score": 0.5, "page": 3}}
        ]


async def test_a_tool_and_what_it_calls(traced: Traced) -> None:
    call = {"type": "tool_call", "id": "c1", "name": "double", "args": {"word": "a"}}
    assert double.invoke(call) == await double.ainvoke(call)
    assert traced.tree == [("execute_tool double", ["looked_up"])] * 2
    for span in traced.spans[::2]:
        said = span.attributes
        assert said[semconv.TOOL_NAME] == "double"
        assert said[semconv.TOOL_DESCRIPTION] == "Doubles a word."
        assert said[semconv.TOOL_CALL_ID] == "c1"
        assert said[semconv.TOOL_CALL_ARGUMENTS] == {"word": "a"}
        assert said[semconv.TOOL_CALL_RESULT] == "aa"


async def test_several_prompts_at_once_are_several_runs(traced: Traced) -> None:
    class Calling(FakeListLLM):
        def _call(self, *args: Any, **kwargs: Any) -> str:
            return looked_up(super()._call(*args, **kwargs))

        async def _acall(self, *args: Any, **kwargs: Any) -> str:
            return self._call(*args, **kwargs)

    model = Calling(responses=["a", "b"])
    assert model.generate(["one", "two"]).generations == (await model.agenerate(["one", "two"])).generations
    FakeListChatModel(responses=["a", "b"]).generate([[AIMessage("one")], [AIMessage("two")]])
    name = "text_completion Calling"
    assert traced.tree == [(name, ["looked_up", "looked_up"]), name] * 2 + [CHAT] * 2
    assert [span.attributes[semconv.INPUT_MESSAGES][0]["parts"][0]["content"] for span in traced.spans[:2]] == [
        "one",
        "two",
    ]


def test_each_of_several_prompts_has_its_own_call_beneath_it(traced: Traced) -> None:
    class Calling(FakeListChatModel):
        def _call(self, *args: Any, **kwargs: Any) -> str:
            return looked_up(super()._call(*args, **kwargs))

    Calling(responses=["a", "b"]).generate([[AIMessage("one")], [AIMessage("two")]])
    assert traced.tree == [("chat Calling", ["looked_up"])] * 2


def test_the_handler_is_put_in_once_and_inherited(traced: Traced) -> None:
    given = [BaseCallbackHandler()]
    manager = CallbackManager(handlers=given, inheritable_handlers=given)
    again = CallbackManager.configure(manager.copy(), given)
    assert len(given) == 1
    for each in (manager, again, again.copy(), again.on_chain_start(None, "a").get_child()):  # type: ignore[arg-type]
        assert [type(handler).__name__ for handler in each.inheritable_handlers] == [
            "TracekitHandler",
            "BaseCallbackHandler",
        ]
    tracekit.flush()
    traced_run = again.on_chain_start(None, "a", name="left")  # type: ignore[arg-type]
    traced_run.on_chain_end("b")
    _end_all(traced)


def _end_all(traced: Traced) -> None:
    from tracekit.sdk.runtime import runtime

    runtime.abandon_unread()
    assert traced.outcomes["left"] == "complete"


def test_a_manager_that_the_program_makes_itself_records_too(traced: Traced) -> None:
    sequence().invoke({"word": "hi"}, {"callbacks": CallbackManager([])})
    assert traced.tree == [("RunnableSequence", STEPS)]


def test_everything_is_put_back(data_dir: Any) -> None:
    before = vars(BaseCallbackManager)["__init__"], vars(BaseRetriever)["invoke"]
    tracekit.autolog(directory=data_dir, instrument=["langchain"])
    listening = CallbackManager([])
    tracekit.uninstrument()
    assert (vars(BaseCallbackManager)["__init__"], vars(BaseRetriever)["invoke"]) == before
    assert CallbackManager([]).handlers == []
    sequence().invoke({"word": "hi"}, {"callbacks": listening})
    assert Traced(data_dir).spans == []


def test_a_run_outlives_the_patches(data_dir: Any) -> None:
    tracekit.autolog(directory=data_dir, instrument=["langchain"])
    stream = sequence("Hello").stream({"word": "hi"})
    next(stream)
    tracekit.uninstrument()
    assert "".join(stream) == "ello"


def test_a_thread_works_beneath_the_run_that_started_it(traced: Traced) -> None:
    @chain
    def outer(word: str) -> str:
        thread = threading.Thread(target=looked_up, args=(word,))
        thread.start()
        thread.join()
        return word

    outer.invoke("a")
    assert traced.tree == [("outer", ["looked_up"])]


class Steps:
    """What is current wherever a consumer looks, while it reads a stream."""

    def __init__(self) -> None:
        self.seen: set[str | None] = set()

    def look(self) -> None:
        self.seen.add(tracekit.current_trace_id())
        with tracekit.span("between"):
            pass


def test_a_stream_is_current_for_nobody_who_reads_it(traced: Traced) -> None:
    steps = Steps()
    for _ in sequence("Hello").stream({"word": "hi"}):
        steps.look()
    for _ in FakeListChatModel(responses=["Hello"]).stream("hi"):
        steps.look()
    for _ in FakeStreamingListLLM(responses=["Hello"]).stream("hi"):
        steps.look()
    assert steps.seen == {None}
    assert [name for name in traced.tree if name != "between"] == [("RunnableSequence", STEPS), CHAT, TEXT]
    for span in traced.spans:
        if span.name == CHAT:
            assert (
                0 < span.attributes[semconv.RESPONSE_TIME_TO_FIRST_CHUNK] < span.attributes[semconv.TIME_TO_LAST_CHUNK]
            )
    assert traced.said("RunnableSequence")[semconv.INPUT] == {"word": "hi"}
    assert traced.said("RunnableSequence")[semconv.OUTPUT] == "Hello"


async def test_an_async_stream_is_current_for_nobody_who_reads_it(traced: Traced) -> None:
    steps = Steps()
    async for _ in sequence("Hello").astream({"word": "hi"}):
        steps.look()
    async for _ in FakeListChatModel(responses=["Hello"]).astream("hi"):
        steps.look()
    async for _ in FakeStreamingListLLM(responses=["Hello"]).astream("hi"):
        steps.look()
    async for _ in sequence("Hello").astream_events({"word": "hi"}, version="v2"):
        steps.look()
    assert steps.seen == {None}
    runs = [name for name in traced.tree if name != "between"]
    assert runs == [("RunnableSequence", STEPS), CHAT, TEXT, ("RunnableSequence", STEPS)]


class Streaming(GenericFakeChatModel):
    """Calls something at the start of its stream, as a client's call would be."""

    def _stream(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
        looked_up("a")
        yield from super()._stream(*args, **kwargs)

    async def _astream(self, *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        looked_up("a")
        kwargs.pop("run_manager", None)
        for chunk in super()._stream(*args, **kwargs):
            yield chunk


def streaming() -> Streaming:
    return Streaming(messages=iter([AIMessage("Hello you there")]))


async def test_what_a_stream_calls_is_beneath_it(traced: Traced) -> None:
    assert len(list(streaming().stream("hi"))) >= 5
    assert len([chunk async for chunk in streaming().astream("hi")]) >= 5
    assert traced.tree == [("chat Streaming", ["looked_up"])] * 2


def test_a_stream_that_is_left_is_abandoned(traced: Traced) -> None:
    stream = streaming().stream("hi")
    next(stream)
    next(stream)
    stream.close()
    said = traced.said("chat Streaming")
    assert traced.outcomes["chat Streaming"] == "abandoned"
    assert said[semconv.OUTPUT_MESSAGES][0]["parts"] == [{"type": "text", "content": "Hello "}]


async def test_an_async_stream_closed_elsewhere_is_abandoned(traced: Traced, caplog: pytest.LogCaptureFixture) -> None:
    stream = streaming().astream("hi")
    await anext(stream)
    await asyncio.create_task(stream.aclose())  # type: ignore[attr-defined]
    chained = (streaming() | StrOutputParser()).astream("hi")
    async for _ in chained:
        break
    del chained
    gc.collect()
    await asyncio.sleep(0.2)
    chats = [span for span in traced.spans if span.name == "chat Streaming"]
    assert [span.attributes[semconv.OUTCOME] for span in chats] == ["abandoned"] * 2
    assert not caplog.records


@pytest.mark.filterwarnings("ignore::langchain_core._api.beta_decorator.LangChainBetaWarning")
async def test_the_streams_of_events_are_recorded(traced: Traced) -> None:
    async for _ in await streaming().astream_events("hi", version="v3"):
        assert tracekit.current_trace_id() is None
    await asyncio.sleep(0.2)  # its end is told by a task of its own
    for _ in streaming().stream_events("hi", version="v3"):
        assert tracekit.current_trace_id() is None
    assert traced.tree == [("chat Streaming", ["looked_up"])] * 2
    for span in traced.spans[::2]:
        assert span.attributes[semconv.OUTPUT_MESSAGES][0]["parts"] == [{"type": "text", "content": "Hello you there"}]
        assert semconv.RESPONSE_TIME_TO_FIRST_CHUNK in span.attributes


class Slow(FakeListChatModel):
    async def _agenerate(self, *args: Any, **kwargs: Any) -> Any:
        await long()
        return await super()._agenerate(*args, **kwargs)


@tool
async def slow(word: str) -> str:
    """Takes its time."""
    await long()
    return word


async def _cancelled(work: Any) -> None:
    """Cancel some work once it waits."""
    global waiting  # noqa: PLW0603 - it belongs to the loop of the test
    waiting = asyncio.Event()
    task = asyncio.create_task(work)
    await waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_cancelled_run_says_so(traced: Traced) -> None:
    model = Slow(responses=["Hello"])
    await _cancelled(model.ainvoke("hi"))
    await _cancelled(Shelf(wait=60).ainvoke("a"))
    await _cancelled(slow.ainvoke({"word": "a"}))
    await _cancelled((RunnableLambda(lambda word: word) | model).ainvoke("hi"))
    assert traced.outcomes == {
        "chat Slow": "cancelled",
        "retrieval Shelf": "cancelled",
        "execute_tool slow": "cancelled",
        "RunnableSequence": "cancelled",
        "RunnableLambda": "complete",
    }
    assert {span.status_code for span in traced.spans} == {0}


async def test_an_error_is_the_callers_and_is_told(traced: Traced) -> None:
    def broken(word: str) -> str:
        raise ValueError(f"no {word}")

    steps = sequence() | RunnableLambda(broken)
    for run in (lambda: steps.invoke({"word": "a"}), lambda: list(steps.stream({"word": "a"}))):
        with pytest.raises(ValueError, match="no Hello"):
            run()
    with pytest.raises(ValueError, match="no Hello"):
        await steps.ainvoke({"word": "a"})
    failed = [span for span in traced.spans if span.status_code == 2]
    assert {span.name for span in failed} == {"RunnableSequence", "broken"}
    assert {span.attributes[semconv.ERROR_TYPE] for span in failed} == {"ValueError"}
    assert {span.status_message for span in failed} == {"no Hello"}


async def test_each_attempt_of_a_retry_is_a_run(traced: Traced) -> None:
    tries: list[str] = []

    def flaky(word: str) -> str:
        tries.append(word)
        if len(tries) % 2:
            raise ValueError("again")
        return word

    again = RunnableLambda(flaky).with_retry(stop_after_attempt=2, wait_exponential_jitter=False)
    assert again.invoke("a") == await again.ainvoke("a") == "a"
    ((name, first), (_, second)) = traced.tree
    assert name == "flaky"
    assert first == second == ["flaky", "flaky"]
    assert [span.attributes.get(semconv.TAGS) for span in traced.spans][1:3] == [
        None,
        ["retry:attempt:2"],
    ]


async def test_fallbacks(traced: Traced) -> None:
    def broken(word: str) -> str:
        raise ValueError(word)

    safe = RunnableLambda(broken).with_fallbacks([sequence()])
    with pytest.raises(ValueError, match="word"):
        RunnableLambda(broken).invoke("word")
    assert safe.invoke({"word": "a"}) == await safe.ainvoke({"word": "a"}) == "Hello"
    assert traced.tree == ["broken", *[("RunnableWithFallbacks", ["broken", ("RunnableSequence", STEPS)])] * 2]


def test_tags_and_metadata_of_a_run(traced: Traced) -> None:
    config: Any = {
        "run_name": "mine",
        "tags": ["beta"],
        "metadata": {"tier": "gold", "tries": 3, "thread_id": "t1", "user_id": "u1"},
    }
    with tracekit.context(tags=["outer"]):
        sequence().invoke({"word": "a"}, config)
    for name in ("mine", CHAT):
        said = traced.said(name)
        assert said[semconv.TAGS] == ["outer", "beta"]
        assert said[f"{semconv.METADATA_PREFIX}tier"] == "gold"
        assert said[f"{semconv.METADATA_PREFIX}tries"] == 3
        assert said[semconv.CONVERSATION_ID] == "t1"
        assert said[semconv.USER_ID] == "u1"
        assert not any("ls_" in attribute for attribute in said)


def test_handlers_of_the_program_see_what_they_saw(data_dir: Any) -> None:
    class Listening(BaseCallbackHandler):
        def __init__(self) -> None:
            self.heard: list[str] = []

        def __getattribute__(self, name: str) -> Any:
            if name.startswith("on_"):
                self.heard.append(name)
            return super().__getattribute__(name)

    def heard() -> list[str]:
        handler = Listening()
        "".join(sequence("Hello").stream({"word": "hi"}, {"callbacks": [handler]}))
        double.invoke({"word": "a"}, {"callbacks": [handler]})
        return handler.heard

    before = heard()
    tracekit.autolog(directory=data_dir, instrument=["langchain"])
    assert heard() == before
    tracekit.uninstrument()
