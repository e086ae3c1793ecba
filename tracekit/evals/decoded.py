"""What an output says in JSON, strictly: read where it is text, and told apart from what it is not. Pure."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NoReturn

from tracekit.evals.metric import InvalidRowError

_FENCE = re.compile(r"\s*```[^\n`]*\n(?P<inside>.*?)\n?```\s*", re.DOTALL)


class NotJsonError(ValueError):
    """A text is no JSON: says where, and why."""


def unfenced(text: str) -> str:
    """What stands in a Markdown code fence, where a text is one and nothing else; else the text."""
    found = _FENCE.fullmatch(text)
    return text if found is None else found["inside"]


def parse(text: str, *, unique: bool = True) -> Any:
    """JSON as RFC 8259 has it: NaN and infinities are none.

    Args:
        text: the JSON.
        unique: refuse an object that has a name twice, which the RFC allows and nobody can read in one way only.

    Raises:
        NotJsonError: it is none.
        InvalidRowError: it is nested deeper than it can be read.
    """
    try:
        return json.loads(text, parse_constant=_constant, object_pairs_hook=_object if unique else dict)
    except NotJsonError:
        raise
    except RecursionError:
        raise InvalidRowError("the JSON is nested deeper than it can be read.") from None
    except json.JSONDecodeError as error:
        raise NotJsonError(f"line {error.lineno}, column {error.colno}: {error.msg}") from error
    except ValueError as error:  # a number of more digits than Python reads
        raise NotJsonError(str(error)) from error


def read(value: Any, *, fenced: bool) -> Any:
    """A value, decoded where it is text.

    Raises:
        NotJsonError: the text is no JSON.
    """
    return parse(unfenced(value) if fenced else value) if isinstance(value, str) else value


def expected(value: Any) -> Any:
    """An expected value, decoded where it is text.

    Raises:
        InvalidRowError: the text is no JSON; the fault is the dataset's.
    """
    try:
        return read(value, fenced=False)
    except NotJsonError as error:
        raise InvalidRowError(f"expected is no JSON: {error}.") from error


def leaves(value: Any, *, ordered: bool, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Each value that holds no other, with its path; empty objects and lists are such values too.

    Args:
        value: decoded JSON.
        ordered: whether the place in a list is part of the path.
        path: to the value.
    """
    if isinstance(value, Mapping) and value:
        for name, item in value.items():
            yield from leaves(item, ordered=ordered, path=(*path, str(name)))
    elif isinstance(value, list | tuple) and value:
        for place, item in enumerate(value):
            yield from leaves(item, ordered=ordered, path=(*path, place if ordered else None))
    else:
        yield (path, key(value))


def key(value: Any) -> Any:
    """What two values have in common exactly when they are equal in JSON: 1 and 1.0 are, 1 and true are not."""
    if isinstance(value, bool):
        return ("bool", value)
    if isinstance(value, int | float):
        return ("number", value)
    if isinstance(value, Mapping):
        return ("object", frozenset((str(name), key(item)) for name, item in value.items()))
    if isinstance(value, list | tuple):
        return ("list", tuple(key(item) for item in value))
    if value is None or isinstance(value, str):
        return (type(value).__name__, value)
    raise InvalidRowError(f"{value!r:.60} ({type(value).__name__}) has no form in JSON.")


def path_of(parts: Sequence[Any]) -> str:
    """A path as people write it: `tags[0].name`."""
    said = "".join("[]" if part is None else f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return said.removeprefix(".") or "(root)"


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        twice = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise NotJsonError(f"the name {twice!r:.60} stands twice in one object, so what it says is ambiguous")
    return made


def _constant(word: str) -> NoReturn:
    raise NotJsonError(f"{word} is no number in JSON")
