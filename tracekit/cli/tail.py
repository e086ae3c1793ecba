"""`tracekit tail`: traces as they come, until Ctrl-C."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tracekit import state
from tracekit.cli import ls, output
from tracekit.cli.selection import add_asked, add_filters, filters, seconds
from tracekit.cli.store import add_store, opened
from tracekit.text import fit

WINDOW = timedelta(hours=1)
"""How long ago a trace may have begun to be told of when it comes, or when it stands otherwise than before."""
_LINES = 10
_EVERY = 1.0
_PAGE = 500
_COLUMNS = {"trace": 12, "started": 8, "status": 13, "duration": 9, "tokens": 11, "cost": 8, "model": 18}
_RIGHT = frozenset({"duration", "tokens", "cost"})
_DISPENSABLE = ("model", "tokens", "started", "cost", "duration")
"""What a narrow terminal goes without, first what is missed least."""
_LEGIBLE = 24
"""Columns below which the beginning of a text says nothing."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument(
        "-n",
        "--lines",
        type=int,
        default=_LINES,
        metavar="N",
        help=f"traces of before to begin with (default {_LINES})",
    )
    parser.add_argument(
        "--interval", type=seconds, default=_EVERY, metavar="SECONDS", help="how often to look (default 1)"
    )
    parser.add_argument("--no-follow", action="store_true", help="print those of before, and end")
    parser.add_argument("--ndjson", action="store_true", help="one JSON object a line: rows of the view traces")
    add_asked(parser)
    add_filters(parser)
    add_store(parser)
    parser.epilog = "example: tracekit tail status:error project:shop"


def run(args: argparse.Namespace) -> int:
    """Print traces until Ctrl-C, which is how it is ended: exit code 0."""
    filters(args)  # what cannot be understood is said at once
    seen = Seen()
    try:
        _tell(args, seen.news(_look(args), first=max(args.lines, 0)))
        while not args.no_follow:
            time.sleep(args.interval)
            _tell(args, seen.news(_look(args)))
    except KeyboardInterrupt:
        return 0
    return 0


@dataclass(slots=True)
class Seen:
    """What has been told of: how each trace stood when it was last seen."""

    words: dict[str, str] = field(default_factory=dict[str, str])

    def news(self, traces: Sequence[Mapping[str, Any]], *, first: int | None = None) -> list[Mapping[str, Any]]:
        """Those that are new or stand otherwise than before, oldest first.

        Args:
            traces: all of the last hour, newest first.
            first: at the first look, how many of them are told of.
        """
        fresh = [trace for trace in traces if self.words.get(trace["trace_id"]) != state.of_trace(trace).word]
        self.words = {trace["trace_id"]: state.of_trace(trace).word for trace in traces}
        return list(reversed(fresh if first is None else fresh[:first]))


def _look(args: argparse.Namespace) -> list[dict[str, Any]]:
    """The traces of the last hour that the filters let through, newest first.

    The store is opened for each look: held open, it would keep every other command out.
    """
    from tracekit.query.traces import list_traces

    wanted = filters(args)
    since = datetime.now(UTC) - WINDOW
    wanted = replace(wanted, since=since if wanted.since is None else max(wanted.since, since))
    with opened(args) as source:
        if wanted.searches:
            source.index_words(seconds=ls.INDEXING_SECONDS)
        traces: list[dict[str, Any]] = []
        cursor = None
        while True:
            page = list_traces(source, limit=_PAGE, cursor=cursor, filters=wanted)
            traces += page.traces
            cursor = page.next
            if cursor is None:
                return traces


def _tell(args: argparse.Namespace, traces: Sequence[Mapping[str, Any]]) -> None:
    if args.ndjson:
        output.dump_lines(traces)
        return
    wide = output.columns() if sys.stdout.isatty() else 160
    for trace in traces:
        output.styled([pieces(trace, wide)])
    sys.stdout.flush()


def pieces(trace: Mapping[str, Any], columns: int) -> list[tuple[str, str]]:
    """The line of a trace, in at most so many columns: each piece with its style."""
    cells: dict[str, str] = dict(zip(ls.COLUMNS, ls.cells_of(trace, columns), strict=True))
    cells["status"] = state.of_trace(trace).word
    names = list(_COLUMNS)
    for name in _DISPENSABLE:
        if columns - sum(_COLUMNS[each] + 2 for each in names) >= _LEGIBLE:
            break
        names.remove(name)
    styles = {"trace": "bold", "status": output.MARKS[state.of_trace(trace).mark], "model": "dim"}
    line: list[tuple[str, str]] = []
    room = columns
    for name in names:
        wide = _COLUMNS[name]
        text = fit(cells[name], wide)
        room -= wide + 2
        line.append(((text.rjust(wide) if name in _RIGHT else text.ljust(wide)) + "  ", styles.get(name, "")))
    line.append((fit(cells["asked"], max(room, 1)), ""))
    return line
