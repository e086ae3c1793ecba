"""Message content on its way to the journal and, where the user wants it, onto spans. Encoded once, redacted before it leaves."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from tracekit.journal.records import Fragment
from tracekit.sdk import guard
from tracekit.sdk.redaction import Redact, redact_secrets, redact_values


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


_encode = json.JSONEncoder(
    separators=(",", ":"), check_circular=False, default=_jsonable, skipkeys=True
).encode


def fragment(members: Mapping[str, Any], redact: Redact | None) -> Fragment:
    """The members as JSON without the braces; a member that cannot be encoded is replaced by a sentence that says so.

    Args:
        members: content by attribute name; None is left out.
        redact: the user's own hook, applied to each string; None where there is none.
    """
    present = {name: value for name, value in members.items() if value is not None}
    if not present:
        return ""
    if redact is not None:
        present = {name: _redacted(name, value, redact) for name, value in present.items()}
    text = guard.call("content.encode", _encode, present)
    if text is None:
        text = _encode({name: _one(value) for name, value in present.items()})
    return text[1:-1]


def text(value: Any, redact: Redact | None) -> str | None:
    """One value as the text of a span attribute: as it is when it is text, else JSON; secrets out either way."""
    if redact is not None:
        value = _redacted("text", value, redact)
    encoded = value if isinstance(value, str) else guard.call("content.encode", _encode, value)
    return None if encoded is None else redact_secrets(encoded)


def _redacted(name: str, value: Any, redact: Redact) -> Any:
    """What the user's hook makes of a value. A hook that fails must not let the value through as it was."""
    plain = guard.call("content.redact", lambda: json.loads(_encode(value)))
    result = guard.call("redact (your function)", redact_values, plain, redact)
    return (
        f"[not recorded: the redact function failed on {name}]"
        if result is None and plain is not None
        else result
    )


def _one(value: Any) -> Any:
    encoded = guard.call("content.encode", _encode, value)
    return (
        json.loads(encoded)
        if encoded is not None
        else f"[not recorded: a {type(value).__name__} that JSON cannot hold]"
    )
