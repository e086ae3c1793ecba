"""`tracekit import`: a bundle, a page with one, or OTLP, into the store that is there or that a running `up` holds."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from tracekit import config
from tracekit.cli import output
from tracekit.cli.store import add_store

EXIT_REJECTED = 1


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument(
        "file",
        type=Path,
        metavar="FILE",
        help="a bundle of `tracekit export --bundle`, a page of `--html`, or OTLP: JSON, JSON lines, protobuf",
    )
    parser.add_argument("--json", action="store_true", help="what was done as a JSON object")
    add_store(parser)
    parser.epilog = (
        "exit code: 0 when all of it is stored, 1 when spans without ids were left out, 2 when none of it is"
    )


def run(args: argparse.Namespace) -> int:
    """Import; 1 when some spans could not be kept."""
    from tracekit.query.extras import require_server

    require_server()
    from tracekit.query.intake import import_file, readable
    from tracekit.query.source import prepare

    readable(args.file)
    directory = config.directory(args.dir)
    prepare(directory)
    done = import_file(args.file, directory, config.database(directory, args.db))
    if args.json:
        output.dump({"file": str(args.file), **asdict(done)})
    else:
        is_otlp = done.form.startswith("otlp")
        held = f"{done.requests} requests" if is_otlp else f"{done.spans} spans and {done.scores} scores"
        output.talk(f"{args.file} holds {held}; {done.new_spans} spans and {done.new_scores} scores are new.")
        if done.rejected:
            output.talk(f"{done.rejected} spans have no usable id and were left out.")
    return EXIT_REJECTED if done.rejected else 0
