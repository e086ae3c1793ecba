"""Decoded JSON held against what is asked of it: whoever wrote a result file, its reader gets the right types."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from tracekit.errors import UsageError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_READS: Mapping[str, Callable[[Any], bool]] = {
    "str": lambda value: isinstance(value, str),
    "int": lambda value: isinstance(value, int),
    "bool": lambda value: isinstance(value, bool),
    "float": lambda value: isinstance(value, int | float) and abs(value) <= sys.float_info.max,
    "Direction": lambda value: value in {"higher", "lower"},
    "tuple[str, ...]": lambda value: isinstance(value, list) and all(isinstance(item, str) for item in value),
    "Mapping[str, Any]": lambda value: isinstance(value, Mapping),
    "Mapping[str, float]": lambda value: (
        isinstance(value, Mapping) and all(isinstance(item, int | float) for item in value.values())
    ),
}
_WORDS = {
    "str": "text", "int": "a whole number", "bool": "true or false", "float": "a number",
    "Direction": "higher or lower", "tuple[str, ...]": "a list of texts", "Mapping[str, float]": "an object of numbers",
    "Mapping[str, Any]": "an object",
}  # fmt: skip


def checked(kind: type[DataclassInstance], data: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Those entries that are fields of a dataclass, with the types that it says.

    Raises:
        UsageError: one has another type; names it.
    """
    given: dict[str, Any] = {}
    for item in fields(kind):
        wanted, _, none = str(item.type).partition(" | ")
        if item.name not in data or wanted not in _READS:
            continue
        value = data[item.name]
        if not (value is None and none) and not _READS[wanted](value):
            raise UsageError(f"{where}: {item.name} is {value!r:.80}; it is {_WORDS[wanted]}.")
        given[item.name] = tuple(data[item.name]) if wanted == "tuple[str, ...]" else value
    return given


def object_(line: str, where: str) -> dict[str, Any]:
    """The object that a line of JSON is.

    Raises:
        UsageError: it is none.
    """
    try:
        data = json.loads(line)
    except ValueError as error:
        raise UsageError(f"{where} is no JSON: {error}.") from error
    except RecursionError:
        raise UsageError(f"{where} is nested deeper than it can be read.") from None
    if not isinstance(data, dict):
        raise UsageError(f"{where} is no object.")
    return data


def mapping(data: Mapping[str, Any], name: str, where: str) -> Mapping[str, Any]:
    """The object under a name; an empty one where there is none.

    Raises:
        UsageError: it is something else.
    """
    value = data.get(name, {})
    if not isinstance(value, Mapping):
        raise UsageError(f"{where}: {name} is {value!r:.80}; it is an object.")
    return value


def known(data: Mapping[str, Any], name: str, kind: type | tuple[type, ...], where: str) -> Any:
    """The text or number under a name, or None.

    Raises:
        UsageError: it is something else.
    """
    value = data.get(name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, kind)):
        raise UsageError(f"{where}: {name} is {value!r:.80}; it is {'text' if kind is str else 'a number'} or null.")
    return value
