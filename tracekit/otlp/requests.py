"""A body as the protobuf message that it is, in either encoding. Pure.

For signals of which few requests come: JSON is read by protobuf itself, which takes camelCase and snake_case, numbers
and text. OTLP differs from protobuf's JSON in one thing, ids in hex.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any, TypeVar

from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.message import Message

from tracekit.errors import DecodeError
from tracekit.otlp import messages

M = TypeVar("M", bound=Message)

_IDS = ("traceId", "spanId", "trace_id", "span_id")


def parse(kind: type[M], body: bytes, *, is_json: bool) -> M:
    """The message of type `kind` that a body is.

    Raises:
        DecodeError: it is none.
    """
    if not is_json:
        return messages.read(kind, body)
    message = kind()
    try:
        ParseDict(_object(body), message, ignore_unknown_fields=True)
    except (ParseError, ValueError, TypeError, AttributeError, RecursionError) as error:
        why = str(error)[:300].rstrip(".")
        raise DecodeError(
            f"the body ({len(body)} bytes) is no {kind.__name__} in JSON: {why}. Is its Content-Type the right one?"
        ) from error
    return message


def _object(body: bytes) -> dict[str, Any]:
    data = json.loads(body, object_hook=_with_binary_ids)
    if not isinstance(data, dict):
        raise TypeError(f"a JSON {type(data).__name__} where an object is expected")
    return data


def _with_binary_ids(owner: dict[str, Any]) -> dict[str, Any]:
    """An object with its ids as protobuf's JSON has them; one that is not hex is left out.

    Attributes are lists of pairs in OTLP, so a key of this name is never a user's.
    """
    for name in _IDS:
        if isinstance(owner.get(name), str):
            try:
                owner[name] = base64.b64encode(binascii.unhexlify(owner[name])).decode()
            except ValueError:
                del owner[name]
    return owner
