"""Judges for tests: a server of both APIs that says what a script wants, a function that plays a list, a whole row."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.integrations.wire import completion
from tests.support.provider import Asked, Provider, Reply, answer
from tracekit.evals.judges import FunctionJudge, Judge, Question, anthropic_messages, openai_compatible
from tracekit.evals.judges.ladder import ServedModel
from tracekit.evals.judges.transport import Patience
from tracekit.evals.metric import Metric
from tracekit.evals.row import Row
from tracekit.evals.score import Score

CHAT, MESSAGES = "/v1/chat/completions", "/v1/messages"
QUICK = Patience(timeout=60, attempts=3, backoff=0.01)

BROKEN = {
    "prose": "I would rather not put a number on this answer.",
    "empty": "",
    "no score": '{"reason": "fine"}',
    "97": '{"reason": "fine", "rationale": "fine", "score": 97, "label": "97", "statements": 97, "verdicts": 97}',
    "cut": '{"rationale": "the answer begins well, and th',
}
"""Five of the six; the sixth, a fenced verdict, is valid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Services of a metric."""

    judge: Any = None
    embed: Any = None


def message(text: str | None = None, *, data: Any = None, **fields: Any) -> dict[str, Any]:
    """A message of Anthropic's API: of text, or a call of the verdict's tool."""
    block = (
        {"type": "text", "text": text} if data is None else {"type": "tool_use", "id": "t", "name": "x", "input": data}
    )
    usage = {"input_tokens": 10, "output_tokens": 5, "cache_read_input_tokens": 20, "cache_creation_input_tokens": 0}
    return {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-9", "content": [block],
        "stop_reason": "end_turn", "usage": usage, **fields,
    }  # fmt: skip


class JudgeServer(Provider):
    """A server of both APIs. `say` gets the decoded body and gives text, a message's fields, or a whole reply."""

    def __init__(self, say: Callable[[Any], Any]) -> None:
        super().__init__()
        self.say = say

    def take(self, asked: Asked) -> Reply:
        with self._lock:
            self.asked.append(asked)
        said = self.say(asked.json)
        if isinstance(said, Reply):
            return said
        if isinstance(said, Mapping):
            return answer(said)
        return answer(message(said) if asked.path == MESSAGES else completion(said))

    @property
    def bodies(self) -> list[Any]:
        return [asked.json for asked in self.asked]

    def model(self, name: str = "judge-1", **more: Any) -> ServedModel:
        more.setdefault("patience", QUICK)
        return openai_compatible(name, base_url=f"{self.url}/v1", **more)

    def claude(self, name: str = "claude-9") -> ServedModel:
        return anthropic_messages(name, base_url=self.url, key="k", patience=QUICK)


@contextmanager
def serving(say: Callable[[Any], Any]) -> Generator[JudgeServer]:
    with JudgeServer(say) as server:
        yield server


Judging = Judge | FunctionJudge | Callable[[Question], Any]


class Played:
    """A judge that gives a list of values in order, and keeps what it was asked."""

    def __init__(self, *values: Any) -> None:
        self.values = list(values)
        self.questions: list[Question] = []

    async def __call__(self, question: Question) -> Any:
        self.questions.append(question)
        value = self.values.pop(0)
        if isinstance(value, Exception):
            raise value
        return value


def statements(*texts: str) -> dict[str, Any]:
    return {"statements": list(texts)}


def labels(*given: str) -> dict[str, Any]:
    """Verdicts in order."""
    return {
        "verdicts": [{"index": place, "rationale": f"r{place}", "label": label} for place, label in enumerate(given, 1)]
    }


async def score(metric: Metric, row: Row, judge: Judging, *, embed: Any = None, **options: Any) -> Score:
    """Score a row with a judge: one, or a function that plays a script."""
    made = judge if isinstance(judge, Judge) else Judge(judge)
    try:
        return await metric.score(row, services=Given(judge=made, embed=embed), options=options)
    finally:
        await made.aclose()


async def played(metric: Metric, row: Row, *values: Any, embed: Any = None, **options: Any) -> Score:
    """Score a row with a script, all of which must be asked for."""
    script = Played(*values)
    found = await score(metric, row, FunctionJudge(script), embed=embed, **options)
    assert script.values == [], "the script was not played to its end"
    return found


def filled(schema: Mapping[str, Any], *, at_best: bool = True) -> Any:
    """An object of a schema: scores in the middle, labels the first or the last, two statements."""
    if "enum" in schema:
        return schema["enum"][0 if at_best else -1]
    if schema["type"] == "object":
        return {name: filled(inner, at_best=at_best) for name, inner in schema["properties"].items()}
    if schema["type"] == "array":
        count = schema.get("minItems", 2)
        found = [filled(schema["items"], at_best=at_best) for _ in range(count)]
        for place, one in enumerate(found, 1):
            if isinstance(one, dict):
                one["index"] = place
        return found
    return (schema["minimum"] + schema["maximum"]) / 2 if schema["type"] == "number" else "because"


def schema_of(body: Any) -> Mapping[str, Any]:
    """The schema that a request asks for, of either API."""
    if "response_format" in body and "json_schema" in body["response_format"]:
        return body["response_format"]["json_schema"]["schema"]
    tool = body["tools"][0]
    return tool["input_schema"] if "input_schema" in tool else tool["function"]["parameters"]


WHOLE = Row(
    id="1",
    input="Where is it, and how old?",
    output="It is in Rome [1]. It is 30 years old [2].",
    expected="It is in Rome. It is 31 years old.",
    contexts=("The house is in Rome.", "The house is 31 years old."),
    tool_calls=(),
    messages=(
        {"role": "system", "content": "You sell houses."},
        {"role": "user", "content": "Where is it?"},
        {"role": "assistant", "content": "In Rome."},
    ),
    columns={
        "baseline": "It is in Milan.",
        "guidelines": ["Be brief.", "Be polite."],
        "rubric": ["It names a city.", "It names an age."],
        "labels": {"good": 1, "bad": 0},
        "graph": {"start": {"question": "Is it short?", "answers": {"yes": 1, "no": 0.5}}},
        "topics": ["houses"],
        "plan": ["look it up", "answer"],
    },
)
"""A row that every metric can read."""
