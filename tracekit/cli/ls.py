"""`tracekit ls`: traces, newest first."""

from __future__ import annotations

import argparse
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from tracekit import state, units
from tracekit.cli import output
from tracekit.cli.store import add_store, opened
from tracekit.text import fit, line, undated, width

_AGE = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_STATUSES = ("ok", "error", "running", "interrupted", "incomplete")
_COLUMNS = ("trace", "started", "duration", "status", "spans", "model", "tokens", "cost", "asked", "answered")
_RIGHT = ("duration", "spans", "tokens", "cost")
_DISPENSABLE = ("answered", "spans", "started", "model", "tokens", "cost", "duration")
"""What a narrow terminal goes without, first what is missed least."""
_ID = 12
_PREVIEW = 32
_LEGIBLE = 24
"""Columns below which the beginning of a text says nothing."""
_GAP = 2
_INDEXING_SECONDS = 2.0
"""How long a search waits for the index to be brought up, where no `tracekit up` does that."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument("--limit", type=_positive, default=20, help="traces to list (default 20)")
    parser.add_argument("--status", choices=_STATUSES, help=f"traces of this status: {', '.join(_STATUSES)}")
    parser.add_argument("--model", help="traces that called this model")
    parser.add_argument("--session", help="traces of this session id")
    parser.add_argument("--user", help="traces of this user id")
    parser.add_argument("--project", help="traces of this project")
    parser.add_argument("--text", metavar="QUERY", help='traces whose spans hold these words: weather wea* "in a row"')
    parser.add_argument(
        "--attribute", type=_attribute, action="append", default=[], metavar="KEY[=VALUE]", help="with this attribute"
    )
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
        attributes=tuple(args.attribute),
        since=args.since,
    )
    with opened(args) as source:
        if filters.text is not None or filters.attributes:
            source.index_words(seconds=_INDEXING_SECONDS)
        page = list_traces(source, limit=args.limit, filters=filters)
    if page.notice is not None:
        output.talk(page.notice)
    if args.json:
        output.dump(page.traces)
    elif args.ndjson:
        output.dump_lines(page.traces)
    elif page.traces:
        _print(page.traces)
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


def _print(traces: Sequence[Mapping[str, Any]]) -> None:
    people = sys.stdout.isatty()
    columns = shutil.get_terminal_size().columns
    cells = [_cells(trace, columns if people else _PREVIEW) for trace in traces]
    names = _COLUMNS
    if people:
        names, cells = fitted(names, cells, columns)
    marks = [state.of_trace(trace).mark for trace in traces]
    styles = [{"trace": "bold", "status": output.MARKS[mark], "answered": "dim"} for mark in marks]
    output.listing(names, cells, right=_RIGHT, styles=styles)


def fitted(
    names: Sequence[str], cells: Sequence[Sequence[str]], columns: int
) -> tuple[Sequence[str], list[Sequence[str]]]:
    """A listing for a terminal of that width: what was asked and answered shares the room that the rest leaves.

    Args:
        names: heads of the columns, "asked" among them.
        cells: rows under them.
        columns: width of the terminal.

    Returns:
        The columns that are kept, and their cells.
    """
    kept = dict(zip(names, zip(*cells, strict=True), strict=True))
    texts = {"asked", "answered"}

    def room() -> int:
        fixed = (max(map(width, (name, *column))) for name, column in kept.items() if name not in texts)
        return columns - sum(fixed) - _GAP * (len(kept) - 1)

    for name in _DISPENSABLE:
        if room() >= _LEGIBLE * len(texts & kept.keys()):
            break
        kept.pop(name, None)
    share = max(room() // len(texts & kept.keys()), 1)
    for name in texts & kept.keys():
        kept[name] = tuple(fit(cell, share) for cell in kept[name])
    return list(kept), list(zip(*kept.values(), strict=True))


def _cells(trace: Mapping[str, Any], preview: int) -> list[str]:
    models = list(dict.fromkeys(map(undated, trace["models"])))
    return [
        str(trace["trace_id"])[:_ID],
        started(trace["start_time"], datetime.now(UTC)),
        units.duration(trace["duration_ms"]).text,
        state.of_trace(trace).word + (f" ({trace['error_count']})" if trace["error_count"] else ""),
        str(trace["span_count"]),
        line(", ".join(models) or units.UNKNOWN, _PREVIEW),
        f"{units.count(trace['input_tokens']).text}→{units.count(trace['output_tokens']).text}",
        units.money(trace["cost_usd"]).text,
        line(str(trace["input_preview"] or trace["name"]), preview),
        line(str(trace["output_preview"] or ""), preview),
    ]


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)


def _attribute(text: str) -> tuple[str, str | None]:
    key, given, value = text.partition("=")
    return key, value if given else None


def _since(text: str) -> datetime:
    age = _AGE.fullmatch(text.strip())
    if age:
        return datetime.now(UTC) - timedelta(**{_UNITS[age[2]]: float(age[1])})
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(f"{text!r} is neither an age like 2h nor an ISO 8601 time") from None
