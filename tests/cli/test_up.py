"""`tracekit up` as a process: one line, live traces, clean ends, and a clear word for whatever is in its way."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from tests.cli.conftest import Ran
from tests.support import forks, journals, otlp
from tests.support.commands import PROGRAM, up
from tracekit.journal.writer import JournalWriter
from tracekit.query.source import open_source
from tracekit.store.duckdb import open_store

Run = Callable[..., Ran]

PROTOBUF = {"Content-Type": "application/x-protobuf"}


@pytest.fixture(scope="module")
def http() -> Iterator[httpx2.Client]:
    with httpx2.Client(trust_env=False) as client:
        yield client


def names(http: httpx2.Client, url: str, key: str) -> list[Any]:
    return [row[key] for row in http.get(f"{url}/traces.json").json()["traces"]]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def count(directory: Path) -> int:
    with open_source(directory) as source:
        return source.sql("SELECT count(*) FROM spans").rows[0][0]


@pytest.mark.parametrize("compression", [Compression.NoCompression, Compression.Gzip])
def test_an_unmodified_exporter_is_understood(
    data_dir: Path, tmp_path: Path, http: httpx2.Client, compression: Compression
) -> None:
    with up(cwd=tmp_path) as (url, _):
        exporter = OTLPSpanExporter(endpoint=f"{url}/v1/traces", compression=compression)
        provider = TracerProvider(resource=Resource.create({"service.name": "exported"}), shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(exporter))
        tracer = provider.get_tracer("tests")
        with tracer.start_as_current_span("outer"), tracer.start_as_current_span("inner") as inner:
            inner.set_status(trace.StatusCode.ERROR, "broke")
        provider.shutdown()
        with open_source() as source:
            query = "SELECT name, service, status, status_message, parent_span_id IS NULL FROM spans ORDER BY name"
            rows = source.sql(query).rows
        assert rows == [("inner", "exported", "error", "broke", False), ("outer", "exported", "unset", None, True)]
        until(lambda: names(http, url, "name") == ["outer"])


def test_a_program_s_journal_shows_up_live(data_dir: Path, tmp_path: Path, http: httpx2.Client) -> None:
    writer = JournalWriter(data_dir / "journal")
    with up(cwd=tmp_path) as (url, _):
        assert names(http, url, "name") == []
        journals.start(writer, 1)
        until(lambda: names(http, url, "complete") == [False])
        journals.end(writer, 1)
        until(lambda: names(http, url, "complete") == [True])
    writer.close()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_clean_end(data_dir: Path, tmp_path: Path, http: httpx2.Client, number: signal.Signals, code: int) -> None:
    body = otlp.request(otlp.spans(3)).SerializeToString()
    with up(cwd=tmp_path) as (url, process):
        assert mode(data_dir / "up.json") == 0o600
        with http.stream("GET", f"{url}/live") as live:  # a page that stays open
            assert live.status_code == 200
            assert http.post(f"{url}/v1/traces", content=body, headers=PROTOBUF).status_code == 200
            process.send_signal(number)
            assert process.wait(timeout=15) == code
        out, err = process.communicate()
    assert (out, "Traceback" in err) == ("", False)
    assert not (data_dir / "up.json").exists()
    assert not list(data_dir.glob("*.wal"))
    store = open_store(data_dir / "traces.duckdb")
    assert store.sql("SELECT count(*) FROM spans").rows == [(3,)]
    assert all(state.ended for state in store.journals().values())
    store.close()
    assert [mode(data_dir / name) for name in ("", "journal", "traces.duckdb")] == [0o700, 0o700, 0o600]


def test_what_was_answered_200_survives_a_kill(data_dir: Path, tmp_path: Path, http: httpx2.Client) -> None:
    with up(cwd=tmp_path) as (url, process):
        for number in range(1, 21):
            body = otlp.request(otlp.spans(2, trace=number)).SerializeToString()
            assert http.post(f"{url}/v1/traces", content=body, headers=PROTOBUF).status_code == 200
        process.kill()
        process.wait()
    assert (data_dir / "up.json").exists()
    assert count(data_dir) == 40
    assert not (data_dir / "up.json").exists()


def test_a_taken_port_names_its_holder(run: Run, data_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = str(holder.getsockname()[1])
        ran = run("up", "--port", port, "--no-browser")
    assert (ran.code, ran.out) == (2, "")
    assert f"port {port} on 127.0.0.1 is taken by process {os.getpid()} (" in ran.err


def test_a_second_up_and_another_holder_are_named(run: Run, data_dir: Path, tmp_path: Path) -> None:
    with up(cwd=tmp_path) as (url, process):
        ran = run("up", "--port", "0")
    assert (ran.code, f"process {process.pid}" in ran.err, url in ran.err) == (2, True, True)
    store = open_store(data_dir / "traces.duckdb")
    command = [*PROGRAM, "up", "--port", "0", "--no-grpc", "--no-browser"]
    held = forks.start(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    time.sleep(1)
    store.close()  # a short command that has it is waited for
    with held:
        assert held.stdout is not None
        assert held.stdout.readline().startswith("http://")
        held.terminate()


def test_a_newer_database_is_left_alone(run: Run, data_dir: Path) -> None:
    import duckdb

    open_store(data_dir / "traces.duckdb").close()
    with duckdb.connect(str(data_dir / "traces.duckdb")) as connection:
        connection.execute("INSERT INTO internal.schema_versions VALUES (9999, now(), '99.0')")
    for verb in (("up", "--port", "0"), ("ls",)):
        ran = run(*verb)
        assert (ran.code, ran.out, "newer" in ran.err) == (2, "", True)


@pytest.mark.parametrize(
    "case",
    [
        (("--dir", "file"), {}, "cannot be used as data directory"),
        (("--dir", "file/below"), {}, "cannot be used as data directory"),
        (("--db", "file"), {}, "is not a DuckDB database"),
        (("--host", "0.0.0.0"), {}, "TRACEKIT_TOKEN"),
        (("--host", "no.such.invalid"), {"TRACEKIT_TOKEN": "t"}, "--host"),
        ((), {"TRACEKIT_PORT": "many"}, "whole number"),
        ((), {"TRACEKIT_PRICES": "nowhere.json"}, "price file"),
    ],
)
def test_what_cannot_work_is_a_sentence_and_2(
    run: Run,
    data_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    case: tuple[tuple[str, ...], dict[str, str], str],
) -> None:
    flags, environment, says = case
    (tmp_path / "file").write_text("in the way")
    monkeypatch.chdir(tmp_path)
    for name, value in {"TRACEKIT_PORT": "0", **environment}.items():
        monkeypatch.setenv(name, value)
    ran = run("up", "--no-browser", *flags)
    assert (ran.code, ran.out) == (2, "")
    assert says in ran.err


def test_a_token_guards_everything_but_health(data_dir: Path, tmp_path: Path, http: httpx2.Client) -> None:
    with up("--host", "0.0.0.0", cwd=tmp_path, TRACEKIT_TOKEN="s3cret") as (url, _):
        assert url.startswith("http://127.0.0.1:")
        assert http.get(f"{url}/health").status_code == 200
        for path in ("/", "/traces.json", "/v1/traces", "/api/sql", "/nothing"):
            assert http.get(url + path).status_code == 401
        assert "asks for its token" in http.get(url, headers={"accept": "text/html"}, follow_redirects=True).text
        assert http.get(f"{url}/traces.json", headers={"Authorization": "Bearer s3cret"}).status_code == 200
        assert count(data_dir) == 0  # other commands come in by the key of up.json


def test_guards_compression_and_the_key(data_dir: Path, tmp_path: Path, http: httpx2.Client) -> None:
    with up(cwd=tmp_path) as (url, process):
        for host, status in (("evil.example", 421), ("localhost", 200)):
            assert http.get(f"{url}/traces.json", headers={"Host": host}).status_code == status
        page = http.get(f"{url}/", headers={"Accept-Encoding": "gzip"}, follow_redirects=True)
        assert (page.status_code, page.headers["content-encoding"]) == (200, "gzip")
        known = json.loads((data_dir / "up.json").read_text())
        assert (known["url"], known["pid"]) == (url, process.pid)
        assert known["key"] not in http.get(f"{url}/health").text


def test_damage_is_said_once_and_the_rest_is_shown(data_dir: Path, tmp_path: Path, http: httpx2.Client) -> None:
    folder = data_dir / "journal"
    folder.mkdir(parents=True)
    (folder / "a.tkj").write_bytes(b"a photograph")
    (folder / "b.tkj").write_bytes(b"".join(journals.frames(2))[:-3])
    with up(cwd=tmp_path) as (url, process):
        until(lambda: names(http, url, "span_count") == [1])
        time.sleep(0.6)
        process.terminate()
        _, err = process.communicate(timeout=15)
    assert (err.count("a.tkj is no journal"), err.count("b.tkj: 1 records could not be read")) == (1, 1)


KEPT = {"TRACEKIT_KEEP_JOURNALS": "true"}
PACKED = {**KEPT, "TRACEKIT_COMPRESS_JOURNALS": "true"}


@pytest.mark.parametrize(
    ("arguments", "environment", "left"),
    [
        ((), {}, ""),
        ((), KEPT, ".tkj"),
        ((), PACKED, ".tkj.zst"),
        (("--db", "elsewhere.duckdb"), {}, ".tkj"),
        (("--db", "elsewhere.duckdb"), PACKED, ".tkj"),
    ],
)
def test_journals_that_are_stored_go_unless_they_are_to_be_kept(
    tmp_path: Path, arguments: tuple[str, ...], environment: dict[str, str], left: str
) -> None:
    writer = JournalWriter(tmp_path / "journal")
    journals.end(writer, 1)
    path = writer.path
    writer.close()
    assert path is not None
    os.utime(path, (0, 0))
    with up("--dir", str(tmp_path), *arguments, cwd=tmp_path, **environment):
        deadline = time.monotonic() + (1 if left == ".tkj" else 10)
        while path.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
    assert [found.name for found in tmp_path.glob("journal/*.tkj*")] == ([f"{path.stem}{left}"] if left else [])


def test_what_a_person_said_survives_a_kill(data_dir: Path, tmp_path: Path, http: httpx2.Client) -> None:
    form = {"trace_id": journals.TRACE, "name": "correction", "label": "Lisbon"}
    with up(cwd=tmp_path) as (url, process):
        http.post(
            f"{url}/v1/traces", content=otlp.request(otlp.spans(1, trace=1)).SerializeToString(), headers=PROTOBUF
        )
        until(lambda: len(names(http, url, "trace_id")) == 1)
        form["trace_id"] = names(http, url, "trace_id")[0]
        assert http.post(f"{url}/scores", data=form).status_code == 303
        process.kill()
        process.wait()
    with open_source(data_dir) as source:
        assert source.sql("SELECT name, label, source FROM scores").rows == [("correction", "Lisbon", "human")]
