"""Traces beside each other in a terminal: the calls, what was said otherwise, and the exit code."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Ran
from tests.support import stories, timed
from tests.support.stores import new_store
from tracekit.cli import diff
from tracekit.query.comparing import compare
from tracekit.query.difference import Shape, lines
from tracekit.query.source import open_source
from tracekit.query.traces import get_span
from tracekit.store import Batch
from tracekit.text import width

Run = Callable[..., Ran]
AT = 1_790_000_000_000_000_000
LONG = "It was bought in May, and nobody has heard of it since. " * 12


@pytest.fixture
def pair(data_dir: Path) -> tuple[str, str, str]:
    """Two runs of an agent that differ in a question, an answer and a failed tool; and one with a call more."""
    (data_dir / "journal").mkdir(parents=True)
    before = stories.agent(AT, question=f"Where is order 8841? {LONG}Please.", answer="In Lisbon.")
    after = stories.agent(
        AT + 10**12, question=f"Where is order 8842? {LONG}Please hurry.", answer="In Porto.", failing=True
    )
    more = stories.agent(AT + 2 * 10**12, question=f"Where is order 8841? {LONG}Please.", answer="In Lisbon.")
    evil = timed.span(
        more[0].trace_id,
        "\x1b[31m\u202eevil",
        at=AT + 2 * 10**12,
        ms=3,
        parent=more[0],
        kind="tool",
        tool_name="\x1b]0;x\x07",
    )
    store = new_store(data_dir / "traces.duckdb")
    store.commit(Batch(spans=[*before, *after, *more, evil]))
    store.close()
    return before[0].trace_id, after[0].trace_id, more[0].trace_id


def test_what_has_changed_is_told_word_by_word(run: Run, pair: tuple[str, str, str]) -> None:
    done = run("diff", pair[0], pair[1])
    assert done.code == diff.EXIT_DIFFERENT
    for said in ("~ agent  invoke_agent support", "[-8841-]{+8842+}", "[-Lisbon-]{+Porto+}", "ok → error", "hurry"):
        assert said in done.out
    assert LONG not in done.out
    assert LONG.split(". ", maxsplit=1)[0] in " ".join(run("diff", pair[0], pair[1], "--full").out.split())
    brief = run("diff", pair[0], pair[1], "--brief").out
    assert "8842" not in brief
    assert "1 same call" in brief
    assert "SELECT orders" in run("diff", pair[0], pair[1], "--brief", "--all").out


def test_what_was_added_and_removed_is_marked_and_harmless(run: Run, pair: tuple[str, str, str]) -> None:
    added, removed = run("diff", pair[0], pair[2]), run("diff", pair[2], pair[0])
    assert (added.code, removed.code) == (1, 1)
    assert "+ ├─ tool  \\x1b]0;x\\x07" in added.out or "+ └─ tool  \\x1b]0;x\\x07" in added.out
    assert "\n- " in removed.out
    assert "1 added" in added.out
    assert not {"\x1b", "\u202e", "\x07"} & set(added.out)


def test_the_same_is_exit_code_0_and_nothing_that_is_there_is_2(run: Run, pair: tuple[str, str, str]) -> None:
    same = run("diff", pair[0], pair[0])
    assert (same.code, "5 same calls" in same.out) == (0, True)
    assert run("diff", pair[0], "ffff").code == 2
    assert run("diff", *[pair[0]] * 9).code == 2
    assert run("diff", pair[0]).code == 2


def test_json_has_the_calls_and_the_pieces(run: Run, pair: tuple[str, str, str]) -> None:
    found = json.loads(run("diff", *pair, "--json").out)
    assert [trace["trace_id"] for trace in found["traces"].values()] == list(pair)
    root = found["calls"][0]
    assert (root["change"], root["level"], list(root["spans"])) == ("changed", 1, ["a", "b", "c"])
    pieces = root["texts"]["b"]["Output"]["pieces"]
    assert [piece["text"] for piece in pieces if piece["op"] == "added"] == ["Porto"]
    assert "".join(piece["text"] for piece in pieces if piece["op"] != "added") == "In Lisbon."
    assert {call["change"] for call in found["calls"]} == {"changed", "partly", "same"}


@pytest.mark.parametrize("columns", [40, 80, 120])
@pytest.mark.parametrize("coloured", [True, False])
def test_no_line_is_wider_than_the_terminal(
    pair: tuple[str, str, str], data_dir: Path, columns: int, *, coloured: bool
) -> None:
    with open_source(data_dir) as source:
        found = compare(source, pair)
        assert not isinstance(found, str)

        def whole(span: object) -> object:
            return get_span(source, span["trace_id"], span["span_id"])  # type: ignore[index]

        shape = Shape(columns=columns, coloured=coloured)
        made = ["".join(text for text, _ in each) for each in lines(found, shape, whole)]  # type: ignore[arg-type]
    assert max(map(width, made)) <= columns
    assert ("[-" in "\n".join(made)) is not coloured
