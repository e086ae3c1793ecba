"""The exact answer for rows that are at hand: an index in memory, with positions, for as long as the question takes."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable

from tracekit.store.search.language import Query
from tracekit.store.search.words import TOKENIZER

_CREATE = f"CREATE VIRTUAL TABLE words USING fts5(text, content = '', columnsize = 0, tokenize = \"{TOKENIZER}\")"


def matching(documents: Iterable[tuple[int, str]], query: Query) -> list[int]:
    """The numbers of the documents that the query finds, greatest first.

    Args:
        documents: number and text; see `words.document`.
        query: at least one term.
    """
    documents = list(documents)
    if not documents:
        return []
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(_CREATE)
        connection.executemany("INSERT INTO words (rowid, text) VALUES (?, ?)", documents)
        found = connection.execute("SELECT rowid FROM words WHERE words MATCH ? ORDER BY rowid DESC", (query.exact,))
        return [number for (number,) in found]
