"""`tracekit ls`: traces, newest first."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tracekit import units
from tracekit.cli import output
from tracekit.cli.store import add_store, opened
from tracekit.text import line

_AGE = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_COLUMNS = ("trace", "started", "duration", "status", "spans", "model", "tokens", "cost", "asked", "answered")
_RIGHT = ("duration", "spans", "tokens", "cost")
_ID = 12
_PREVIEW = 32


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument("--limit", type=_positive, default=20, help="traces to list (default 20)")
    parser.add_argument("--status", choices=("ok", "error", "unset"), help="traces of this status")
    parser.add_argument("--model", help="traces that called this model")
    parser.add_argument("--session", help="traces of this session id")
    parser.add_argument("--user", help="traces of this user id")
    parser.add_argument("--project", help="traces of this project")
    parser.add_argument("--text", help="traces that contain this text")
    parser.add_argument("--since", type=_since, metavar="WHEN", help="started since: 90s, 30m, 2h, 7d, or ISO 8601")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON array")
    form.add_argument("--ndjson", action="store_true", help="one JSON object a line")
    add_store(parser)
    parser.epilog = "example: tracekit ls --status error --since 2h"


def run(args: argparse.Namespace) -> int:
    """Print the list."""
    from tracekit.query.traces import Filters, list_traces

    filters = Filters(
        status=args.status,
        model=args.model,
        session_id=args.session,
        user_id=args.user,
        project=args.project,
        text=args.text,
        since=args.since,
    )
    with opened(args) as source:
        page = list_traces(source, limit=args.limit, filters=filters)
    if args.json:
        output.dump(page.traces)
    elif args.ndjson:
        output.dump_lines(page.traces)
    elif page.traces:
        output.table(_COLUMNS, [_cells(trace) for trace in page.traces], right=_RIGHT)
    else:
        output.talk("no trace matches." if filters != Filters() else "no trace yet. Record with `tracekit run app.py`.")
    if page.next is not None and not (args.json or args.ndjson):
        output.talk(f"there are more than these {args.limit}; --limit shows more.")
    return 0


def started(when: datetime, now: datetime) -> str:
    """A start in local time: the time of day today, the date as well before."""
    local, today = when.astimezone(), now.astimezone()
    if local.date() == today.date():
        return f"{local:%H:%M:%S}"
    return f"{local:%b %d %H:%M}" if local.year == today.year else f"{local:%Y-%m-%d %H:%M}"


def _cells(trace: Mapping[str, Any]) -> list[str]:
    status = str(trace["status"]) + (f" ({trace['error_count']})" if trace["error_count"] else "")
    return [
        str(trace["trace_id"])[:_ID],
        started(trace["start_time"], datetime.now(UTC)),
        units.duration(trace["duration_ms"]).text,
        status if trace["complete"] else f"{status} …",
        str(trace["span_count"]),
        line(", ".join(trace["models"]) or units.UNKNOWN, _PREVIEW),
        f"{units.count(trace['input_tokens']).text}→{units.count(trace['output_tokens']).text}",
        units.money(trace["cost_usd"]).text,
        line(str(trace["input_preview"] or trace["name"]), _PREVIEW),
        line(str(trace["output_preview"] or ""), _PREVIEW),
    ]


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)


def _since(text: str) -> datetime:
    age = _AGE.fullmatch(text.strip())
    if age:
        return datetime.now(UTC) - timedelta(**{_UNITS[age[2]]: float(age[1])})
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(f"{text!r} is neither an age like 2h nor an ISO 8601 time") from None
