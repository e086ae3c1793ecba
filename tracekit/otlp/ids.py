"""Ids as OTLP says them in bytes, and as everything here says them: lowercase hex, None for none. Pure."""

from __future__ import annotations

TRACE_ID_BYTES = 16
SPAN_ID_BYTES = 8


def trace_id(data: bytes) -> str | None:
    """The trace that bytes name; None where they name none.

    >>> trace_id(bytes(16)), trace_id(b"12345678") is trace_id(b"")
    (None, True)
    """
    return _hex(data, TRACE_ID_BYTES)


def span_id(data: bytes) -> str | None:
    """The span that bytes name; None where they name none."""
    return _hex(data, SPAN_ID_BYTES)


def _hex(data: bytes, size: int) -> str | None:
    return data.hex() if len(data) == size and any(data) else None
