"""Reading values that belong to a client: its models, dictionaries, sentinels. Changes and consumes none of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

_ABSENT = frozenset({"NotGiven", "Omit", "NotGivenType", "OmitType", "Unset", "ellipsis"})
_NOTHING: dict[str, Any] = {}
_DEPTH = 64


def given(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that say something: without None and without the client's "not given" sentinels."""
    return {
        name: value for name, value in arguments.items() if value is not None and type(value).__name__ not in _ABSENT
    }


def get(thing: Any, name: str) -> Any:
    """A field of a model or a dictionary; None where there is none."""
    if isinstance(thing, dict):
        return thing.get(name)
    return getattr(thing, name, None)


def declared(thing: Any) -> Mapping[str, Any]:
    """The fields of a dictionary, or those of a model that its class declares: one look-up for many reads."""
    return thing if isinstance(thing, dict) else getattr(thing, "__dict__", _NOTHING)


def undeclared(thing: Any) -> Mapping[str, Any]:
    """The fields of a dictionary, or those of a model that its class does not declare."""
    return thing if isinstance(thing, dict) else getattr(thing, "model_extra", None) or _NOTHING


def said(thing: Any) -> Mapping[str, Any]:
    """Every field of a dictionary or a model, declared or not: one look-up where many fields are read."""
    if isinstance(thing, dict):
        return thing
    known = getattr(thing, "__dict__", _NOTHING)
    more = getattr(thing, "__pydantic_extra__", None)
    return {**known, **more} if more else known


def extra(thing: Any, name: str) -> Any:
    """Like `get`, for a field that not every version of the client declares: cheap where it is not there."""
    found = declared(thing)
    return found[name] if name in found else undeclared(thing).get(name)


def items(value: Any) -> Sequence[Any]:
    """The elements of a list or another sequence; none of anything that iterating might use up."""
    if type(value) is list:
        return value
    return value if isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray)) else ()


def text(value: Any) -> str | None:
    """The value if it is text that says something."""
    return value if isinstance(value, str) and value else None


def count(value: Any) -> int | None:
    """The value if it is a whole number: providers also send null, and floats."""
    if type(value) is int or value is None:
        return value
    if isinstance(value, bool):
        return None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) else None


def added(*counts: int | None) -> int | None:
    """The sum of the counts that are known; None where none is."""
    known = [each for each in counts if each is not None]
    return sum(known) if known else None


def plain(value: Any, depth: int = _DEPTH) -> Any:
    """The value as JSON data; what JSON has no word for stays as it is, for the journal to print."""
    if isinstance(value, (str, int, float, bool)) or value is None:
        return value
    dump = getattr(value, "model_dump", None)
    if dump is not None and not isinstance(value, type):
        return dump(mode="json", exclude_unset=True, warnings=False)
    if depth == 0:
        return str(value)
    if isinstance(value, Mapping):
        return {str(name): plain(inner, depth - 1) for name, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
        return [plain(inner, depth - 1) for inner in value]
    return value


def fields(thing: Any, *, without: tuple[str, ...] = ()) -> dict[str, Any]:
    """Every field of a model or a dictionary as JSON data, but for some."""
    data = plain(thing)
    return {name: value for name, value in data.items() if name not in without} if isinstance(data, dict) else {}


def decoded(arguments: Any) -> Any:
    """A tool call's arguments: the JSON that the text is, or the text where it is none (cut short, or never was)."""
    if not isinstance(arguments, str):
        return plain(arguments)
    try:
        return json.loads(arguments, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return arguments


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")


def bound(names: Sequence[str], args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a call by name; `names` are those that may be given by position."""
    return {**dict(zip(names, args, strict=False)), **kwargs}
