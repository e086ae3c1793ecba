"""Rows as files hold them: JSON lines, JSON, CSV, TSV and YAML, one record at a time, each with where it stands."""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tracekit.errors import UsageError

Record = tuple[str, Mapping[str, Any]]
"""Where a row stands, for errors ("qa.jsonl, line 3"), and what it holds."""

_LISTS = frozenset({"retrieved", "tool_calls", "expected_tool_calls", "messages", "metadata"})
"""Fields that have no form but JSON: in CSV a cell of theirs holds it."""
_EITHER = frozenset({"contexts", "relevant"})
"""Fields whose cell may hold JSON, or the one text that they consist of."""


def records(path: Path) -> Iterator[Record]:
    """The rows of a file, by what its name ends with.

    Raises:
        UsageError: it cannot be read, holds something else, or its form is unknown; names the line.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise UsageError(f"dataset {path}: {path.suffix or 'no ending'!r} is unknown; use {', '.join(_READERS)}.")
    try:
        yield from reader(path)
    except OSError as error:
        raise UsageError(f"dataset {path} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"dataset {path} is not UTF-8: {error}. Save it as UTF-8.") from error


def _lines(path: Path) -> Iterator[Record]:
    with path.open(encoding="utf-8-sig") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                where = f"{path.name}, line {number}"
                yield where, _object(_json(line, where), where)


def _document(path: Path) -> Iterator[Record]:
    yield from _listed(_json(path.read_text("utf-8-sig"), path.name), path)


def _yaml(path: Path) -> Iterator[Record]:
    try:
        import yaml  # noqa: PLC0415 - of the eval extra, and slow to import
    except ModuleNotFoundError as error:
        raise UsageError(
            f"dataset {path}: YAML needs pyyaml, which is not installed; pip install 'tracekit-llm[eval]'."
        ) from error
    try:
        with path.open(encoding="utf-8-sig") as file:
            loaded = yaml.load(file, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe ones
    except yaml.YAMLError as error:
        raise UsageError(f"dataset {path} is no YAML: {str(error).replace(chr(10), ' ')}.") from error
    yield from _listed(_without_dates(loaded), path)


def _listed(loaded: Any, path: Path) -> Iterator[Record]:
    """The rows of a whole document: a list of objects, or an object with one list of them."""
    rows = loaded
    if isinstance(loaded, Mapping):
        lists = [value for value in loaded.values() if isinstance(value, list)]
        rows = lists[0] if len(lists) == 1 else None
    if not isinstance(rows, list):
        raise UsageError(
            f"dataset {path} is {_kind(loaded)}; it is a list of objects, or an object with one such list."
        )
    for number, row in enumerate(rows, 1):
        where = f"{path.name}, row {number}"
        yield where, _object(row, where)


def _table(path: Path, *, delimiter: str) -> Iterator[Record]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        try:
            header = [name.strip() for name in next(reader, [])]
            repeated = {name for name in header if header.count(name) > 1}
            if not header or repeated:
                wrong = f"names {', '.join(map(repr, sorted(repeated)))} twice" if repeated else "is missing"
                raise UsageError(f"dataset {path}: its header line {wrong}; the first line names each column once.")
            for cells in reader:
                where = f"{path.name}, line {reader.line_num}"
                if len(cells) != len(header) and cells:
                    raise UsageError(f"{where} has {len(cells)} cells; the header has {len(header)} columns.")
                if cells:
                    yield where, _cells(dict(zip(header, cells, strict=True)), where)
        except csv.Error as error:
            raise UsageError(f"{path.name}, line {reader.line_num} is no CSV: {error}.") from error


def _cells(row: Mapping[str, str], where: str) -> dict[str, Any]:
    """The cells of a line: an empty one is nothing, and fields that are lists hold JSON."""
    found: dict[str, Any] = {}
    for name, cell in row.items():
        if not cell:
            continue
        is_json = name in _LISTS or (name in _EITHER and cell.lstrip().startswith(("[", "{")))
        found[name] = _json(cell, f"{where}: {name}") if is_json else [cell] if name in _EITHER else cell
    return found


def _json(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{where} is no JSON: {error}.") from error


def _object(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UsageError(f'{where} is {_kind(value)}; a row is an object like {{"input": ..., "expected": ...}}.')
    return {str(name): item for name, item in value.items()}


def _without_dates(value: Any) -> Any:
    """YAML reads a bare date as one; a row holds what JSON can, so it is the text again."""
    if isinstance(value, dt.date | dt.datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {name: _without_dates(item) for name, item in value.items()}
    return [_without_dates(item) for item in value] if isinstance(value, list) else value


def _kind(value: Any) -> str:
    return f"{value!r:.60} ({type(value).__name__})"


_READERS: Mapping[str, Callable[[Path], Iterator[Record]]] = {
    ".jsonl": _lines,
    ".ndjson": _lines,
    ".json": _document,
    ".csv": lambda path: _table(path, delimiter=","),
    ".tsv": lambda path: _table(path, delimiter="\t"),
    ".yaml": _yaml,
    ".yml": _yaml,
}
