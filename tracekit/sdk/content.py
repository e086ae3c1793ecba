"""Message content on its way to the journal and, where wanted, onto spans: encoded once, redacted before it leaves."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from tracekit.journal.records import Fragment, encoder
from tracekit.sdk import guard
from tracekit.sdk.redaction import Redaction


def _jsonable(value: Any) -> Any:
    """What stands in JSON for a value that JSON has no form for."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    dump = getattr(value, "model_dump", None)
    if dump is not None and not isinstance(value, type):
        return dump()
    if isinstance(value, (set, frozenset)):
        return sorted(value, key=repr)
    if isinstance(value, (bytes, bytearray)):
        return f"<{len(value)} bytes>"
    if isinstance(value, Mapping):
        return dict(value)
    return repr(value)


_encode_strictly = encoder(_jsonable, skip_keys=False)


def _encode(value: Any) -> str:
    try:
        return _encode_strictly(value)
    except TypeError:  # a key that is no text, number or None
        return _encode_strictly(_with_text_keys(value))


def _with_text_keys(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key if isinstance(key, str) else repr(key): _with_text_keys(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_with_text_keys(item) for item in value]
    return value


def fragment(members: Mapping[str, Any], redaction: Redaction) -> Fragment:
    """The members as JSON without braces and without secrets; a sentence stands for what JSON cannot hold.

    Args:
        members: content by attribute name; None is left out.
        redaction: what may not stay in it.
    """
    present = {name: value for name, value in members.items() if value is not None}
    if not present:
        return ""
    if redaction.hook is not None:
        present = {name: redaction.values(_plain(value)) for name, value in present.items()}
    encoded = guard.call("content.encode", _encode, present)
    if encoded is None:
        encoded = _encode({name: _plain(value) for name, value in present.items()})
    return redaction.encoded(encoded)[1:-1]


def text(value: Any, redaction: Redaction) -> str:
    """One value as the text of a span attribute: as it is when it is text, else JSON; without secrets either way."""
    kept = redaction.values(_plain(value))
    return redaction.text(kept) if isinstance(kept, str) else redaction.encoded(_encode(kept))


def _plain(value: Any) -> Any:
    """The value as JSON knows it; a sentence where JSON cannot hold it."""
    encoded = guard.call("content.encode", _encode, value)
    return (
        json.loads(encoded)
        if encoded is not None
        else f"[not recorded: a {type(value).__name__} that JSON cannot hold]"
    )
