"""A query's answer: rows with names and types of their columns, and the same as Arrow, Polars or pandas."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tracekit.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")
_LIST = re.compile(r"(.*)\[\d*\]")


@dataclass(slots=True, kw_only=True)
class Result:
    """Rows of a query; as a sequence, each of them as a dictionary.

    Attributes:
        columns: names, in order; a name may stand twice.
        types: their DuckDB types ("BIGINT", "TIMESTAMP WITH TIME ZONE", "VARCHAR[]", "JSON", ...).
        rows: one tuple a row. JSON columns are text; times with a zone are `datetime` in UTC.
        truncated: there were more rows than the limit.
    """

    columns: list[str]
    types: list[str]
    rows: list[tuple[Any, ...]]
    truncated: bool = False

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (dict(zip(self.columns, row, strict=True)) for row in self.rows)

    def __getitem__(self, place: int) -> dict[str, Any]:
        return dict(zip(self.columns, self.rows[place], strict=True))

    def dicts(self) -> list[dict[str, Any]]:
        """Each row as a dictionary by column name; of columns with one name the last one stands."""
        return list(self)

    def arrow(self) -> Any:
        """The rows as an Arrow table of the columns' types."""
        import pyarrow as pa  # noqa: PLC0415 - the arrow extra's weight only for those who ask

        columns = list(zip(*self.rows, strict=True)) if self.rows else [()] * len(self.columns)
        arrays = [pa.array(column, _arrow_type(name)) for column, name in zip(columns, self.types, strict=True)]
        return pa.Table.from_arrays(arrays, names=self.columns)

    def pl(self) -> Any:
        """The rows as a Polars data frame.

        Raises:
            UsageError: Polars is not installed.
        """
        return _library("polars").from_arrow(self.arrow())

    def df(self) -> pd.DataFrame:
        """The rows as a pandas data frame.

        Raises:
            UsageError: pandas is not installed.
        """
        _library("pandas")
        return self.arrow().to_pandas()


def _library(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise UsageError(
            f"{name} is not installed, so rows cannot become its data frame; pip install {name}."
        ) from error


def _arrow_type(name: str) -> Any:
    """The Arrow type of a DuckDB type; None for structs, maps and the like: Arrow then looks at them."""
    import pyarrow as pa  # noqa: PLC0415 - see `Result.arrow`

    simple: dict[str, Any] = {
        "BOOLEAN": pa.bool_(),
        "TINYINT": pa.int8(),
        "SMALLINT": pa.int16(),
        "INTEGER": pa.int32(),
        "BIGINT": pa.int64(),
        "UTINYINT": pa.uint8(),
        "USMALLINT": pa.uint16(),
        "UINTEGER": pa.uint32(),
        "UBIGINT": pa.uint64(),
        "FLOAT": pa.float32(),
        "DOUBLE": pa.float64(),
        "VARCHAR": pa.string(),
        "JSON": pa.string(),
        "UUID": pa.string(),
        "BLOB": pa.binary(),
        "DATE": pa.date32(),
        "TIME": pa.time64("us"),
        "TIMESTAMP": pa.timestamp("us"),
        "TIMESTAMP WITH TIME ZONE": pa.timestamp("us", tz="UTC"),
    }
    if name in simple:
        return simple[name]
    decimal = _DECIMAL.fullmatch(name)
    if decimal:
        return pa.decimal128(int(decimal[1]), int(decimal[2]))
    element = _LIST.fullmatch(name)
    inner = _arrow_type(element[1]) if element else None
    return pa.list_(inner) if inner is not None else None
