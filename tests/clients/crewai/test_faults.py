"""Whatever line of the integration breaks, the program gets what it would get without it, and the fault is counted."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from crewai import Agent, Task
from crewai.events import crewai_event_bus
from crewai.events.types import (
    agent_events,
    crew_events,
    flow_events,
    knowledge_events,
    llm_events,
    llm_guardrail_events,
    memory_events,
    task_events,
    tool_usage_events,
)
from crewai.flow.flow import Flow, start
from crewai.llms.base_llm import BaseLLM
from crewai.tasks.task_output import TaskOutput
from crewai.tools import BaseTool
from pydantic import BaseModel

from tests.support.faults import harm
from tracekit_integrations import crewai

HOME = Path(crewai.__file__).parent
FILES = {HOME / "crewai.py", *HOME.glob("_crewai_*.py")}
AT_IMPORT = ("module, _, attribute", "return Hook(", "module=module")
"""Beginnings of lines that run when the integration is imported, which `registry.install` guards."""
NOW = datetime(2026, 1, 1, tzinfo=UTC)
CALL = {"id": "t1", "type": "function", "function": {"name": "add", "arguments": "{}"}}
USED = {"prompt_tokens": 9, "completion_tokens": 3}


class Source(BaseModel):
    """What an event is of."""

    id: str = "s"
    name: str = "c"
    provider: str = "openai"
    temperature: float = 0.5


class Model(BaseLLM):
    """One that is never asked."""

    def call(self, *_: Any, **__: Any) -> str:
        return "a"


@cache
def work() -> tuple[Any, Any]:
    """An agent and its task."""
    agent = Agent(role="adder", goal="Add", backstory="Adds", llm=Model(model="m"))
    return agent, Task(description="Add", expected_output="A number", agent=agent, name="adding")


class Shown(BaseModel):
    raw: str = "a"


class Tool(BaseTool):
    name: str = "add"
    description: str = "Adds."

    def _run(self, **_: Any) -> str:
        return "3"


class Greeting(Flow):  # type: ignore[type-arg]
    @start()
    def one(self) -> str:
        return "a"


def emit(event: Any, source: Any = None) -> None:
    crewai_event_bus.emit(source or Source(), event)


def model(response: Any, messages: Any, **more: Any) -> None:
    told = {"model": "m", "call_id": "c"}
    emit(llm_events.LLMCallStartedEvent(**told, messages=messages, tools=[{"type": "function", **CALL}]))
    emit(llm_events.LLMStreamChunkEvent(**told, chunk="a"))
    kind = llm_events.LLMCallType.LLM_CALL
    emit(llm_events.LLMCallCompletedEvent(**told, response=response, call_type=kind, **more))


def program() -> list[Any]:
    seen: list[Any] = []
    agent, task = work()
    model("a", "hi", usage=USED)
    model([CALL], [{"role": "user", "content": "hi"}])
    model({"a": 1}, None)
    model(None, None)
    emit(llm_events.LLMCallStartedEvent(model="m", call_id="c", messages="hi"))
    emit(llm_events.LLMStreamChunkEvent(model="m", call_id="c", chunk="a"))
    emit(llm_events.LLMCallFailedEvent(model="m", call_id="c", error="no"))
    memories = [{"id": "m1", "content": "a"}]
    emit(memory_events.MemoryQueryStartedEvent(query="q", limit=3))
    emit(memory_events.MemoryQueryCompletedEvent(query="q", results=memories, limit=3, query_time_ms=1.0))
    emit(memory_events.MemorySaveStartedEvent(value="a"))
    emit(memory_events.MemorySaveCompletedEvent(value="a", save_time_ms=1.0))
    emit(knowledge_events.KnowledgeRetrievalStartedEvent())
    emit(knowledge_events.KnowledgeRetrievalCompletedEvent(query="q", retrieved_knowledge="a"))
    emit(llm_guardrail_events.LLMGuardrailStartedEvent(guardrail="g", retry_count=0))
    emit(llm_guardrail_events.LLMGuardrailCompletedEvent(success=True, result=object(), retry_count=0))
    emit(tool_usage_events.ToolUsageStartedEvent(tool_name="add", tool_args="{}"))
    emit(tool_usage_events.ToolUsageErrorEvent(tool_name="add", tool_args="{}", error="no"))
    emit(flow_events.MethodExecutionStartedEvent(flow_name="f", method_name="m", state={}, params={"a": Shown()}))
    emit(flow_events.MethodExecutionFailedEvent(flow_name="f", method_name="m", error=ValueError("no")))
    emit(crew_events.CrewKickoffStartedEvent(crew_name="c", inputs={"what": "it"}))
    emit(task_events.TaskStartedEvent(context="a", task=task), task)
    emit(agent_events.AgentExecutionStartedEvent(agent=agent, task=task, tools=[Tool()], task_prompt="Add"), agent)
    emit(tool_usage_events.ToolUsageStartedEvent(tool_name="add", tool_args={"a": 1}))
    finished = tool_usage_events.ToolUsageFinishedEvent(
        tool_name="add", tool_args={"a": 1}, started_at=NOW, finished_at=NOW, output={"a": [1]}
    )
    object.__setattr__(finished, "failure", "no")  # what a tool says itself, in versions that ask it
    emit(finished)
    emit(agent_events.AgentExecutionCompletedEvent(agent=agent, task=task, output="3"), agent)
    output = TaskOutput(description="Add", raw="3", agent="adder")
    emit(task_events.TaskCompletedEvent(output=output, task=task), task)
    emit(crew_events.CrewKickoffCompletedEvent(crew_name="c", output=Shown()))
    seen.append(Greeting().kickoff())
    return seen


@pytest.mark.torture
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_no_line_of_the_integration_can_hurt_a_program(data_dir: Path) -> None:
    assert harm(FILES, program, data_dir, at_import=AT_IMPORT) == []
