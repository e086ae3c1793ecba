"""OTLP requests into raw spans, in either encoding. Refuses to judge what a span means, and drops none."""

from __future__ import annotations

from tracekit.model import RawSpan
from tracekit.otlp import jsonbody, protobuf


def traces(body: bytes, *, json: bool) -> list[RawSpan]:
    """The spans of an `ExportTraceServiceRequest`, in the order sent.

    Ids are hex text as sent, valid or not: whoever takes the request in decides what a bad one means. A start
    that was not given is 0, an end that was not given is None. Bytes become base64 text, a double that JSON
    cannot say "NaN", "Infinity" or "-Infinity"; of a repeated attribute the last value stands.

    Args:
        body: the request, decompressed.
        json: OTLP/JSON instead of protobuf.

    Raises:
        DecodeError: the body is no such request.
    """
    return jsonbody.spans(body) if json else protobuf.spans(body)
