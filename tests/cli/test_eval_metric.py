"""`tracekit eval metrics` and `tracekit eval metric`: the list, one row, and how each ends."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import HOSTILE, Ran
from tests.support import journals
from tracekit.evals.registry import every

Run = Callable[..., Ran]
SIX = ["value", "label", "passed", "status", "rationale", "details"]


def score(ran: Ran) -> dict[str, Any]:
    found = json.loads(ran.out)
    assert list(found) == SIX
    return found


def test_the_list_has_every_metric_with_all_that_is_known(run: Run) -> None:
    ran = run("eval", "metrics", "--json")
    found = {each["name"]: each for each in json.loads(ran.out)}
    assert (ran.code, list(found)) == (0, sorted(every()))
    assert found["ndcg"]["options"] == {"k": None, "gain": "linear"}
    assert found["wer"]["range"] == [0.0, None]
    assert (found["wer"]["direction"], found["latency"]["unit"], found["latency"]["kind"]) == ("lower", "s", "spans")
    for each in found.values():
        assert each["definition"]
        assert each["source"]
        assert {"inputs", "range", "direction", "kind", "binary", "version", "family"} <= each.keys()


def test_people_read_it_by_family(run: Run) -> None:
    lines = run("eval", "metrics").out.splitlines()
    assert "retrieval" in lines
    assert any(line.startswith("  ndcg ") and line.endswith("[0 to 1]") for line in lines)
    assert any(line.startswith("  ter ") and line.endswith("[0 and up, lower is better]") for line in lines)
    assert lines[-1] == f"{len(every())} metrics"


RANKED = '{"retrieved": ["a", "b", "c"], "relevant": {"c": 2}, "k": 2}'


@pytest.mark.parametrize(
    ("arguments", "value"),
    [
        (("token_f1", "--row", '{"output": "in Paris", "expected": "Paris"}'), 2 / 3),
        (("recall_at_k", "--row", RANKED), 0.0),
        (("recall_at_k", "--row", RANKED, "--option", "k=3"), 1.0),
        (("recall_at_k(k=3)", "--row", RANKED), 1.0),
        (("recall_at_k(k=3)", "--row", RANKED, "--option", "k=1"), 0.0),
        (("regex_match", "--row", '{"output": "a=b"}', "--option", "pattern=^a=b$"), 1.0),
        (("exact_match", "--row", '{"output": "B", "expected": "b"}', "--option", "ignore_case=False"), 0.0),
        (("exact_match", "--row", '{"output": "B", "expected": "b"}', "--option", "ignore_case=false"), 0.0),
        (("latency", "--row", '{"spans": [{"span_id": "1", "duration_ms": 1500}]}'), 1.5),
    ],
)
def test_a_row_is_scored(run: Run, arguments: tuple[str, ...], value: float) -> None:
    ran = run("eval", "metric", *arguments, "--json")
    assert (ran.code, ran.err) == (0, "")
    found = score(ran)
    assert (found["status"], round(found["value"], 12)) == ("ok", round(value, 12))


def test_a_row_may_come_from_a_file_or_stdin(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "row.json"
    path.write_text('\ufeff{"output": "x", "expected": "x"}', encoding="utf-8")
    assert score(run("eval", "metric", "exact_match", "--row", f"@{path}", "--json"))["value"] == 1.0
    monkeypatch.setattr(sys, "stdin", io.StringIO('{"output": "x", "expected": "y"}'))
    assert score(run("eval", "metric", "exact_match", "--row", "-", "--json"))["value"] == 0.0


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("ndcg", "--row", '{"retrieved": ["a"]}'), "missing", "ndcg needs relevant"),
        (("ndcg", "--row", '{"retrieved": ["a"], "relevant": []}'), "invalid", "no id with a gain above 0"),
        (("regex_match", "--row", json.dumps({"output": "a" * 60 + "!", "expected": "(a+)+$"})), "timeout", "1 s"),
        (("answer_similarity", "--row", '{"output": "a", "expected": "a"}'), "skipped", "needs an embedder"),
        (("latency", "--row", '{"output": "a"}'), "missing", "latency needs spans"),
    ],
)
def test_without_a_value_it_could_not_be_decided(run: Run, arguments: tuple[str, ...], status: str, said: str) -> None:
    ran = run("eval", "metric", *arguments, "--json")
    found = score(ran)
    assert (ran.code, found["status"], found["value"], found["passed"]) == (3, status, None, None)
    assert said in found["rationale"]
    ran = run("eval", "metric", *arguments)
    assert ran.code == 3
    assert "no value" in ran.out
    assert said in ran.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("ndgc", "--row", "{}"), "did you mean ndcg?"),
        (("ndcg", "--row", '{"a":}'), "line 1, column 6"),
        (("ndcg", "--row", "[1]"), "a row is an object"),
        (("ndcg", "--row", '{"retrieved": "a"}'), "--row: retrieved is 'a'"),
        (("ndcg", "--row", "{}", "--option", "z=1"), "it has k, gain"),
        (("ndcg", "--row", "{}", "--option", "k"), "write it like k=10"),
        (("ndcg(k=", "--row", "{}"), "cannot be read"),
        (("ndcg.p95 < 3", "--row", "{}"), "one row"),
        (("ndcg", "--row", "@nowhere.json"), "nowhere.json cannot be read"),
        (("latency", "--row", '{"spans": 5}'), "rows of the view `spans`"),
        (("latency", "--row", '{"trace_id": "ffff"}'), "is no trace"),
        (("answer_similarity", "--row", '{"output": "a", "expected": "a"}', "--embedder", "nothing"), "nothing"),
    ],
)
def test_what_cannot_be_asked_is_a_usage_error(run: Run, data_dir: Path, arguments: tuple[str, ...], said: str) -> None:
    data_dir.mkdir()
    ran = run("eval", "metric", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


def test_spans_come_from_the_store(run: Run, recorded: Path) -> None:
    row = json.dumps({"trace_id": journals.TRACE})
    assert score(run("eval", "metric", "tokens", "--row", row, "--json"))["value"] == 1100
    assert score(run("eval", "metric", "latency", "--row", row, "--json", "--dir", str(recorded)))["value"] == 0.001
    query = json.dumps({"trace_id": journals.TRACE, "query": {"count": {"kind": "llm"}, "least": 1, "most": 1}})
    assert score(run("eval", "metric", "span_query", "--row", query, "--json"))["passed"] is True
    found = score(run("eval", "metric", "finish_reason", "--row", row, "--json"))
    assert (found["value"], found["details"]) == (1.0, {"reasons": {"stop": 1}})


def test_an_embedder_is_a_function_of_ones_own(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "counting_embedder.py").write_text(
        "def embed(texts):\n    return [[text.count('a') + 1.0, text.count('b') + 1.0] for text in texts]\n",
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    row = '{"output": "ab", "expected": "ba"}'
    ran = run("eval", "metric", "answer_similarity", "--row", row, "--json", "--embedder", "counting_embedder:embed")
    assert round(score(ran)["value"], 9) == 1.0


def test_nothing_of_a_row_acts_on_the_terminal(run: Run) -> None:
    row = json.dumps({"output": [], "expected": [{"a": HOSTILE}], HOSTILE: 1})
    ran = run("eval", "metric", "json_schema_valid", "--row", json.dumps({"output": HOSTILE, "schema": {"enum": [1]}}))
    assert not set(ran.out) & set("\x1b\x07\u202e")
    assert not set(run("eval", "metric", "table_f1", "--row", row).out) & set("\x1b\x07\u202e")
