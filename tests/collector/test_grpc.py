"""OTLP over gRPC: unmodified exporters, what is refused and how, and that an answer means on the disk."""

from __future__ import annotations

import asyncio
import json
import os
import re
import resource
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.logs.v1.logs_service_pb2_grpc import LogsServiceStub
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from tests.support import forks, otlp
from tests.support.commands import tracekit, up
from tracekit.collector.acceptance import Acceptance
from tracekit.collector.body import Limits
from tracekit.collector.durable import GroupCommit
from tracekit.collector.grpc import RETRY_KEY, STATUS_KEY, GrpcReceiver
from tracekit.journal import reader, records
from tracekit.journal.frame import Frame
from tracekit.journal.writer import JournalWriter
from tracekit.query.source import open_source

EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
Code = grpc.StatusCode


class Running:
    """A receiver that is being served in a thread, and a channel to it."""

    def __init__(self, directory: Path, limits: Limits) -> None:
        self.directory = directory
        self._limits = limits
        self._opened = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self._thread.start()
        assert self._opened.wait(10)
        self.channel = grpc.insecure_channel(self.address)

    async def _serve(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        writer = JournalWriter(self.directory, role="collector")
        journal = GroupCommit(writer, appended=lambda: None)
        async with GrpcReceiver(Acceptance(journal, limits=self._limits), host="127.0.0.1", port=0) as receiver:
            assert receiver.address is not None
            self.address = receiver.address
            self._opened.set()
            await self._over.wait()
        assert receiver.address is None
        journal.close()
        writer.close()

    def close(self) -> None:
        self.channel.close()
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()

    def send(self, body: bytes, **options: Any) -> bytes:
        return self.channel.unary_unary(EXPORT)(body, timeout=10, **options)

    def refused(self, body: bytes = b"", **options: Any) -> Any:
        with pytest.raises(grpc.RpcError) as caught:
            self.send(body, **options)
        return caught.value

    def frames(self) -> list[Frame]:
        found = [frame for path in reader.journals(self.directory) for frame in reader.read(path).frames]
        return [frame for frame in found if frame.kind != records.HEADER]


@pytest.fixture
def limits() -> Limits:
    return Limits(body=1 << 20, requests=2, held=2 << 20, patience=0.5)


@pytest.fixture
def running(tmp_path: Path, limits: Limits) -> Iterator[Running]:
    found = Running(tmp_path / "journal", limits)
    yield found
    found.close()


@pytest.mark.parametrize("compression", [None, grpc.Compression.Gzip])
def test_a_request_is_in_the_journal_byte_for_byte(running: Running, compression: grpc.Compression | None) -> None:
    body = otlp.request(otlp.spans(50)).SerializeToString()
    assert running.send(body, compression=compression) == b""
    assert running.frames() == [Frame(records.OTLP_TRACES, 1, body)]


def test_a_span_without_usable_ids_is_rejected_and_the_others_are_kept(running: Running) -> None:
    body = otlp.request([*otlp.spans(2), Span(trace_id=bytes(16), span_id=b"12345678")])
    answer: ExportTraceServiceResponse = TraceServiceStub(running.channel).Export(body)
    assert answer.partial_success.rejected_spans == 1
    assert "id" in answer.partial_success.error_message
    assert len(running.frames()) == 1


def test_what_does_not_parse_is_an_invalid_argument(running: Running) -> None:
    error = running.refused(b"\xff\xfe nonsense")
    assert (error.code(), "no ExportTraceServiceRequest" in error.details()) == (Code.INVALID_ARGUMENT, True)
    with pytest.raises(grpc.RpcError) as caught:
        running.channel.stream_unary(EXPORT)(iter([]), timeout=10)
    assert caught.value.code() == Code.INVALID_ARGUMENT
    assert running.frames() == []


@pytest.mark.parametrize("compression", [None, grpc.Compression.Gzip])
def test_a_message_that_is_too_large_is_not_kept(
    running: Running, compression: grpc.Compression | None, caplog: pytest.LogCaptureFixture
) -> None:
    error = running.refused(bytes((1 << 20) + 1), compression=compression)
    assert (error.code(), "larger than max" in error.details()) == (Code.RESOURCE_EXHAUSTED, True)
    assert STATUS_KEY not in dict(error.trailing_metadata())  # to send it again would not help
    assert running.send(b"") == b""
    ours = [
        record for record in caplog.records if not record.name.startswith("grpc.")
    ]  # gRPC tells of a call cut short
    assert ours == []


def refused_while_two_wait(running: Running) -> tuple[grpc.RpcError | None, list[Any]]:
    """What a third request is told while two are held; None where these were over before it came."""
    released = threading.Event()

    def nothing() -> Iterator[bytes]:
        released.wait(10)
        yield from ()

    held = [running.channel.stream_unary(EXPORT).future(nothing()) for _ in range(2)]
    try:
        while not any(call.done() for call in held):
            running.send(b"", wait_for_ready=True)
            time.sleep(0.01)
    except grpc.RpcError as refused:
        return refused, held
    finally:
        released.set()
    return None, held


def test_too_many_at_once_are_told_to_come_again(running: Running) -> None:
    error = None
    for _ in range(20):
        error, held = refused_while_two_wait(running)
        for call in held:
            assert call.exception(timeout=10) is not None
        if error is not None:
            break
    assert error is not None
    metadata = dict(error.trailing_metadata())
    assert error.code() == Code.RESOURCE_EXHAUSTED
    retry, status = RetryInfo(), Status.FromString(metadata[STATUS_KEY])
    assert status.code == 8
    assert status.details[0].Unpack(retry)
    assert retry.retry_delay.seconds == 1
    assert RetryInfo.FromString(metadata[RETRY_KEY]) == retry
    assert running.send(b"") == b""


def test_a_message_that_does_not_come_is_not_waited_for(running: Running) -> None:
    released = threading.Event()

    def late() -> Iterator[bytes]:
        released.wait(10)
        yield b""

    call = running.channel.stream_unary(EXPORT).future(late())
    error = call.exception(timeout=10)
    released.set()
    assert error.code() == Code.DEADLINE_EXCEEDED
    assert "no whole message came in 0.5 seconds" in error.details()


def test_a_full_disk_is_unavailable_and_the_next_request_is_fine(running: Running) -> None:
    body = otlp.request(otlp.spans(500)).SerializeToString()
    assert running.send(body) == b""
    used = sum(path.stat().st_size for path in reader.journals(running.directory))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (used + len(body) // 2, hard))
    try:
        error = running.refused(body)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert error.code() == Code.UNAVAILABLE
    assert RetryInfo.FromString(dict(error.trailing_metadata())[RETRY_KEY]).retry_delay.seconds == 10
    assert running.send(body) == b""
    assert [frame.payload for frame in running.frames()] == [body, body]


def address(url: str) -> str:
    """Where a `tracekit up` answers gRPC."""
    with urllib.request.urlopen(f"{url}/health", timeout=10) as answer:
        return json.load(answer)["grpc"]


def test_unmodified_exporters_are_understood_and_the_address_is_told(data_dir: Path, tmp_path: Path) -> None:
    with up("--grpc-port", "0", cwd=tmp_path) as (url, process):
        where = address(url)
        traces = TracerProvider(shutdown_on_exit=False)
        for compression in (grpc.Compression.NoCompression, grpc.Compression.Gzip):
            exporter = OTLPSpanExporter(endpoint=where, insecure=True, compression=compression)
            traces.add_span_processor(SimpleSpanProcessor(exporter))
        with traces.get_tracer("tests").start_as_current_span("exported"):
            pass
        traces.shutdown()
        logs = LoggerProvider(shutdown_on_exit=False)
        logs.add_log_record_processor(SimpleLogRecordProcessor(OTLPLogExporter(endpoint=where, insecure=True)))
        logs.get_logger("tests").emit(body="said")
        logs.shutdown()
        metrics = MeterProvider(
            [PeriodicExportingMetricReader(OTLPMetricExporter(endpoint=where, insecure=True))], shutdown_on_exit=False
        )
        metrics.get_meter("tests").create_counter("rides").add(3)
        metrics.shutdown()
        with open_source() as source:
            for view, column in (("spans", "name"), ("logs", "body"), ("metrics", "name")):
                found = source.sql(f"SELECT DISTINCT {column} FROM {view}").rows
                assert [str(row[0]).strip('"') for row in found] == [
                    {"spans": "exported", "logs": "said", "metrics": "rides"}[view]
                ]
        doctor = tracekit("doctor", "--json", cwd=tmp_path)
        assert json.loads(doctor.stdout)["data"]["up"] == {"url": url, "pid": process.pid, "grpc": where}
        process.terminate()
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out, "Traceback" in err) == (0, "", False)
    assert f"OTLP/gRPC on {where}." in err


def test_what_was_answered_survives_a_kill(data_dir: Path, tmp_path: Path) -> None:
    with up("--grpc-port", "0", cwd=tmp_path) as (url, process), grpc.insecure_channel(address(url)) as channel:
        for number in range(1, 21):
            TraceServiceStub(channel).Export(otlp.request(otlp.spans(2, trace=number)))
        process.kill()
        process.wait()
    with open_source(data_dir) as source:
        assert source.sql("SELECT count(*) FROM spans").rows == [(40,)]


def test_a_token_is_asked_for_where_http_asks_for_it(data_dir: Path, tmp_path: Path) -> None:
    with up("--grpc-port", "0", cwd=tmp_path, TRACEKIT_TOKEN="s3cret") as (url, _):
        where, key = address(url), json.loads((data_dir / "up.json").read_text())["key"]
        with grpc.insecure_channel(where) as channel:
            for export in (TraceServiceStub(channel).Export, LogsServiceStub(channel).Export):
                for metadata in ((), (("authorization", "Bearer wrong"),), (("authorization", "s3cret"),)):
                    with pytest.raises(grpc.RpcError) as caught:
                        export(ExportTraceServiceRequest(), metadata=metadata)
                    assert caught.value.code() == Code.UNAUTHENTICATED
            for word in ("Bearer s3cret", f"bearer {key}"):
                TraceServiceStub(channel).Export(ExportTraceServiceRequest(), metadata=(("authorization", word),))


@pytest.mark.parametrize("asked", [True, False])
def test_a_taken_port_ends_it_only_where_it_was_asked_for(data_dir: Path, tmp_path: Path, *, asked: bool) -> None:
    script = (
        "import sys; from tracekit import config; config.DEFAULT_GRPC_PORT = int(sys.argv.pop(1));"
        "from tracekit.cli import main; sys.exit(main())"
    )
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = str(holder.getsockname()[1])
        flags = ["--grpc-port", port] if asked else []
        command = [sys.executable, "-c", script, port, "up", "--port", "0", "--no-browser", *flags]
        with forks.start(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not asked:
                assert address(line.strip()) is None
                process.terminate()
            out, err = process.communicate(timeout=20)
    assert (process.returncode, out, line == "") == ((2, "", True) if asked else (0, "", False))
    assert err.count(f"port {port} on 127.0.0.1 is taken by process {os.getpid()} (") == 1
    assert "--grpc-port" in err


def test_without_its_package_it_is_refused_where_asked_for_and_not_imported_where_not(
    data_dir: Path, tmp_path: Path
) -> None:
    script = (
        "import sys; from tracekit.query import extras; extras._GRPC = 'no_such_package';"
        "from tracekit.cli import main; code = main(); assert 'grpc' not in sys.modules; sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "up", "--port", "0", "--grpc-port", "0"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert re.search(r'grpcio.*pip install "tracekit-llm\[server,grpc\]"', done.stderr)
