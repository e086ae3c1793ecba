"""Tables of attributes: which field each one is, in the order of whom to believe. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from tracekit.dialects.values import count, decoded, text
from tracekit.model import Span

Fields = Mapping[str, tuple[str, Callable[[Any], Any]]]
"""Names of attributes, each with the field that it is and how its value is read."""

_CODE = re.compile(r"^Error code: (\d{3})\b")


def assign(span: Span, fields: Fields) -> None:
    """Set every field that has nothing yet to the first of its attributes that says something."""
    said = span.attributes
    for name in fields:
        if name in said:
            field, read = fields[name]
            if getattr(span, field) is None:
                setattr(span, field, read(said[name]))


def usd(value: Any) -> float | None:
    """An amount in US dollars: a finite number from 0, also as text; None for anything else.

    >>> usd(0.25), usd("2.07e-05"), usd(-1), usd("free")
    (0.25, 2.07e-05, None, None)
    """
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    return _positive(value)


def elapsed(value: Any) -> float | None:
    """A time that is said in milliseconds: a finite number from 0; None for anything else."""
    return _positive(value)


def since_start(span: Span, time_ns: Any) -> float | None:
    """Milliseconds from the span's start to a time in nanoseconds; None where that is none."""
    at = count(time_ns)
    return None if at is None else max(at - span.start_ns, 0) / 1e6


def word(value: Any) -> str | None:
    """Text that is encoded as JSON once more, with its quotes.

    >>> word('"TOOL"'), word("TOOL"), word("")
    ('TOOL', 'TOOL', None)
    """
    return text(decoded(value))


def member(value: Any, *names: str) -> Any:
    """The first of these members that an object, in any encoding, has; None where there is none."""
    if type(value) is not dict:
        value = decoded(value)
        if not isinstance(value, dict):
            return None
    for name in names:
        found = value.get(name)
        if found is not None:
            return found
    return None


def only(value: Any) -> Any:
    """The one item of a list of one; any other value as it is."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def name_error(span: Span) -> None:
    """Name an error that has a message only by its HTTP status, where the client wrote it at the message's start.

    That is how the clients of OpenAI and Anthropic word theirs ("Error code: 404 - ..."); `error.type` may be a code.
    """
    if span.status == "error" and span.error_type is None and span.status_message:
        found = _CODE.match(span.status_message)
        span.error_type = found[1] if found else None


def _positive(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        amount = float(value)
    except OverflowError:  # an integer of more than 308 digits
        return None
    return amount if amount >= 0 and math.isfinite(amount) else None
