"""Sentences of a text by rule: what citations are counted by, and what stands for claims where no judge writes any."""

from __future__ import annotations

import re

_WIDE = "\u3002\uff01\uff1f"  # of Chinese and Japanese, which put no space behind them
_CLOSING = "\"'\u201d\u2019)\\]"
_END = re.compile(rf"(?<=[.!?{_WIDE}])[{_CLOSING}]*(?:\s*\[[\d,\s]+\])*\s+|\n+|(?<=[{_WIDE}])")
_ABBREVIATED = re.compile(r"(?:\b(?:e\.g|i\.e|Mr|Mrs|Ms|Dr|Prof|St|vs|cf|etc|No|Fig|approx)|\b[A-Z])\.$")


def split(text: str) -> list[str]:
    """The sentences of a text, without white space around them; a citation behind the full stop belongs to it.

    Example:
        >>> split("It rained. Dr. Ruiz stayed in [1].")
        ['It rained.', 'Dr. Ruiz stayed in [1].']
    """
    found: list[str] = []
    begun = 0
    for match in _END.finditer(text):
        end = match.start() + len(match[0].rstrip())
        piece = text[begun:end].strip()
        if "\n" not in match[0] and _ABBREVIATED.search(piece):
            continue
        if piece:
            found.append(piece)
        begun = match.end()
    rest = text[begun:].strip()
    return [*found, rest] if rest else found
