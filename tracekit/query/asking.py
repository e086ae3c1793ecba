"""What a page needs of a store: its own questions, a person's within a time, and the names of what can be asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tracekit.query.searching import Searchable
from tracekit.store import Result
from tracekit.store.search.following import Queryable
from tracekit.store.sqlfiles import statement

_FOLDER = Path(__file__).parent / "sql"


class Askable(Searchable, Protocol):
    """Something that answers questions, those of a person within a time."""

    def ask(self, query: str, *, limit: int, seconds: float) -> Result:
        """Answer one statement; see `tracekit.store.Store.ask`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What may stand in a query besides the names of views and columns: keywords and functions, in lower case."""

    keywords: list[str]
    functions: list[str]


def words(source: Queryable) -> Words:
    """The words of the language that queries are written in."""
    rows = source.sql(statement(_FOLDER, "sql_words")).rows
    return Words(
        keywords=[word for kind, word in rows if kind == "keyword"],
        functions=[word for kind, word in rows if kind == "function"],
    )


def columns(source: Queryable) -> dict[str, list[tuple[str, str]]]:
    """The views, each with its columns and their types, in order."""
    names = [str(row[0]) for row in source.sql(statement(_FOLDER, "view_names")).rows]
    described = statement(_FOLDER, "describe_view")
    return {
        name: [
            (column, kind) for column, kind, *_ in source.sql(described.replace("/* view */ spans", f'"{name}"')).rows
        ]
        for name in names
    }
