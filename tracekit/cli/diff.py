"""`tracekit diff`: traces beside each other, aligned by call as the viewer's Compare does it."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tracekit.cli import output
from tracekit.cli.store import add_store, opened
from tracekit.errors import UsageError

if TYPE_CHECKING:
    from tracekit.query.comparing import Compared
    from tracekit.query.source import RemoteSource, StoreSource

EXIT_DIFFERENT = 1
_STYLES = {
    **output.MARKS, "lead": "dim", "name": "bold", "fact": "default", "title": "bold", "same": "dim",
    "changed": "yellow", "added": "green", "removed": "red", "partly": "blue", "new": "green", "gone": "red strike",
}  # fmt: skip


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument("first", metavar="A", help="a trace: its id, the beginning of it, or latest")
    parser.add_argument("others", metavar="B", nargs="+", help="those that it is held against, up to seven")
    parser.add_argument("--all", action="store_true", help="calls that are the same, too")
    parser.add_argument("--brief", action="store_true", help="calls only, and not what was said otherwise in each")
    parser.add_argument("--full", action="store_true", help="texts whole, and not only what stands around a change")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    add_store(parser)
    parser.epilog = "exit code: 0 when no call differs, 1 when one does, 2 when a trace is not there"


def run(args: argparse.Namespace) -> int:
    """Print the comparison; 1 when something differs."""
    from tracekit.query import resolve
    from tracekit.query.comparing import LETTERS, compare

    words = [args.first, *args.others]
    if len(words) > len(LETTERS):
        raise UsageError(f"{len(words)} traces were named; {len(LETTERS)} can stand beside each other.")
    with opened(args) as source:
        found = compare(source, [resolve.trace_id(source, word) for word in words])
        if isinstance(found, str):
            raise UsageError(f"trace {found} has just been removed.")
        if args.json:
            output.dump(_document(source, found))
        else:
            _print(args, source, found)
    return EXIT_DIFFERENT if any(change != "same" for change in found.changes) else 0


def _print(args: argparse.Namespace, source: RemoteSource | StoreSource, found: Compared) -> None:
    from tracekit.query.difference import Shape, lines

    shape = Shape(
        columns=output.columns(),
        coloured=output.console() is not None,
        every=args.all,
        texts=not args.brief,
        full=args.full,
    )
    pieces = lines(found, shape, lambda span: _whole(source, span))
    output.styled([(text, _STYLES[role]) for text, role in each] for each in pieces)


def _document(source: RemoteSource | StoreSource, found: Compared) -> dict[str, Any]:
    """What `/compare.json` has, with the texts of each changed call held against the first trace's."""
    from tracekit.query.comparing import LETTERS, sides, text_changes, texts, twin

    calls = twin(found, range(len(found.calls)))
    for call, made, change in zip(found.calls, calls, found.changes, strict=True):
        numbers = sorted(call.spans)
        if change not in ("changed", "partly") or len(numbers) < 2:  # noqa: PLR2004 - nothing to hold it against
            continue
        content = {number: texts(_whole(source, call.spans[number])) for number in numbers}
        made["texts"] = {
            LETTERS[other]: {
                title: {
                    "pieces": [{"op": piece.op, "text": piece.text} for piece in compared.pieces],
                    "left_out": list(compared.left_out),
                }
                for title, compared in text_changes(content[numbers[0]], content[other])
            }
            for other in numbers[1:]
        }
    return {"traces": sides(found), "calls": calls}


def _whole(source: RemoteSource | StoreSource, span: Mapping[str, Any]) -> Mapping[str, Any]:
    from tracekit.query.traces import get_span

    return get_span(source, span["trace_id"], span["span_id"]) or span
