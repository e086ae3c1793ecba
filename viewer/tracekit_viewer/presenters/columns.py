"""The columns of the list of traces: those it has by itself, and those that an address chooses.

    ?columns=input,cost,score.helpful,attribute.app.tier

The state and the name of a trace stand first in every list. Refuses a column that there is none of.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tracekit.errors import UsageError

SCORE, ATTRIBUTE = "score.", "attribute."
"""Before the name of a score, and before the key of an attribute."""
LABELS = {
    "input": "Input",
    "output": "Output",
    "model": "Model",
    "tokens": "Tokens",
    "cost": "Cost",
    "latency": "Latency",
    "started": "Started",
    "session": "Session",
    "user": "User",
    "tags": "Tags",
    "project": "Project",
    "service": "Service",
    "spans": "Spans",
    "errors": "Failed spans",
    "scores": "Scores",
}
DEFAULT = ("input", "output", "model", "tokens", "cost", "latency", "started")
MOST = 24
"""Columns beyond which a list is no list any more."""
_RIGHT = frozenset({"tokens", "cost", "latency", "started", "spans", "errors"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column.

    Attributes:
        key: as an address names it.
        label: what stands above it.
        form: which cell it has: a key of `LABELS`, or "score" and "attribute".
        right: whether it holds quantities.
    """

    key: str
    label: str
    form: str
    right: bool = False

    @property
    def name(self) -> str:
        """Which score, or which attribute."""
        return self.key.removeprefix(f"{self.form}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A column in the form that chooses them."""

    column: Column
    chosen: bool


def columns_of(text: str) -> list[Column]:
    """The columns that an address names; those of every list where it names none.

    Raises:
        UsageError: there is no such column, or there are too many.
    """
    keys = [key.strip() for key in text.split(",") if key.strip()]
    found = [_column(key) for key in dict.fromkeys(keys)] or [_column(key) for key in DEFAULT]
    if len(found) > MOST:
        raise UsageError(f"columns names {len(found)} columns; a list has {MOST} at most.")
    return found


def canonical(given: Iterable[str]) -> str:
    """What a form or an address gives, as one text; empty for the columns of every list."""
    keys = dict.fromkeys(key.strip() for text in given for key in text.split(",") if key.strip())
    return "" if tuple(keys) in {(), DEFAULT} else ",".join(keys)


def choices(chosen: Sequence[Column]) -> list[Choice]:
    """The form's lines: what is chosen, in its order, and then the others."""
    have = {column.key for column in chosen}
    others = [_column(key) for key in LABELS if key not in have]
    return [
        *(Choice(column=column, chosen=True) for column in chosen),
        *(Choice(column=column, chosen=False) for column in others),
    ]


def attributes_of(columns: Iterable[Column]) -> list[str]:
    """The keys of the attributes that columns show."""
    return [column.name for column in columns if column.form == "attribute"]


def _column(key: str) -> Column:
    if key in LABELS:
        return Column(key=key, label=LABELS[key], form=key, right=key in _RIGHT)
    for prefix in (SCORE, ATTRIBUTE):
        if key.startswith(prefix) and len(key) > len(prefix):
            name = key.removeprefix(prefix)
            return Column(key=key, label=name, form=prefix.removesuffix("."))
    near = [] if key in {SCORE, ATTRIBUTE} else difflib.get_close_matches(key, LABELS, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(LABELS)}, score.NAME and attribute.KEY."
    raise UsageError(f"there is no column {key!r:.80}: {hint}")
