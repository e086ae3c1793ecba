"""How rows leave a command: as a table for people, and as JSON, NDJSON, CSV or Parquet for programs.

Programs get every value whole. People get text in which nothing that came from a trace can act on the terminal:
control, bidirectional and invisible characters are spelled out.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO

from tracekit import config
from tracekit.errors import UsageError
from tracekit.query import forms
from tracekit.query.forms import cell, plain
from tracekit.text import line, visible, width

if TYPE_CHECKING:
    from rich.console import Console

    from tracekit.store import Result

FORMATS = ("table", "json", "ndjson", "csv", "parquet")
MARKS = {"error": "red", "running": "blue", "cut": "yellow", "ok": "green"}
"""The colour of each mark of `tracekit.state` on a terminal."""


def talk(sentence: str) -> None:
    """Say something to the person, beside the data."""
    print(f"tracekit: {visible(sentence)}", file=sys.stderr, flush=True)


def write(result: Result, form: str, *, output: Path | None = None) -> None:
    """Write a result to stdout, or to a file, in one of `FORMATS`.

    Raises:
        UsageError: Parquet to a terminal; a file that cannot be written.
    """
    if output is None:
        people = sys.stdout.isatty()
        if form == "parquet" and people:
            raise UsageError("parquet is binary: send it to a file with --output FILE or a redirection.")
        _WRITERS[form](result, sys.stdout.buffer, people)
        sys.stdout.flush()
        return
    try:
        with output.open("wb") as file:
            _WRITERS[form](result, file, False)
    except OSError as error:
        raise UsageError(f"{output} cannot be written: {error.strerror or error}.") from error


def table(names: Sequence[str], values: Sequence[Sequence[str]], *, right: Sequence[str] = ()) -> None:
    """Print cells under their names; columns in `right` stand against their right edge."""
    coloured = console()
    if coloured is None:
        print(rows(names, values, right=right))
        return
    from rich import box
    from rich.table import Table
    from rich.text import Text

    grid = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in names:
        grid.add_column(Text(name), justify="right" if name in right else "left", no_wrap=name in right)
    for row in values:
        grid.add_row(*map(Text, row))
    coloured.print(grid)


def listing(
    names: Sequence[str],
    values: Sequence[Sequence[str]],
    *,
    right: Sequence[str] = (),
    styles: Sequence[Mapping[str, str]] = (),
) -> None:
    """Print one line a row, as wide as its cells.

    Args:
        names: heads of the columns.
        values: cells, row by row.
        right: columns that stand against their right edge.
        styles: for each row, the style of those cells that have one, by column; used where colour is.
    """
    coloured = console()
    if coloured is None:
        print(rows(names, values, right=right))
        return
    from rich.text import Text

    quiet = dict.fromkeys(names, "dim")
    for cells, style in zip(_aligned(names, values, right), (quiet, quiet, *styles), strict=True):
        parts = ((f"{cell}  ", style.get(name, "")) for name, cell in zip(names, cells, strict=True))
        line = Text.assemble(*parts)
        line.rstrip()
        coloured.print(line, soft_wrap=True)


def styled(pieces: Iterable[Sequence[tuple[str, str]]]) -> None:
    """Print lines that are made of pieces of text and their styles; the styles only where colour is."""
    coloured = console()
    if coloured is None:
        print("\n".join("".join(text for text, _ in each).rstrip() for each in pieces))
        return
    from rich.text import Text

    for each in pieces:
        coloured.print(Text.assemble(*each), soft_wrap=True)


def columns() -> int:
    """Columns that lines may take: `$COLUMNS`, those of the terminal, or 80 where stdout is none."""
    return shutil.get_terminal_size().columns


def rows(names: Sequence[str], values: Sequence[Sequence[str]], *, right: Sequence[str] = ()) -> str:
    """Plain text in aligned columns under their names; columns in `right` stand against their right edge."""
    return "\n".join("  ".join(cells).rstrip() for cells in _aligned(names, values, right))


def _aligned(names: Sequence[str], values: Sequence[Sequence[str]], right: Sequence[str]) -> Iterator[list[str]]:
    """The names, a rule and the rows, every cell padded to the width of its column."""
    widths = [max(map(width, column)) for column in zip(names, *values, strict=True)]
    for cells in (names, ["─" * wide for wide in widths], *values):
        padding = [" " * (wide - width(cell)) for cell, wide in zip(cells, widths, strict=True)]
        yield [
            pad + cell if name in right else cell + pad for name, cell, pad in zip(names, cells, padding, strict=True)
        ]


def console() -> Console | None:
    """A rich console when stdout is a terminal that may be coloured; None where plain text is wanted."""
    if not sys.stdout.isatty() or config.environment("NO_COLOR") or config.environment("TERM") == "dumb":
        return None
    from rich.console import Console

    return Console(highlight=False, markup=False, emoji=False)


def dump(value: Any, *, file: TextIO | None = None) -> None:
    """Write one JSON document to stdout, or to stderr where the data has taken stdout."""
    out = file or sys.stdout
    people = out.isatty()
    _line(_json(value, people=people, indent=2 if people else None), out)


def text(document: str) -> None:
    """Write a text whose foreign parts are `visible` already, in UTF-8 whatever the locale says."""
    sys.stdout.flush()
    sys.stdout.buffer.write(document.encode("utf-8", "replace"))
    sys.stdout.flush()


def dump_lines(values: Iterable[Any]) -> None:
    """Write JSON documents to stdout, one a line."""
    people = sys.stdout.isatty()
    for value in values:
        _line(_json(value, people=people))


def _line(text: str, file: TextIO | None = None) -> None:
    """A line of data, in UTF-8 whatever the locale says: programs read it."""
    out = (file or sys.stdout).buffer
    out.write(f"{text}\n".encode())
    out.flush()


def _json(value: Any, *, people: bool = False, indent: int | None = None) -> str:
    """JSON text; all in ASCII where a terminal is to show it, so that nothing in it can act on the terminal."""
    try:
        return json.dumps(plain(value), ensure_ascii=people, indent=indent)
    except RecursionError:
        raise UsageError(
            "a value is nested deeper than JSON can be written here; `tracekit sql --format csv` writes it as text."
        ) from None


def _write_table(result: Result, file: BinaryIO, people: bool) -> None:  # noqa: FBT001
    cells = [
        ["NULL" if value is None else line(cell(value, kind)) for value, kind in zip(row, result.types, strict=True)]
        for row in result.rows
    ]
    numbers = [name for name, kind in zip(result.columns, result.types, strict=True) if kind.startswith(_NUMBERS)]
    names = [line(name) for name in result.columns]
    if people:
        table(names, cells, right=numbers)
    else:
        file.write(f"{rows(names, cells, right=numbers)}\n".encode())


_WRITERS: dict[str, Callable[[Result, BinaryIO, bool], None]] = {
    "table": _write_table,
    "json": forms.write_json,
    "ndjson": forms.write_ndjson,
    "csv": forms.write_csv,
    "parquet": forms.write_parquet,
}
_NUMBERS = (
    "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT",
    "FLOAT", "DOUBLE", "DECIMAL",
)  # fmt: skip
