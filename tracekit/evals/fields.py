"""What metrics read of a row and of their options: texts, references, numbers. What cannot be read is named. Pure."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from tracekit.evals.metric import InvalidRowError
from tracekit.evals.row import Row
from tracekit.evals.score import Score

_SHOWN = 60


def as_text(value: Any, name: str) -> str:
    """Text as it is; any other value as JSON with sorted keys, so that equal values are equal texts.

    Raises:
        InvalidRowError: it has no form in JSON.
    """
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidRowError(f"{name} is {shown(value)}, neither text nor JSON: {error}.") from error


def references(row: Row) -> list[str]:
    """The right answers as texts: `expected` alone, or each of its items where it is a list.

    Where the output itself is a list, a list of anything but lists is one answer.

    Raises:
        InvalidRowError: the list is empty, or an answer is null.
    """
    expected = row.expected
    alternatives = isinstance(expected, list | tuple) and not (
        isinstance(row.output, list | tuple) and not any(isinstance(item, list | tuple) for item in expected)
    )
    if not alternatives:
        return [as_text(expected, "expected")]
    items = cast("Sequence[Any]", expected)
    if not items:
        raise InvalidRowError("expected is an empty list, so no answer is right; give one, or a list of some.")
    if None in items:
        raise InvalidRowError(f"expected[{list(items).index(None)}] is null; a right answer is text or JSON.")
    return [as_text(item, f"expected[{place}]") for place, item in enumerate(items)]


def best(row: Row, scored: Callable[[str, str], float | Score], *, lowest: bool = False) -> Score:
    """The best score of the output against each right answer; `details.reference` says which, where there are several.

    Args:
        row: has output and expected.
        scored: scores an output against one answer.
        lowest: less is better.
    """
    output, answers = as_text(row.output, "output"), references(row)
    scores = [_score(scored(output, answer)) for answer in answers]
    if len(scores) == 1:
        return scores[0]
    values = [cast("float", score.value) for score in scores]
    place = values.index(min(values) if lowest else max(values))
    return replace(scores[place], details={**scores[place].details, "reference": place})


def verdict(holds: bool, why: str | None = None, **details: Any) -> Score:  # noqa: FBT001 - what it is about
    """A score of 1 or 0 that passes or does not."""
    return Score(value=float(holds), passed=holds, rationale=why, details=details)


def whole(value: Any, name: str, *, least: int = 1) -> int:
    """A whole number.

    Raises:
        InvalidRowError: it is none, or less than `least`.
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise InvalidRowError(f"{name} is {shown(value)}; it is a whole number of at least {least}.")
    return value


def number(value: Any, name: str, *, least: float = -math.inf, most: float = math.inf) -> float:
    """A finite number.

    Raises:
        InvalidRowError: it is none, or beyond the bounds.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InvalidRowError(f"{name} is {shown(value)}; it is a number.")
    if not least <= value <= most:
        bounds = f"from {least:g} to {most:g}" if most < math.inf else f"of at least {least:g}"
        raise InvalidRowError(f"{name} is {value}; it is a number {bounds}.")
    return float(value)


def flag(value: Any, name: str) -> bool:
    """True or false.

    Raises:
        InvalidRowError: it is neither; text like "false" would be taken for true.
    """
    if not isinstance(value, bool):
        raise InvalidRowError(f"{name} is {shown(value)}; it is true or false.")
    return value


def choice(value: Any, name: str, words: Sequence[str]) -> str:
    """One of some words.

    Raises:
        InvalidRowError: it is none of them.
    """
    if value not in words:
        raise InvalidRowError(f"{name} is {shown(value)}; it is one of {', '.join(words)}.")
    return cast("str", value)


def texts(value: Any, name: str) -> list[str]:
    """A list of texts; one text is a list of it.

    Raises:
        InvalidRowError: it is neither.
    """
    items: Any = [value] if isinstance(value, str) else value
    if not isinstance(items, list | tuple) or not all(isinstance(item, str) for item in items):
        raise InvalidRowError(f"{name} is {shown(value)}; it is a text or a list of texts.")
    return list(cast("Sequence[str]", items))


def field(row: Row, name: Any, option: str) -> Any:
    """What a field or column of the row holds, named by an option.

    Raises:
        InvalidRowError: the row does not have it.
    """
    if not isinstance(name, str) or row.get(name) is None:
        raise InvalidRowError(f"{option} is {shown(name)}, and the row has no such field; it has {', '.join(row)}.")
    return row[name]


def limited(size: int, most: int, what: str) -> None:
    """Refuse what would take too long.

    Args:
        size: how much there is to do.
        most: how much is done.
        what: names the sizes, for the reader.

    Raises:
        InvalidRowError: it is more.
    """
    if size > most:
        raise InvalidRowError(f"{what} are too long to compare: {size:,} pairs, and at most {most:,} are looked at.")


def object_of(value: Any, name: str) -> Mapping[str, Any]:
    """An object.

    Raises:
        InvalidRowError: it is none.
    """
    if not isinstance(value, Mapping):
        raise InvalidRowError(f"{name} is {shown(value)}; it is an object.")
    return cast("Mapping[str, Any]", value)


def shown(value: Any) -> str:
    """A value in an error, cut."""
    return f"{value!r:.{_SHOWN}} ({type(value).__name__})"


def _score(given: float | Score) -> Score:
    return given if isinstance(given, Score) else Score(value=float(given))
