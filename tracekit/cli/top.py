"""`tracekit top`: a live table of what is being called, until Ctrl-C."""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tracekit import units
from tracekit.cli import ls, output
from tracekit.cli.selection import add_asked, add_filters, age, filters, seconds
from tracekit.cli.store import add_store, opened
from tracekit.text import fit, line, undated, width

if TYPE_CHECKING:
    from rich.console import Console

    from tracekit.query.activity import Activity

GROUPS = ("model", "name", "tool", "project")
_WINDOW = timedelta(minutes=5)
_EVERY = 2.0
_COLUMNS = ("calls", "calls/s", "running", "errors", "p50", "p95", "in", "out", "cost")
_DISPENSABLE = ("running", "in", "out", "calls", "p50", "calls/s")
"""What a narrow terminal goes without, first what is missed least."""
_NAME = 24
"""Columns that a name may have before others are left out for it; it may have twice as many."""
_HEAD = 4
"""Lines above the rows."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument("--by", choices=GROUPS, default=GROUPS[0], help="what the rows are (default model)")
    parser.add_argument(
        "--window", type=age, default=_WINDOW, metavar="AGE", help="how far back to look: 90s, 5m, 2h, 1d (default 5m)"
    )
    parser.add_argument(
        "--interval", type=seconds, default=_EVERY, metavar="SECONDS", help="how often to look (default 2)"
    )
    parser.add_argument("--once", action="store_true", help="look once, print, and end")
    parser.add_argument("--json", action="store_true", help="JSON objects, one for each look")
    add_asked(parser)
    add_filters(parser, since=False)
    add_store(parser)
    parser.epilog = "example: tracekit top --by tool --window 1h project:shop"


def run(args: argparse.Namespace) -> int:
    """Show the table until Ctrl-C, which is how it is ended: exit code 0."""
    console = None if args.json or args.once else output.console()
    try:
        if console is not None:
            return _live(args, console)
        while True:
            found, until = _look(args)
            if args.json:
                output.dump_lines([_document(args, found, until)])
            else:
                _print(args, found, until)
            if args.once:
                return 0
            if not args.json:
                print(flush=True)
            time.sleep(args.interval)
    except KeyboardInterrupt:
        return 0


def _print(args: argparse.Namespace, found: Activity, until: datetime) -> None:
    """The table, once; what failed in colour."""
    text = table(args.by, found.rows, columns=output.columns(), title=_title(args, found, until)).split("\n")
    styles = ["bold", *["dim"] * (_HEAD - 1), *(output.MARKS["error"] if row["errors"] else "" for row in found.rows)]
    output.styled([[(each, style)] for each, style in zip(text, styles, strict=False)])


def _live(args: argparse.Namespace, console: Console) -> int:
    """The table where the last one stood."""
    from rich.live import Live
    from rich.text import Text

    with Live(console=console, auto_refresh=False, vertical_overflow="crop") as live:
        while True:
            found, until = _look(args)
            rows = found.rows[: max(console.height - 4, 1)]
            text = table(args.by, rows, columns=console.width, title=_title(args, found, until))
            shown = Text(text, no_wrap=True, overflow="crop")
            for number, row in enumerate(rows):
                if row["errors"]:
                    lines = text.split("\n")
                    start = sum(len(each) + 1 for each in lines[: number + _HEAD])
                    shown.stylize(output.MARKS["error"], start, start + len(lines[number + _HEAD]))
            live.update(shown, refresh=True)
            time.sleep(args.interval)


def _look(args: argparse.Namespace) -> tuple[Activity, datetime]:
    """What happened in the window. The store is opened for each look, so that no other command is kept out."""
    from tracekit.query.activity import activity

    wanted = filters(args)
    with opened(args) as source:
        if wanted.searches:
            source.index_words(seconds=ls.INDEXING_SECONDS)
        until = datetime.now(UTC)
        return activity(source, by=args.by, since=until - args.window, until=until, filters=wanted), until


def _document(args: argparse.Namespace, found: Activity, until: datetime) -> dict[str, Any]:
    return {
        "by": args.by,
        "since": until - args.window,
        "until": until,
        "rows": found.rows,
        "notice": found.notice,
    }


def _title(args: argparse.Namespace, found: Activity, until: datetime) -> str:
    calls, errors = (sum(row[name] for row in found.rows) for name in ("calls", "errors"))
    rate = calls / args.window.total_seconds()
    window = units.duration(args.window.total_seconds() * 1e3).text
    said = f"{until.astimezone():%H:%M:%S}  last {window}: {units.plural(calls, 'call')}, {rate:.3g}/s, "
    return said + units.plural(errors, "error") + (f"  {found.notice}" if found.notice else "")


def table(by: str, rows: Sequence[Mapping[str, Any]], *, columns: int, title: str) -> str:
    """The table as plain text in at most so many columns, its title above it."""
    names = [by, *_COLUMNS]
    cells = [_cells(by, row) for row in rows]
    for name in _DISPENSABLE:
        if _width(names, [[fit(row[0], _NAME), *row[1:]] for row in cells]) <= columns:
            break
        place = names.index(name)
        names, cells = names[:place] + names[place + 1 :], [row[:place] + row[place + 1 :] for row in cells]
    widest = max((width(row[0]) for row in cells), default=0)
    room = columns - _width(names, cells) + max(widest, len(by))
    cells = [[fit(row[0], max(room, 8)), *row[1:]] for row in cells]
    body = output.rows(names, cells, right=_COLUMNS) if cells else "nothing was called."
    return f"{fit(title, columns)}\n\n{body}"


def _width(names: Sequence[str], cells: Sequence[Sequence[str]]) -> int:
    return sum(max(map(width, column)) + 2 for column in zip(names, *cells, strict=True)) - 2


def _cells(by: str, row: Mapping[str, Any]) -> list[str]:
    name = str(row["group"] or units.UNKNOWN)
    cost = units.money(row["cost_usd"]).text + ("+" if row["unpriced"] and row["cost_usd"] is not None else "")
    return [
        line(undated(name) if by == "model" else name, _NAME * 2),
        f"{row['calls']:,}",
        f"{row['calls_per_second']:.3g}",
        f"{row['running']:,}",
        f"{row['errors']:,}",
        units.duration(row["p50_ms"]).text,
        units.duration(row["p95_ms"]).text,
        units.count(row["input_tokens"]).text,
        units.count(row["output_tokens"]).text,
        cost,
    ]
