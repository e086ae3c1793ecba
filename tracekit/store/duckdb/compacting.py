"""Writing a database file anew without the space that nothing uses: a copy takes its name when it is whole."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import duckdb

from tracekit.errors import StoreError
from tracekit.store import Compacted
from tracekit.store.duckdb import opening
from tracekit.store.duckdb.queries import query

_SUFFIX = ".compacting"


def rewrite(path: Path) -> Compacted:
    """Write a file anew that nobody has open.

    Raises:
        StoreError: it cannot be; the file is as it was.
    """
    fresh = path.with_name(path.name + _SUFFIX)
    _remove(fresh)  # what a process that was killed has left
    before = path.stat().st_size
    free = shutil.disk_usage(path.parent).free
    if free < before:
        raise StoreError(
            f"{path} takes {before} bytes, and {free} are free beside it: too few for a copy. It is as it was."
        )
    try:
        _copy(path, fresh)
        fresh.replace(path)
        _sync(path.parent)
    except (duckdb.Error, OSError) as error:
        raise StoreError(f"{path} could not be written anew: {error}. It is as it was.") from error
    finally:
        _remove(fresh)
    return Compacted(before=before, after=path.stat().st_size)


def _copy(path: Path, fresh: Path) -> None:
    with duckdb.connect(config=opening.CONFIG | {"temp_directory": f"{path}.tmp"}) as connection:
        connection.execute(query("attach"), [str(path)])
        connection.execute(query("attach_fresh"), [str(fresh)])
        fresh.chmod(opening.FILE_MODE)
        connection.execute("CHECKPOINT traces")  # what its log holds must not be found beside the copy
        connection.execute("COPY FROM DATABASE traces TO fresh")
        connection.execute("DETACH fresh")
    with fresh.open("rb") as file:
        os.fsync(file.fileno())


def _remove(fresh: Path) -> None:
    for file in (fresh, fresh.with_name(fresh.name + ".wal")):
        file.unlink(missing_ok=True)


def _sync(directory: Path) -> None:
    if os.name == "posix":
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
