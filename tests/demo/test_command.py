"""`tracekit demo` as a user starts it: a real process, a real port, a real browser's requests."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support import forks
from tracekit.demo.record import MARK, record, recorded
from tracekit.errors import TracekitError
from tracekit.query.source import open_source


def command(*flags: str) -> list[str]:
    return [sys.executable, "-m", "tracekit", "demo", *flags]


@contextmanager
def serving(*flags: str) -> Iterator[tuple[str, forks.Started]]:
    """A demo that serves, by its URL."""
    with forks.start(
        command("--no-browser", *flags), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip(), process
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=20)
    assert process.returncode == 0


def listed(url: str) -> list[str]:
    with urllib.request.urlopen(f"{url}/traces.json", timeout=10) as answer:
        return [trace["trace_id"] for trace in json.load(answer)["traces"]]


def test_the_first_start_records_and_then_prints_a_url_that_has_it_all(data_dir: Path) -> None:
    with serving("--port", "0") as (url, _):
        assert url.startswith("http://127.0.0.1:")
        assert len(listed(url)) == 11
    assert (data_dir / "demo" / MARK).is_file()
    assert not (data_dir / "journal").exists(), "the demo's traces stand among the user's own"


def test_the_next_start_serves_what_is_there(directory: Path) -> None:
    with serving("--port", "0", "--dir", str(directory)) as (url, _):
        first = listed(url)
    with serving("--port", "0", "--dir", str(directory)) as (url, _):
        assert listed(url) == first


def test_a_second_demo_beside_a_running_one_names_it(directory: Path) -> None:
    with serving("--port", "0", "--dir", str(directory)) as (url, _):
        done = forks.run(
            command("--no-browser", "--dir", str(directory)), capture_output=True, text=True, timeout=20, check=True
        )
        assert done.stdout.strip() == url


def test_where_the_usual_port_is_taken_it_takes_another(directory: Path) -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind(("127.0.0.1", 4318))
        except OSError:
            pass  # somebody has it already, which does as well
        else:
            taken.listen()
        with serving("--dir", str(directory)) as (url, process):
            assert not url.endswith(":4318")
            assert len(listed(url)) == 11
            process.send_signal(signal.SIGTERM)
            assert process.stderr is not None
            assert "picks a free one" in process.stderr.read()


def test_a_port_that_was_asked_for_and_is_taken_is_refused(directory: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = forks.run(
            command("--no-browser", "--port", str(port), "--dir", str(directory)),
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    assert done.returncode == 2
    assert str(port) in done.stderr
    assert done.stdout == ""


def test_without_serving_it_says_what_there_is(directory: Path) -> None:
    done = forks.run(
        command("--no-serve", "--dir", str(directory)), capture_output=True, text=True, timeout=20, check=False
    )
    assert done.returncode == 0
    assert done.stdout == ""
    assert done.stderr.count("travel-desk") == 3
    assert str(directory) in done.stderr


def test_settings_of_the_user_neither_hide_nor_send_anything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        outside = f"http://127.0.0.1:{elsewhere.getsockname()[1]}"
        for name, value in {
            "OTEL_SDK_DISABLED": "true",
            "OTEL_TRACES_SAMPLER": "always_off",
            "OTEL_EXPORTER_OTLP_ENDPOINT": outside,
            "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "NO_CONTENT",
            "TRACEKIT_ENDPOINT": outside,
            "TRACEKIT_CAPTURE_CONTENT": "false",
            "TRACEKIT_EXCLUDE": "openai",
            "HTTP_PROXY": outside,
        }.items():
            monkeypatch.setenv(name, value)
        record(tmp_path / "other", pace=0)
        elsewhere.setblocking(False)
        with pytest.raises(BlockingIOError):
            elsewhere.accept()
    with open_source(tmp_path / "other") as source:
        said = "select count(distinct trace_id) from messages where direction = 'output' and type = 'text'"
        assert source.sql(said).rows == [(10,)]


def test_a_session_that_fails_is_not_taken_for_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracekit.demo.record.SESSION", "tracekit.demo.no_such_module")
    with pytest.raises(TracekitError, match="exit code 1"):
        record(tmp_path / "failed", pace=0)
    assert not recorded(tmp_path / "failed")
