"""How foreign text stands in what is to be run: as JSON, as Python, and as a comment that it cannot leave. Pure.

Characters that hide or reorder what a reader sees are escaped in all three; letters of every script stay as they are.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from tracekit.text import line

_WIDTH = 88
_COMMENT = 400
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_SUSPECT = re.compile(r"[^\x20-\x7e\n]|!")


def comment(text: str) -> str:
    """A sentence as a comment of Python or of a shell: on one line, whatever is in it."""
    return f"# {line(text, _COMMENT)}"


def as_json(value: Any) -> str:
    r"""A value as indented JSON whose lines hold no control character and no `!`, which some shells act on.

    Raises:
        RecursionError: it is nested too deeply to be written.
    """
    text = json.dumps(value, ensure_ascii=False, indent=2)
    return _SUSPECT.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    character = match.group()
    if character == "!" or unicodedata.category(character) in _HIDDEN:
        units = character.encode("utf-16-be", "surrogatepass")
        return "".join(f"\\u{units[at] << 8 | units[at + 1]:04x}" for at in range(0, len(units), 2))
    return character


def as_python(value: Any, indent: int = 0) -> str:
    """A JSON value as a Python literal, on several lines where it is long.

    Raises:
        RecursionError: it is nested too deeply to be written.
    """
    flat = repr(value)
    if len(flat) + indent <= _WIDTH or not isinstance(value, (dict, list)) or not value:
        return flat
    pad = " " * (indent + 4)
    if isinstance(value, Mapping):
        items = [f"{pad}{key!r}: {as_python(item, indent + 4)},\n" for key, item in value.items()]
        return "{\n" + "".join(items) + " " * indent + "}"
    items = [f"{pad}{as_python(item, indent + 4)},\n" for item in value]
    return "[\n" + "".join(items) + " " * indent + "]"


def arguments(given: Mapping[str, Any], indent: int = 4) -> str:
    """Keyword arguments of a call, one a line."""
    pad = " " * indent
    return "".join(f"{pad}{name}={as_python(value, indent)},\n" for name, value in given.items())
