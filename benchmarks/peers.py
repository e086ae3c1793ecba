"""The same OTLP requests to tracekit, MLflow and Phoenix, one after the other: what a stored span costs each of them.

Each peer is installed into a virtual environment of its own under a temporary directory, served with its SQLite file as
its documentation says, and asked by its own HTTP API. One that does not install is left out, and said to be.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import processes
from benchmarks.ingest import BATCH, SENDERS
from benchmarks.payload import otlp_request, spans
from tracekit.query.source import open_source

SPANS = 4_000
ROUNDS = 7
_START_SECONDS = 180.0
_STORE_SECONDS = 300.0


@dataclass(slots=True, frozen=True, kw_only=True)
class Peer:
    """Another collector: what is installed and started, and how it is asked.

    Attributes:
        package: what pip installs.
        command: the program and its arguments; `{port}`, `{folder}` and `{grpc}` are filled in.
        database: its SQLite file, in its folder.
        health: a path that answers 200 once it serves.
        headers: what its collector wants beside the body.
        newest: method, path and JSON body of the question for the newest 50 traces.
        trace: the same for one trace; `{trace_id}` is filled in.
    """

    package: str
    command: tuple[str, ...]
    database: str
    health: str
    headers: dict[str, str]
    newest: tuple[str, str, Any]
    trace: tuple[str, str, Any]


_EXPERIMENT = [{"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": "0"}}]
PEERS = {
    "mlflow": Peer(
        package="mlflow",
        command=(
            "mlflow", "server", "--backend-store-uri", "sqlite:///{folder}/mlflow.db", "--artifacts-destination",
            "{folder}/artifacts", "--host", "127.0.0.1", "--port", "{port}",
        ),
        database="mlflow.db",
        health="/health",
        headers={"x-mlflow-experiment-id": "0"},
        newest=("POST", "/api/3.0/mlflow/traces/search", {"locations": _EXPERIMENT, "max_results": 50}),
        trace=("GET", "/api/3.0/mlflow/traces/get?trace_id=tr-{trace_id}", None),
    ),
    "phoenix": Peer(
        package="arize-phoenix",
        command=("phoenix", "serve"),
        database="phoenix.db",
        health="/healthz",
        headers={},
        newest=("GET", "/v1/projects/default/traces?limit=50", None),
        trace=("GET", "/v1/projects/default/spans?trace_id={trace_id}", None),
    ),
}  # fmt: skip


def run(*, count: int = SPANS, names: tuple[str, ...] = tuple(PEERS)) -> dict[str, Any]:
    """Store so many spans in each, and ask.

    Args:
        count: spans.
        names: which peers.
    """
    made = list(spans(count))
    bodies = [otlp_request(made[start : start + BATCH // SENDERS]) for start in range(0, count, BATCH // SENDERS)]
    figures: dict[str, Any] = {}
    left_out: list[str] = []
    for name in ("tracekit", *names):
        with tempfile.TemporaryDirectory(prefix="tracekit-bench-", ignore_cleanup_errors=True) as folder:
            try:
                figures[name] = (
                    _ours(Path(folder), bodies, made)
                    if name == "tracekit"
                    else _theirs(name, Path(folder), bodies, made)
                )
            except (subprocess.CalledProcessError, OSError, http.client.HTTPException) as error:
                left_out.append(f"{name} was not measured: {error}")
    return {
        "benchmark": "peers",
        "unit": "CPU microseconds, seconds, bytes a span; milliseconds a question (p50)",
        "spans": count,
        "on": processes.machine(),
        "figures": figures,
        "left_out": left_out,
        "results": [
            {"name": f"CPU of a stored span: tracekit / {name}", "goal": 1.0, "met": ratio < 1, "value": ratio}
            for name in figures
            if name != "tracekit" and (ratio := round(figures["tracekit"]["cpu_us"] / figures[name]["cpu_us"], 3))
        ],
    }


def _ours(folder: Path, bodies: list[bytes], made: list[dict[str, Any]]) -> dict[str, float]:
    with processes.up(folder) as up, open_source(folder) as source:
        questions = ("GET", "/traces.json", None), ("GET", "/traces/{trace_id}.json", None)
        stored = partial(source.sql, "SELECT count(*) FROM spans")
        return _measured(
            up.pid,
            up.address,
            headers={},
            bodies=bodies,
            made=made,
            stored=lambda: stored().rows[0][0],
            questions=questions,
            folder=folder,
        )


def _theirs(name: str, folder: Path, bodies: list[bytes], made: list[dict[str, Any]]) -> dict[str, float]:
    peer = PEERS[name]
    programs = _installed(name, folder / "venv")
    data = folder / "data"
    data.mkdir()
    with _serving(peer, programs, data) as (pid, address):
        return _measured(
            pid,
            address,
            headers=peer.headers,
            bodies=bodies,
            made=made,
            stored=partial(_rows, data / peer.database),
            questions=(peer.newest, peer.trace),
            folder=data,
        )


def _installed(name: str, place: Path) -> Path:
    """The programs of a virtual environment that has the peer; of `TRACEKIT_BENCH_<NAME>`, where that names one."""
    given = os.environ.get(f"TRACEKIT_BENCH_{name.upper()}")
    if given:
        return Path(given) / "bin"
    print(f"peers: installing {name} ...", file=sys.stderr, flush=True)
    venv.create(place, with_pip=True)
    pip = [str(place / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, PEERS[name].package], check=True)
    return place / "bin"


@contextlib.contextmanager
def _serving(peer: Peer, programs: Path, folder: Path) -> Generator[tuple[int, str]]:
    """The peer, once it answers: process id, host and port."""
    port, grpc = _free_port(), _free_port()
    filled = [part.format(port=port, folder=folder) for part in peer.command]
    environment = {
        **{key: value for key, value in os.environ.items() if key != "PYTHONPATH"},
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PHOENIX_WORKING_DIR": str(folder), "PHOENIX_HOST": "127.0.0.1", "PHOENIX_PORT": str(port),
        "PHOENIX_GRPC_PORT": str(grpc), "PHOENIX_TELEMETRY_ENABLED": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true",
    }  # fmt: skip
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(
            [str(programs / filled[0]), *filled[1:]], env=environment, stdout=log, stderr=log, cwd=folder
        ) as process,
    ):
        try:
            address = f"127.0.0.1:{port}"
            _await_answer(address, peer.health, process)
            yield process.pid, address
        finally:
            for pid in reversed(processes.tree(process.pid)):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, 15)


def _await_answer(address: str, path: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError, http.client.HTTPException):
            _ask(address, ("GET", path, None), {})
            return
        time.sleep(0.2)
    raise OSError(f"{process.args} does not answer at {address}")


def _measured(
    pid: int,
    address: str,
    *,
    headers: dict[str, str],
    bodies: list[bytes],
    made: list[dict[str, Any]],
    stored: Callable[[], int],
    questions: tuple[Any, Any],
    folder: Path,
) -> dict[str, float]:
    """Send, wait until all is stored, ask.

    The first request warms up: what a collector starts only then is no span's cost.
    """
    first, *bodies = bodies
    _post(address, headers, [first])
    warm = min(BATCH // SENDERS, len(made))
    _await(stored, least=warm)
    before = _bytes(folder)
    cpu, wall = processes.cpu_seconds(pid), time.perf_counter()
    with ThreadPoolExecutor(SENDERS) as senders:
        post = partial(_post, address, headers)
        list(senders.map(post, [bodies[first::SENDERS] for first in range(SENDERS)]))
    answered = time.perf_counter() - wall
    _await(stored, least=len(made))
    took = time.perf_counter() - wall
    spent = processes.cpu_seconds(pid) - cpu
    count = len(made) - warm
    trace_id = made[len(made) // 2]["trace_id"]
    newest, trace = (_p50(address, question, headers, trace_id) for question in questions)
    return {
        "cpu_us": round(spent / count * 1e6, 1),
        "spans_a_second": round(count / took),
        "answered_s": round(answered, 2),
        "queryable_s": round(took, 2),
        "bytes_a_span": round((_bytes(folder) - before) / count),
        "memory_mb": processes.megabytes(pid),
        "newest_50_ms": newest,
        "trace_by_id_ms": trace,
    }


def _await(stored: Callable[[], int], *, least: int) -> None:
    deadline = time.monotonic() + _STORE_SECONDS
    while (there := stored()) < least:
        if time.monotonic() > deadline:
            raise OSError(f"{there} of {least} spans were stored after {_STORE_SECONDS:g} s")
        time.sleep(0.05)


def _post(address: str, headers: dict[str, str], bodies: list[bytes]) -> None:
    with contextlib.closing(http.client.HTTPConnection(address, timeout=_STORE_SECONDS)) as connection:
        for body in bodies:
            connection.request("POST", "/v1/traces", body, {"content-type": "application/x-protobuf", **headers})
            answer = connection.getresponse()
            said = answer.read()
            if answer.status >= 300:
                raise OSError(f"POST /v1/traces was answered by {answer.status}: {said[:200]!r}")


def _p50(address: str, question: tuple[str, str, Any], headers: dict[str, str], trace_id: str) -> float:
    method, path, body = question
    asked = method, path.format(trace_id=trace_id), body
    taken: list[float] = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        _ask(address, asked, headers)
        taken.append((time.perf_counter() - began) * 1e3)
    return round(statistics.median(taken), 1)


def _ask(address: str, question: tuple[str, str, Any], headers: dict[str, str]) -> bytes:
    method, path, body = question
    sent = None if body is None else json.dumps(body)
    with contextlib.closing(http.client.HTTPConnection(address, timeout=_STORE_SECONDS)) as connection:
        connection.request(method, path, sent, {"content-type": "application/json", **headers})
        answer = connection.getresponse()
        content = answer.read()
    if answer.status != http.client.OK:
        raise OSError(f"{method} {path} was answered by {answer.status}: {content[:200]!r}")
    return content


def _rows(database: Path) -> int:
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return connection.execute("SELECT count(*) FROM spans").fetchall()[0][0]


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and path.name != "log")


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


if __name__ == "__main__":
    print(json.dumps(run(count=int(sys.argv[1]) if len(sys.argv) > 1 else SPANS), indent=2))
