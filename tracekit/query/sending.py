"""OTLP over HTTP to a collector that the user has named, and to nobody else.

A batch that is refused for now is sent again, after as long as the answer asks for; one that is too large is halved.
What the collector rejects for good is counted with its reason.
"""

from __future__ import annotations

import gzip
import http.client
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import SplitResult, urlsplit

from google.protobuf.json_format import Parse, ParseError
from google.protobuf.message import DecodeError as ProtobufDecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from tracekit._version import __version__
from tracekit.errors import TracekitError, UsageError
from tracekit.model import RawSpan
from tracekit.otlp import encode

PATH = "/v1/traces"
TRIES = 6
LONGEST_WAIT = 60.0
"""Seconds: an answer that asks for more is taken as a no."""
_FIRST_WAIT = 0.5
_TIMEOUT = 30.0
_LATER = frozenset({429, 502, 503, 504})
_ANSWER_BYTES = 1 << 20
_MEDIA = {True: "application/json", False: "application/x-protobuf"}


class UndeliveredError(TracekitError):
    """The collector cannot be reached, or goes on refusing: what it has taken until then, it has."""


@dataclass(slots=True, kw_only=True)
class Delivery:
    """What a collector has made of the spans: how many it took and rejected, and why, with how often."""

    accepted: int = 0
    rejected: int = 0
    reasons: Counter[str] = field(default_factory=Counter[str])


@dataclass(slots=True, frozen=True)
class _Answer:
    status: int
    content: bytes
    retry_after: str | None


class Collector:
    """A collector that takes OTLP over HTTP.

    Args:
        url: its address; `/v1/traces` is added where it has no path.
        headers: sent with each request.
        json: OTLP/JSON in place of protobuf.
        pause: waits so many seconds.

    Raises:
        UsageError: the URL is none.
    """

    def __init__(
        self, url: str, *, headers: Mapping[str, str], json: bool, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._url = _checked(url)
        self._path = (self._url.path.rstrip("/") or PATH) + (f"?{self._url.query}" if self._url.query else "")
        self._json = json
        self._pause = pause
        self._headers = {
            "User-Agent": f"tracekit/{__version__}",
            **headers,
            "Content-Type": _MEDIA[json],
            "Content-Encoding": "gzip",
        }
        self._connection: http.client.HTTPConnection | None = None
        self.delivery = Delivery()

    def send(self, batch: Sequence[RawSpan]) -> None:
        """Send spans.

        Raises:
            UndeliveredError: they could not be delivered, and further ones could not be either.
        """
        answer = self._post(gzip.compress(encode.traces(batch, json=self._json), 1))
        if answer.status == http.client.OK:
            rejected, why = self._partial(answer.content)
            self._count(len(batch) - rejected, rejected, why or "no reason given")
        elif answer.status == http.client.REQUEST_ENTITY_TOO_LARGE and len(batch) > 1:
            half = len(batch) // 2
            self.send(batch[:half])
            self.send(batch[half:])
        elif answer.status in {http.client.BAD_REQUEST, http.client.REQUEST_ENTITY_TOO_LARGE}:
            self._count(0, len(batch), f"{answer.status}: {_said(answer)}")
        else:
            raise UndeliveredError(f"{self._url.geturl()} answers {answer.status}: {_said(answer)}.")

    def close(self) -> None:
        """Let the connection go."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _count(self, accepted: int, rejected: int, why: str) -> None:
        self.delivery.accepted += accepted
        if rejected:
            self.delivery.rejected += rejected
            self.delivery.reasons[why] += rejected

    def _post(self, body: bytes) -> _Answer:
        """The answer to a request, sent again as long as it is asked for later."""
        wait = _FIRST_WAIT
        for attempt in range(1, TRIES + 1):
            answer = self._try(body, last=attempt == TRIES)
            if answer is not None and answer.status not in _LATER:
                return answer
            asked = _seconds(answer.retry_after) if answer is not None else None
            if answer is not None and (attempt == TRIES or (asked or 0) > LONGEST_WAIT):
                return answer
            self._pause(wait if asked is None else asked)
            wait *= 2
        raise AssertionError  # the last try answers or raises

    def _try(self, body: bytes, *, last: bool) -> _Answer | None:
        """One request; None where nobody answers and it is not the last try."""
        try:
            if self._connection is None:
                self._connection = self._connect()
            self._connection.request("POST", self._path, body, self._headers)
            response = self._connection.getresponse()
            content = response.read(_ANSWER_BYTES)
            if not response.isclosed():  # it goes on beyond what is of interest
                self.close()
            return _Answer(response.status, content, response.headers.get("Retry-After"))
        except (OSError, http.client.HTTPException) as error:
            self.close()
            if last:
                raise UndeliveredError(
                    f"{self._url.geturl()} cannot be reached: {error or type(error).__name__}. Is a collector there?"
                ) from error
            return None

    def _connect(self) -> http.client.HTTPConnection:
        host = self._url.hostname or ""
        if self._url.scheme == "https":
            return http.client.HTTPSConnection(host, self._url.port, timeout=_TIMEOUT)
        return http.client.HTTPConnection(host, self._url.port, timeout=_TIMEOUT)

    def _partial(self, content: bytes) -> tuple[int, str]:
        """How many spans of a request were rejected, and why; none where the answer is not OTLP's."""
        response = ExportTraceServiceResponse()
        try:
            if self._json:
                Parse(content or b"{}", response, ignore_unknown_fields=True)
            else:
                response.ParseFromString(content)
        except (ParseError, ProtobufDecodeError):
            return 0, ""
        return response.partial_success.rejected_spans, response.partial_success.error_message


def _checked(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    if not usable:
        raise UsageError(f"--endpoint {url!r} is no URL of a collector; http://127.0.0.1:4318 is one.")
    return urlsplit(url)


def _seconds(retry_after: str | None) -> float | None:
    """What a Retry-After header asks for: seconds, or until a time; None for neither."""
    if retry_after is None:
        return None
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        return max((parsedate_to_datetime(retry_after) - datetime.now(UTC)).total_seconds(), 0.0)
    except (ValueError, TypeError):  # no date, or one without a zone
        return None


def _said(answer: _Answer) -> str:
    return answer.content[:200].decode(errors="replace").strip() or http.client.responses.get(answer.status, "")
