"""Numbers in outputs against the number that was expected."""

from __future__ import annotations

import math
import re
from typing import Any

from tracekit.evals.fields import choice, number, shown, verdict
from tracekit.evals.metric import InvalidRowError, metric
from tracekit.evals.row import Row
from tracekit.evals.score import Score

_NUMBER = re.compile(r"[-+]?(?:\d+(?:,\d{3})*(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?")
_FIND = ("whole", "first", "last")


@metric(inputs=["output", "expected"], binary=True, source="math.isclose of Python, PEP 485")
def numeric_close(row: Row, *, rel_tol: float = 1e-9, abs_tol: float = 0.0, find: str = "whole") -> Score:
    """Whether the output is a number as near to the expected one, or one of them, as `rel_tol` or `abs_tol` allows.

    The output is a number or text that is one; `find="last"` or `"first"` takes that number of a text, thousands
    parted by commas or not. A text without a number is 0.
    """
    relative, absolute = number(rel_tol, "rel_tol", least=0), number(abs_tol, "abs_tol", least=0)
    answers, found = _answers(row.expected), _number(row.output, find)
    if found is None:
        return verdict(False, f"the output {shown(row.output)} has no number.")
    holds = any(math.isclose(found, answer, rel_tol=relative, abs_tol=absolute) for answer in answers)
    return verdict(holds, number=found, difference=min((found - answer for answer in answers), key=abs))


@metric(inputs=["output", "expected"], source="NumericDiff of autoevals; checked against one written for the tests")
def numeric_diff(row: Row, *, find: str = "whole") -> Score:
    """1 less the difference of output and nearest expected number over the sum of their sizes; 1 where both are 0.

    A text without a number is 0; see numeric_close for `find`.
    """
    answers, found = _answers(row.expected), _number(row.output, find)
    if found is None:
        return Score(value=0.0, rationale=f"the output {shown(row.output)} has no number.")
    return Score(value=max(_likeness(found, answer) for answer in answers), details={"number": found})


def _likeness(one: float, other: float) -> float:
    scale = max(abs(one), abs(other))
    if not scale:
        return 1.0
    a, b = one / scale, other / scale  # so that no sum overflows
    return 1.0 - abs(a - b) / (abs(a) + abs(b))


def _answers(value: Any) -> list[float]:
    items = value if isinstance(value, list | tuple) else [value]
    if not items:
        raise InvalidRowError("expected is an empty list, so no number is right.")
    answers = [_number(item, "whole") for item in items]
    if None in answers:
        raise InvalidRowError(f"expected is {shown(items[answers.index(None)])}; it is a number.")
    return [answer for answer in answers if answer is not None]


def _number(value: Any, find: Any) -> float | None:
    how = choice(find, "find", _FIND)
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        if how == "whole":
            return _finite(value.strip()) if _NUMBER.fullmatch(value.strip()) else None
        there = _NUMBER.findall(value)
        return _finite(there[0 if how == "first" else -1]) if there else None
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def _finite(text: str) -> float | None:
    found = float(text.replace(",", ""))
    return found if math.isfinite(found) else None
