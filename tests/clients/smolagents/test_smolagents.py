"""smolagents with the openai client beneath it: what is recorded of agents, and that they notice nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import smolagents
from opentelemetry import context as otel
from smolagents import CodeAgent, ToolCallingAgent, tool
from smolagents.models import ChatMessage, MessageRole, Model

import tracekit
from tests.clients.agents import USED, queue, says, streams
from tests.support.faults import harm
from tests.support.provider import Provider, answer
from tests.support.traced import Traced
from tracekit import semconv
from tracekit_integrations import smolagents as ours

OpenAI: Any = getattr(smolagents, "OpenAIModel", None) or smolagents.OpenAIServerModel
FILES = set(Path(ours.__file__).parent.glob("*smolagents*.py"))
CALL = ("chat gpt-9", ["chat gpt-9"])


@tool
def weather(city: str) -> str:
    """Tells the weather.

    Args:
        city: where
    """
    with tracekit.span("looked up"):
        return f"rain in {city}"


@pytest.fixture
def model(provider: Provider) -> Iterator[Any]:
    with made(provider) as one:
        yield one


@contextmanager
def made(provider: Provider, **options: Any) -> Iterator[Any]:
    kept = {"max_retries": 0, "timeout": 60}
    one = OpenAI("gpt-9", api_base=f"{provider.url}/v1", api_key="none", client_kwargs=kept, **options)
    with one.client:
        yield one


def coder(model: Any, **options: Any) -> CodeAgent:
    return CodeAgent(tools=[weather], model=model, verbosity_level=0, **options)


def caller(model: Any, **options: Any) -> ToolCallingAgent:
    return ToolCallingAgent(tools=[weather], model=model, verbosity_level=0, **options)


def wish(name: str, **arguments: Any) -> tuple[str, str, dict[str, Any]]:
    return f"call_{name}", name, arguments


def test_an_agent_that_writes_code(provider: Provider, model: Any, traced: Traced) -> None:
    queue(provider, says("<code>\nx = weather('Rome')\nprint(x)\n</code>"), says("<code>final_answer(x)</code>"))
    assert coder(model, name="coder", description="Codes.").run("Rain?") == "rain in Rome"
    tool = ("execute_tool weather", ["looked up"])
    assert traced.tree == [
        (
            "invoke_agent coder",
            [
                ("step 1", [CALL, ("execute_tool python_interpreter", [tool])]),
                ("step 2", [CALL, ("execute_tool python_interpreter", ["execute_tool final_answer"])]),
            ],
        )
    ]
    agent = traced.said("invoke_agent coder")
    assert (agent[semconv.AGENT_NAME], agent[semconv.INPUT]) == ("coder", "Rain?")
    assert agent[semconv.OUTPUT] == "rain in Rome"
    said = traced.said("execute_tool weather")
    assert said[semconv.TOOL_DESCRIPTION] == "Tells the weather."
    assert (said[semconv.TOOL_CALL_ARGUMENTS], said[semconv.TOOL_CALL_RESULT]) == (["Rome"], "rain in Rome") or said[
        semconv.TOOL_CALL_ARGUMENTS
    ] == {"city": "Rome"}
    step = traced.said("step 1")[semconv.OUTPUT]
    assert step["tool_calls"][0]["name"] == "python_interpreter"
    code = next(span for span in traced.spans if span.name == "execute_tool python_interpreter").attributes
    assert code[semconv.TOOL_CALL_ARGUMENTS] == {"code": "x = weather('Rome')\nprint(x)"}
    assert code[semconv.TOOL_CALL_RESULT]["logs"] == "rain in Rome\n"


def test_a_models_call_is_told_twice_and_counted_once(provider: Provider, model: Any, traced: Traced) -> None:
    queue(provider, says(None, wish("weather", city="Rome")), says(None, wish("final_answer", answer="wet")))
    assert caller(model).run("Rain?") == "wet"
    ours_, clients = [span.attributes for span in traced.spans if span.name == "chat gpt-9"][:2]
    for name in (semconv.PROVIDER, semconv.RESPONSE_MODEL, semconv.RESPONSE_ID, semconv.USAGE_CACHE_READ):
        assert ours_[name] == clients[name]
    assert ours_[semconv.OUTPUT_MESSAGES] == clients[semconv.OUTPUT_MESSAGES]
    assert ours_[semconv.INPUT_MESSAGES] == clients[semconv.INPUT_MESSAGES]
    assert [tool["name"] for tool in ours_[semconv.TOOL_DEFINITIONS]] == ["weather", "final_answer"]
    assert ours_[semconv.REQUEST_STOP_SEQUENCES] == ["Observation:", "Calling tools:"]
    assert traced.counted == (2 * USED[0], 2 * USED[1])


def test_managed_agents_and_tools_in_threads_stand_beneath_what_calls_them(
    provider: Provider, model: Any, traced: Traced
) -> None:
    sub = caller(model, name="sub", description="Does it.")
    boss = ToolCallingAgent(tools=[], model=model, managed_agents=[sub], verbosity_level=0)
    queue(
        provider,
        says(None, wish("sub", task="go", additional_args={})),
        says(None, ("a", "weather", {"city": "Rome"}), ("b", "weather", {"city": "Oslo"})),
        says(None, wish("final_answer", answer="wet")),
        says(None, wish("final_answer", answer="all wet")),
    )
    assert boss.run("Rain?") == "all wet"
    tool = ("execute_tool weather", ["looked up"])
    ((name, steps),) = traced.tree
    assert name == "invoke_agent ToolCallingAgent"
    last = ("step 2", [CALL, "execute_tool final_answer"])
    assert steps == [("step 1", [CALL, ("invoke_agent sub", [("step 1", [CALL, tool, tool]), last])]), last]
    observed = traced.spans[1].attributes[semconv.OUTPUT]["observations"]
    assert observed[0]["id"] == "call_sub"
    assert "wet" in observed[0]["observation"]


def test_plans_and_running_out_of_steps(provider: Provider, model: Any, traced: Traced) -> None:
    queue(provider, says("First this."), says("<code>1</code>"), says("Now that."), says("<code>2</code>"))
    queue(provider, says("I give up."))
    agent = coder(model, planning_interval=1, max_steps=2)
    assert agent.run("Rain?") == "I give up."
    ((_, beneath),) = traced.tree
    step = [CALL, "execute_tool python_interpreter"]
    assert beneath == [("plan", [CALL]), ("step 1", step), ("plan", [CALL]), ("step 2", step), ("out of steps", [CALL])]
    plans = [span.attributes[semconv.OUTPUT] for span in traced.spans if span.name == "plan"]
    assert ["First this." in plans[0], "Now that." in plans[1]] == [True, True]
    assert traced.said("out of steps")[semconv.OUTPUT] == "I give up."
    assert traced.counted == (5 * USED[0], 5 * USED[1])


def test_a_stream_is_the_agents_own(provider: Provider, model: Any, traced: Traced) -> None:
    queue(provider, streams("<code>final_", "answer('wet')</code>"))
    stream = coder(model, stream_outputs=True).run("Rain?", stream=True)
    assert type(stream).__name__ == "generator"
    assert stream.__qualname__ == "MultiStepAgent._run_stream"
    seen: list[Any] = []
    for item in stream:
        seen.append(type(item).__name__)
        assert not otel.get_current()
    assert seen[-4:] == ["ToolCall", "ActionOutput", "ActionStep", "FinalAnswerStep"]
    assert "ChatMessageStreamDelta" in seen
    assert traced.outcomes == dict.fromkeys({span.name for span in traced.spans}, "complete")
    said = next(span.attributes for span in traced.spans if span.name == "chat gpt-9")
    assert said[semconv.REQUEST_STREAM] is True
    assert 0 < said[semconv.RESPONSE_TIME_TO_FIRST_CHUNK] < 60
    assert said[semconv.OUTPUT_MESSAGES][0]["parts"][0]["content"] == "<code>final_answer('wet')</code>"
    assert semconv.RESPONSE_TIME_TO_FIRST_CHUNK not in traced.said("invoke_agent CodeAgent")
    assert traced.counted == USED


def test_a_stream_that_is_left_is_abandoned(provider: Provider, model: Any, traced: Traced) -> None:
    queue(provider, says(None, wish("weather", city="Rome")))
    stream = caller(model).run("Rain?", stream=True)
    assert type(next(stream)).__name__ == "ToolCall"
    with pytest.raises(RuntimeError, match="generator ignored GeneratorExit"):  # as smolagents does untraced
        stream.close()
    del stream
    caller(model).run("never read", stream=True)
    outcomes = {(span.name, span.attributes.get(semconv.OUTCOME)) for span in traced.spans}
    assert ("step 1", "abandoned") in outcomes
    assert ("invoke_agent ToolCallingAgent", "abandoned") in outcomes


def test_errors_are_the_agents_own(provider: Provider, model: Any, traced: Traced) -> None:
    def run() -> tuple[str, str]:
        queue(provider, answer({"error": {"message": "no such model"}}, status=404))
        with pytest.raises(smolagents.AgentError) as caught:
            caller(model).run("Rain?")
        return type(caught.value).__name__, str(caught.value)

    seen = run()
    statuses = {span.name: (span.status_code, span.attributes.get(semconv.ERROR_TYPE)) for span in traced.spans}
    assert statuses["invoke_agent ToolCallingAgent"] == (2, "smolagents.utils.AgentGenerationError")
    assert statuses["step 1"] == (2, "smolagents.utils.AgentGenerationError")
    assert statuses["chat gpt-9"] == (2, "openai.NotFoundError")
    tracekit.uninstrument()
    assert run() == seen


def test_a_step_that_fails_and_an_agent_that_goes_on(provider: Provider, model: Any, traced: Traced) -> None:
    queue(provider, says("<code>1 / 0</code>"), says("<code>final_answer('so')</code>"))
    assert coder(model).run("Rain?") == "so"
    assert traced.said("step 1")[semconv.ERROR_TYPE] == "smolagents.utils.AgentExecutionError"
    assert semconv.ERROR_TYPE not in traced.said("step 2")
    assert semconv.ERROR_TYPE not in traced.said("invoke_agent CodeAgent")


class Scripted(Model):
    """A model of the program's own, made before `autolog()`."""

    def __init__(self, *replies: ChatMessage) -> None:
        super().__init__(model_id="own")
        self._replies = list(replies)

    def generate(self, messages: Any, **_: Any) -> ChatMessage:
        return self._replies.pop(0)


def test_models_and_tools_that_the_program_makes(traced: Traced) -> None:
    class Late(Scripted):
        def generate(self, messages: Any, **options: Any) -> ChatMessage:
            return super().generate(messages, **options)

    class Shout(smolagents.Tool):
        name = "shout"
        description = "Shouts."
        inputs = {"word": {"type": "string", "description": "what"}}  # noqa: RUF012
        output_type = "string"

        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            return super().__call__(*args, **kwargs)

        def forward(self, word: str) -> str:
            return word.upper()

    for kind in (Scripted, Late):
        reply = ChatMessage(role=MessageRole.ASSISTANT, content="<code>final_answer(shout('a'))</code>")
        assert CodeAgent(tools=[Shout()], model=kind(reply), verbosity_level=0).run("Shout") == "A"
    shape = ["chat own", ("execute_tool python_interpreter", ["execute_tool shout", "execute_tool final_answer"])]
    assert traced.tree == [("invoke_agent CodeAgent", [("step 1", shape)])] * 2
    said = traced.spans[2].attributes
    assert semconv.USAGE_INPUT_TOKENS not in said
    assert semconv.PROVIDER not in said


def test_agents_at_once_keep_apart(provider: Provider, model: Any, traced: Traced) -> None:
    queue(provider, *(says("<code>final_answer(weather('Rome'))</code>") for _ in range(6)))
    together = threading.Barrier(3)

    def run(_: int) -> Any:
        together.wait(60)
        return coder(model).run("Rain?")

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(run, range(6))) == ["rain in Rome"] * 6
    assert len(traced.traces) == 6
    assert len({str(tree) for tree in traced.tree}) == 1


def test_uninstrument_puts_everything_back(traced: Traced) -> None:
    class Made(Model):
        def generate(self, messages: Any, **_: Any) -> Any: ...

    places = [*PLACES, (Made, "generate")]
    assert all(hasattr(vars(owner)[name], "__wrapped__") for owner, name in places)
    assert "__init_subclass__" in vars(Model)
    tracekit.uninstrument()
    assert not any(hasattr(vars(owner)[name], "__wrapped__") for owner, name in places)
    assert "__init_subclass__" not in vars(Model)


PLACES = [
    (smolagents.MultiStepAgent, "_run_stream"),
    (CodeAgent, "_step_stream"),
    (ToolCallingAgent, "_step_stream"),
    (OpenAI, "generate"),
    (OpenAI, "generate_stream"),
    (smolagents.Tool, "__call__"),
]


class Bedrock(Scripted):
    """By its name one of Bedrock's."""


class AmazonBedrockNot(Bedrock): ...


class LiteLLMNot(Scripted): ...


def program() -> list[Any]:
    """Something of everything; gives all that it sees of it."""
    brief = {"prompt_templates": smolagents.agents.EMPTY_PROMPT_TEMPLATES}  # the others take long to read
    with Provider() as provider, made(provider, temperature=0.5) as model:
        queue(provider, says("First."), says("<code>\nprint(weather('Rome'))\n</code>"), says("so"))
        agent = coder(model, **brief, planning_interval=5, max_steps=1)
        seen: list[Any] = [agent.run("Rain?"), type(agent).__name__]
        queue(provider, says(None, wish("weather", city="Rome")), says(None, wish("final_answer", answer="wet")))
        seen.append(caller(model, **brief, name="sub", description="Does.").run("Rain?"))
        queue(provider, streams("<code>final_", "answer('wet')</code>"))
        stream = coder(model, **brief, stream_outputs=True).run("Rain?", stream=True)
        seen.append([type(item).__name__ for item in stream])
        queue(provider, answer({"error": {"message": "no"}}, status=404))
        try:
            caller(model, **brief).run("Rain?")
        except smolagents.AgentError as error:
            seen.append((type(error).__name__, str(error)))
    used = smolagents.monitoring.TokenUsage(input_tokens=3, output_tokens=2)
    for kind in (AmazonBedrockNot, LiteLLMNot):
        own = kind(ChatMessage(role=MessageRole.ASSISTANT, content="hi", token_usage=used))
        own.model_id = "gemini/pro"
        seen.append(own.generate([{"role": "user", "content": "hi"}]).content)
    pictured = Scripted(ChatMessage(role=MessageRole.ASSISTANT, content="<code>final_answer(1)</code>"))
    seen.append(coder(pictured, **brief).run("Look", images=[object()]))
    return seen


def test_no_line_of_the_integration_can_hurt_a_program(data_dir: Path) -> None:
    assert harm(FILES, program, data_dir) == []
