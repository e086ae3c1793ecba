"""`tracekit ls`: traces, newest first or in another order."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tracekit import config, state, units
from tracekit.cli import output
from tracekit.cli.selection import SORTS, add_asked, add_filters, filters
from tracekit.cli.store import add_store, opened
from tracekit.text import fit, line, undated, width

if TYPE_CHECKING:
    from tracekit.query.filters import Filters

COLUMNS = ("trace", "started", "duration", "status", "spans", "model", "tokens", "cost", "asked", "answered")
_RIGHT = ("duration", "spans", "tokens", "cost")
_DISPENSABLE = ("answered", "spans", "started", "model", "tokens", "cost", "duration")
"""What a narrow terminal goes without, first what is missed least."""
_ID = 12
_PREVIEW = 32
_LEGIBLE = 24
"""Columns below which the beginning of a text says nothing."""
_GAP = 2
INDEXING_SECONDS = 2.0
"""How long a search waits for the index to be brought up, where no `tracekit up` does that."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument("--limit", type=_positive, default=20, help="traces to list (default 20)")
    parser.add_argument("--sort", choices=SORTS, help="what comes first (default newest, or as the view has it)")
    parser.add_argument("--view", metavar="NAME", help="traces of a view that was saved in the viewer")
    add_asked(parser)
    add_filters(parser)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON array")
    form.add_argument("--ndjson", action="store_true", help="one JSON object a line")
    add_store(parser)
    parser.epilog = "example: tracekit ls status:error 'cost>0.01' -user:u-17 --since 2h"


def run(args: argparse.Namespace) -> int:
    """Print the list."""
    from tracekit.query.filters import Filters
    from tracekit.query.traces import list_traces

    wanted, sort = filters(args), args.sort
    if args.view is not None:
        viewed, sort = _viewed(args)
        wanted = viewed.both(wanted)
    with opened(args) as source:
        if wanted.searches:
            source.index_words(seconds=INDEXING_SECONDS)
        page = list_traces(source, limit=args.limit, filters=wanted, sort=sort or SORTS[0])
    if page.notice is not None:
        output.talk(page.notice)
    if args.json:
        output.dump(page.traces)
    elif args.ndjson:
        output.dump_lines(page.traces)
    elif page.traces:
        _print(page.traces)
    else:
        output.talk("no trace matches." if wanted != Filters() else "no trace yet. Record with `tracekit run app.py`.")
    if page.next is not None and not (args.json or args.ndjson):
        output.talk(f"there are more than these {args.limit}; --limit shows more.")
    return 0


def _viewed(args: argparse.Namespace) -> tuple[Filters, str | None]:
    """The traces and the order of a saved view; another order that is asked for comes first.

    Raises:
        UsageError: there is no such view.
    """
    from tracekit.query import asked
    from tracekit.query.saved import VIEWS, Shelf

    asks = Shelf(config.directory(args.dir)).find(VIEWS, args.view).asks
    return asked.parse(asks.get("q", "")), args.sort or asks.get("sort")


def started(when: datetime, now: datetime) -> str:
    """A start in local time: the time of day today, the date as well before."""
    local, today = when.astimezone(), now.astimezone()
    if local.date() == today.date():
        return f"{local:%H:%M:%S}"
    return f"{local:%b %d %H:%M}" if local.year == today.year else f"{local:%Y-%m-%d %H:%M}"


def _print(traces: Sequence[Mapping[str, Any]]) -> None:
    people = sys.stdout.isatty()
    columns = shutil.get_terminal_size().columns
    cells = [cells_of(trace, columns if people else _PREVIEW) for trace in traces]
    names = COLUMNS
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


def cells_of(trace: Mapping[str, Any], preview: int) -> list[str]:
    """What `COLUMNS` show of a trace; texts are cut after `preview` characters."""
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
