"""Numbers and times that an address asks with: what is none is refused, not corrected."""

from __future__ import annotations

from datetime import UTC, datetime

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


def moment(request: Request, name: str) -> datetime | None:
    """A query parameter that is a time, in UTC where it names no zone; None where it is not given.

    Raises:
        HTTPException: it is none.
    """
    text = request.query_params.get(name)
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise HTTPException(400, f"{name}={text!r:.80} is no time; write it as 2026-11-23T09:30:00+00:00.") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)
