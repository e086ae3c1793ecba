"""The exact answer for rows that are at hand: by regular expressions of ASCII, by an index in memory of all else.

In ASCII the tokenizer sees runs of letters, digits and `_`, in small letters, and nothing more.
"""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import Iterable, Sequence

from tracekit.store.search.language import Query, Term
from tracekit.store.search.words import TOKENIZER

_CREATE = f"CREATE VIRTUAL TABLE words USING fts5(text, content = '', columnsize = 0, tokenize = \"{TOKENIZER}\")"
_BETWEEN, _END = "[^a-z0-9_]+", "(?![a-z0-9_])"


def matching(documents: Iterable[tuple[int, str]], query: Query) -> list[int]:
    """The numbers of the documents that the query finds, greatest first.

    Args:
        documents: number and text; see `words.document`.
        query: at least one term.
    """
    spelled = [_spelled(term) for term in query.terms]
    found: list[int] = []
    others: list[tuple[int, str]] = []
    for number, text in documents:
        if not text.isascii():
            others.append((number, text))
        elif _holds(text.lower(), spelled):
            found.append(number)
    return sorted([*found, *_indexed(others, query)], reverse=True)


def _spelled(term: Term) -> re.Pattern[str]:
    """What a term looks like in a text of small letters; it begins with the word itself, which is found quickly so."""
    return re.compile(_BETWEEN.join(map(re.escape, term.words)) + ("" if term.prefix else _END))


def _holds(text: str, spelled: Sequence[re.Pattern[str]]) -> bool:
    return all(_begins_somewhere(text, each) for each in spelled)


def _begins_somewhere(text: str, spelled: re.Pattern[str]) -> bool:
    """Whether a term is there, and not in the midst of a word."""
    found = spelled.search(text)
    while found is not None:
        start = found.start()
        if start == 0 or not (text[start - 1].isalnum() or text[start - 1] == "_"):
            return True
        found = spelled.search(text, start + 1)
    return False


def _indexed(documents: Sequence[tuple[int, str]], query: Query) -> list[int]:
    if not documents:
        return []
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(_CREATE)
        connection.executemany("INSERT INTO words (rowid, text) VALUES (?, ?)", documents)
        found = connection.execute("SELECT rowid FROM words WHERE words MATCH ?", (query.exact,))
        return [number for (number,) in found]
