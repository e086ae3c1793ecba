"""OTLP out of a store: to files, to a real `tracekit up`, and to collectors that refuse."""

from __future__ import annotations

import gzip
import io
import json
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceResponse,
)

from tests.cli.conftest import OTHER, Ran
from tests.support import forks, journals
from tests.support.commands import PROGRAM, up
from tracekit.errors import UsageError
from tracekit.model import RawSpan
from tracekit.otlp import decode
from tracekit.query import stored
from tracekit.query.sending import Collector, UndeliveredError
from tracekit.query.source import open_source

Run = Callable[..., Ran]
Answer = tuple[int, dict[str, str], bytes]


@contextmanager
def collector(*answers: Answer) -> Iterator[tuple[str, list[tuple[dict[str, str], list[RawSpan]]]]]:
    """A collector that gives these answers one after the other, the last one for ever; what it was sent."""
    sent: list[tuple[dict[str, str], list[RawSpan]]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = gzip.decompress(self.rfile.read(int(self.headers["Content-Length"])))
            is_json = self.headers["Content-Type"] == "application/json"
            sent.append(({**self.headers, "path": self.path}, decode.traces(body, json=is_json)))
            code, headers, content = answers[min(len(sent), len(answers)) - 1]
            self.send_response(code)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", sent
        finally:
            server.shutdown()
            thread.join()


OK: Answer = (200, {}, b"")


def spans(count: int) -> list[RawSpan]:
    return [
        RawSpan(trace_id="1" * 32, span_id=f"{number + 1:016x}", parent_span_id=None, name="work", start_ns=1, end_ns=2)
        for number in range(count)
    ]


def ids(sent: list[tuple[dict[str, str], list[RawSpan]]]) -> list[list[str]]:
    return [[span.span_id[-1] for span in body] for _, body in sent]


def test_attributes_leave_just_as_they_came(run: Run, recorded: Path) -> None:
    ran = run("export", "-o", "-", "--json")
    [line] = ran.out.splitlines()
    found = {span.span_id[-1]: span for span in decode.traces(line.encode(), json=True)}
    assert (
        found["1"].attributes
        == journals.chat(1, model="gpt-4o", attributes={"session.id": "s-1", "user.id": "u-1"})["attributes"]
    )
    assert (found["2"].resource["service.name"], found["2"].start_ns) == ("web", journals.span(2)["start_ns"])
    assert found["3"].status_code == 2
    assert json.loads(ran.err) == {"to": "-", "format": "otlp-json", "dialect": "raw", "spans": 3, "logs": 0}


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (["--trace", OTHER[:6]], 1),
        (["--status", "error"], 1),
        (["--model", "gpt-4o"], 2),
        (["--text", "question 1"], 2),
    ],
)
def test_traces_are_chosen_as_ls_chooses_them(
    run: Run, recorded: Path, tmp_path: Path, flags: list[str], expected: int
) -> None:
    file = tmp_path / "out.pb"
    ran = run("export", "-o", str(file), "--format", "otlp-proto", "--json", *flags)
    assert json.loads(ran.out)["spans"] == len(decode.traces(file.read_bytes(), json=False)) == expected


def test_pages_come_whole_and_once(run: Run, recorded: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "PAGE", 2)
    ran = run("export", "-o", "-")
    batches = [decode.traces(line.encode(), json=True) for line in ran.out.splitlines()]
    assert [[span.span_id[-1] for span in batch] for batch in batches] == [["1", "2"], ["3"]]


def test_a_running_up_sends_to_another(run: Run, recorded: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    with up("--dir", str(recorded), cwd=tmp_path), up("--dir", str(other), cwd=tmp_path) as (url, _):
        ran = run("export", "--endpoint", url, "--dialect", "openinference", "--json")
        assert (ran.code, json.loads(ran.out)["accepted"]) == (0, 3)
        with open_source(other) as source:
            rows = source.sql("SELECT dialect, kind, model, input_tokens FROM spans ORDER BY start_time").rows
    assert rows[0] == ("openinference", "llm", "gpt-4o", 1000)


def test_a_collector_is_told_the_headers_and_asked_again_when_it_says_so(run: Run, recorded: Path) -> None:
    with collector((429, {"Retry-After": "0"}, b""), (503, {"Retry-After": "0"}, b""), OK) as (url, sent):
        ran = run("export", "--endpoint", url, "--header", "Authorization: Bearer x:y", "--json")
    assert (ran.code, json.loads(ran.out)["accepted"], len(sent)) == (0, 3, 3)
    headers, body = sent[-1]
    assert (headers["Authorization"], headers["path"], len(body)) == ("Bearer x:y", "/v1/traces", 3)


def test_what_a_collector_rejects_is_counted_with_its_reason(run: Run, recorded: Path) -> None:
    partial = ExportTraceServiceResponse(
        partial_success=ExportTracePartialSuccess(rejected_spans=1, error_message="too old")
    )
    with collector((200, {}, partial.SerializeToString())) as (url, _):
        ran = run("export", "--endpoint", url, "--json")
        told = run("export", "--endpoint", url)
    assert ran.code == told.code == 1
    assert json.loads(ran.out)["reasons"] == {"too old": 1}
    assert "1 spans were rejected: too old" in told.err


def test_a_batch_that_is_too_large_is_halved() -> None:
    with collector((413, {}, b""), (413, {}, b""), OK, OK, (413, {}, b""), (400, {}, b"bad"), OK) as (url, sent):
        sender = Collector(f"{url}/custom", headers={}, json=True)
        sender.send(spans(4))
        sender.close()
    assert ids(sent) == [["1", "2", "3", "4"], ["1", "2"], ["1"], ["2"], ["3", "4"], ["3"], ["4"]]
    assert (sender.delivery.accepted, sender.delivery.rejected) == (3, 1)
    assert dict(sender.delivery.reasons) == {"400: bad": 1}
    assert sent[0][0]["path"] == "/custom"


def test_waits_grow_and_end() -> None:
    waits: list[float] = []
    with collector((503, {}, b"busy")) as (url, sent), pytest.raises(UndeliveredError, match="answers 503: busy"):
        Collector(url, headers={}, json=False, pause=waits.append).send(spans(1))
    assert (waits, len(sent)) == ([0.5, 1.0, 2.0, 4.0, 8.0], 6)


def test_an_endpoint_that_asks_for_an_hour_is_a_no() -> None:
    with collector((429, {"Retry-After": "3600"}, b"")) as (url, sent), pytest.raises(UndeliveredError):
        Collector(url, headers={}, json=False).send(spans(1))
    assert len(sent) == 1


def test_nobody_there_is_exit_code_2(recorded: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracekit.query.sending.TRIES", 1)
    ran = run("export", "--endpoint", "http://127.0.0.1:9")
    assert (ran.code, "cannot be reached" in ran.err) == (2, True)


@pytest.mark.parametrize("url", ["localhost:4318", "ftp://x", "http://", "http://x:99999", "http://[x"])
def test_a_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="is no URL of a collector"):
        Collector(url, headers={}, json=False)


@pytest.mark.parametrize(
    "flags",
    [
        ["-o", "x", "--endpoint", "http://x"],
        [],
        ["--bundle", "x", "--dialect", "openinference"],
        ["-o", "x", "--header", "a:b"],
        ["--endpoint", "http://127.0.0.1:9", "--header", "a"],
        ["--endpoint", "http://127.0.0.1:9", "--header", "a:b\r\nc: d"],
        ["-o", "x", "--trace", "f", "--status", "ok"],
        ["-o", "/no/such/folder/x"],
    ],
)
def test_flags_that_cannot_be_are_refused(run: Run, recorded: Path, flags: list[str]) -> None:
    assert run("export", *flags).code == 2


def test_a_file_stays_as_it_was_when_an_export_fails(run: Run, recorded: Path, tmp_path: Path) -> None:
    file = tmp_path / "out"
    file.write_text("before")
    assert run("export", "-o", str(file), "--trace", "0000").code == 2
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["out"]
    assert file.read_text() == "before"


def test_a_pipe_takes_a_bundle(recorded: Path, tmp_path: Path) -> None:
    command = [*PROGRAM, "export", "--bundle", "-", "--json", "--dir", str(recorded)]
    done = forks.run(command, cwd=tmp_path, capture_output=True, check=True, timeout=60)
    assert json.loads(done.stderr)["spans"] == 3
    with zipfile.ZipFile(io.BytesIO(done.stdout)) as archive:
        assert archive.testzip() is None


def test_conformance_groups_findings_and_says_no(run: Run, recorded: Path) -> None:
    ran = run("doctor", "--conformance", "--json")
    report = json.loads(ran.out)
    assert (ran.code, report["spans"], report["conforming"], report["others"]) == (0, 1, 1, 2)
    assert {(row["level"], row["says"]) for row in report["found"]} >= {
        ("recommended", "gen_ai.response.id is missing")
    }
    assert "1 of 1 GenAI spans conform" in run("doctor", "--conformance", "--trace", journals.TRACE).out
    assert run("doctor", "--trace", "latest").code == 2
