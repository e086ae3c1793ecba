"""What a notebook shows: fragments without a script, escaped; and `show` in IPython, at a prompt and in a program."""

from __future__ import annotations

import subprocess
import sys
import types
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import tracekit
from tests.support import hostile, stories, timed
from tracekit.errors import UsageError
from tracekit.query import notebook
from tracekit.store import Batch
from tracekit.store.duckdb import open_store

AT = 1_790_000_000_000_000_000


@pytest.fixture
def filled(data_dir: Path) -> list[str]:
    (data_dir / "journal").mkdir(parents=True)
    good = stories.agent(AT, question="Where is order 8841?", answer="In Lisbon.", failing=True)
    evil = timed.span(timed.trace_id(), hostile.MIXTURE, at=AT + 10**12, ms=1, input=hostile.MIXTURE, status="error",
                      status_message=hostile.MIXTURE, tags=["<b>"])  # fmt: skip
    store = open_store(data_dir / "traces.duckdb")
    store.commit(Batch(spans=[*good, evil]))
    store.close()
    return [good[0].trace_id, evil.trace_id]


class Elements(HTMLParser):
    """The elements of a fragment."""

    def __init__(self, fragment: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(fragment)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs


def html(value: Any) -> str:
    """What a notebook asks of a value."""
    return value._repr_html_()


def fragments(trace_ids: list[str]) -> dict[str, str]:
    store = tracekit.connect()
    found: dict[str, str] = {"traces": html(store.traces()), "spans": html(store.spans())}
    for number, trace_id in enumerate(trace_ids):
        trace = store.trace(trace_id)
        found[f"trace {number}"] = html(trace)
        found[f"span {number}"] = html(store.span(trace_id, trace["spans"][0]["span_id"]))
        found[f"brief {number}"] = html(trace.spans[0])
    return found


def test_fragments_hold_no_script_and_ask_for_nothing(filled: list[str]) -> None:
    for name, fragment in fragments(filled).items():
        seen = Elements(fragment)
        assert not {"script", "img", "link", "iframe", "a"} & set(seen.tags), name
        assert all(not key.startswith("on") and key not in ("src", "href", "id") for key, _ in seen.attributes), name
        assert "url(" not in fragment
        assert "@import" not in fragment
        assert not {"\u202e", "\u200b", "\x1b", "\x00"} & set(fragment), name


def test_each_rule_of_the_style_is_of_the_fragment_only() -> None:
    flat = notebook.STYLE.replace("\n", "")
    for rule in filter(None, flat.split("}")):
        for selector in rule.partition("{")[0].split(","):
            assert ".tracekit" in selector, selector


def test_fragments_tell_what_the_pages_tell(filled: list[str]) -> None:
    found = fragments(filled)
    for name, parts in {
        "traces": ("invoke_agent support", "Where is order 8841?", "In Lisbon.", "$0.0098", "4.31 s", filled[0]),
        "spans": ("chat gpt-4o", "execute_tool get_order", "1.2k → 187"),
        "trace 0": ("invoke_agent support", "├─ ", "TimeoutError: order service", "1.2k in, 187 out", "Error"),
        "span 0": ("Where is order 8841?", "In Lisbon.", "agent"),
        "brief 0": ("Where is order 8841?", "In Lisbon."),
    }.items():
        for part in parts:
            assert part in found[name], (name, part)


def test_lists_and_trees_are_bounded_and_say_so(monkeypatch: pytest.MonkeyPatch, filled: list[str]) -> None:
    monkeypatch.setattr(notebook, "ROWS", 1)
    monkeypatch.setattr(notebook, "SPANS", 2)
    found = fragments(filled)
    assert "1 further row" in found["traces"]
    assert "3 further spans" in found["trace 0"]
    assert notebook.traces([]).count("No row.") == 1


def test_a_span_that_is_not_there(filled: list[str]) -> None:
    with pytest.raises(UsageError, match="has no span"):
        tracekit.connect().span(filled[0], "0" * 16)


class IPython(types.ModuleType):
    """As much of IPython as `show` asks: what it displays, in which cell."""

    def __init__(self) -> None:
        super().__init__("IPython")
        self.display: Any = types.SimpleNamespace(display=self.show)
        self.shown: list[dict[str, str]] = []
        self.cell = 1

    def show(self, data: dict[str, str], *, raw: bool) -> None:
        assert raw
        self.shown.append(data)

    def get_ipython(self) -> Any:
        return types.SimpleNamespace(execution_count=self.cell)


def test_a_notebook_shows_it_once_in_a_cell(monkeypatch: pytest.MonkeyPatch, filled: list[str], capsys: Any) -> None:
    shell = IPython()
    monkeypatch.setitem(sys.modules, "IPython", shell)
    trace: Any = tracekit.show(filled[0])
    trace._ipython_display_()  # the result of the same cell
    assert len(shell.shown) == 1
    assert shell.shown[0]["text/html"] == trace._repr_html_()
    assert shell.shown[0]["text/plain"] == repr(trace)
    shell.cell = 2
    trace._ipython_display_()
    assert len(shell.shown) == 2
    assert capsys.readouterr().out == ""


def test_a_program_prints_what_the_command_prints(data_dir: Path, filled: list[str]) -> None:
    code = f"import tracekit; tracekit.show({filled[0]!r}, path={str(data_dir)!r})"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    command = [sys.executable, "-m", "tracekit", "show", filled[0], "--dir", str(data_dir)]
    assert shown == subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "invoke_agent support" in shown


def test_rows_are_a_sequence_of_dictionaries(data_dir: Path, filled: list[str]) -> None:
    found = tracekit.connect(data_dir).traces()
    assert len(found) == len(found.rows) > 1
    assert [row["trace_id"] for row in found] == [row[found.columns.index("trace_id")] for row in found.rows]
    assert list(found) == found.dicts()
    assert found[-1] == found.dicts()[-1]
    with pytest.raises(IndexError):
        found[len(found)]
