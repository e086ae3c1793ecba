"""What every command that chooses traces shares: its flags, and how they become filters."""

from __future__ import annotations

import argparse
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tracekit.query.traces import Filters

_AGE = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_STATUSES = ("ok", "error", "running", "interrupted", "incomplete")


def add_filters(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument("--status", choices=_STATUSES, help=f"traces of this status: {', '.join(_STATUSES)}")
    parser.add_argument("--model", help="traces that called this model")
    parser.add_argument("--session", help="traces of this session id")
    parser.add_argument("--user", help="traces of this user id")
    parser.add_argument("--project", help="traces of this project")
    parser.add_argument("--text", metavar="QUERY", help='traces whose spans hold these words: weather wea* "in a row"')
    parser.add_argument(
        "--attribute", type=_attribute, action="append", default=[], metavar="KEY[=VALUE]", help="with this attribute"
    )
    parser.add_argument("--since", type=when, metavar="WHEN", help="started since: 90s, 30m, 2h, 7d, or ISO 8601")


def filters(args: argparse.Namespace) -> Filters:
    """The filters that the flags ask for."""
    from tracekit.query.traces import Filters

    return Filters(
        status=args.status,
        model=args.model,
        session_id=args.session,
        user_id=args.user,
        project=args.project,
        text=args.text,
        attributes=tuple(args.attribute),
        since=args.since,
    )


def _attribute(text: str) -> tuple[str, str | None]:
    key, given, value = text.partition("=")
    return key, value if given else None


def when(text: str) -> datetime:
    """The time that a flag names: an age like 2h, or ISO 8601."""
    age = _AGE.fullmatch(text.strip())
    if age:
        return datetime.now(UTC) - timedelta(**{_UNITS[age[2]]: float(age[1])})
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(f"{text!r} is neither an age like 2h nor an ISO 8601 time") from None
