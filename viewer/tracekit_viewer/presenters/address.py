"""Addresses of pages, with what is recorded in them. Pure.

Whatever a program calls a user, a session or a model stands in links, and may have millions of characters. No server
takes such an address, and a page with some hundred of them is of no use: those links lead to a page that says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, urlencode

LONGEST = 16_000
"""Characters of an address that is still linked to; `tracekit up` takes four times that."""
TOO_LONG = "/too-long"


def address(path: str, query: Mapping[str, str] | None = None, *, safe: str = "") -> str:
    """A path with parameters, or where all lead that would be too long.

    Args:
        path: as it is.
        query: the parameters.
        safe: signs that stand as they are in them.
    """
    given = query or {}
    if len(path) + sum(map(len, given.values())) > LONGEST:  # quoting would take its time
        return TOO_LONG
    made = f"{path}?{urlencode(given, safe=safe, errors='replace')}" if given else path
    return made if len(made) <= LONGEST else TOO_LONG


def session_address(session_id: str) -> str:
    """The page of a session."""
    return address(f"/sessions/{quote(session_id, safe='', errors='replace')}" if is_short(session_id) else TOO_LONG)


def is_short(value: str) -> bool:
    """Whether a value may stand in an address or in a form, as far as that can be told without quoting it."""
    return len(value) <= LONGEST
