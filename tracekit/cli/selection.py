"""What every command that chooses traces shares: its flags, and how they become filters."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tracekit.query.filters import Filters

SORTS = ("newest", "slowest", "dearest", "tokens")
"""The orders of `tracekit.query.traces.SORTS`, which is imported later."""
SOONEST, LATEST = 0.1, 3600.0
_STATUSES = ("ok", "error", "running", "interrupted", "incomplete")


def add_filters(parser: argparse.ArgumentParser, *, since: bool = True) -> None:
    """Add the flags; `--since` unless the command has a time of its own."""
    parser.add_argument(
        "-q", "--query", metavar="QUERY", help="what the search box takes, as one text: 'model:gpt-4o \"exact phrase\"'"
    )
    parser.add_argument("--status", choices=_STATUSES, help=f"traces of this status: {', '.join(_STATUSES)}")
    parser.add_argument("--model", help="traces that called this model")
    parser.add_argument("--session", help="traces of this session id")
    parser.add_argument("--user", help="traces of this user id")
    parser.add_argument("--project", help="traces of this project")
    parser.add_argument("--text", metavar="QUERY", help='traces whose spans hold these words: weather wea* "in a row"')
    parser.add_argument(
        "--attribute", type=_attribute, action="append", default=[], metavar="KEY[=VALUE]", help="with this attribute"
    )
    if since:
        parser.add_argument("--since", type=when, metavar="WHEN", help="started since: 90s, 30m, 2h, 7d, or ISO 8601")


def add_asked(parser: argparse.ArgumentParser) -> None:
    """Add the words of the search box."""
    parser.add_argument(
        "asked", nargs="*", metavar="WORD", help="what the search box takes: words, model:gpt-4o, cost>0.01, -user:u-17"
    )


def joined(words: Sequence[str]) -> str:
    """Arguments as one text: the shell has taken the quotes off, and what was in them belongs together."""
    return " ".join(map(_rewritten, words))


def _rewritten(word: str) -> str:
    from tracekit.query import asked

    if not any(map(str.isspace, word)) or '"' in word:
        return word
    minus = "-" if word.startswith("-") else ""
    [piece, *_] = asked.pieces(word.removeprefix("-")) or [None]
    if piece is None or piece.key is None:
        return minus + asked.quoted_words(word.removeprefix("-"))
    start = len(minus) + len(piece.key) + len(piece.op)
    return word[:start] + asked.quoted(word[start:])


def filters(args: argparse.Namespace) -> Filters:
    """The filters that the flags, and the words of those commands that take them, ask for.

    Raises:
        UsageError: a word cannot be understood.
    """
    from tracekit.query import asked

    given = _flags(args)
    for text in (joined(getattr(args, "asked", ())), args.query):
        if text:
            given = given.both(asked.parse(text))
    return given


def _flags(args: argparse.Namespace) -> Filters:
    from tracekit.query.filters import Filters

    return Filters(
        status=args.status,
        model=args.model,
        session_id=args.session,
        user_id=args.user,
        project=args.project,
        text=args.text,
        attributes=tuple(args.attribute),
        since=getattr(args, "since", None),
    )


def _attribute(text: str) -> tuple[str, str | None]:
    key, given, value = text.partition("=")
    return key, value if given else None


def when(text: str) -> datetime:
    """The time that a flag names: an age like 2h, or ISO 8601."""
    from tracekit.query.asked import moment

    try:
        return moment(text, datetime.now(UTC).astimezone()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(f"{text!r} is neither an age like 2h nor an ISO 8601 time") from None


def age(text: str) -> timedelta:
    """How long a flag says: `90s`, `5m`, `2h`, `1d`."""
    from tracekit.query import asked

    try:
        found = asked.age(text)
    except OverflowError:
        found = None
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is no time like 90s, 5m, 2h or 1d")
    return found


def seconds(text: str) -> float:
    """Seconds between two looks."""
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not SOONEST <= found <= LATEST:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds from {SOONEST:g} to {LATEST:g}")
    return found
