"""`tracekit sql`: every form of output, and what it says of bad input."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.cli.conftest import Ran
from tests.support import forks, journals
from tests.support.commands import PROGRAM, tracekit
from tracekit.journal.writer import JournalWriter

Run = Callable[..., Ran]

QUERY = """
SELECT
    span_id AS id, start_time, finish_reasons, output_messages, cost_usd, NULL AS nothing, true AS yes,
    DATE '2026-01-02' AS day, {'a': [1, NULL]} AS struct, 'NaN'::DOUBLE AS nan,
    170141183460469231731687303715884105727::HUGEINT AS huge, 1.5::DECIMAL(4,2) AS decimal,
    'x'::BLOB AS bytes, 'a,"b"\n' AS text, 1 AS id
FROM spans WHERE span_id = '0000000000000001'
"""
ROW: dict[str, Any] = {
    "id": "0000000000000001",
    "start_time": "2026-11-18T11:06:40.001000Z",
    "finish_reasons": ["stop"],
    "output_messages": [
        {"role": "assistant", "parts": [{"type": "text", "content": "answer 1"}], "finish_reason": "stop"}
    ],
    "cost_usd": 0.0035,
    "nothing": None,
    "yes": True,
    "day": "2026-01-02",
    "struct": {"a": [1, None]},
    "nan": "nan",
    "huge": 170141183460469231731687303715884105727,
    "decimal": 1.5,
    "bytes": "78",
    "text": 'a,"b"\n',
    "id_1": 1,
}


def test_json_is_an_array_of_objects(run: Run, recorded: Path) -> None:
    ran = run("sql", "--format", "json", QUERY)
    assert (ran.code, ran.err) == (0, "")
    assert json.loads(ran.out) == [ROW]


def test_json_of_no_rows_is_an_empty_array(run: Run, recorded: Path) -> None:
    assert json.loads(run("sql", "--format", "json", "SELECT 1 AS x WHERE false").out) == []


def test_ndjson_is_an_object_a_line(run: Run, recorded: Path) -> None:
    lines = run("sql", "--format", "ndjson", "SELECT span_id FROM spans ORDER BY 1").out.splitlines()
    assert [json.loads(line)["span_id"][-1] for line in lines] == ["1", "2", "3"]


def test_csv_has_a_header_and_keeps_text_whole(run: Run, recorded: Path) -> None:
    rows = list(csv.reader(io.StringIO(run("sql", "--format", "csv", QUERY).out)))
    assert len(rows) == 2
    assert rows[0][:3] == ["id", "start_time", "finish_reasons"]
    found = dict(zip(rows[0], rows[1], strict=True))
    assert (found["start_time"], found["nothing"], found["yes"], found["text"]) == (
        ROW["start_time"],
        "",
        "true",
        'a,"b"\n',
    )
    assert json.loads(found["output_messages"]) == ROW["output_messages"]


def test_parquet_to_a_file_and_down_a_pipe(recorded: Path, run: Run, tmp_path: Path) -> None:
    query = "SELECT span_id, start_time, duration_ms FROM spans ORDER BY 1"
    assert run("sql", "--format", "parquet", "--output", str(tmp_path / "a.parquet"), query).out == ""
    table = pq.read_table(tmp_path / "a.parquet")
    assert table.column("duration_ms").to_pylist() == [1.0, 1.0, 1.0]
    piped = forks.run([*PROGRAM, "sql", "--format", "parquet", query], capture_output=True, check=True, cwd=tmp_path)
    assert pq.read_table(io.BytesIO(piped.stdout)) == table


def test_a_table_is_aligned_and_shows_hostile_text_spelled_out(run: Run, recorded: Path) -> None:
    out = run("sql", "SELECT name, input_tokens AS n, error_type FROM spans ORDER BY span_id").out
    lines = out.splitlines()
    assert lines[0].split() == ["name", "n", "error_type"]
    assert lines[2].split() == ["work", "1", "1000", "NULL"]
    assert not set(out) & set("\x1b\x07\u202e")
    assert "\\x1b]0;title\\x07 and \\u202ebackwards" in lines[4]
    assert (
        len(
            {
                line.index(word)
                for line, word in zip(lines[2:], ("NULL", "NULL", "TimeoutError"), strict=True)
                if "1000" in line
            }
        )
        == 1
    )


@pytest.mark.parametrize("form", ["table", "csv"])
def test_nothing_hostile_reaches_a_terminal(recorded: Path, form: str) -> None:
    ours, theirs = pty.openpty()
    command = [*PROGRAM, "sql", "--format", form, "SELECT name FROM spans"]
    with forks.start(command, stdout=theirs, cwd=recorded, env={**os.environ, "NO_COLOR": "1"}) as process:
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
    assert "title" in text
    assert not set(text) & set("\x1b\x07\u202e")


def test_parquet_is_not_sent_to_a_terminal(recorded: Path) -> None:
    ours, theirs = pty.openpty()
    ran = forks.run(
        [*PROGRAM, "sql", "--format", "parquet", "SELECT 1"],
        stdout=theirs,
        stderr=subprocess.PIPE,
        text=True,
        cwd=recorded,
        check=False,
    )
    os.close(ours)
    os.close(theirs)
    assert ran.returncode == 2
    assert "--output" in ran.stderr


def test_a_query_from_stdin(run: Run, recorded: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("SELECT 42 AS answer"))
    assert json.loads(run("sql", "--format", "json", "-").out) == [{"answer": 42}]


@pytest.mark.parametrize(
    ("query", "says"),
    [("SELEC 1", "syntax error"), ("SELECT * FROM nowhere", "nowhere"), ("DROP VIEW spans", "only read"),
     ("SELECT 1; SELECT 2", "2 statements"), ("SELECT * FROM '/etc/passwd'", "passwd"), ("", "0 statements")],
)  # fmt: skip
def test_a_bad_query_is_a_sentence_and_2(run: Run, recorded: Path, query: str, says: str) -> None:
    ran = run("sql", query)
    assert (ran.code, ran.out) == (2, "")
    assert says in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    "arguments",
    [("sql",), ("sql", "--unknown", "SELECT 1"), ("sql", "--format", "xml", "SELECT 1"), ("ls", "--since", "soon")],
)
def test_a_flag_that_is_none_is_2(run: Run, arguments: tuple[str, ...]) -> None:
    assert run(*arguments).code == 2


def test_no_directory_a_newer_database_a_foreign_file(run: Run, recorded: Path, tmp_path: Path) -> None:
    ran = run("sql", "--dir", str(tmp_path / "typo"), "SELECT 1")
    assert (ran.code, "no such data directory" in ran.err) == (2, True)
    (tmp_path / "foreign").write_text("no database")
    ran = run("sql", "--db", str(tmp_path / "foreign"), "SELECT 1")
    assert (ran.code, "--db" in ran.err) == (2, True)


def test_what_cannot_be_written_is_2(run: Run, recorded: Path, tmp_path: Path) -> None:
    ran = run("sql", "--output", str(tmp_path), "SELECT 1")
    assert (ran.code, str(tmp_path) in ran.err) == (2, True)


def test_damage_is_said_on_stderr_and_the_rest_is_there(run: Run, recorded: Path) -> None:
    (recorded / "journal" / "0-foreign.tkj").write_bytes(b"a photograph")
    ran = run("sql", "--format", "json", "SELECT count(*) AS n FROM spans")
    assert json.loads(ran.out) == [{"n": 3}]
    assert "0-foreign.tkj is no journal" in ran.err


def test_a_missing_extra_names_the_line_that_installs_it(recorded: Path, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n"
        "class Absent:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] == 'duckdb':\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Absent())\n"
    )
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    for verb in (("sql", "SELECT 1"), ("up",), ("ls",), ("doctor",)):
        ran = tracekit(*verb, cwd=tmp_path, PYTHONPATH=path)
        assert ran.returncode == 2
        assert 'pip install "tracekit-llm[server]"' in ran.stderr


def test_help_loads_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom tracekit.cli import main\n"
        "try:\n    main([sys.argv[1], '--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'duckdb', 'starlette', 'uvicorn', 'pyarrow', 'rich', 'genai_prices', 'pydantic'}\n"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)"
    )
    for verb in ("sql", "ls", "show", "up", "doctor"):
        ran = subprocess.run(
            [sys.executable, "-c", code, verb], capture_output=True, text=True, cwd=tmp_path, check=False
        )
        assert (ran.returncode, ran.stderr) == (0, "")
        assert "example:" in ran.stdout or "exit code" in ran.stdout


@pytest.mark.parametrize("form", ["json", "ndjson"])
@pytest.mark.parametrize("depth", [400, 900])
def test_a_deep_value_leaves_as_json_or_as_the_text_it_is(run: Run, recorded: Path, form: str, depth: int):
    deep = "[" * depth + "]" * depth
    done = run("sql", "--format", form, f"select '{deep}'::json as value, count(*) as spans from spans")
    assert (done.code, done.err) == (0, "")
    assert done.out.count(deep) == 1
    assert '"spans": 3' in done.out


@pytest.mark.parametrize(("redirection", "code"), [(">/dev/full", 2), (">&-", 0)])
def test_output_that_has_no_place_is_said_and_no_traceback(data_dir: Path, redirection: str, code: int):
    data_dir.mkdir()
    command = f'exec "$0" -m tracekit ls {redirection}'
    journal = JournalWriter(data_dir / "journal")
    journals.end(journal, 1)
    journal.close()
    done = subprocess.run(["sh", "-c", command, sys.executable], capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert ("No space left on device" in done.stderr) == (code == 2)


def test_a_query_that_is_no_text_is_refused(run: Run, recorded: Path):
    done = run("sql", "select \udcff")
    assert done.code == 2
    assert "not valid UTF-8" in done.err


def until_busy(pid: int) -> None:
    """Wait until a process has had more CPU time than it takes to start, as far as the system tells."""
    account = Path(f"/proc/{pid}/stat")
    deadline = time.monotonic() + (20 if account.exists() else 3)
    while time.monotonic() < deadline:
        if account.exists() and sum(map(int, account.read_text().rpartition(")")[2].split()[11:13])) > 100:
            return
        time.sleep(0.1)


def test_ctrl_c_ends_a_long_query_at_once(recorded: Path):
    endless = "select count(*) from range(100000000) a, range(100000) b where (a.range * b.range) % 7 = 3"
    process = forks.start([*PROGRAM, "sql", endless], stderr=subprocess.PIPE)
    with process:
        assert process.stderr is not None
        until_busy(process.pid)
        process.send_signal(signal.SIGINT)
        try:
            assert process.wait(timeout=30) in (130, -signal.SIGINT)
        finally:
            process.kill()
        assert b"Traceback" not in process.stderr.read()
