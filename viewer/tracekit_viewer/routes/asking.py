"""Numbers that an address asks with: what is none is refused, not corrected."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request


def whole(request: Request, name: str, *, default: int, least: int = 1, most: int) -> int:
    """A query parameter that is a whole number.

    Raises:
        HTTPException: it is none, or beyond its bounds.
    """
    text = request.query_params.get(name)
    if text is None:
        return default
    if text.isascii() and text.isdigit() and least <= int(text) <= most:
        return int(text)
    raise HTTPException(400, f"{name}={text!r} is not a whole number from {least} to {most}.")
