"""Whatever line of the integration breaks, the program gets what it would get without it, and the fault is counted."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from llama_index.core.base.llms.types import (
    AudioBlock,
    ChatMessage,
    ChatResponse,
    CitableBlock,
    CompletionResponse,
    DocumentBlock,
    ImageBlock,
    LLMMetadata,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
)
from llama_index.core.base.response.schema import StreamingResponse
from llama_index.core.embeddings import MockEmbedding
from llama_index.core.instrumentation import get_dispatcher
from llama_index.core.instrumentation.dispatcher import Dispatcher
from llama_index.core.llms import CustomLLM
from llama_index.core.llms.callbacks import llm_chat_callback, llm_completion_callback
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.prompts import PromptTemplate
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from llama_index.core.tools import FunctionTool, ToolMetadata, ToolOutput
from llama_index.core.workflow import StartEvent, StopEvent, Workflow, step
from pydantic import BaseModel

from tests.support.faults import harm
from tracekit_integrations import _llama_index_runs, llama_index

HOME = Path(llama_index.__file__).parent
FILES = {HOME / "llama_index.py", *HOME.glob("_llama_index_*.py")}
AT_IMPORT = ("telling = [", "reading = [", "Hook(", "for name", "module=", "]", "return (*telling")
"""Beginnings of lines that run when the integration is imported, which `registry.install` guards."""
RAW = {"id": "r", "model": "m", "choices": [{"finish_reason": "stop"}], "usage": {"prompt_tokens": 9}}
BLOCKS: list[Any] = [
    TextBlock(text="a"),
    ThinkingBlock(content="b"),
    ImageBlock(image=b"aGk=", image_mimetype="image/png"),
    ImageBlock(url="https://example.com/a.png"),
    AudioBlock(audio=b"aGk=", format="wav"),
    DocumentBlock(data=b"aGk=", document_mimetype="text/plain"),
    CitableBlock(title="t", source="s", content=[TextBlock(text="a")]),
]
CALLED = {"tool_calls": [{"id": "t1", "type": "function", "function": {"name": "add", "arguments": "{}"}}]}
ASKED = [
    ChatMessage(role="user", blocks=BLOCKS),
    ChatMessage(role="assistant", blocks=[ToolCallBlock(tool_call_id="t1", tool_name="add", tool_kwargs="{}")]),
    ChatMessage(role="assistant", content=None, additional_kwargs=CALLED),
    ChatMessage(role="tool", content="3", additional_kwargs={"tool_call_id": "t1"}),
]
span = get_dispatcher("mine").span


class Colour(BaseModel):
    name: str


class WaitingForEvent(Exception):  # noqa: N818 - as it is there
    """Named as LlamaIndex's own."""


class Own(CustomLLM):
    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(model_name="own")

    @llm_completion_callback()
    def complete(self, prompt: str, **_: Any) -> CompletionResponse:
        return CompletionResponse(text="a b", raw={"stop_reason": "end_turn"})

    @llm_completion_callback()
    def stream_complete(self, prompt: str, **_: Any) -> Any:
        return (CompletionResponse(text=word, delta=word) for word in "ab")

    @llm_chat_callback()
    def chat(self, messages: Any, **_: Any) -> ChatResponse:
        return ChatResponse(message=ChatMessage(role="assistant", content="a"), raw=RAW)

    @llm_chat_callback()
    def stream_chat(self, messages: Any, **_: Any) -> Any:
        return (ChatResponse(message=ChatMessage(role="assistant", content=word), raw=RAW, delta=word) for word in "ab")


class Packaged(Own):
    __module__ = "llama_index.llms.own"


class Shelf(BaseRetriever):
    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return [NodeWithScore(node=TextNode(text="a", id_="n1"), score=0.5)]


class Reranker(BaseNodePostprocessor):
    top_n: int = 1

    def _postprocess_nodes(self, nodes: Any, query_bundle: Any = None) -> Any:
        return nodes


class Sieve(BaseNodePostprocessor):
    def _postprocess_nodes(self, nodes: Any, query_bundle: Any = None) -> Any:
        return nodes


def same(a: int = 0) -> int:
    return a


class Failing(FunctionTool):
    def call(self, *_: Any, **__: Any) -> ToolOutput:
        return ToolOutput(content="no", tool_name="failing", raw_input={}, raw_output="no", is_error=True)


class Mine(Workflow):
    @step
    async def first(self, ev: StartEvent) -> StopEvent:
        return StopEvent(result="a")


@span
def shown(value: Any) -> Any:
    return value


@span
def waiting() -> None:
    raise WaitingForEvent


@span
def broken(*args: Any, **kwargs: Any) -> None:
    raise ValueError(str(args))


def _nested(depth: int) -> list[Any]:
    return [_nested(depth - 1)] if depth else []


async def _program() -> list[Any]:
    _llama_index_runs.base.cache_clear()
    _llama_index_runs._provider.cache_clear()
    model, found = Packaged(), Shelf().retrieve("q")
    values: list[Any] = [
        ASKED, found, _nested(20), {"a": Colour(name="a")}, QueryBundle("q"), PromptTemplate("a {b}"), model, object()
    ]  # fmt: skip
    seen: list[Any] = [
        model.chat(ASKED, temperature=0.5, tools=[{"type": "function", "function": {"name": "add"}}]).message.content,
        [each.delta for each in model.stream_chat(ASKED)],
        [each.delta async for each in await model.astream_chat(ASKED)],
        model.complete("a").text,
        (await model.acomplete(prompt="a")).text,
        [each.text for each in model.stream_complete("a")],
        [each.node.node_id for each in found],
        len(MockEmbedding(embed_dim=3).get_text_embedding_batch(["a", "b"])),
        MockEmbedding(embed_dim=3).get_query_embedding("a"),
        Reranker().postprocess_nodes(found, query_str="q"),
        Sieve().postprocess_nodes(found),
        FunctionTool.from_defaults(same).call(a=1).content,
        await Mine().run(word="a"),
        [shown(value) is value for value in values],
        list(shown(StreamingResponse(response_gen=iter_of("ab"))).response_gen),
    ]
    seen.append(Failing(same, metadata=ToolMetadata(name="failing", description="Fails.")).call().is_error)
    for call in (waiting, lambda: broken(1, a=2)):
        with pytest.raises((WaitingForEvent, ValueError)) as caught:
            call()
        seen.append(str(caught.value))
    Dispatcher(name="x", propagate=False).span_drop(id_="x", bound_args=None)  # type: ignore[arg-type]
    return seen


def iter_of(words: str) -> Any:
    yield from words


@pytest.mark.torture
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_no_line_of_the_integration_can_hurt_a_program(data_dir: Path) -> None:
    assert harm(FILES, lambda: asyncio.run(_program()), data_dir, at_import=AT_IMPORT) == []
