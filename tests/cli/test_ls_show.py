"""`tracekit ls` and `tracekit show`: what is found, and how it reads."""

from __future__ import annotations

import json
import os
import pty
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.cli.conftest import HOSTILE, OTHER, Ran
from tests.support import forks, journals
from tests.support.commands import PROGRAM, tracekit
from tracekit.cli.ls import fitted, started
from tracekit.journal.writer import JournalWriter
from tracekit.query.saved import VIEWS, Shelf
from tracekit.text import width

Run = Callable[..., Ran]


def ids(ran: Ran) -> list[str]:
    return [trace["trace_id"] for trace in json.loads(ran.out)]


def test_newest_first_with_everything_worth_knowing(run: Run, recorded: Path) -> None:
    ran = run("ls")
    assert (ran.code, ran.err) == (0, "")
    header, _, newest, oldest = ran.out.splitlines()
    assert header.split() == [
        "trace",
        "started",
        "duration",
        "status",
        "spans",
        "model",
        "tokens",
        "cost",
        "asked",
        "answered",
    ]
    for said in (journals.TRACE[:12], "1.0k→100", "$0.0035", "gpt-4o", "question 1", "answer 1"):
        assert said in oldest
    assert OTHER[:12] in newest
    assert "error (1)" in newest
    assert "\N{EN DASH}→\N{EN DASH}" in newest
    assert not set(ran.out) & set("\x1b\x07\u202e")


@pytest.mark.parametrize(
    ("flags", "found"),
    [
        ((), [OTHER, journals.TRACE]),
        (("--limit", "1"), [OTHER]),
        (("--status", "error"), [OTHER]),
        (("--status", "ok"), [journals.TRACE]),
        (("--status", "running"), []),
        (("--model", "gpt-4o"), [journals.TRACE]),
        (("--session", "s-1"), [journals.TRACE]),
        (("--user", "u-1"), [journals.TRACE]),
        (("--project", "shop"), [journals.TRACE]),
        (("--text", "question 1"), [journals.TRACE]),
        (("--text", "never said"), []),
        (("--since", "2026-11-18T11:06:40.002500Z"), [OTHER]),
        (("--since", "2026-11-18"), [OTHER, journals.TRACE]),
        (("--since", "0s"), []),
        (("--user", "u-1", "--status", "error"), []),
        (("model:gpt-4o", "--limit", "3", "user:u-1"), [journals.TRACE]),
        (("-user:u-1",), [OTHER]),
        (("-question",), [OTHER]),
        (("question 1",), [journals.TRACE]),
        (("1 question",), []),
        (("status:error", "-error:TimeoutError"), []),
        (("cost>0.0034", "cost<0.0036", "tokens>=1100"), [journals.TRACE]),
        (("name:work 1",), [journals.TRACE]),
        (("--sort", "dearest"), [journals.TRACE, OTHER]),
        (("--sort", "slowest", "--limit", "1"), [journals.TRACE]),
        (("extra",), []),
    ],
)
def test_filters(run: Run, recorded: Path, flags: tuple[str, ...], found: list[str]) -> None:
    assert ids(run("ls", "--json", *flags)) == found
    assert [json.loads(line)["trace_id"] for line in run("ls", "--ndjson", *flags).out.splitlines()] == found


def test_json_is_whole(run: Run, recorded: Path) -> None:
    newest, _ = json.loads(run("ls", "--json").out)
    assert (newest["name"], newest["start_time"], newest["cost_usd"]) == (HOSTILE, "2026-11-18T11:06:40.003000Z", None)


def test_more_than_are_shown_is_said(run: Run, recorded: Path) -> None:
    assert "--limit shows more" in run("ls", "--limit", "1").err
    assert run("ls", "--limit", "2").err == ""


def test_nothing_is_said_in_words_and_is_an_empty_array_for_programs(run: Run, data_dir: Path) -> None:
    data_dir.mkdir()
    assert ("no trace yet" in run("ls").err, run("ls").out, run("ls", "--json").out) == (True, "", "[]\n")
    assert "no trace matches" in run("ls", "--model", "x").err


@pytest.mark.parametrize(
    "flags",
    [
        ("--limit", "0"),
        ("--limit", "x"),
        ("--status", "unset"),
        ("--json", "--ndjson"),
        ("--since", "yesterday"),
        ("--extra",),
        ("modle:gpt-4o",),
        ("cost>cheap",),
        ("--sort", "oldest"),
    ],
)
def test_bad_flags(run: Run, flags: tuple[str, ...]) -> None:
    assert run("ls", *flags).code == 2


def test_a_start_reads_by_how_long_ago_it_was() -> None:
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    assert started(now, now) == f"{now.astimezone():%H:%M:%S}"
    assert started(now - timedelta(days=40), now).startswith("Oct 14 ")
    assert started(now - timedelta(days=400), now).startswith("2025-10-19 ")


@pytest.mark.parametrize("columns", [60, 80, 120, 200])
def test_every_row_fits_the_terminal(columns: int) -> None:
    names = ("trace", "started", "duration", "status", "spans", "model", "tokens", "cost", "asked", "answered")
    wide = "\u6771\u4eac" * 100
    row = ("0" * 12, "12:00:00", "1.24 s", "error (2)", "12", "m" * 32, "1.0k→100", "$0.0035", wide, wide)
    kept, (cells,) = fitted(names, [row], columns)
    gaps = 2 * (len(kept) - 1)
    assert {"trace", "status", "asked"} <= set(kept)
    taken = sum(max(map(width, pair)) for pair in zip(kept, cells, strict=True)) + gaps
    assert columns - 3 <= taken <= columns
    assert dict(zip(kept, cells, strict=True))["asked"].endswith("…")
    assert ("answered" in kept) == (columns == 200)


def test_a_trace_as_a_tree(run: Run, recorded: Path) -> None:
    ran = run("show", journals.TRACE[:8])
    assert (ran.code, ran.err) == (0, "")
    title, sums, _, root, asked, answered, child = ran.out.splitlines()
    assert title == f"{journals.TRACE} work 1 (shop/web)"
    assert sums == "ok · 2.00 ms · 2 spans · 1.0k in, 100 out · $0.0035 · session s-1 · user u-1"
    assert root.startswith("llm  work 1")
    assert root.endswith("ok  1.0k in, 100 out  $0.0035  gpt-4o")
    assert (asked.split(), answered.split()) == (["│", "in", "question", "1"], ["│", "out", "answer", "1"])
    assert child.startswith("└─ ")


def test_hostile_content_is_text(run: Run, recorded: Path) -> None:
    for flags in ((), ("--full",)):
        out = run("show", "latest", *flags).out
        assert not set(out) & set("\x1b\x07\u202e")
        assert "TimeoutError: \\x1b]0;title\\x07 and \\u202ebackwards" in out


def test_full_shows_texts_whole(run: Run, data_dir: Path) -> None:
    writer = JournalWriter(data_dir / "journal")
    journals.end(
        writer, 1, attributes={"tracekit.input": "\n".join(f"line {number} " + "x" * 300 for number in range(30))}
    )
    writer.close()
    assert "line 29" not in run("show", "latest").out
    assert run("show", "latest", "--full").out.count("x" * 300) == 30


def test_json_of_a_trace(run: Run, recorded: Path) -> None:
    trace = json.loads(run("show", journals.TRACE, "--json").out)
    assert [span["span_id"][-1] for span in trace["spans"]] == ["1", "2"]
    assert "input_messages" not in trace["spans"][0]
    full = json.loads(run("show", journals.TRACE, "--json", "--full").out)
    assert full["spans"][0]["input_messages"][0]["parts"][0]["content"] == "question 1"


@pytest.mark.parametrize(
    ("word", "says"), [("abcdef", "begins the id of none"), ("", "empty"), ("%", "none"), ("f' or 1=1", "none")]
)
def test_a_trace_that_is_not_there(run: Run, recorded: Path, word: str, says: str) -> None:
    ran = run("show", word)
    assert (ran.code, ran.out, says in ran.err) == (2, "", True)


@pytest.mark.parametrize("verb", [("ls",), ("show", "latest")])
def test_on_a_terminal_there_is_colour_and_nothing_else_that_acts(recorded: Path, verb: tuple[str, ...]) -> None:
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "200"}
    environment.pop("NO_COLOR", None)
    with forks.start([*PROGRAM, *verb], stdout=theirs, cwd=recorded, env=environment) as process:
        os.close(theirs)
        seen = b""
        while True:
            try:
                seen += os.read(ours, 65_536)
            except OSError:
                break
        assert process.wait() == 0
    os.close(ours)
    text = seen.decode()
    assert "\x1b[" in text
    assert "\x1b]" not in text
    assert not set(text) & set("\x07\u202e")


@pytest.mark.parametrize("verb", [("ls",), ("show", "latest")])
def test_a_terminal_that_lacks_a_character_is_shown_its_escape(data_dir: Path, verb: tuple[str, ...]):
    writer = JournalWriter(data_dir / "journal")
    journals.end(writer, 1, name="Ausflug →", attributes={"tracekit.input": "日本"})
    writer.close()
    done = tracekit(*verb, cwd=data_dir, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert r"\u65e5\u672c" in done.stdout


def test_json_is_utf_8_in_every_locale(data_dir: Path):
    writer = JournalWriter(data_dir / "journal")
    journals.end(writer, 1, name="Ausflug →")
    writer.close()
    for verb in (("ls", "--json"), ("ls", "--ndjson"), ("show", "latest", "--json")):
        done = tracekit(*verb, cwd=data_dir, PYTHONIOENCODING="ascii")
        assert (done.returncode, done.stderr) == (0, "")
        assert "Ausflug →" in done.stdout


def test_a_view_that_was_saved_in_the_viewer_is_listed(run: Run, recorded: Path) -> None:
    shelf = Shelf(recorded)
    shelf.save(VIEWS, "of the shop", {"q": "project:shop", "sort": "slowest", "columns": "input"})
    assert ids(run("ls", "--view", "of the shop", "--json")) == [journals.TRACE]
    assert ids(run("ls", "--view", "of the shop", "status:error", "--json")) == []
    assert ids(run("ls", "--view", "of the shop", "--sort", "newest", "--json")) == [journals.TRACE]
    wrong = run("ls", "--view", "other")
    assert (wrong.code, "there are of the shop" in wrong.err) == (2, True)
