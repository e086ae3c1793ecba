"""`tracekit compact`: what the retention settings do not keep is forgotten, and the database written anew."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from tracekit.cli import output
from tracekit.cli.store import add_store, opened, retention


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument("--json", action="store_true", help="one JSON object")
    add_store(parser)
    parser.epilog = (
        "It needs as much free space as the database takes. A running `tracekit up` answers nothing meanwhile."
    )


def run(args: argparse.Namespace) -> int:
    """Do it, and print what became of the file."""
    from tracekit.query.extras import require_server

    require_server()
    policy = retention()
    with opened(args) as source:
        forgotten, compacted = source.compact(policy)
    if args.json:
        output.dump({**asdict(forgotten), "bytes_before": compacted.before, "bytes_after": compacted.after})
    else:
        print(f"{forgotten.traces} traces forgotten; {compacted.before:,} bytes before, {compacted.after:,} after")
    return 0
