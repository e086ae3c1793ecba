"""`tracekit export`: traces as OTLP in a dialect, to a file or a collector; as a bundle; or one as a page."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Generator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from tracekit import config
from tracekit.cli import output
from tracekit.cli.selection import add_filters, filters
from tracekit.cli.store import add_store, opened
from tracekit.errors import UsageError

if TYPE_CHECKING:
    from tracekit.query.source import RemoteSource, StoreSource
    from tracekit.query.stored import Selection
    from tracekit.store.attachments import Attachments

EXIT_REJECTED = 1
_DIALECTS = ("raw", "otel-genai", "openinference", "openllmetry")
_FORMATS = ("otlp-json", "otlp-proto")
_STDOUT = Path("-")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("-o", "--output", type=Path, metavar="FILE", help="write OTLP to this file; - is stdout")
    where.add_argument("--endpoint", metavar="URL", help="send OTLP to this collector")
    where.add_argument("--bundle", type=Path, metavar="FILE", help="write a bundle for `tracekit import`; - is stdout")
    where.add_argument(
        "--html",
        type=Path,
        metavar="FILE",
        help="write one trace as a page, which `tracekit import` takes; - is stdout",
    )
    parser.add_argument(
        "--no-content", action="store_true", help="with --html: leave out every text; structure, times and usage stay"
    )
    parser.add_argument(
        "--dialect", choices=_DIALECTS, default="raw", help="how spans say things (default: as they came)"
    )
    parser.add_argument("--format", choices=_FORMATS, help="default otlp-json in a file, otlp-proto to a collector")
    parser.add_argument(
        "--header", action="append", default=[], metavar="NAME:VALUE", help="sent to the collector; may be repeated"
    )
    parser.add_argument(
        "--trace",
        action="append",
        default=[],
        metavar="ID",
        help="this trace, by its id or the beginning; may be repeated",
    )
    add_filters(parser)
    parser.add_argument("--json", action="store_true", help="what was done as JSON: on stdout, or stderr beside data")
    add_store(parser)
    parser.epilog = "exit code: 0 when all was taken, 1 when the collector rejected some, 2 when it cannot be reached"


def run(args: argparse.Namespace) -> int:
    """Export; 1 when a collector rejected some of it."""
    if args.bundle is not None and (args.dialect != "raw" or args.format is not None):
        raise UsageError("--bundle holds spans as they are stored: --dialect and --format are for OTLP.")
    if args.html is not None and (args.dialect != "raw" or args.format is not None):
        raise UsageError("--html holds spans as they are stored: --dialect and --format are for OTLP.")
    if args.no_content and args.html is None:
        raise UsageError("--no-content is for a page: name its file with --html.")
    if args.header and args.endpoint is None:
        raise UsageError("--header is for a collector: name one with --endpoint.")
    with opened(args) as source:
        selection = _selection(args, source)
        if args.html is not None:
            done = _page(args, source, selection)
        elif args.bundle is not None:
            done = _bundle(args, source, selection)
        elif args.endpoint is not None:
            done = _send(args, source, selection)
        else:
            done = _write(args, source, selection)
    _report(done, args)
    return EXIT_REJECTED if done.get("rejected") else 0


def _selection(args: argparse.Namespace, source: RemoteSource | StoreSource) -> Selection:
    from tracekit.query import resolve
    from tracekit.query.filters import Filters
    from tracekit.query.stored import Selection

    wanted = filters(args)
    if args.trace and wanted != Filters():
        raise UsageError("--trace names the traces: leave the filters out, or leave --trace out.")
    return Selection(traces=tuple(resolve.trace_id(source, word) for word in args.trace), filters=wanted)


def _attachments(args: argparse.Namespace) -> Attachments:
    from tracekit.store.attachments import Attachments

    return Attachments(config.directory(args.dir))


def _bundle(args: argparse.Namespace, source: RemoteSource | StoreSource, selection: Selection) -> dict[str, Any]:
    from tracekit.query import bundle, export

    with _file(args.bundle) as file:
        made = export.to_bundle(file, source, selection, _attachments(args))
    return {
        "to": str(args.bundle),
        "format": bundle.FORMAT,
        **{name.partition(".")[0]: part.lines for name, part in made.parts.items()},
    }


def _page(args: argparse.Namespace, source: RemoteSource | StoreSource, selection: Selection) -> dict[str, Any]:
    """One trace as a page; the one that is named, or the only one that the filters choose."""
    from datetime import UTC, datetime

    from tracekit.query.traces import get_trace
    from tracekit_viewer import sharing
    from tracekit_viewer.render import Renderer

    found = [trace_id for group in selection.groups(source) for trace_id in group or ()]
    trace = get_trace(source, found[0]) if len(found) == 1 else None
    if trace is None:
        chosen = f"these are {len(found)}" if selection.traces or found else "none is named"
        raise UsageError(f"--html writes one trace, and {chosen}: name it with --trace ID, or --trace latest.")
    made = sharing.page(
        source,
        trace,
        attachments=_attachments(args),
        renderer=Renderer.load(),
        now=datetime.now(UTC),
        content=not args.no_content,
    )
    with _file(args.html) as file:
        file.write(made.html)
    packed = made.packed
    return {
        "to": str(args.html),
        "format": "html",
        "content": not args.no_content,
        "trace_id": trace["trace_id"],
        "spans": packed.spans,
        "scores": packed.scores,
        "logs": packed.logs,
        "attachments": packed.attachments,
        "attachments_left_out": packed.left_out,
    }


def _write(args: argparse.Namespace, source: RemoteSource | StoreSource, selection: Selection) -> dict[str, Any]:
    from tracekit.dialects.out import writing
    from tracekit.query import export

    form = args.format or "otlp-json"
    with _file(args.output) as file:
        found = export.batches(source, selection, writing(args.dialect), _attachments(args))
        done = {"spans": export.to_file(file, found, json=form == "otlp-json")}
        if form == "otlp-json" and args.dialect == "raw":  # the other dialects say in spans what came in logs
            done["logs"] = export.logs_to_file(file, export.log_batches(source, selection, _attachments(args)))
    return {"to": str(args.output), "format": form, "dialect": args.dialect, **done}


def _send(args: argparse.Namespace, source: RemoteSource | StoreSource, selection: Selection) -> dict[str, Any]:
    from tracekit.dialects.out import writing
    from tracekit.query import export
    from tracekit.query.sending import Collector

    form = args.format or "otlp-proto"
    collector = Collector(args.endpoint, headers=dict(map(_header, args.header)), json=form == "otlp-json")
    with contextlib.closing(collector):
        try:
            for batch in export.batches(source, selection, writing(args.dialect), _attachments(args)):
                collector.send(batch)
        finally:
            delivery = collector.delivery
            if sys.exc_info()[0] is not None and delivery.accepted:
                output.talk(f"{delivery.accepted} spans had been taken before this:")
    return {
        "to": args.endpoint,
        "format": form,
        "dialect": args.dialect,
        "spans": delivery.accepted + delivery.rejected,
        "accepted": delivery.accepted,
        "rejected": delivery.rejected,
        "reasons": dict(delivery.reasons.most_common()),
    }


def _report(done: dict[str, Any], args: argparse.Namespace) -> None:
    beside_data = _STDOUT in {args.output, args.bundle, args.html}
    if args.json:
        output.dump(done, file=sys.stderr if beside_data else None)
        return
    output.talk(
        f"{done['spans']} spans" + (f", {done['scores']} scores" if "scores" in done else "") + f" to {done['to']}."
    )
    if done.get("attachments_left_out"):
        output.talk(f"{done['attachments_left_out']} attachments were too much for a page; --bundle has them all.")
    for why, count in done.get("reasons", {}).items():
        output.talk(f"{count} spans were rejected: {why}")


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip() or not (name + value).isprintable():
        raise UsageError(f"--header {text!r} is none: write it as NAME:VALUE.")
    return name.strip(), value.strip()


@contextlib.contextmanager
def _file(path: Path) -> Generator[IO[bytes]]:
    """Where data goes: stdout, or a file that is there, readable by its user only, once it is whole."""
    if path == _STDOUT:
        yield sys.stdout.buffer
        return
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        if path.exists() and not path.is_file():  # a pipe, a device
            with path.open("wb") as file:
                yield file
            return
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            yield file
        draft.replace(path)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or error}.") from error
    finally:
        draft.unlink(missing_ok=True)
