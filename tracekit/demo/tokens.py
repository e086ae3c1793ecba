"""How the demo's model counts tokens: a rule close to a real tokenizer for English, with nothing to download.

A token is up to eight letters or digits of a word together with the space before it, or one other character. A
streamed answer is cut at the same places, so that its chunks are its output tokens.
"""

from __future__ import annotations

import re

_PIECE = re.compile(r"\s*(?:\w{1,8}|[^\w\s])|\s+$")


def pieces(text: str) -> list[str]:
    """The tokens of a text, in order; joined they are the text again.

    >>> pieces("Two e-bikes, please.")
    ['Two', ' e', '-', 'bikes', ',', ' please', '.']
    """
    return _PIECE.findall(text)


def count(text: str) -> int:
    """How many tokens a text has."""
    return len(pieces(text))
