"""`tracekit show`: one trace as a tree."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from tracekit.cli import output
from tracekit.cli.store import add_store, opened

if TYPE_CHECKING:
    from tracekit.query.connection import TraceView

_ROLES = {"lead": "dim", "name": "bold", "fact": "default", "text": "dim"}
_WHOLE = 1 << 30


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument("trace", metavar="TRACE", help="its id, the beginning of it, or latest")
    parser.add_argument("--full", action="store_true", help="inputs and outputs whole")
    parser.add_argument(
        "--json", action="store_true", help="the trace, its spans and scores as JSON; content with --full"
    )
    add_store(parser)
    parser.epilog = "example: tracekit show latest (exit code 2 when TRACE names no trace, or more than one)"


def run(args: argparse.Namespace) -> int:
    """Print the tree, or the JSON."""
    from tracekit.query.connection import PREVIEW, load
    from tracekit.query.traces import get_span

    with opened(args) as source:
        trace = load(source, args.trace, length=_WHOLE if args.full else PREVIEW)
        if args.json:
            found = dict(trace)
            if args.full:
                found["spans"] = [get_span(source, found["trace_id"], span["span_id"]) for span in found["spans"]]
            output.dump(found)
            return 0
    _draw(trace, full=args.full)
    return 0


def _draw(trace: TraceView, *, full: bool) -> None:
    from tracekit.query import tree

    lines = tree.lines(trace["spans"], trace.previews, full=full)
    console = output.console()
    if console is None:
        sys.stdout.writelines(f"{line}\n" for line in (*tree.heading(trace), "", *lines))
        return
    from rich.text import Text

    styles = {**_ROLES, **output.MARKS}
    title, sums = tree.heading(trace)
    console.print(Text(title, style="bold"), Text(f"\n{sums}\n"), sep="", soft_wrap=True)
    for line in lines:
        for shown in [line] if full else line.shown(console.width):
            console.print(Text.assemble(*((text, styles[role]) for text, role in shown.parts)), soft_wrap=True)
