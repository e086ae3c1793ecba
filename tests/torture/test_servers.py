"""Servers that load a program once and fork workers from it. No dependency of ours: tested where they are.

`pip install gunicorn celery` beside the development packages; without them these tests are skipped, and say so.
"""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tracekit.query.source import open_source

REQUESTS = 40

WEB = """
import os, tracekit
tracekit.autolog(instrument=[])
with tracekit.span("preloaded"): pass

def app(environ, start_response):
    with tracekit.span("request", input=environ["PATH_INFO"]):
        pid = str(os.getpid()).encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(pid)))])
    return [pid]
"""

TASKS = """
import os, sys, tracekit
from celery import Celery

tracekit.autolog(instrument=[])
here = os.environ["TRACEKIT_DIR"]
folders = {"data_folder_in": here + "/queue", "data_folder_out": here + "/queue", "control_folder": here + "/control"}
app = Celery("tasks", broker="filesystem://", broker_transport_options=folders)

@app.task
def work(number):
    with tracekit.span("task", input=number):
        pass
    with open(here + "/done", "a") as done:
        print(number, file=done)
"""


def until(happened: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while not happened():
        assert process.poll() is None, "the server has ended"
        assert time.monotonic() < deadline
        time.sleep(0.05)


def serve(command: list[str], directory: Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "TRACEKIT_DIR": str(directory / "data")}
    with (directory / "said").open("wb") as said:
        return subprocess.Popen(
            [sys.executable, "-m", *command], cwd=directory, env=environment, stdout=said, stderr=said
        )


def names(directory: Path) -> list[tuple[str, int]]:
    with open_source(directory / "data", tell=pytest.fail) as source:
        assert source.sql("SELECT count(*) FROM gaps").rows == [(0,)]
        return source.sql("SELECT name, count(*) FROM spans WHERE outcome = 'complete' GROUP BY 1 ORDER BY 1").rows


@pytest.mark.torture
@pytest.mark.parametrize("preload", [("--preload",), ()])
def test_gunicorn(tmp_path: Path, preload: tuple[str, ...]) -> None:
    (tmp_path / "web.py").write_text(WEB)
    command = ["gunicorn", "--bind", f"unix:{tmp_path}/s", "--workers", "3", "--threads", "2", *preload, "web:app"]
    with serve(command, tmp_path) as process:
        until((tmp_path / "s").exists, process)
        answered: list[str] = []

        def several_workers() -> bool:
            answered.extend(_ask(tmp_path / "s") for _ in range(REQUESTS))
            return len(set(answered)) > 1

        until(several_workers, process)
        process.send_signal(signal.SIGTERM)
    said = (tmp_path / "said").read_text()
    assert "tracekit" not in said, said
    [(_, loads), (_, requests)] = names(tmp_path)
    assert (loads == 1, requests) == (bool(preload), len(answered))


@pytest.mark.torture
def test_celery(tmp_path: Path) -> None:
    (tmp_path / "tasks.py").write_text(TASKS)
    for folder in ("data/queue", "data/control"):
        (tmp_path / folder).mkdir(parents=True)
    with serve(["celery", "-A", "tasks", "worker", "--pool", "prefork", "--concurrency", "2"], tmp_path) as process:
        send = "import tasks\nwith tasks.tracekit.context(session_id='s'), tasks.tracekit.span('sender'):\n"
        send += "    [tasks.work.delay(number) for number in range(15)]\n"
        send += "[tasks.work.delay(number) for number in range(5)]"
        environment = {**os.environ, "TRACEKIT_DIR": str(tmp_path / "data")}
        subprocess.run([sys.executable, "-c", send], cwd=tmp_path, env=environment, check=True)
        done = tmp_path / "data" / "done"
        until(lambda: done.exists() and len(done.read_text().splitlines()) == 20, process)
        process.send_signal(signal.SIGTERM)
    said = (tmp_path / "said").read_text()
    assert "tracekit:" not in said, said
    assert names(tmp_path) == [("sender", 1), ("task", 20)]
    beneath = """
        SELECT parent_span_id IS NOT NULL, session_id, count(*), count(DISTINCT trace_id)
        FROM spans WHERE name = 'task' GROUP BY 1, 2 ORDER BY 1
    """
    with open_source(tmp_path / "data", tell=pytest.fail) as source:
        assert source.sql(beneath).rows == [(False, None, 5, 5), (True, "s", 15, 1)]


def _ask(where: Path) -> str:
    """The process that answered one request over a Unix socket."""
    connection = http.client.HTTPConnection("localhost", timeout=20)
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(str(where))
    connection.request("GET", "/")
    try:
        return connection.getresponse().read().decode()
    finally:
        connection.close()
