"""A judge's answers beside human labels, read from JSON lines: `{"id": "q1", "label": 4, "judge": 5}`.

Labels and answers are numbers, verdicts or classes in words; null where there is none. A row without a label still says
what the judge answers where no human looked. `trial` numbers repeats of the same question; `order`, or `swapped`, tells
apart the same question with its parts in another order, answers named alike in both. `length`, else the characters of
`output`, is what the judge may be biased by.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tracekit.errors import UsageError
from tracekit.evals.decoding import object_
from tracekit.evals.score import GREATEST
from tracekit.evals.stats.agreement import Label


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """One answer of a judge, and the label that humans gave to the same row.

    Attributes:
        id: of the row.
        label: the humans'; None where they gave none.
        judge: the judge's answer; None where it gave none.
        trial: which of several answers to the same question.
        order: in which order its parts were shown.
        length: of what was judged.
    """

    id: str
    label: Label | None
    judge: Label | None
    trial: int = 0
    order: str = ""
    length: float | None = None


def read(path: Path) -> tuple[Judgement, ...]:
    """A file of labels.

    Raises:
        UsageError: it cannot be read, or a line is none of a label; names the line.
    """
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}.") from error
    return loads(text, where=str(path))


def loads(text: str, *, where: str) -> tuple[Judgement, ...]:
    """The labels of a file's text; see `read`."""
    found = [
        _judgement(line, f"{where}, line {number}") for number, line in enumerate(text.split("\n"), 1) if line.strip()
    ]
    if not found:
        raise UsageError(f'{where} holds no labels; it has lines like {{"id": "q1", "label": 4, "judge": 5}}.')
    seen: set[tuple[str, int, str]] = set()
    for one in found:
        key = one.id, one.trial, one.order
        if key in seen:
            raise UsageError(
                f"{where}: id {one.id!r} stands there twice; number repeats with `trial`, and name the order of "
                "swapped questions with `order`."
            )
        seen.add(key)
    _check_kinds(found, where)
    return tuple(found)


def by_id(judgements: Sequence[Judgement]) -> dict[str, list[Judgement]]:
    """The answers to each row, the first trial of the first order at the head.

    Raises:
        UsageError: humans gave one row two labels.
    """
    rows: dict[str, list[Judgement]] = {}
    for one in judgements:
        rows.setdefault(one.id, []).append(one)
    for name, answers in rows.items():
        labels = {one.label for one in answers if one.label is not None}
        if len(labels) > 1:
            raise UsageError(f"row {name!r} has the labels {' and '.join(map(repr, labels))}; a row has one.")
        first = next((one.order for one in answers if one.order in _FIRST), answers[0].order)
        answers.sort(key=lambda one, first=first: (one.order != first, one.trial))
    return rows


def _judgement(line: str, where: str) -> Judgement:
    data = object_(line, where)
    identity, trial = data.get("id"), data.get("trial", 0)
    if isinstance(identity, bool) or not isinstance(identity, str | int):
        raise UsageError(f"{where} has no id, or one that is neither text nor a whole number: {identity!r:.60}.")
    if isinstance(trial, bool) or not isinstance(trial, int):
        raise UsageError(f"{where}: trial is {trial!r:.60}; it is a whole number.")
    for name in ("label", "judge"):
        if name not in data:
            raise UsageError(f"{where} has no {name!r}; write null where there is none.")
    swapped = data.get("swapped")
    return Judgement(
        id=str(identity),
        label=_label(data["label"], f"{where}: label"),
        judge=_label(data["judge"], f"{where}: judge"),
        trial=trial,
        order=str(data["order"]) if data.get("order") is not None else "swapped" if swapped else "",
        length=_length(data, where),
    )


def _label(value: Any, where: str) -> Label | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int | float) and abs(value) <= GREATEST:
        return float(value)
    raise UsageError(f"{where} is {value!r:.60}; it is a number, true, false, text or null.")


def _length(data: Mapping[str, Any], where: str) -> float | None:
    length, output = data.get("length"), data.get("output")
    if length is None:
        return float(len(output)) if isinstance(output, str) else None
    if isinstance(length, bool) or not isinstance(length, int | float) or not 0 <= length < math.inf:
        raise UsageError(f"{where}: length is {length!r:.60}; it is a number of 0 or more.")
    return float(length)


def _check_kinds(found: Sequence[Judgement], where: str) -> None:
    """Words and numbers never agree: a file that mixes them is a mistake, not a bad judge."""
    first: dict[type, tuple[str, Label]] = {}
    for one in found:
        for value in (one.label, one.judge):
            if value is not None:
                first.setdefault(type(value), (one.id, value))
    if len(first) > 1:
        (row, text), (other, number) = first[str], first[float]
        raise UsageError(
            f"{where}: row {row!r} has {text!r:.60} and row {other!r} has {number:g}; "
            "labels and answers are all numbers or all words, or they never agree."
        )


_FIRST = frozenset({"", "0", "False", "false"})
"""Orders that are not swapped."""
