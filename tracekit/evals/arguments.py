"""When an argument of a tool call is right: exactly, in part, about, or by a pattern. Pure, but for patterns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from tracekit.evals.decoded import key
from tracekit.evals.fields import as_text, number, shown
from tracekit.evals.matching import span
from tracekit.evals.metric import InvalidRowError


def matched(found: Any, wanted: Any, rule: Any, name: str) -> bool:
    """Whether an argument is as expected.

    Args:
        found: what the call has.
        wanted: what was expected.
        rule: "exact", "subset", {"tolerance": x}, {"relative": x} or {"regex": pattern}.
        name: of the argument.

    Raises:
        InvalidRowError: there is no such rule, or it does not go with what was expected.
    """
    if rule == "exact":
        return key(found) == key(wanted)
    if rule == "subset":
        return _within(wanted, found)
    if isinstance(rule, Mapping) and len(rule) == 1:
        [(kind, said)] = rule.items()
        if kind in {"tolerance", "relative"}:
            return _about(
                found, wanted, number(said, f"rules[{name!r}].{kind}", least=0), name, relative=kind == "relative"
            )
        if kind == "regex" and isinstance(said, str):
            return span(said, as_text(found, name), mode="fullmatch") is not None
    raise InvalidRowError(
        f'rules[{name!r}] is {shown(rule)}; it is exact, ignore, subset, {{"tolerance": x}}, {{"relative": x}} '
        'or {"regex": pattern}.'
    )


def _about(found: Any, wanted: Any, most: float, name: str, *, relative: bool) -> bool:
    target = number(wanted, f"the expected argument {name}")
    if isinstance(found, bool) or not isinstance(found, int | float):
        return False
    return abs(found - target) <= (most * abs(target) if relative else most)


def _within(part: Any, of: Any) -> bool:
    """Whether what was expected is in what was given: members of objects, items of lists, or the value itself."""
    if isinstance(part, Mapping):
        return isinstance(of, Mapping) and all(name in of and _within(item, of[name]) for name, item in part.items())
    if isinstance(part, list | tuple):
        return isinstance(of, list | tuple) and Counter(map(key, part)) <= Counter(map(key, of))
    return key(part) == key(of)
