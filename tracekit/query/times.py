"""Times that leave the database as numbers, microseconds since 1970: such rows leave it by a shorter way. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(microseconds: int) -> datetime:
    """A number as the time that it stands for, in UTC."""
    return _EPOCH + timedelta(microseconds=microseconds)


def microseconds(moment: datetime) -> int:
    """A time as a number."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def timed(row: dict[str, Any]) -> dict[str, Any]:
    """A row whose `start_time` and `end_time` are numbers, with times in their place."""
    for name in ("start_time", "end_time"):
        row[name] = None if row[name] is None else moment(row[name])
    return row
