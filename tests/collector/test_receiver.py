"""The receiver over real HTTP: what it takes, what it refuses and how, and that 200 means on the disk."""

from __future__ import annotations

import gzip
import itertools
import json
import resource
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pyarrow as pa
import pytest
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from starlette.applications import Starlette

from tests.support import otlp
from tests.support.serving import serving
from tracekit.collector.acceptance import JSON_BYTES, Acceptance
from tracekit.collector.body import Limits
from tracekit.collector.durable import GroupCommit
from tracekit.collector.receiver import Receiver
from tracekit.journal import reader, records
from tracekit.journal.frame import Frame
from tracekit.journal.writer import JournalWriter

ZSTD = pa.Codec("zstd")
PROTOBUF = {"Content-Type": "application/x-protobuf"}
JSON = {"Content-Type": "application/json"}


class Running:
    """A receiver that is being served."""

    def __init__(self, url: str, directory: Path, appended: list[None]) -> None:
        self.url = url
        self.directory = directory
        self.appended = appended
        self.client = httpx2.Client(base_url=url, trust_env=False)

    def post(self, content: bytes, *, path: str = "/v1/traces", **headers: str) -> httpx2.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(path, content=content, headers=named or PROTOBUF)

    def frames(self) -> list[Frame]:
        """What the journal on the disk holds, header left out."""
        found = [frame for path in reader.journals(self.directory) for frame in reader.read(path).frames]
        return [frame for frame in found if frame.kind != records.HEADER]


@pytest.fixture
def limits() -> Limits:
    return Limits(body=1 << 20, requests=4, held=3 << 20, patience=1.0, pace=1 << 20)


@pytest.fixture
def running(tmp_path: Path, limits: Limits) -> Iterator[Running]:
    directory = tmp_path / "journal"
    writer = JournalWriter(directory, role="collector")
    appended: list[None] = []
    journal = GroupCommit(writer, appended=lambda: appended.append(None))
    receiver = Receiver(Acceptance(journal, limits=limits), instance="one")
    with serving(Starlette(routes=receiver.routes())) as url:
        found = Running(url, directory, appended)
        yield found
        found.client.close()
    journal.close()
    writer.close()


def test_protobuf_is_in_the_journal_byte_for_byte_when_200_is_said(running: Running) -> None:
    body = otlp.request(otlp.spans(3)).SerializeToString()
    answer = running.post(body)
    assert (answer.status_code, answer.headers["content-type"], answer.content) == (200, "application/x-protobuf", b"")
    assert running.frames() == [Frame(records.OTLP_TRACES, 1, body)]
    assert running.appended == [None]


def test_json_is_answered_in_json(running: Running) -> None:
    body = otlp.json_request(2)
    answer = running.post(body, Content_Type="application/json; charset=utf-8")
    assert (answer.status_code, answer.headers["content-type"], answer.json()) == (200, "application/json", {})
    assert running.frames() == [Frame(records.OTLP_TRACES_JSON, 1, body)]


@pytest.mark.parametrize("members", [1, 3])
def test_gzip_is_journaled_inflated(running: Running, members: int) -> None:
    body = otlp.request(otlp.spans(50)).SerializeToString()
    cuts = [len(body) * part // members for part in range(members + 1)]
    packed = b"".join(gzip.compress(body[start:stop]) for start, stop in itertools.pairwise(cuts))
    assert running.post(packed, **PROTOBUF, Content_Encoding="gzip").status_code == 200
    assert running.frames()[0].payload == body


def test_deflate_is_journaled_inflated(running: Running) -> None:
    body = otlp.request(otlp.spans(50)).SerializeToString()
    assert running.post(zlib.compress(body), **PROTOBUF, Content_Encoding="deflate").status_code == 200
    assert running.frames()[0].payload == body


@pytest.mark.parametrize("frames", [1, 3])
def test_zstd_is_journaled_inflated(running: Running, frames: int) -> None:
    body = otlp.request(otlp.spans(50)).SerializeToString()
    cuts = [len(body) * part // frames for part in range(frames + 1)]
    packed = b"".join(ZSTD.compress(body[start:stop], asbytes=True) for start, stop in itertools.pairwise(cuts))
    assert running.post(packed, **PROTOBUF, Content_Encoding="zstd").status_code == 200
    assert running.frames()[0].payload == body


@pytest.mark.parametrize("name", ["logs", "metrics"])
def test_logs_and_metrics_are_journaled(running: Running, name: str) -> None:
    kinds = {"logs": records.OTLP_LOGS_JSON, "metrics": records.OTLP_METRICS_JSON}
    body = json.dumps({f"resource{name.capitalize()}": []}).encode()
    assert running.post(body, path=f"/v1/{name}", **JSON).status_code == 200
    assert [frame.kind for frame in running.frames()] == [kinds[name]]


@pytest.mark.parametrize(
    ("trace_id", "span_id"),
    [
        (bytes(16), b"12345678"),
        (b"1234567890123456", bytes(8)),
        (b"", b"12345678"),
        (b"12345678", b"12345678"),
        (b"1234567890123456", b"1"),
    ],
)
def test_a_span_without_usable_ids_is_rejected_and_the_others_are_kept(
    running: Running, trace_id: bytes, span_id: bytes
) -> None:
    good = otlp.spans(2)
    body = otlp.request([*good, Span(trace_id=trace_id, span_id=span_id, name="bad")]).SerializeToString()
    answer = ExportTraceServiceResponse.FromString(running.post(body).content)
    assert answer.partial_success.rejected_spans == 1
    assert "id" in answer.partial_success.error_message
    assert len(running.frames()) == 1


def test_a_text_cut_in_a_character_costs_no_span(running: Running) -> None:
    body = otlp.request(otlp.spans(2), service="caf\u00e9").SerializeToString()
    answer = running.post(body.replace(b"caf\xc3\xa9", b"cafe\xc3"))
    assert (answer.status_code, answer.content, len(running.frames())) == (200, b"", 1)


def test_partial_success_in_json(running: Running) -> None:
    data = json.loads(otlp.json_request(2))
    data["resourceSpans"][0]["scopeSpans"][0]["spans"][1]["spanId"] = "xyz"
    answer = running.post(json.dumps(data).encode(), **JSON)
    assert (answer.status_code, answer.json()["partialSuccess"]["rejectedSpans"]) == (200, "1")


@pytest.mark.parametrize(
    ("content", "headers", "status", "says"),
    [
        (b"\xff\xfe nonsense", PROTOBUF, 400, "no ExportTraceServiceRequest"),
        (b"{", JSON, 400, "not JSON"),
        (b"[]", JSON, 400, "object"),
        (b'{"resourceSpans": 5}', JSON, 400, "list"),
        (b"[" * 100_000, JSON, 400, "not JSON"),
        (b"not gzip", {**PROTOBUF, "Content-Encoding": "gzip"}, 400, "not gzip"),
        (
            gzip.compress(b"x" * 1000, mtime=0)[:-12],
            {**PROTOBUF, "Content-Encoding": "gzip"},
            400,
            "ends in the middle",
        ),
        (b"", {"Content-Type": "text/plain"}, 415, "text/plain"),
        (b"", {}, 415, "Content-Type ''"),
        (b"", {**PROTOBUF, "Content-Encoding": "br"}, 415, "'br' is not understood"),
        (b"not zstd at all", {**PROTOBUF, "Content-Encoding": "zstd"}, 400, "not zstd"),
        (ZSTD.compress(b"x" * 1000, asbytes=True)[:-3], {**PROTOBUF, "Content-Encoding": "zstd"}, 400, "not all of it"),
        (
            ZSTD.compress(bytes(8 << 20), asbytes=True),
            {**PROTOBUF, "Content-Encoding": "zstd"},
            413,
            "larger than 1048576",
        ),
        (gzip.compress(b"") * 2000, {**PROTOBUF, "Content-Encoding": "gzip"}, 400, "1000 members"),
        (b"not zlib", {**PROTOBUF, "Content-Encoding": "deflate"}, 400, "not deflate"),
        (bytes(1 << 20) + b"x", PROTOBUF, 413, "larger than 1048576 bytes"),
        (
            gzip.compress(bytes(8 << 20), mtime=0),
            {**PROTOBUF, "Content-Encoding": "gzip"},
            413,
            "larger than 1048576 bytes",
        ),
    ],
)
def test_what_is_refused_says_why_and_is_not_journaled(
    running: Running, content: bytes, headers: dict[str, str], status: int, says: str
) -> None:
    answer = running.client.post("/v1/traces", content=content, headers=headers)
    assert answer.status_code == status
    message = (
        Status.FromString(answer.content).message
        if answer.headers["content-type"] == "application/x-protobuf"
        else answer.json()["message"]
    )
    assert says in message
    assert running.frames() == []
    assert running.post(otlp.request(otlp.spans(1)).SerializeToString()).status_code == 200  # and goes on


@pytest.mark.parametrize("path", ["/v1/logs", "/v1/metrics"])
@pytest.mark.parametrize(
    ("content", "headers"), [(b"\xff", PROTOBUF), (b"7", JSON), (b'{"resourceLogs": 1, "resourceMetrics": 1}', JSON)]
)
def test_malformed_logs_and_metrics(running: Running, path: str, content: bytes, headers: dict[str, str]) -> None:
    assert running.post(content, path=path, **headers).status_code == 400


def _gzip_bomb() -> bytes:
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    return b"".join(packer.compress(bytes(1 << 20)) for _ in range(200)) + packer.flush()


def _zstd_bomb() -> bytes:
    return ZSTD.compress(bytes(1 << 20), asbytes=True) * 200


@pytest.mark.parametrize(("encoding", "bomb"), [("gzip", _gzip_bomb), ("zstd", _zstd_bomb)], ids=["gzip", "zstd"])
def test_an_inflating_bomb_stays_small_in_memory(running: Running, encoding: str, bomb: Callable[[], bytes]) -> None:
    packed = bomb()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert running.post(packed, **PROTOBUF, Content_Encoding=encoding).status_code == 413
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < 64  # of 200 MiB


def test_a_length_beyond_the_limit_is_refused_before_the_body_comes(running: Running) -> None:
    answer = _to_the_end(_half_a_request(running.url, length=1 << 21))
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_a_body_that_stays_away_gives_its_place_up(running: Running) -> None:
    answer = _to_the_end(_half_a_request(running.url))
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"4 bytes of the body came in " in answer


def test_a_large_json_body_is_checked_beside_other_requests(running: Running) -> None:
    data = json.loads(otlp.json_request(3000))
    data["resourceSpans"][0]["scopeSpans"][0]["spans"][7]["traceId"] = ""
    body = json.dumps(data).encode()
    assert JSON_BYTES < len(body) < 1 << 20
    assert running.post(body, **JSON).json()["partialSuccess"]["rejectedSpans"] == "1"
    assert running.frames()[0].payload == body


def test_too_many_at_once_are_told_to_come_again(running: Running) -> None:
    held = [_half_a_request(running.url) for _ in range(4)]
    try:
        answer = _until(lambda: running.post(b""), 429)
        assert int(answer.headers["retry-after"]) > 0
        assert running.client.get("/health").status_code == 200
    finally:
        for connection in held:
            connection.close()
    assert _until(lambda: running.post(b""), 200)


def test_a_full_disk_is_503_and_the_next_request_is_fine(running: Running) -> None:
    body = otlp.request(otlp.spans(500)).SerializeToString()
    assert running.post(body).status_code == 200
    used = sum(path.stat().st_size for path in reader.journals(running.directory))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (used + len(body) // 2, hard))
    try:
        answer = running.post(body)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    assert Status.FromString(answer.content).code == 14
    assert running.post(body).status_code == 200
    assert [frame.payload for frame in running.frames()] == [body, body]


def test_requests_that_wait_together_share_a_sync(running: Running) -> None:
    bodies = [otlp.request(otlp.spans(1, trace=number)).SerializeToString() for number in range(1, 41)]

    def send(part: list[bytes]) -> None:
        with httpx2.Client(base_url=running.url, trust_env=False) as client:
            for body in part:
                assert client.post("/v1/traces", content=body, headers=PROTOBUF).status_code == 200

    threads = [threading.Thread(target=send, args=(bodies[start::4],)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(frame.payload for frame in running.frames()) == sorted(bodies)
    assert len(running.appended) <= 40


def test_health_names_the_instance(running: Running) -> None:
    answer = running.client.get("/health").json()
    assert (answer["status"], answer["instance"]) == ("ok", "one")


def _half_a_request(url: str, *, length: int = 100) -> socket.socket:
    host, port = url.removeprefix("http://").split(":")
    connection = socket.create_connection((host, int(port)))
    connection.sendall(
        b"POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-protobuf\r\n"
        b"Content-Length: %d\r\n\r\nhalf" % length
    )
    return connection


def _to_the_end(connection: socket.socket) -> bytes:
    """What is answered before the other side hangs up."""
    with connection, connection.makefile("rb") as answer:
        connection.settimeout(10)
        return answer.read()


def _until(send: object, status: int) -> httpx2.Response:
    deadline = time.monotonic() + 5
    while True:
        answer = send()  # type: ignore[operator]
        if answer.status_code == status:
            return answer
        assert time.monotonic() < deadline, answer.status_code
        time.sleep(0.02)
