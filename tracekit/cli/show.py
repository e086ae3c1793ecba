"""`tracekit show`: one trace as a tree, as JSON, or as Markdown for an issue."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from tracekit.cli import output
from tracekit.cli.ls import INDEXING_SECONDS
from tracekit.cli.selection import add_filters, filters
from tracekit.cli.store import add_store, opened
from tracekit.errors import UsageError
from tracekit.text import fit, width

if TYPE_CHECKING:
    from tracekit.query.connection import TraceView
    from tracekit.query.source import RemoteSource, StoreSource

_ROLES = {"lead": "dim", "name": "bold", "fact": "default", "text": "dim"}
_WHOLE = 1 << 30
FORMATS = ("tree", "json", "markdown")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument(
        "trace",
        metavar="TRACE",
        nargs="?",
        default="latest",
        help="its id, the beginning of it, or latest (the default)",
    )
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
    add_filters(parser)
    add_store(parser)
    parser.epilog = (
        "example: tracekit show -q 'status:error since:2h' (exit code 2 when TRACE names no trace, or more than one)"
    )


def run(args: argparse.Namespace) -> int:
    """Print the tree, or the JSON."""
    from tracekit.query.connection import PREVIEW, load
    from tracekit.query.traces import get_span

    if args.no_content and args.format != "markdown":
        raise UsageError("--no-content is for Markdown: --format markdown.")
    with opened(args) as source:
        trace = load(source, _chosen(args, source), length=_WHOLE if args.full else PREVIEW)
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


def _chosen(args: argparse.Namespace, source: RemoteSource | StoreSource) -> str:
    """The trace that is named; where filters are given, the newest that they let through."""
    from tracekit.query.filters import Filters
    from tracekit.query.resolve import LATEST
    from tracekit.query.traces import list_traces

    wanted = filters(args)
    if wanted == Filters():
        return args.trace
    if args.trace != LATEST:
        raise UsageError(f"{args.trace!r:.80} names a trace: leave the filters out, or name latest, or none.")
    if wanted.searches:
        source.index_words(seconds=INDEXING_SECONDS)
    page = list_traces(source, limit=1, filters=wanted)
    if page.notice is not None:
        output.talk(page.notice)
    if not page.traces:
        raise UsageError("no trace matches. `tracekit ls` with the same filters lists none either.")
    return str(page.traces[0]["trace_id"])


def _draw(trace: TraceView, *, full: bool) -> None:
    from tracekit.query import tree

    lines = tree.lines(trace["spans"], trace.previews, full=full)
    if not sys.stdout.isatty():
        sys.stdout.writelines(f"{line}\n" for line in (*tree.heading(trace), "", *lines))
        return
    columns = output.columns()
    title, sums = tree.heading(trace)
    output.styled([[(fit(title, columns), "bold")], *([(each, "")] for each in _wrapped(sums, columns)), []])
    styles = {**_ROLES, **output.MARKS}
    for line in lines:
        shown = [line] if full else line.shown(columns)
        output.styled([(text, styles[role]) for text, role in each.parts] for each in shown)


def _wrapped(sums: str, columns: int) -> list[str]:
    """The sums of a trace on as many lines as a terminal needs, broken between them."""
    rows: list[str] = []
    for fact in sums.split(" · "):
        if rows and width(f"{rows[-1]} · {fact}") <= columns:
            rows[-1] += f" · {fact}"
        else:
            rows.append(fit(fact, columns))
    return rows
