"""LangGraph: nodes, agents, subgraphs, conversations, and the exceptions by which a graph steers."""

from __future__ import annotations

import asyncio
import gc
import operator
from typing import Annotated, Any, TypedDict

import pytest
from langchain.agents import create_agent
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.tools import ToolException, tool
from langgraph.checkpoint.memory import MemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, interrupt

import tracekit
from tests.support.traced import Traced
from tracekit import semconv

STATE_KEYS = f"{semconv.METADATA_PREFIX}langgraph_state_keys"


class State(TypedDict):
    words: Annotated[list[str], operator.add]


@tracekit.trace
def looked_up(word: str) -> str:
    return word * 2


def first(state: State) -> State:
    return {"words": [looked_up(state["words"][0])]}


async def second(state: State) -> State:
    return {"words": [looked_up(state["words"][-1])]}


def graph(checkpointer: Any = None) -> Any:
    built = StateGraph(State)
    built.add_node("first", first)
    built.add_node("second", second)
    built.add_edge(START, "first")
    built.add_edge("first", "second")
    return built.compile(checkpointer=checkpointer, name="doubling")


NODES = [("first", ["looked_up"]), ("second", ["looked_up"])]


class Caller(GenericFakeChatModel):
    """A model that calls tools as its script says."""

    def bind_tools(self, tools: Any, **_: Any) -> Any:
        return self.bind(tools=[{"type": "function", "function": {"name": tool.name}} for tool in tools])


def calling(name: str, **arguments: Any) -> Caller:
    call = {"name": name, "args": arguments, "id": "c1"}
    return Caller(messages=iter([AIMessage("", tool_calls=[call]), AIMessage("done")]))


async def test_a_graph_and_its_nodes(traced: Traced) -> None:
    config = {"configurable": {"thread_id": "t1"}, "tags": ["beta"]}
    asked = graph(MemorySaver())
    assert await asked.ainvoke({"words": ["a"]}, config) == {"words": ["a", "aa", "aaaa"]}
    assert [step async for step in asked.astream({"words": ["b"]}, config, stream_mode="updates")] == [
        {"first": {"words": ["aa"]}},
        {"second": {"words": ["aaaa"]}},
    ]
    assert traced.tree == [("doubling", NODES)] * 2
    for span in (span for span in traced.spans if span.name != "looked_up"):
        assert span.attributes[semconv.CONVERSATION_ID] == "t1"
        assert span.attributes[semconv.TAGS] == ["beta"]
    node = next(span.attributes for span in traced.spans if span.name == "first")
    assert node[f"{semconv.METADATA_PREFIX}langgraph_node"] == "first"
    assert node[f"{semconv.METADATA_PREFIX}langgraph_step"] == 1
    assert node[STATE_KEYS] == ["words"]
    assert node[semconv.INPUT] == {"words": ["a"]}
    assert node[semconv.OUTPUT] == {"words": ["aa"]}


async def test_what_the_program_says_of_a_session_goes_first(traced: Traced) -> None:
    with tracekit.context(session_id="s1"):
        await graph(MemorySaver()).ainvoke({"words": ["a"]}, {"configurable": {"thread_id": "t1"}})
    tracekit.flush()
    rows = tracekit.connect(traced.directory).sql("select distinct session_id from spans").rows
    assert rows == [("s1",)]


async def test_graphs_in_graphs(traced: Traced) -> None:
    built = StateGraph(State)
    built.add_node("inner", graph())
    built.add_edge(START, "inner")
    assert await built.compile(name="outer").ainvoke({"words": ["a"]}) == {"words": ["a", "a", "aa", "aaaa"]}
    assert traced.tree == [("outer", [("inner", [("doubling", NODES)])])]


async def test_a_stream_of_a_graph_that_is_left(traced: Traced) -> None:
    async for _ in graph().astream({"words": ["a"]}, stream_mode="updates"):
        assert tracekit.current_trace_id() is None
        break
    gc.collect()
    await asyncio.sleep(0.2)
    assert len(traced.traces) == 1


@pytest.mark.parametrize("is_async", [False, True])
async def test_an_agent_calls_a_tool(traced: Traced, is_async: bool) -> None:  # noqa: FBT001 - pytest's way
    @tool
    def double(word: str) -> str:
        """Doubles a word."""
        return looked_up(word)

    agent = create_agent(calling("double", word="a"), [double], name="doubler", system_prompt="Be brief.")
    asked: Any = {"messages": [HumanMessage("Double a.")]}
    answer = await agent.ainvoke(asked) if is_async else agent.invoke(asked)
    assert [message.content for message in answer["messages"]] == ["Double a.", "", "aa", "done"]
    chat = ("model", ["chat Caller"])
    tools = ("tools", [("execute_tool double", ["looked_up"])])
    assert traced.tree == [("invoke_agent doubler", [chat, tools, chat])]
    said = traced.said("invoke_agent doubler")
    assert said[semconv.AGENT_NAME] == "doubler"
    assert said[semconv.INPUT] == {"messages": [{"role": "user", "parts": [{"type": "text", "content": "Double a."}]}]}
    last = said[semconv.OUTPUT]["messages"][-1]
    assert (last["role"], last["parts"]) == ("assistant", [{"type": "text", "content": "done"}])
    one, two = (span.attributes for span in traced.spans if span.name == "chat Caller")
    assert one[semconv.TOOL_DEFINITIONS] == [{"type": "function", "name": "double"}]
    assert [message["role"] for message in one[semconv.INPUT_MESSAGES]] == ["system", "user"]
    assert two[semconv.INPUT_MESSAGES][2:] == [
        {
            "role": "assistant",
            "parts": [{"type": "tool_call", "id": "c1", "name": "double", "arguments": {"word": "a"}}],
            "name": "doubler",
        },
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "response": "aa"}]},
    ]
    assert traced.said("execute_tool double")[semconv.TOOL_CALL_ID] == "c1"


def test_an_agent_within_an_agent(traced: Traced) -> None:
    inner = create_agent(Caller(messages=iter([AIMessage("inside")])), [], name="inner")

    @tool
    def ask(question: str) -> str:
        """Asks another agent."""
        return inner.invoke({"messages": [("user", question)]})["messages"][-1].content

    outer = create_agent(calling("ask", question="why"), [ask], name="outer")
    outer.invoke({"messages": [("user", "go")]})
    chat = ("model", ["chat Caller"])
    asked = ("execute_tool ask", [("invoke_agent inner", [chat])])
    assert traced.tree == [("invoke_agent outer", [chat, ("tools", [asked]), chat])]


def test_an_interrupt_is_no_error(traced: Traced) -> None:
    def asking(state: State) -> State:
        return {"words": [interrupt("Which word?")]}

    built = StateGraph(State)
    built.add_node("asking", asking)
    built.add_edge(START, "asking")
    asked = built.compile(checkpointer=MemorySaver(), name="asker")
    config: Any = {"configurable": {"thread_id": "t1"}}
    assert asked.invoke({"words": []}, config)["__interrupt__"][0].value == "Which word?"
    assert asked.invoke(Command(resume="b"), config) == {"words": ["b"]}
    assert traced.tree == [("asker", ["asking"])] * 2
    assert {span.status_code for span in traced.spans} == {0}
    assert set(traced.outcomes.values()) == {"complete"}
    stopped = traced.spans[1].attributes
    assert stopped[f"{semconv.METADATA_PREFIX}langgraph_stopped_by"] == "GraphInterrupt"
    assert "Which word?" in str(stopped[semconv.OUTPUT])
    assert traced.spans[2].attributes[semconv.INPUT] == {"resume": "b", "goto": []}


def test_a_command_to_the_graph_above_is_no_error(traced: Traced) -> None:
    def leaving(state: State) -> Command[Any]:
        return Command(goto="after", graph=Command.PARENT, update={"words": ["left"]})

    inner = StateGraph(State)
    inner.add_node("leaving", leaving)
    inner.add_edge(START, "leaving")
    outer = StateGraph(State)
    outer.add_node("inside", inner.compile(name="inner"))
    outer.add_node("after", first)
    outer.add_edge(START, "inside")
    outer.add_edge("after", END)
    assert outer.compile(name="outer").invoke({"words": ["a"]})["words"] == ["a", "left", "aa"]
    assert {span.status_code for span in traced.spans} == {0}
    assert [span.name for span in traced.spans] == ["outer", "inside", "inner", "leaving", "after", "looked_up"]


def test_a_tool_that_handles_its_error_has_answered(traced: Traced) -> None:
    @tool
    def handled(word: str) -> str:
        """Fails."""
        raise ToolException(f"no {word}")

    @tool
    def broken(word: str) -> str:
        """Fails."""
        raise ToolException(f"no {word}")

    handled.handle_tool_error = True
    call = {"type": "tool_call", "id": "c1", "name": "handled", "args": {"word": "a"}}
    assert handled.invoke(call).status == "error"
    with pytest.raises(ToolException, match="no a"):
        broken.invoke({"word": "a"})
    ok, failed = traced.spans
    assert ok.attributes[semconv.TOOL_CALL_RESULT] == "no a"
    assert ok.attributes[f"{semconv.METADATA_PREFIX}tool_status"] == "error"
    assert (ok.status_code, failed.status_code) == (0, 2)
    assert failed.attributes[semconv.ERROR_TYPE] == "langchain_core.tools.base.ToolException"


def test_what_a_policy_keeps_from_tracers_is_not_recorded(traced: Traced) -> None:
    types: Any = pytest.importorskip("langgraph.types")
    policy = types.TracePolicy(process_inputs=lambda _: {"hidden": True}, process_outputs=lambda _: {"hidden": True})
    built = StateGraph(State)
    built.add_node("first", first, trace_policy=policy)
    built.add_edge(START, "first")
    built.compile(name="g").invoke({"words": ["secret"]})
    said = traced.said("first")
    assert said[semconv.INPUT] == said[semconv.OUTPUT] == {"hidden": True}
