"""AWS's event streams, as its services send them: binary frames with checksums, each an event or an exception."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from collections.abc import Sequence
from typing import Any

from tests.support.provider import Reply


def frame(kind: str, payload: Any, *, message: str = "event") -> bytes:
    """One message: lengths, headers, payload, and checksums of both."""
    body = json.dumps(payload).encode()
    said = {f":{message}-type": kind, ":content-type": "application/json", ":message-type": message}
    headers = b"".join(map(_header, said.items()))
    prelude = struct.pack("!II", len(headers) + len(body) + 16, len(headers))
    whole = prelude + struct.pack("!I", zlib.crc32(prelude)) + headers + body
    return whole + struct.pack("!I", zlib.crc32(whole))


def _header(said: tuple[str, str]) -> bytes:
    name, value = (each.encode() for each in said)
    return struct.pack("!B", len(name)) + name + b"\x07" + struct.pack("!H", len(value)) + value


def chunk(value: Any) -> bytes:
    """An event that carries bytes: those given, or JSON."""
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return frame("chunk", {"bytes": base64.b64encode(data).decode()})


def event(value: dict[str, Any]) -> bytes:
    """An event as the client gives it: what it holds, by the name of its kind."""
    ((kind, payload),) = value.items()
    return frame(kind, payload)


def broken(kind: str, message: str) -> bytes:
    """An exception in the stream."""
    return frame(kind, {"message": message}, message="exception")


def reply(frames: Sequence[bytes], **options: Any) -> Reply:
    """A stream of these."""
    return Reply(headers={"content-type": "application/vnd.amazon.eventstream"}, body=b"".join(frames), **options)
