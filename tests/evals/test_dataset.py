"""Datasets: every form gives the same rows; what cannot be read names file, line and field; ids, hashes and parts."""

from __future__ import annotations

import csv
import io
import json
import random
from pathlib import Path
from typing import Any

import pytest

from tracekit.errors import UsageError
from tracekit.evals.dataset import Dataset, Shard, row_hash
from tracekit.evals.row import Row, ToolCall

ROWS: list[dict[str, Any]] = [
    {"id": "1", "question": "Why?", "expected": "So.", "contexts": ["a", "b"], "relevant": {"d1": 2.0}},
    {
        "id": "2",
        "question": "Where?",
        "expected": "Here.",
        "expected_tool_calls": [{"name": "go", "arguments": {"x": 1}}],
    },
]
CSV = """id,question,expected,contexts,relevant,expected_tool_calls
1,Why?,So.,"[""a"", ""b""]","{""d1"": 2.0}",
2,Where?,Here.,,,"[{""name"": ""go"", ""arguments"": {""x"": 1}}]"
"""
YAML = """
- {id: 1, question: Why?, expected: So., contexts: [a, b], relevant: {d1: 2.0}}
- id: 2
  question: Where?
  expected: Here.
  expected_tool_calls: [{name: go, arguments: {x: 1}}]
"""


def _tabs(text: str) -> str:
    made = io.StringIO()
    csv.writer(made, delimiter="\t").writerows(csv.reader(io.StringIO(text)))
    return made.getvalue()


FORMS = {
    "qa.jsonl": "\n\n".join(map(json.dumps, ROWS)),
    "qa.json": json.dumps(ROWS),
    "in.json": json.dumps({"name": "qa", "rows": ROWS}),
    "qa.csv": CSV,
    "qa.tsv": _tabs(CSV),
    "qa.yaml": YAML,
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_every_form_gives_the_same_rows(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(FORMS[name], "utf-8")

    found = list(Dataset(name, folder=tmp_path))

    assert found == list(Dataset(ROWS))
    assert found[0].input == "Why?"
    assert (found[0].contexts, found[0].relevant) == (("a", "b"), {"d1": 2.0})
    assert found[1].expected_tool_calls == (ToolCall("go", {"x": 1}),)


BAD = [
    ("a.jsonl", '{"id": 1}\n{"id": ', "a.jsonl, line 2 is no JSON"),
    ("a.jsonl", '{"id": 1}\n[1]', "a.jsonl, line 2 is [1] (list)"),
    ("a.jsonl", '{"id": 1, "contexts": 3}', "a.jsonl, line 1: contexts is 3"),
    ("a.jsonl", '{"id": 1, "x": "a"}\n\n{"id": 1, "x": "b"}', "a.jsonl, line 3: id '1' is that of a.jsonl, line 1"),
    ("a.jsonl", '{"x": 1}\n{"x": 1}', "a.jsonl, line 2 says the same as a.jsonl, line 1"),
    ("a.jsonl", '{"id": true}', "a.jsonl, line 1: id is True"),
    ("a.json", "3", "a.json is 3 (int)"),
    ("a.json", '{"a": [], "b": []}', "one such list"),
    ("a.json", "[{}, 4]", "a.json, row 2 is 4 (int)"),
    ("a.csv", "id,x\n1", "a.csv, line 2 has 1 cells; the header has 2 columns"),
    ("a.csv", "id,x,x\n1,2,3", "names 'x' twice"),
    ("a.csv", "", "its header line is missing"),
    ("a.csv", "id,retrieved\n1,d1;d2", "a.csv, line 2: retrieved is no JSON"),
    ("a.yaml", "a: [", "is no YAML"),
    ("a.txt", "x", "'.txt' is unknown; use .jsonl"),
    ("a.jsonl", "\n", "a.jsonl holds no row"),
]


@pytest.mark.parametrize(
    ("name", "text", "said"), BAD, ids=[f"{name}-{number}" for number, (name, *_) in enumerate(BAD)]
)
def test_what_cannot_be_read_is_named(name: str, text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(UsageError) as raised:
        Dataset(tmp_path / name).facts()
    assert said in str(raised.value)


def test_text_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b'{"x": "\xff"}')
    with pytest.raises(UsageError, match=r"a\.jsonl is not UTF-8"):
        list(Dataset(tmp_path / "a.jsonl"))


def test_a_file_is_looked_for_beside_the_suite_and_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "b.jsonl").write_text('{"id": "b"}')
    monkeypatch.chdir(tmp_path / "here")

    assert [row.id for row in Dataset("b.jsonl", folder=tmp_path)] == ["b"]
    with pytest.raises(UsageError, match="looked for") as raised:
        Dataset("c.jsonl", folder=tmp_path)
    assert str(tmp_path / "c.jsonl") in str(raised.value)
    assert str(tmp_path / "here" / "c.jsonl") in str(raised.value)


def test_the_input_is_the_one_text_else_all_columns() -> None:
    one, two, given, none = Dataset(
        [{"question": "a", "k": 3}, {"question": "a", "city": "b"}, {"input": 1, "question": "a"}, {"expected": "x"}]
    )
    assert (one.input, two.input, given.input, none.input) == ("a", {"question": "a", "city": "b"}, 1, None)


def test_a_missing_id_is_made_of_what_goes_in() -> None:
    rows = [{"question": "a", "expected": "b"}, {"question": "c"}]
    first = [row.id for row in Dataset(rows)]
    assert first == [row.id for row in Dataset(reversed(rows))][::-1]
    assert first[0] != next(iter(Dataset([{"question": "a", "expected": "other"}]))).id


def test_the_hash_is_of_what_goes_in_not_of_what_came_out() -> None:
    asked = Row(input="a", expected="b", columns={"x": 1})
    assert row_hash(asked) == row_hash(Row(id="other", input="a", expected="b", columns={"x": 1}, trace_id="t"))
    assert row_hash(asked) != row_hash(Row(input="a", expected="c", columns={"x": 1}))
    assert row_hash(asked) != row_hash(Row(input="a", expected="b", columns={"x": 2}))
    assert row_hash(asked) != row_hash(Row(input="a", expected="b", columns={"x": 1}, contexts=("c",)))
    answered = Row(input="a", expected="b", columns={"x": 1}, output="o")
    assert row_hash(asked) == row_hash(answered)
    assert row_hash(answered) == row_hash(Row(input="a", expected="b", columns={"x": 1}, output="p", contexts=("c",)))


def test_the_hash_of_a_dataset_knows_no_order_but_every_row() -> None:
    rows = [{"id": str(number), "x": number} for number in range(50)]
    shuffled = random.Random(7).sample(rows, len(rows))
    assert Dataset(rows).facts() == Dataset(shuffled).facts()
    assert Dataset(rows).facts().hash != Dataset([*rows[:-1], {"id": "49", "x": 0}]).facts().hash
    assert Dataset(rows).facts().hash != Dataset(rows[:-1]).facts().hash


def test_what_can_be_gone_through_once_is_held_and_the_rest_is_read_anew(tmp_path: Path) -> None:
    once = Dataset({"id": number} for number in range(3))
    assert once.facts().rows == len(list(once)) == 3
    file = tmp_path / "a.jsonl"
    file.write_text('{"id": 1}')
    rows = Dataset(file)
    assert rows.facts().rows == 1
    file.write_text('{"id": 1}\n{"id": 2}')
    assert rows.facts().rows == 2


def test_texts_are_inputs() -> None:
    assert [row.input for row in Dataset(["a", "b"])] == ["a", "b"]


def test_the_parts_of_a_dataset_are_apart_whole_and_stable() -> None:
    names = [f"row {number}" for number in range(400)]
    parts = [{name for name in names if name in Shard(number=number, of=4)} for number in range(1, 5)]
    assert sum(map(len, parts)) == 400
    assert set[str]().union(*parts) == set(names)
    assert all(60 < len(part) < 140 for part in parts)
    assert "row 3" in Shard.parse(" 2/4 ")  # a change of the rule would tear running shards apart


@pytest.mark.parametrize("text", ["0/4", "5/4", "1", "a/b", "1/0"])
def test_a_part_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="second of four parts as 2/4"):
        Shard.parse(text)
