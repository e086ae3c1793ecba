"""Incoming requests as spans: middleware for ASGI and WSGI programs, and the headers that outgoing requests need.

A request is one span, beneath the caller's where its W3C headers name one, so that all calls made in answering it are
one trace, across services. Where another instrumentation has opened a span of the request already, nothing is added.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from opentelemetry import context as otel
from opentelemetry import propagate
from opentelemetry.trace import Status, StatusCode, get_current_span

from tracekit import semconv
from tracekit.sdk import guard
from tracekit.sdk.context import Activation
from tracekit.sdk.runtime import runtime
from tracekit.sdk.spans import SpanHandle

_SERVER_ERROR = 500


def headers() -> dict[str, str]:
    """The headers that put a request of this program's beneath the current span; empty where there is none.

    Example:
        >>> headers()
        {}
    """
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    return carrier


class ASGIMiddleware:
    """An ASGI application around another one: each request and each WebSocket is a span.

    Example:
        >>> async def app(scope, receive, send): ...
        >>> traced = ASGIMiddleware(app)
    """

    def __init__(self, app: Callable[..., Any]) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One request, by ASGI's rules."""
        served = scope.get("type") in {"http", "websocket"}
        request = guard.call("asgi request", _asgi_request, scope) if served else None
        if request is None:
            await self.app(scope, receive, send)
            return

        async def sent(message: Any) -> None:
            guard.call("asgi response", _asgi_status, request, message)
            await send(message)

        with request:
            await self.app(scope, receive, sent)


class WSGIMiddleware:
    """A WSGI application around another one: each request is a span, until its answer has been read or closed.

    Example:
        >>> def app(environ, start_response): ...
        >>> traced = WSGIMiddleware(app)
    """

    def __init__(self, app: Callable[..., Any]) -> None:
        self.app = app

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """One request, by WSGI's rules."""
        request = guard.call("wsgi request", _wsgi_request, environ)
        if request is None:
            return self.app(environ, start_response)

        def started(status: str, *more: Any, **named: Any) -> Any:
            guard.call("wsgi response", request.answered, int(status.partition(" ")[0]))
            return start_response(status, *more, **named)

        request.enter()
        try:
            body = self.app(environ, started)
        except BaseException as error:
            request.leave()
            request.close(error)
            raise
        request.leave()
        files = environ.get("wsgi.file_wrapper")
        if hasattr(body, "__len__") or (isinstance(files, type) and isinstance(body, files)):
            request.close()  # it is made already; the server looks at what kind of body it is
            return body
        return _Body(body, request)


class _Request:
    """The span of a request, and what its headers name, made current together."""

    def __init__(self, method: str, path: str, carrier: Mapping[str, str]) -> None:
        self._arrival = Activation(propagate.extract(carrier, otel.get_current()))
        self._arrival.enter()
        try:
            self._span = SpanHandle(f"{method} {path}")
        finally:
            self._arrival.leave()
        self._span.set_attribute(semconv.HTTP_METHOD, method)
        self._span.set_attribute(semconv.URL_PATH, path)

    def answered(self, status: int) -> None:
        self._span.set_attribute(semconv.HTTP_STATUS, status)
        if status >= _SERVER_ERROR:
            self._span.set_attribute(semconv.ERROR_TYPE, str(status))
            self._span.span.set_status(Status(StatusCode.ERROR))

    def enter(self) -> None:
        self._arrival.enter()
        self._span.enter()

    def leave(self) -> None:
        self._span.leave()
        self._arrival.leave()

    def close(self, error: BaseException | None = None) -> None:
        self._span.close(error)

    def __enter__(self) -> None:
        self.enter()

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        self.leave()
        self.close(error)


class _Body:
    """The body of an answer, beneath the request's span while it is made."""

    def __init__(self, body: Iterable[bytes], request: _Request) -> None:
        self._body = body
        self._pieces = iter(body)
        self._request = request

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        self._request.enter()
        try:
            piece = next(self._pieces)
        except StopIteration:
            self._request.leave()
            self._request.close()
            raise
        except BaseException as error:
            self._request.leave()
            self._request.close(error)
            raise
        self._request.leave()
        return piece

    def close(self) -> None:
        """The server has done with it."""
        try:
            close = getattr(self._body, "close", None)
            if close is not None:
                close()
        finally:
            self._request.close()


def _opened(method: str, path: str, carrier: Mapping[str, str]) -> _Request | None:
    """The request's span; None where nothing is recorded, or somebody has opened one."""
    if runtime.processor is None or runtime.disabled or get_current_span().get_span_context().is_valid:
        return None
    return _Request(method, path, carrier)


def _asgi_request(scope: Mapping[str, Any]) -> _Request | None:
    carrier = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope.get("headers", ())}
    return _opened(scope.get("method", "WEBSOCKET"), scope.get("path", ""), carrier)


def _asgi_status(request: _Request, message: Mapping[str, Any]) -> None:
    if message.get("type") == "http.response.start":
        request.answered(int(message["status"]))


def _wsgi_request(environ: Mapping[str, Any]) -> _Request | None:
    named = ((name[5:].replace("_", "-").lower(), value) for name, value in environ.items() if name[:5] == "HTTP_")
    return _opened(environ.get("REQUEST_METHOD", ""), environ.get("PATH_INFO", ""), dict(named))
