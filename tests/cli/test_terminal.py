"""Listings on a terminal of 80 columns, as over ssh: with colour, and without; and the words that they all take."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import OTHER, Ran
from tests.support import forks, hostile, stories, timed
from tests.support.stores import new_store
from tracekit.store import Batch
from tracekit.text import width

Run = Callable[..., Ran]
COLUMNS = 80


@pytest.fixture
def lately(data_dir: Path) -> list[str]:
    """A long question whose tool failed, and a hostile span, a minute ago."""
    (data_dir / "journal").mkdir(parents=True)
    at = time.time_ns() - 60_000_000_000
    asked = stories.agent(at, question="Where is my order 8841? " * 20, answer="It is in Porto. " * 20, failing=True)
    evil = timed.llm(timed.trace_id(), at=at, ms=3, model=f"m{hostile.MIXTURE}", session_id="\x1b[2J" + "s" * 90)
    store = new_store(data_dir / "traces.duckdb")
    store.commit(Batch(spans=[*asked, evil]))
    store.close()
    return [asked[0].trace_id, evil.trace_id]


def on_a_terminal(*arguments: str, **environment: str) -> str:
    """What a command writes to a terminal."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, COLUMNS, 0, 0))
    env = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "NO_COLOR")}
    command = [sys.executable, "-m", "tracekit", *arguments]
    with forks.start(
        command, stdin=slave, stdout=slave, stderr=slave, env={**env, "TERM": "xterm-256color", **environment}
    ) as process:
        os.close(slave)
        said = b""
        while True:
            try:
                piece = os.read(master, 65_536)
            except OSError:  # the other end is closed
                break
            if not piece:
                break
            said += piece
        assert process.wait() == 0, said
    os.close(master)
    return said.decode()


@pytest.mark.parametrize(
    "arguments",
    [("ls",), ("show", "-q", "user:u-17"), ("tail", "--no-follow"), ("top", "--once", "--window", "1h")],
    ids=lambda arguments: arguments[0],
)
def test_80_columns_hold_it_and_only_colour_is_sent(lately: list[str], arguments: tuple[str, ...]) -> None:
    coloured = on_a_terminal(*arguments)
    plain = on_a_terminal(*arguments, NO_COLOR="1")
    bare = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert coloured != bare
    for text in (bare, plain):
        assert not re.search(r"[\x00-\x08\x0b-\x0c\x0e-\x1f\u202e]", text)
        assert max(width(line) for line in text.replace("\r", "").split("\n")) <= COLUMNS
    assert [line.rstrip() for line in bare.split("\n")][3:] == [line.rstrip() for line in plain.split("\n")][3:]


def test_a_narrow_terminal_keeps_what_is_missed_most(lately: list[str]) -> None:
    assert "Where is my" in on_a_terminal("tail", "--no-follow", NO_COLOR="1")
    table = on_a_terminal("top", "--once", "--window", "1h", NO_COLOR="1")
    for head in ("calls", "errors", "p95", "cost"):
        assert head in table


@pytest.mark.parametrize("query", ["status:error", '-"work 1"', "user:u-1 status:ok", "-status:ok"])
def test_a_query_is_the_text_of_the_search_box(run: Run, recorded: Path, query: str) -> None:
    import json

    by_query = [trace["trace_id"] for trace in json.loads(run("ls", "--json", "-q", query).out)]
    assert by_query
    assert by_query == [trace["trace_id"] for trace in json.loads(run("ls", "--json", f"--query={query}").out)]
    if '"' not in query:
        assert by_query == [trace["trace_id"] for trace in json.loads(run("ls", "--json", *query.split()).out)]
    shown = json.loads(run("show", f"--query={query}", "--json").out)
    assert shown["trace_id"] == by_query[0]


def test_show_takes_the_filters_of_ls(run: Run, recorded: Path) -> None:
    import json

    assert json.loads(run("show", "--json").out)["trace_id"] == OTHER
    assert json.loads(run("show", "latest", "--project", "shop", "--json").out)["trace_id"] != OTHER
    named = run("show", OTHER, "--project", "shop")
    assert (named.code, "leave the filters out" in named.err) == (2, True)
    none = run("show", "-q", "user:nobody")
    assert (none.code, "no trace matches" in none.err) == (2, True)
    wrong = run("show", "-q", "modle:x")
    assert (wrong.code, "model" in wrong.err) == (2, True)


def test_markdown_is_printed_as_it_is_served(run: Run, recorded: Path) -> None:
    said = run("show", OTHER, "--format", "markdown")
    assert (said.code, said.out.startswith("## ")) == (0, True)
    assert "TimeoutError" in said.out
    assert not {"\x1b", "\u202e", "\x07"} & set(said.out)
    assert run("show", OTHER, "--no-content").code == 2
    bare = run("show", OTHER, "--format", "markdown", "--no-content").out
    assert "TimeoutError" in bare
    assert "TimeoutError: " not in bare  # names stay, messages do not
