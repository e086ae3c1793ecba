"""A query's rows as bytes for programs: JSON, NDJSON, CSV and Parquet, with every value whole.

Where a person reads CSV or JSON from a terminal, what could act on it is spelled out.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, BinaryIO
from uuid import UUID

from tracekit.store import Result
from tracekit.text import visible


def plain(value: Any, kind: str = "") -> Any:
    """A value as JSON can hold it: times in ISO 8601, UTC; JSON columns decoded; bytes as hex; the rest as text."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return _decoded(value) if kind == "JSON" else value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        inner = kind.removesuffix("[]") if kind.endswith("[]") else ""
        return [plain(item, inner) for item in value]
    return _scalar(value)


def records(result: Result, *, people: bool) -> Iterator[str]:
    """Each row as a JSON object. What is nested deeper than Python can write stays the text that it is stored as."""
    names = _distinct(result.columns)
    for row in result.rows:
        try:
            yield json.dumps(dict(zip(names, map(plain, row, result.types), strict=True)), ensure_ascii=people)
        except RecursionError:
            yield json.dumps(dict(zip(names, map(plain, row), strict=True)), ensure_ascii=people)


def _distinct(names: Sequence[str]) -> list[str]:
    """Column names as keys of an object: the second `id` of a join is `id_1`, so that neither hides the other."""
    keys: list[str] = []
    for name in names:
        key, number = name, 0
        while key in keys:
            number += 1
            key = f"{name}_{number}"
        keys.append(key)
    return keys


def write_json(result: Result, file: BinaryIO, people: bool) -> None:  # noqa: FBT001 - one shape for all writers
    """The rows as one JSON array of objects."""
    lead = "[\n"
    for record in records(result, people=people):
        file.write(f"{lead}{record}".encode())
        lead = ",\n"
    file.write(b"[]\n" if lead == "[\n" else b"\n]\n")


def write_ndjson(result: Result, file: BinaryIO, people: bool) -> None:  # noqa: FBT001
    """The rows as JSON objects, one a line."""
    file.writelines(f"{record}\n".encode() for record in records(result, people=people))


def write_csv(result: Result, file: BinaryIO, people: bool) -> None:  # noqa: FBT001
    """The rows as CSV under their names."""
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(result.columns)
    for row in result.rows:
        cells = [cell(value, kind) for value, kind in zip(row, result.types, strict=True)]
        writer.writerow([visible(cell) for cell in cells] if people else cells)
    text.detach()


def write_parquet(result: Result, file: BinaryIO, _: bool) -> None:  # noqa: FBT001
    """The rows as a Parquet file."""
    import pyarrow.parquet  # noqa: PLC0415 - only for those who ask for it

    pyarrow.parquet.write_table(result.arrow(), file)


def cell(value: Any, kind: str) -> str:
    """A value as one cell of text: text as it is, everything else as its JSON."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    simple = plain(value, kind)
    return simple if isinstance(simple, str) else json.dumps(simple, ensure_ascii=False)


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):  # a JSON column holds JSON; text cast to one need not
        return text


def _scalar(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat() if value.tzinfo is None else value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta | UUID):
        return str(value)
    if isinstance(value, Decimal):
        number = float(value)
        return number if Decimal(str(number)) == value else str(value)
    if isinstance(value, bytes | bytearray):
        return value.hex()
    return str(value)
