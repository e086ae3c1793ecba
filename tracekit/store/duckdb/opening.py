"""Opening and closing the file: permissions, the lock, foreign and newer files, migrations. Knows no row."""

from __future__ import annotations

import re
import threading
from pathlib import Path

import duckdb

from tracekit._version import __version__
from tracekit.errors import NewerSchemaError, StoreBusyError, StoreError
from tracekit.store.duckdb.queries import query

SCHEMA = Path(__file__).parent / "schema"
FILE_MODE = 0o600
DIRECTORY_MODE = 0o700

CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "python_enable_replacements": False,  # a query sees no variable of the program
    "late_materialization_max_rows": 1000,  # a page of a list is 51 rows: read whole only once they are chosen
    "max_vacuum_tasks": 0,  # merging groups of a few rows would rewrite most of the file at a checkpoint
    "checkpoint_threshold": "32MB",  # at the default of 16 MB the newest rows are rewritten over and over
    "allowed_configs": ["memory_limit"],  # for `shrink`; of users' statements only those that read are run
}
_KEPT = "48MB"
"""Blocks of the file that stay in memory when all others are let go."""
_HOLDER = re.compile(r"PID (\d+)")
_open: set[Path] = set()
_opening = threading.Lock()


def connect(path: Path) -> duckdb.DuckDBPyConnection:
    """A connection to the file, its schema up to date, its configuration locked.

    Raises:
        StoreError: see `database.open_store`.
    """
    with _opening:
        if path in _open:
            raise StoreBusyError(f"{path} is already open in this process; use that store, or close it first.")
        _make_directory(path.parent)
        connection = _connect(path)
        try:
            keep_private(path)
            connection.execute("USE traces")
            connection.execute("SET enable_external_access = false")  # a query reads no file and asks no network
            connection.execute("SET GLOBAL TimeZone = 'UTC'")
            _migrate(connection)
            connection.execute("SET lock_configuration = true")
        except duckdb.Error as error:
            connection.close()
            raise StoreError(f"{path} cannot be brought up to date: {error}. It is as it was.") from error
        _open.add(path)
    return connection


def cursor(root: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """A further connection to what `connect` has opened."""
    made = root.cursor()
    made.execute("USE traces")
    return made


def shrink(connection: duckdb.DuckDBPyConnection) -> None:
    """Let go of blocks of the file that are in memory, and of free memory that is kept for more of them.

    DuckDB keeps each block it has read or written until four fifths of the machine's memory are full. While this runs a
    question would be refused memory: nothing else may be under way.
    """
    try:
        connection.execute(f"SET GLOBAL memory_limit = '{_KEPT}'")
    except duckdb.OutOfMemoryException:
        return  # more than that is in use
    connection.execute("RESET GLOBAL memory_limit")


def release(path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    """Close what `connect` gave."""
    with _opening:
        connection.close()
        _open.discard(path)


def keep_private(path: Path) -> None:
    """See to it that nobody else reads the database or its log, which DuckDB makes anew as it likes."""
    for file in (path, path.with_name(path.name + ".wal")):
        try:
            if file.stat().st_mode & 0o077:
                file.chmod(FILE_MODE)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise StoreError(f"{file} cannot be made private (mode 0600): {error.strerror}.") from error


def migrations() -> list[tuple[int, Path]]:
    """Schema versions and their files, oldest first."""
    return sorted((int(file.name.split("_")[0]), file) for file in SCHEMA.glob("[0-9][0-9][0-9]_*.sql"))


def _make_directory(directory: Path) -> None:
    try:
        directory.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"{directory} cannot be made: {error.strerror}. Choose another data directory with --dir or $TRACEKIT_DIR."
        ) from error


def _connect(path: Path) -> duckdb.DuckDBPyConnection:
    """A connection with the file attached, as only so its row groups can be sized, and looked at before."""
    connection = duckdb.connect(config=CONFIG | {"temp_directory": f"{path}.tmp"})
    try:
        made = not _looked_at(connection, path)
        try:
            _attach(connection, "attach", path)
        except StoreBusyError:
            raise
        except StoreError:
            if made:  # what a full disk has left of a new file could never be opened
                path.unlink(missing_ok=True)
            raise
    except BaseException:
        connection.close()
        raise
    return connection


def _looked_at(connection: duckdb.DuckDBPyConnection, path: Path) -> bool:
    """Look at a file before anything could be written to it. False when there is none, or one without a byte."""
    if not path.exists():
        return False
    try:
        _attach(connection, "attach_to_look", path)
    except StoreBusyError:
        raise
    except StoreError:
        if path.is_file() and not path.stat().st_size:
            path.unlink()
            return False
        raise
    try:
        found = _version(connection)
        others = connection.execute(query("tables")).fetchall() if found is None else []
        connection.execute("DETACH traces")
    except duckdb.Error as error:
        raise StoreError(f"{path} cannot be read: {error}.") from error
    if others:
        raise StoreError(
            f"{path} is a DuckDB database of something else (it holds {', '.join(name for (name,) in others)}); "
            "it is left as it is. Name another file with --db."
        )
    known = migrations()[-1][0]
    if found is not None and found > known:
        raise NewerSchemaError(
            f"{path} has schema {found}, and tracekit {__version__} knows up to {known}: a newer one "
            "wrote it. Upgrade (pip install -U tracekit-llm), or name another file with --db. "
            "It is left as it is."
        )
    return True


def _attach(connection: duckdb.DuckDBPyConnection, how: str, path: Path) -> None:
    """Attach a file as `traces` by one of the statements for it."""
    try:
        connection.execute(query(how), [str(path)])
    except duckdb.Error as error:
        message = str(error)
        if "Could not set lock" in message:
            holder = _HOLDER.search(message)
            who = f"process {holder[1]}" if holder else "another process"
            raise StoreBusyError(
                f"{path} is in use by {who}, and DuckDB lets only one process in. "
                "If that is `tracekit up`, commands given the same --dir go through it; "
                "else end that process, or name another file with --db."
            ) from error
        if "not a valid DuckDB database" in message:
            raise StoreError(
                f"{path} is not a DuckDB database. Move it away, or name another file with --db."
            ) from error
        raise StoreError(f"{path} cannot be opened: {message}. Check the path and its permissions.") from error


def _migrate(connection: duckdb.DuckDBPyConnection) -> None:
    """Apply each migration that is missing, one transaction each."""
    current = _version(connection) or 0
    for version, file in migrations():
        if version > current:
            connection.begin()
            try:
                connection.execute(file.read_text(encoding="utf-8"))
                connection.execute(query("record_version"), {"version": version, "tracekit": __version__})
            except duckdb.Error:
                connection.rollback()
                raise
            connection.commit()


def _version(connection: duckdb.DuckDBPyConnection) -> int | None:
    """The schema of what is attached, None where it has none: a list of its tables would take ten times as long."""
    try:
        row = connection.execute(query("schema_version")).fetchone()
    except duckdb.CatalogException:
        return None
    return row[0] if row and row[0] is not None else 0
