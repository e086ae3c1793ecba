"""What every command on the store shares: its flags, how they become an open source, what the settings keep."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from tracekit import config
from tracekit.cli.output import talk

if TYPE_CHECKING:
    from tracekit.query.source import RemoteSource, StoreSource
    from tracekit.store import Retention


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


def retention() -> Retention:
    """What the settings say of how long traces are kept.

    Raises:
        UsageError: they say something that is no age, no size or no share.
    """
    from tracekit.store.retention import parse

    said = (config.setting(name).value for name in ("retention", "max_size", "tail_sample"))
    return parse(*(None if value is None else str(value) for value in said))
