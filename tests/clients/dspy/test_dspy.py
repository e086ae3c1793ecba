"""DSPy under `autolog()`: by LiteLLM beneath in older versions, by its own client in newer ones."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # or LiteLLM asks for prices over the network

import dspy
import pytest

import tracekit
import tracekit_integrations
from tests.clients.wire import CHAT, Bill
from tests.support.faults import harm
from tests.support.patched import Spans
from tests.support.provider import Provider, Reply
from tracekit import semconv
from tracekit.model import RawSpan

FILES = [Path(tracekit_integrations.__file__).parent / "dspy.py"]
pytestmark = pytest.mark.filterwarnings("ignore")
"""DSPy's own."""
DONE = "[[ ## completed ## ]]"


class Heard(dspy.utils.callback.BaseCallback):
    """A callback of the program's."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def on_lm_start(self, call_id: str, instance: Any, inputs: dict[str, Any]) -> None:
        self.calls.append(instance.model)


@pytest.fixture
def bill() -> Bill:
    return Bill()


def model(provider: Provider, **options: Any) -> Any:
    return dspy.LM("openai/gpt-4o", api_base=f"{provider.url}/v1", api_key="none", **{"cache": False, **options})


def paris(bill: Bill) -> Reply:
    return bill.chat(f"[[ ## answer ## ]]\nParis\n\n{DONE}")


def in_order(spans: Spans) -> list[RawSpan]:
    return sorted(spans(), key=lambda span: span.start_ns)


def beneath(spans: list[RawSpan], above: RawSpan) -> list[str]:
    return [span.name for span in spans if span.parent_span_id == above.span_id]


def billed(directory: Path) -> tuple[Any, ...]:
    return (
        tracekit.connect(directory).sql("select sum(input_tokens), sum(output_tokens) from spans where counted").rows[0]
    )


def test_a_module_its_adapter_and_its_model(provider: Provider, spans: Spans, bill: Bill, data_dir: Path) -> None:
    heard = Heard()
    provider.queue(CHAT, paris(bill))
    with dspy.context(lm=model(provider), callbacks=[heard]):
        assert dspy.Predict("question -> answer")(question="Where?").answer == "Paris"
        assert dspy.settings.callbacks == [heard]
    found = in_order(spans)
    assert [span.name for span in found[:3]] == ["Predict", "ChatAdapter", "chat gpt-4o"]
    assert [span.parent_span_id for span in found[1:3]] == [span.span_id for span in found[:2]]
    module, _, asked = found[:3]
    assert module.attributes[semconv.INPUT] == {"question": "Where?"}
    assert module.attributes[semconv.OUTPUT] == {"answer": "Paris"}
    assert asked.attributes[semconv.PROVIDER] == "openai"
    assert asked.attributes[semconv.USAGE_INPUT_TOKENS] == bill.input
    assert asked.attributes[semconv.RESPONSE_ID] == "chatcmpl-1"
    assert "Paris" in asked.attributes[semconv.OUTPUT_MESSAGES][0]["parts"][0]["content"]
    assert heard.calls == ["openai/gpt-4o"]
    assert billed(data_dir) == (bill.input, bill.output)


async def test_asynchronous(provider: Provider, spans: Spans, bill: Bill, data_dir: Path) -> None:
    provider.queue(CHAT, paris(bill))
    with dspy.context(lm=model(provider)):
        assert (await dspy.Predict("question -> answer").acall(question="Where?")).answer == "Paris"
    assert [span.name for span in in_order(spans)[:3]] == ["Predict", "ChatAdapter", "chat gpt-4o"]
    assert billed(data_dir) == (bill.input, bill.output)


def test_an_agent_and_its_tool(provider: Provider, spans: Spans, bill: Bill, data_dir: Path) -> None:
    def weather(city: str) -> str:
        """What it is like outside."""
        return f"rain in {city}"

    def thought(tool: str, arguments: str) -> Reply:
        said = f"[[ ## next_thought ## ]]\nt\n\n[[ ## next_tool_name ## ]]\n{tool}\n\n"
        return bill.chat(f"{said}[[ ## next_tool_args ## ]]\n{arguments}\n\n{DONE}")

    answer = bill.chat(f"[[ ## reasoning ## ]]\nr\n\n[[ ## answer ## ]]\nrain\n\n{DONE}")
    provider.queue(CHAT, thought("weather", '{"city": "Paris"}'), thought("finish", "{}"), answer)
    with dspy.context(lm=model(provider)):
        assert dspy.ReAct("question -> answer", tools=[weather])(question="?").answer == "rain"
    found = in_order(spans)
    agent = found[0]
    assert agent.name == "invoke_agent ReAct"
    assert "execute_tool weather" in beneath(found, agent)
    (tool,) = [span for span in found if span.name == "execute_tool weather"]
    assert tool.attributes[semconv.TOOL_CALL_ARGUMENTS] == {"city": "Paris"}
    assert tool.attributes[semconv.TOOL_CALL_RESULT] == "rain in Paris"
    assert tool.attributes[semconv.TOOL_DESCRIPTION] == "What it is like outside."
    assert billed(data_dir) == (bill.input, bill.output)


def test_an_evaluation_in_threads_holds_each_run(provider: Provider, spans: Spans, bill: Bill, data_dir: Path) -> None:
    examples = [dspy.Example(question=f"q{n}", answer="Paris").with_inputs("question") for n in range(3)]
    provider.queue(CHAT, *(paris(bill) for _ in examples))
    tried = dspy.Evaluate(devset=examples, metric=lambda e, p, t=None: e.answer == p.answer, num_threads=2)
    with dspy.context(lm=model(provider)):
        assert tried(dspy.Predict("question -> answer"), display_progress=False).score == 100
    found = in_order(spans)
    assert found[0].name == "Evaluate Predict"
    assert beneath(found, found[0]) == ["Predict"] * 3
    assert billed(data_dir) == (bill.input, bill.output)


def test_an_answer_from_the_cache_costs_nothing(provider: Provider, spans: Spans, bill: Bill, data_dir: Path) -> None:
    dspy.configure_cache(enable_disk_cache=False)  # it would remember the run before this one
    provider.queue(CHAT, bill.chat("hello"))
    lm = model(provider, cache=True)
    assert lm("cached in memory?") == lm("cached in memory?")
    again = [span for span in spans() if f"{semconv.METADATA_PREFIX}dspy_cache_hit" in span.attributes]
    assert len(again) == 1
    assert semconv.USAGE_INPUT_TOKENS not in again[0].attributes
    assert billed(data_dir) == (bill.input, bill.output)


def test_a_retriever(spans: Spans) -> None:
    class Passage(dict):
        long_text = "text"

    with dspy.context(rm=lambda query, k, **_: [Passage()]):
        assert dspy.Retrieve(k=1)("what?").passages == ["text"]
    (span,) = [span for span in spans() if span.attributes.get(semconv.OPERATION) == semconv.RETRIEVAL]
    assert span.attributes[semconv.RETRIEVAL_QUERY] == "what?"
    assert span.attributes[semconv.RETRIEVAL_DOCUMENTS] == [{"content": "text"}]


def test_faults_of_ours_are_not_noticed(provider: Provider, data_dir: Path) -> None:
    def program() -> list[Any]:
        bill = Bill()
        provider.queue(CHAT, paris(bill), bill.chat("hello"))
        lm = model(provider)
        with dspy.context(lm=lm):
            return [dspy.Predict("question -> answer")(question="Where?").answer, lm("hi")]

    assert [line for line in harm(FILES, program, data_dir) if "is not passed" not in line] == []
