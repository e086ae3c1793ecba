"""`tracekit reindex`: stored spans read anew, as the dialects and prices of today read them."""

from __future__ import annotations

import argparse

from tracekit import config
from tracekit.cli import output
from tracekit.cli.selection import when
from tracekit.cli.store import add_store, opened

EXIT_FAILED = 1


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument("--since", type=when, metavar="WHEN", help="spans started since: 2h, 7d, or ISO 8601")
    parser.add_argument("--dialect", metavar="NAME", help="spans that were understood by this dialect")
    only = parser.add_mutually_exclusive_group()
    only.add_argument(
        "--quarantine", action="store_true", help="try the records again that could not be read, and nothing else"
    )
    only.add_argument("--search", action="store_true", help="write the search index anew, and nothing else")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    add_store(parser)
    parser.epilog = (
        "exit code: 0 when all could be stored, 1 when something could not. Ended half way, it goes on there."
    )


def run(args: argparse.Namespace) -> int:
    """Read them anew, and print how many changed; 1 when some could not be stored."""
    from tracekit.query.extras import require_server

    require_server()
    if args.search:
        return _searched(args)
    return _quarantined(args) if args.quarantine else _stored(args)


def _stored(args: argparse.Namespace) -> int:
    from tracekit.query.reindexing import reindex

    def tell(seen: int, total: int) -> None:
        output.talk(f"{seen} of {total} spans read")

    directory = config.directory(args.dir)
    with opened(args) as source:
        done = reindex(source, directory, since=args.since, dialect=args.dialect, tell=tell)
    summary = {"changed": done.changed, "same": done.same, "failed": done.failed}
    if args.json:
        output.dump(summary)
    else:
        print(", ".join(f"{number} {name}" for name, number in summary.items()))
    return EXIT_FAILED if done.failed else 0


def _searched(args: argparse.Namespace) -> int:
    with opened(args) as source:
        spans = source.rebuild_index()
    if args.json:
        output.dump({"indexed": spans})
    else:
        print(f"{spans} spans indexed")
    return 0


def _quarantined(args: argparse.Namespace) -> int:
    from tracekit.collector.quarantine import Quarantine

    quarantine = Quarantine(config.directory(args.dir))
    retried = quarantine.retry()
    with opened(args) as source:
        source.sql("SELECT 1")  # whoever holds the database takes in what the journals hold before it answers
    failed = quarantine.count()
    if args.json:
        output.dump({"retried": retried, "failed": failed})
    else:
        print(f"{retried} records tried again, {failed} set aside now")
    return EXIT_FAILED if failed else 0
