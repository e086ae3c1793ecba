"""`tracekit show`: one trace as a tree, as JSON, or as Markdown for an issue."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from tracekit.cli import output
from tracekit.cli.store import add_store, opened
from tracekit.errors import UsageError

if TYPE_CHECKING:
    from tracekit.query.connection import TraceView

_ROLES = {"lead": "dim", "name": "bold", "fact": "default", "text": "dim"}
_WHOLE = 1 << 30
FORMATS = ("tree", "json", "markdown")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument("trace", metavar="TRACE", help="its id, the beginning of it, or latest")
    parser.add_argument("--full", action="store_true", help="inputs and outputs whole")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--format", choices=FORMATS, default=FORMATS[0], help="default tree")
    form.add_argument(
        "--json",
        action="store_const",
        const="json",
        dest="format",
        help="the trace, its spans and scores as JSON; content with --full",
    )
    parser.add_argument("--no-content", action="store_true", help="in Markdown: leave out every text")
    add_store(parser)
    parser.epilog = "example: tracekit show latest (exit code 2 when TRACE names no trace, or more than one)"


def run(args: argparse.Namespace) -> int:
    """Print the tree, or the JSON."""
    from tracekit.query.connection import PREVIEW, load
    from tracekit.query.traces import get_span

    if args.no_content and args.format != "markdown":
        raise UsageError("--no-content is for Markdown: --format markdown.")
    with opened(args) as source:
        trace = load(source, args.trace, length=_WHOLE if args.full else PREVIEW)
        if args.format == "markdown":
            from tracekit.query import markdown

            output.text(markdown.document(source, trace, content=not args.no_content))
            return 0
        if args.format == "json":
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
