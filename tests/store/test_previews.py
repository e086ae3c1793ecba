"""What a person reads first of a step's input and output, in whatever a framework wrapped it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.spans import message
from tracekit.store.previews import PREVIEW_LENGTH, assistant_text, input_text, output_text, user_text

HUMAN = {"lc": 1, "type": "constructor", "id": ["langchain", "schema", "HumanMessage"], "kwargs": {"content": "asked"}}
AI = {"lc": 1, "type": "constructor", "id": ["langchain", "schema", "AIMessage"], "kwargs": {"content": "said"}}
TALK = [
    {"role": "system", "content": "rules"},
    {"role": "user", "content": "asked"},
    {"role": "assistant", "content": "said"},
]


@pytest.mark.parametrize(
    "value",
    [
        "asked",
        TALK,
        {"messages": TALK},
        {"messages": [TALK]},
        {"messages": [["system", "rules"], ["human", "asked"]]},
        {"question": "asked"},
        {"input": {"messages": TALK}, "config": {"a": 1}},
        {"kwargs": {"query": "asked"}, "args": []},
        {"args": ["asked"], "kwargs": {}},
        {"inputs": {"args": ["asked"]}},
        {"messages": [HUMAN]},
        [[HUMAN, AI]],
        [{"type": "human", "content": "asked"}],
        [{"role": "user", "content": [{"type": "text", "text": "asked"}, {"type": "image_url", "image_url": {}}]}],
        [message("user", "asked")],
        {"role": "user", "content": "asked"},
        {"city": "asked"},
    ],
)
def test_an_input_is_what_was_asked(value: Any) -> None:
    assert input_text(value) == "asked"


@pytest.mark.parametrize(
    "value",
    [
        "said",
        TALK,
        {"messages": TALK},
        {"answer": "said", "sources": []},
        {"output": AI},
        {"generations": [[{"message": AI}]]},
        {"messages": [AI]},
        {"messages": [{"type": "ai", "content": "said"}]},
        {"result": {"text": "said"}},
        [message("assistant", "hm"), message("assistant", "said")],
    ],
)
def test_an_output_is_what_was_said_last(value: Any) -> None:
    assert output_text(value) == "said"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, None),
        ("", None),
        ({"a": 1, "b": [2]}, '{"a":1,"b":[2]}'),
        ({"city": "Ulm", "day": "Monday"}, '{"city":"Ulm","day":"Monday"}'),
        (5, "5"),
        ([1, 2], "[1,2]"),
        ("x" * 1000, "x" * PREVIEW_LENGTH),
        ({"messages": [{"role": "tool", "content": "x"}]}, '{"messages":[{"role":"tool","content":"x"}]}'),
    ],
)
def test_what_is_no_text_in_particular_is_its_json(value: Any, shown: str | None) -> None:
    assert input_text(value) == shown


@pytest.mark.parametrize(
    "junk", [[None, 5, {}], [{"role": 5}], [{"role": "user", "parts": 7}], {"messages": {"messages": {}}}, [[]]]
)
def test_nothing_makes_it_raise(junk: Any) -> None:
    input_text(junk)
    output_text(junk)
    if isinstance(junk, list):
        assert (user_text(junk), assistant_text(junk)) == (None, None)


def test_what_is_nested_without_end_is_left_alone() -> None:
    deep: Any = "asked"
    for _ in range(5000):
        deep = [deep]
    assert input_text(deep) is None
