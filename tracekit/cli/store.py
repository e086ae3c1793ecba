"""What every command that reads the store shares: its flags, and how they become an open source."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from tracekit.cli.output import talk

if TYPE_CHECKING:
    from tracekit.query.source import RemoteSource, StoreSource


def add_store(parser: argparse.ArgumentParser) -> None:
    """Add `--dir` and `--db`."""
    parser.add_argument("--dir", type=Path, help="data directory (default $TRACEKIT_DIR, ./.tracekit, or the user's)")
    parser.add_argument("--db", type=Path, metavar="FILE", help="database file (default traces.duckdb in it)")


def opened(args: argparse.Namespace) -> RemoteSource | StoreSource:
    """The store that the flags name, what its journals hold folded in.

    Raises:
        TracekitError: see `tracekit.query.source.open_source`.
    """
    from tracekit.query.source import open_source

    return open_source(args.dir, db=args.db, tell=talk)
