"""What has changed between two texts, word by word where that says something. Pure.

Lines are compared first and words within the lines that differ, so that a long prompt with one new sentence costs what
the sentence does. Lines that differ altogether stand as removed and added.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

LONGEST = 200_000
"""Characters of a text that are compared; `left_out` counts those beyond."""
MOST_PAIRS = 1_000_000
"""Pairs of words up to which a changed block is compared word by word."""
_ALIKE = 0.25
"""The share of its words that two blocks have in common, below which a mixture of both could not be read."""
_WORD = re.compile(r"\s+|\w+|[^\w\s]")

Op = Literal["same", "removed", "added"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of text, and where it is: in both, in the first only, in the second only."""

    op: Op
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TextDiff:
    """The pieces, in order, and how many characters of each text were not compared."""

    pieces: tuple[Piece, ...]
    left_out: tuple[int, int] = (0, 0)

    @property
    def is_same(self) -> bool:
        """Whether nothing differs in what was compared."""
        return all(piece.op == "same" for piece in self.pieces)


def diff(before: str, after: str) -> TextDiff:
    """Compare two texts.

    >>> [(piece.op, piece.text) for piece in diff("Be brief.", "Be kind.").pieces]
    [('same', 'Be '), ('removed', 'brief'), ('added', 'kind'), ('same', '.')]
    """
    left_out = max(0, len(before) - LONGEST), max(0, len(after) - LONGEST)
    one, other = before[:LONGEST].splitlines(keepends=True), after[:LONGEST].splitlines(keepends=True)
    pieces = tuple(_joined(_lines(one, other)))
    return TextDiff(pieces=pieces, left_out=left_out)


def _lines(one: Sequence[str], other: Sequence[str]) -> Iterator[Piece]:
    for tag, a, b, c, d in SequenceMatcher(None, one, other, autojunk=len(one) + len(other) > 4_000).get_opcodes():  # noqa: PLR2004
        before, after = "".join(one[a:b]), "".join(other[c:d])
        if tag == "equal":
            yield Piece("same", before)
        else:
            yield from _words(before, after)


def _words(before: str, after: str) -> Iterator[Piece]:
    one, other = _WORD.findall(before), _WORD.findall(after)
    if len(one) * len(other) <= MOST_PAIRS:
        matcher = SequenceMatcher(None, one, other, autojunk=False)
        if matcher.ratio() >= _ALIKE:
            for tag, a, b, c, d in matcher.get_opcodes():
                if tag == "equal":
                    yield Piece("same", "".join(one[a:b]))
                else:
                    yield Piece("removed", "".join(one[a:b]))
                    yield Piece("added", "".join(other[c:d]))
            return
    yield Piece("removed", before)
    yield Piece("added", after)


def _joined(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """Neighbours of one kind as one piece; empty ones left out."""
    last: Piece | None = None
    for piece in pieces:
        if not piece.text:
            continue
        if last is not None and last.op == piece.op:
            last = Piece(last.op, last.text + piece.text)
            continue
        if last is not None:
            yield last
        last = piece
    if last is not None:
        yield last
