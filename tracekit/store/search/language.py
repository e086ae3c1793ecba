"""What people type into a search box, as a question to SQLite's full-text search. Pure but for its tokenizer.

Words are all to be there, in any order; `wea*` is the beginning of a word; `"family discount"` is words in a row, and
so is whatever is written without a space and holds more than one word, such as `gpt-4o-mini` or text in Chinese.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from tracekit.store.search.words import TOKENIZER, attribute_word, folded

_PIECE = re.compile(r'"([^"]*)"?|([^\s"]+)')
_BARRIER = "_"


@dataclass(slots=True, frozen=True, kw_only=True)
class Term:
    """Words in a row, one or more; of the last only its beginning where it is a prefix.

    Attributes:
        of_text: whether people typed it; else it is the word of an attribute.
    """

    words: tuple[str, ...]
    prefix: bool = False
    of_text: bool = True


@dataclass(slots=True, frozen=True, kw_only=True)
class Query:
    """Terms that must all be found in one span.

    Attributes:
        terms: what must be found.
        members: what the JSON of the attributes of all who fit has in it, where it needs no backslash.
    """

    terms: tuple[Term, ...]
    members: tuple[str, ...] = ()

    @property
    def candidates(self) -> str:
        """An expression for an index without positions: all who fit are among those that it finds."""
        parts = [(word, False) for term in self.terms for word in term.words[:-1]]
        parts += [(term.words[-1], term.prefix) for term in self.terms]
        return " AND ".join(_quoted(word, prefix=prefix) for word, prefix in dict.fromkeys(parts))

    @property
    def exact(self) -> str:
        """An expression for an index with positions: it finds those who fit."""
        return " AND ".join(_quoted(" ".join(term.words), prefix=term.prefix) for term in self.terms)

    @property
    def needs_positions(self) -> bool:
        """Whether `candidates` finds more than `exact`."""
        return any(len(term.words) > 1 for term in self.terms)

    @property
    def rows_of_words(self) -> Query:
        """Only what `candidates` does not settle."""
        return Query(terms=tuple(term for term in self.terms if len(term.words) > 1))

    @property
    def of_texts(self) -> bool:
        """Whether it asks for anything but attributes."""
        return any(term.of_text for term in self.terms)

    @property
    def pattern(self) -> str | None:
        r"""A regular expression that matches the texts of all who fit, as long as each sign there stands for itself.

        It looks for the longest term, between whose words nothing is but signs that are no letters, and JSON's escapes
        (`\n`). None where no term is of ASCII only, as others are written in more ways than one.
        """
        spelled = [term.words for term in self.terms if term.of_text and all(map(str.isascii, term.words))]
        if not spelled:
            return None
        return "(?i)" + r"(?:[^a-z0-9_]|\\.)+".join(max(spelled, key=lambda words: sum(map(len, words))))


def parse(text: str, attributes: Iterable[tuple[str, str | None]] = ()) -> Query:
    """What was typed, and attributes by key, or key and value; without a term where it holds no word."""
    wanted = tuple(attributes)
    terms = [_term(piece) for piece in _PIECE.finditer(text)]
    terms += [Term(words=(attribute_word(key, value),), prefix=value is None, of_text=False) for key, value in wanted]
    members = [_quote(word) for key, value in wanted for word in (key, value) if word is not None and _is_text(word)]
    return Query(terms=tuple(term for term in terms if term.words), members=tuple(members))


def _term(piece: re.Match[str]) -> Term:
    phrase, bare = piece[1], piece[2]
    found = tokens(folded(phrase if bare is None else bare))
    return Term(words=found, prefix=bare is not None and bare.endswith("*"))


@lru_cache(256)
def tokens(text: str) -> tuple[str, ...]:
    """The words of a folded text, as the tokenizer has them."""
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute(f'CREATE VIRTUAL TABLE words USING fts5(text, tokenize="{TOKENIZER}")')
        connection.execute("CREATE VIRTUAL TABLE seen USING fts5vocab(words, instance)")
        connection.execute("INSERT INTO words VALUES (?)", (text,))
        found = connection.execute('SELECT term FROM seen ORDER BY "offset"').fetchall()
    finally:
        connection.close()
    return tuple(term for (term,) in found if term != _BARRIER)


def _quoted(words: str, *, prefix: bool) -> str:
    return f'"{words}"{" *" if prefix else ""}'


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).encode("utf-8", "replace").decode()


def _is_text(value: str) -> bool:
    """Whether a value can only be text: a number, for one, may be stored in another spelling."""
    try:
        return isinstance(json.loads(value), str)
    except ValueError:
        return True
