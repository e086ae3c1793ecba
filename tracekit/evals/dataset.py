"""A dataset: rows with ids, from a file, a list, or anything that gives them. Read as it is used, never held whole.

What went into a row has a hash, and so has the whole: rows whose hash changed between two runs are not compared. A part
of a dataset is chosen by a hash of the id, so that a row stays in its part when others come or go.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tracekit.errors import UsageError
from tracekit.evals.datafiles import Record, records
from tracekit.evals.row import Row, read_row, write_row

Source = str | Path | Iterable[Any]
"""A file's path, or rows: mappings or `Row`s."""

_DIGITS = 16
_OUTCOMES = frozenset({"contexts", "retrieved", "tool_calls", "messages"})
"""What a program brings about, in a row that holds its answer already; else it is what the program is given."""
_SHARD = re.compile(r"(\d+)/(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """One of several parts of a dataset, counted from 1."""

    number: int
    of: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Read `2/4`.

        Raises:
            UsageError: it is none.
        """
        found = _SHARD.fullmatch(text.strip())
        if found is None or not 1 <= int(found[1]) <= int(found[2]):
            raise UsageError(f"shard {text!r} cannot be read; write the second of four parts as 2/4.")
        return cls(number=int(found[1]), of=int(found[2]))

    def __contains__(self, identity: object) -> bool:
        """Whether a row of this id is in the part."""
        return int.from_bytes(hashlib.sha256(str(identity).encode()).digest()[:8]) % self.of == self.number - 1

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What one look through a dataset tells.

    Attributes:
        rows: how many there are.
        hash: of all of them, whatever their order.
    """

    rows: int
    hash: str


class Dataset:
    """Rows, each with an id, `input`, and a hash.

    Args:
        source: a path (.jsonl, .json, .csv, .tsv, .yaml), or rows: mappings or `Row`s. What can be gone through only
            once is held; everything else is read anew each time.
        name: what errors call it; the file's name by default.
        folder: what a relative path starts from; the working directory is tried as well.

    Raises:
        UsageError: there is no such file.

    Example:
        >>> [row.input for row in Dataset([{"question": "Why?"}])]
        ['Why?']
    """

    def __init__(self, source: Source, *, name: str | None = None, folder: Path | None = None) -> None:
        self.path: Path | None = None
        if isinstance(source, str | Path):
            self.path = existing(Path(source).expanduser(), folder)
            path = self.path
            self.name = name or path.name
            self._records: Callable[[], Iterator[Record]] = lambda: records(path)
        else:
            held = source if not isinstance(source, Iterator) else list(source)
            self.name = name or "the dataset"
            self._records = lambda: _given(held, self.name)

    def __iter__(self) -> Iterator[Row]:
        """The rows, read anew.

        Raises:
            UsageError: one cannot be read, or has the id of another; names file, line and field.
        """
        seen: dict[str, str] = {}
        for where, data in self._records():
            row = complete(data, where=where)
            assert row.id is not None  # complete() gives one
            if row.id in seen:
                raise UsageError(
                    f"{where}: id {row.id!r} is that of {seen[row.id]} as well. An id names one row; give this one "
                    "another, or remove it."
                    if "id" in data and data["id"] is not None
                    else f"{where} says the same as {seen[row.id]}, and neither has an id. Give them ids."
                )
            seen[row.id] = where
            yield row

    def facts(self) -> Facts:
        """Look through all rows, before anything is paid for.

        Raises:
            UsageError: as when they are read; or there is none.
        """
        count, total = 0, 0
        for row in self:
            count += 1
            digest = hashlib.sha256(f"{row.id}\0{row_hash(row)}".encode()).digest()
            total = (total + int.from_bytes(digest)) % (1 << 256)  # a sum: the order of rows says nothing
        if not count:
            raise UsageError(f"{self.name} holds no row.")
        return Facts(rows=count, hash=f"{total:064x}"[:_DIGITS])


def complete(data: Any, *, where: str) -> Row:
    """A row with an id and an input: where it has none, they are made of what it holds.

    The id is a hash of what went in. The input is the only other column that holds text, or an object of the columns.

    Raises:
        UsageError: a field has the wrong shape.
    """
    row = data if isinstance(data, Row) else read_row(data, where=where)
    if row.input is None and row.columns:
        row = replace(row, input=_input(row))
    return row if row.id is not None else replace(row, id=row_hash(row))


def row_hash(row: Row) -> str:
    """A hash of what went into a row: its input, what is expected of it, its columns.

    Not its id, nor what a program made of it. Contexts and the like that stand beside an answer are the program's.
    """
    left_out = {"id", "output", "trace_id", "metadata"} | (_OUTCOMES if row.output is not None else set())
    data = {name: value for name, value in write_row(row).items() if name not in left_out}
    text = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]


def _input(row: Row) -> Any:
    texts = [value for value in row.columns.values() if isinstance(value, str)]
    return texts[0] if len(texts) == 1 else dict(row.columns)


def _given(rows: Iterable[Any], name: str) -> Iterator[Record]:
    for number, row in enumerate(rows, 1):
        where = f"{name}, row {number}"
        yield where, row if isinstance(row, Mapping) else {"input": row}  # a list of texts is a list of inputs


def existing(path: Path, folder: Path | None) -> Path:
    """A file that is there: a relative path starts from the folder, else from the working directory.

    Raises:
        UsageError: there is none.
    """
    tried = [path] if path.is_absolute() else [*([folder / path] if folder else []), Path.cwd() / path]
    for candidate in tried:
        if candidate.is_file():
            return candidate
    raise UsageError(f"dataset {path} is not there; looked for {' and '.join(map(str, dict.fromkeys(tried)))}.")
