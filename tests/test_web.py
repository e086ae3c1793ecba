"""Requests as spans, beneath their callers', with what is called in answering them; answers are the program's own."""

from __future__ import annotations

import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from opentelemetry.sdk.trace import TracerProvider

import tracekit
from tests.support.recorded import journaled
from tests.support.serving import serving
from tracekit.model import RawSpan
from tracekit.web import ASGIMiddleware, WSGIMiddleware, headers

CLOSED: list[str] = []


@pytest.fixture(autouse=True)
def traced(data_dir: Path) -> Iterator[None]:
    CLOSED.clear()
    tracekit.autolog(instrument=[], directory=data_dir)
    yield
    tracekit.uninstrument()


class Chunks:
    """A body that does its work while it is read."""

    def __init__(self) -> None:
        self.left = 3

    def __iter__(self) -> Chunks:
        return self

    def __next__(self) -> bytes:
        if not self.left:
            raise StopIteration
        self.left -= 1
        with tracekit.span("chunk"):
            return b"piece "

    def close(self) -> None:
        CLOSED.append("body")


def wsgi_app(environ: dict[str, Any], start_response: Any) -> Any:
    path = environ["PATH_INFO"]
    if path == "/broken":
        raise ValueError("no")
    start_response("503 Busy" if path == "/busy" else "200 OK", [("Content-Type", "text/plain")])
    with tracekit.span("work"):
        return Chunks() if path == "/chunks" else [b"done"]


async def asgi_app(scope: Any, receive: Any, send: Any) -> None:
    if scope["path"] == "/broken":
        raise ValueError("no")
    status = 503 if scope["path"] == "/busy" else 200
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"text/plain")]})
    with tracekit.span("work"):
        pass
    for _ in range(3 if scope["path"] == "/chunks" else 0):
        with tracekit.span("chunk"):
            await send({"type": "http.response.body", "body": b"piece ", "more_body": True})
    await send({"type": "http.response.body", "body": b"" if scope["path"] == "/chunks" else b"done"})


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as its base calls it
        """Nothing on stderr."""


@pytest.fixture(params=["asgi", "wsgi"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param == "asgi":
        with serving(ASGIMiddleware(asgi_app)) as address:
            yield address
        return
    with make_server("127.0.0.1", 0, WSGIMiddleware(wsgi_app), handler_class=Quiet) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def get(url: str, **sent: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=sent), timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def request_span(data_dir: Path, path: str) -> tuple[RawSpan, dict[str, RawSpan]]:
    """The span of the request, and its trace by name; a server may end it after the client has all of the answer."""
    deadline = time.monotonic() + 10
    while f"GET {path}" not in journaled(data_dir).names:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    request = journaled(data_dir).one(f"GET {path}")
    return request, {span.name: span for span in journaled(data_dir).ended if span.trace_id == request.trace_id}


def test_a_request_is_one_trace_beneath_its_caller(url: str, data_dir: Path) -> None:
    with tracekit.span("caller") as caller:
        carried = headers()
    assert get(f"{url}/job", **carried) == (200, b"done")
    request, trace = request_span(data_dir, "/job")
    assert (request.trace_id, request.parent_span_id) == (caller.trace_id, caller.span_id)
    assert trace["work"].parent_span_id == request.span_id
    assert request.attributes["http.response.status_code"] == 200
    assert request.attributes["http.request.method"] == "GET"


def test_a_body_that_is_made_as_it_is_read_is_part_of_the_request(url: str, data_dir: Path) -> None:
    assert get(f"{url}/chunks") == (200, b"piece piece piece ")
    request, trace = request_span(data_dir, "/chunks")
    assert request.parent_span_id is None
    assert trace["chunk"].parent_span_id is not None
    assert request.end_ns is not None
    assert request.end_ns >= (trace["chunk"].end_ns or 0)


@pytest.mark.parametrize(("path", "status", "error"), [("/busy", 503, "503"), ("/broken", 500, "ValueError")])
@pytest.mark.usefixtures("capfd")
def test_failures_are_told_and_passed_on(url: str, data_dir: Path, path: str, status: int, error: str) -> None:
    assert get(f"{url}{path}")[0] == status
    request, _ = request_span(data_dir, path)
    assert request.attributes["error.type"] == error
    assert request.status_code == 2


def test_another_instrumentations_span_is_not_doubled(data_dir: Path) -> None:
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/job"}
    foreign = TracerProvider().get_tracer("foreign")
    with foreign.start_as_current_span("GET /job"):
        assert list(WSGIMiddleware(wsgi_app)(environ, lambda *_: None)) == [b"done"]
    assert journaled(data_dir).names == ["work"]


def test_the_server_gets_the_programs_own_body_where_it_is_made_already(data_dir: Path) -> None:
    body = [b"done"]
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/job"}
    assert WSGIMiddleware(lambda *_: body)(environ, lambda *_: None) is body
    chunks: Any = WSGIMiddleware(wsgi_app)({**environ, "PATH_INFO": "/chunks"}, lambda *_: None)
    next(chunks)
    chunks.close()
    assert CLOSED == ["body"]
    assert journaled(data_dir).names.count("GET /chunks") == 1


def test_what_is_no_request_passes_through() -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append((scope, receive, send))

    coroutine: Any = ASGIMiddleware(app)({"type": "lifespan"}, "receive", "send")
    with pytest.raises(StopIteration):
        coroutine.send(None)
    assert seen == [({"type": "lifespan"}, "receive", "send")]


def test_without_a_span_there_are_no_headers() -> None:
    assert headers() == {}
