"""Tables in outputs: rows and cells that they share with the table that was expected."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tracekit.evals import bags
from tracekit.evals.decoded import NotJsonError, parse
from tracekit.evals.fields import shown, texts
from tracekit.evals.metric import InvalidRowError, metric
from tracekit.evals.row import Row
from tracekit.evals.score import Score

_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?")


@dataclass(frozen=True, slots=True)
class _Table:
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


class _NoTableError(ValueError):
    """A value that is no table: says why."""


@metric(inputs=["output", "expected"], source="F1 over rows as a bag; checked against one written for the tests")
def table_f1(row: Row) -> Score:
    """F1 of the rows that output and expected table share, each counted as often as it is there; order does not matter.

    A table is a list of objects, a list of lists, or CSV with a header. Columns are matched by name where both have
    names; one that only one side has makes every row differ. Two tables without rows are equal: 1. An output that is
    no table is 0.
    """
    wanted = _expected(row.expected)
    try:
        found = _table(row.output)
    except _NoTableError as error:
        return Score(value=0.0, rationale=f"the output is no table: {error}.")
    alone = set(found.columns) ^ set(wanted.columns)
    details: dict[str, Any] = {"rows": len(found.rows), "expected_rows": len(wanted.rows)}
    if alone:
        return Score(value=0.0, rationale=f"only one of the two has: {', '.join(sorted(alone))}.", details=details)
    shared = bags.shared(_in_order(found, wanted.columns), wanted.rows)
    total = len(found.rows) + len(wanted.rows)
    details |= {
        "precision": shared / len(found.rows) if found.rows else None,
        "recall": shared / len(wanted.rows) if wanted.rows else None,
    }
    return Score(value=2 * shared / total if total else 1.0, details=details)


@metric(inputs=["output", "expected"], source="Dice over cells; checked against one written for the tests")
def table_diff(row: Row, *, key: Any = None) -> Score:
    """Twice the cells that output and expected table have equal, over the cells of both.

    Rows are aligned by the columns that `key` names, else by their place; columns by name. Tables as for table_f1.
    """
    wanted = _expected(row.expected)
    names = [] if key is None else texts(key, "key")
    if not set(names) <= set(wanted.columns):
        raise InvalidRowError(f"key is {shown(key)}, and the expected table has: {', '.join(wanted.columns)}.")
    try:
        found = _table(row.output)
    except _NoTableError as error:
        return Score(value=0.0, rationale=f"the output is no table: {error}.")
    cells = sum(len(each.columns) * len(each.rows) for each in (found, wanted))
    if not cells:
        return Score(value=1.0)
    mine, theirs = _aligned(found, names, "output"), _aligned(wanted, names, "expected")
    equal = sum(
        bags.comparable(mine[place][name]) == bags.comparable(value)
        for place, cells_of in theirs.items()
        if place in mine
        for name, value in cells_of.items()
        if name in mine[place]
    )
    details = {"equal_cells": equal, "cells": cells, "aligned_rows": len(mine.keys() & theirs.keys())}
    return Score(value=2 * equal / cells, details=details)


def _aligned(table: _Table, names: Sequence[str], side: str) -> dict[Any, Mapping[str, Any]]:
    placed: dict[Any, Mapping[str, Any]] = {}
    for number, values in enumerate(table.rows):
        cells = dict(zip(table.columns, values, strict=True))
        place: Any = bags.comparable([cells.get(name) for name in names]) if names else number
        if place in placed and side == "expected":
            raise InvalidRowError(f"expected has two rows of one key: {[cells.get(name) for name in names]!r:.80}.")
        placed.setdefault(place, cells)  # of two rows of the output with one key the second matches nothing
    return placed


def _in_order(table: _Table, columns: Sequence[str]) -> list[tuple[Any, ...]]:
    places = [table.columns.index(name) for name in columns]
    return [tuple(row[place] for place in places) for row in table.rows]


def _expected(value: Any) -> _Table:
    try:
        return _table(value)
    except _NoTableError as error:
        raise InvalidRowError(f"expected is no table: {error}.") from error


def _table(value: Any) -> _Table:
    if isinstance(value, str):
        value = _decoded(value)
    if not isinstance(value, list | tuple):
        raise _NoTableError(f"it is {shown(value)}; a table is a list of rows, or CSV")
    rows: Sequence[Any] = value
    if all(isinstance(each, Mapping) for each in rows):
        columns = tuple(dict.fromkeys(str(name) for each in rows for name in each))
        return _Table(columns, tuple(tuple(_cell(each.get(name)) for name in columns) for each in rows))
    if not all(isinstance(each, list | tuple) for each in rows):
        raise _NoTableError("its rows are neither all objects nor all lists")
    if len({len(each) for each in rows}) > 1:
        raise _NoTableError("its rows are of different lengths")
    columns = tuple(map(str, range(len(rows[0]))))
    return _Table(columns, tuple(tuple(map(_cell, each)) for each in rows))


def _decoded(text: str) -> Any:
    """The rows of a text: JSON where it is that, else CSV whose first record names the columns."""
    if text.lstrip().startswith("["):
        try:
            return parse(text)
        except NotJsonError as error:
            raise _NoTableError(f"it begins like JSON and is none: {error}") from error
    try:
        records = list(csv.reader(io.StringIO(text.strip("\r\n"), newline=""), strict=True))
    except csv.Error as error:
        raise _NoTableError(f"it is no CSV: {error}") from error
    if not records:
        return []
    head = [name.strip() for name in records[0]]
    if len(set(head)) < len(head):
        raise _NoTableError("two of its columns have one name")
    uneven = next((place for place, each in enumerate(records, 1) if len(each) != len(head)), None)
    if uneven is not None:
        raise _NoTableError(f"record {uneven} has {len(records[uneven - 1])} fields, the header {len(head)}")
    return [dict(zip(head, each, strict=True)) for each in records[1:]]


def _cell(value: Any) -> Any:
    """A cell: text that is a number is that number, so that CSV and JSON can be compared."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    return float(text) if _NUMBER.fullmatch(text) else text
