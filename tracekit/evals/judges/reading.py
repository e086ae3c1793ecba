"""From the text of a judge's reply to the one JSON object in it. Pure, and strict: what has two readings has none.

The whole text is the object, or the text has exactly one pair of braces at its top, in a fence or between sentences;
that is noted. Nothing is mended: no quote, comma or brace is added, no key guessed. An object that stands in the judged
texts too is an echo and no verdict, unless it is the whole reply.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NoReturn

from tracekit.evals.judges.question import UnreadableError
from tracekit.evals.score import Status

_SHOWN = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The object of a reply.

    Attributes:
        data: the object.
        start: where in the text it begins, in characters.
        flag: `fence` or `prose` where something stands around it.
    """

    data: Mapping[str, Any]
    start: int
    flag: str | None = None


def unreadable(why: str, status: Status = Status.PARSE_ERROR) -> UnreadableError:
    """The error of a reply that is no verdict."""
    return UnreadableError(status, why)


def find(text: str, *, judged: Iterable[str] = ()) -> Found:
    """The object of a reply.

    Args:
        text: the reply.
        judged: the texts that were judged.

    Raises:
        UnreadableError: there is no object, more than one, or one that only repeats what was judged.

    Example:
        >>> find('My verdict: {"score": 0.5}').flag
        'prose'
    """
    if not text.strip():
        raise unreadable("the reply is empty.")
    start = text.find("{")
    if start < 0:
        raise unreadable(f"the reply has no JSON object: {_shown(text)}.")
    data, end = _decode(text, start)
    before, after = text[:start], text[end:]
    if not before.strip() and not after.strip():
        return Found(data=data, start=start)
    if _INSIDE.search(before):
        raise unreadable(f"the JSON object of the reply is a part of something larger: {_shown(text)}.")
    if "{" in after:
        raise unreadable("the reply has more than one JSON object, and nothing says which is the verdict.")
    if any(data == other for content in judged for other in _objects(content)):
        raise unreadable("the only JSON object in the reply is one that stands in the judged text: no verdict.")
    fenced = before.rstrip().lower().endswith(("```", "```json")) and after.lstrip().startswith("```")
    return Found(data=data, start=start, flag="fence" if fenced else "prose")


def span_of(text: str, start: int, key: str) -> tuple[int, int] | None:
    """Where the value of a key of the object that begins at `start` stands: characters from and to; None without it."""
    place = start + 1
    while True:
        place = _after(text, place, " \t\r\n,")
        if text[place] == "}":
            return None
        name, place = _DECODER.raw_decode(text, place)
        place = _after(text, place, " \t\r\n:")
        _, end = _DECODER.raw_decode(text, place)
        if name == key:
            return place, end
        place = end


def check(data: Any, schema: Mapping[str, Any]) -> None:
    """Hold an object against the schema of its form. A rationale may be missing, and further keys are passed over.

    Raises:
        UnreadableError: it does not fit; a number beyond its bounds is out of range, all else a parse error.
    """
    _plain_keys(data)
    errors = sorted(_validator(json.dumps(schema)).iter_errors(data), key=lambda error: error.validator in _BOUNDS)
    for error in errors:
        where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path).lstrip(
            "."
        )
        status = Status.OUT_OF_RANGE if error.validator in _BOUNDS else Status.PARSE_ERROR
        raise unreadable(f"{where or 'the reply'}: {error.message[:200]}.", status)


_BOUNDS = {"minimum", "maximum"}
_INSIDE = re.compile(r"""(?:[\[,"]|["']\s*:)\s*$""")
"""Ends what stands before an object that is an element or a value of something larger."""


def _decode(text: str, start: int) -> tuple[Mapping[str, Any], int]:
    try:
        return _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError) as error:
        raise unreadable(
            f"the JSON of the reply cannot be read: {error}; it begins with {_shown(text[start:])}."
        ) from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the key {next(name for name in names if names.count(name) > 1)!r} stands there twice")
    return found


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_constant)
_LENIENT = json.JSONDecoder()


def _objects(content: str) -> Iterator[Any]:
    """All objects that stand in a text, nested ones too."""
    place = content.find("{")
    while place >= 0:
        with contextlib.suppress(ValueError, RecursionError):  # a brace that begins no object
            yield _LENIENT.raw_decode(content, place)[0]
        place = content.find("{", place + 1)


def _plain_keys(data: Any) -> None:
    """Keys that differ only in case or spaces are one key said twice."""
    if isinstance(data, Mapping):
        names = [str(name).strip().casefold() for name in data]
        for name in names:
            if names.count(name) > 1:
                raise unreadable(f"the key {name!r} stands there twice, written differently.")
    inner = data.values() if isinstance(data, Mapping) else data if isinstance(data, list) else ()
    for value in inner:
        _plain_keys(value)


@lru_cache(maxsize=256)
def _validator(schema: str) -> Any:
    import jsonschema  # noqa: PLC0415 - 60 ms that only those who ask a judge pay

    return jsonschema.Draft202012Validator(_lenient(json.loads(schema)))


def _lenient(schema: Any) -> Any:
    """The schema that a reply is held against: what is said beside the verdict, and of why, decides nothing."""
    if isinstance(schema, list):
        return [_lenient(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {name: _lenient(value) for name, value in schema.items() if name != "additionalProperties"}
    if isinstance(kept.get("required"), list):
        kept["required"] = [name for name in kept["required"] if name != "rationale"]
    if isinstance(kept.get("properties"), dict) and "rationale" in kept["properties"]:
        kept["properties"]["rationale"] = {"type": ["string", "null"]}
    return kept


def _after(text: str, place: int, passed: str) -> int:
    while text[place] in passed:
        place += 1
    return place


def _shown(text: str) -> str:
    cut = " ".join(text[: 4 * _SHOWN].split())
    return repr(cut if len(cut) <= _SHOWN else f"{cut[:_SHOWN]}…")
