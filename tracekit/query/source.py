"""Where queries go: to the `tracekit up` that holds the database, or to the database itself when nobody holds it.

DuckDB lets one process in at a time. Whoever asks here need not know: the journals are folded in first, a running `up`
is asked over HTTP, and two short commands that meet wait for each other.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

from tracekit import config, errors
from tracekit.errors import StoreBusyError, StoreError
from tracekit.journal.writer import DIRECTORY_MODE
from tracekit.query import running, wire
from tracekit.query.extras import require_server
from tracekit.query.resolve import QUERIES
from tracekit.query.running import Running
from tracekit.store import Compacted, Forgotten, Parameters, Position, Result, Retention, Store
from tracekit.store.search.following import Queryable, catch_up, rebuild
from tracekit.store.search.index import SearchIndex, beside
from tracekit.store.sqlfiles import statement

BUSY_SECONDS = 10.0
"""How long a database that another process holds is waited for."""

if TYPE_CHECKING:
    from tracekit.collector.ingest import Ingest
    from tracekit.collector.rederive import Rederived

R = TypeVar("R")

_FIRST_WAIT = 0.02
_LONGEST_WAIT = 0.3


class Source(Protocol):
    """Something that answers read-only SQL over the views, and is closed after use."""

    def sql(self, query: str, parameters: Parameters = (), *, limit: int | None = None) -> Result:
        """Answer one statement; see `tracekit.store.Store.sql`."""
        ...

    def close(self) -> None:
        """Let go of what it holds."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *raised: object) -> None: ...


class _Closing:
    """A context that closes at its end."""

    def close(self) -> None:
        """Let go of what it holds."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()


class StoreSource(_Closing):
    """A store in this process, with the ingest that keeps it up with its journals.

    `owns_directory` says that no other database is meant for the data directory.
    """

    def __init__(self, store: Store, ingest: Ingest, *, owns_directory: bool = True) -> None:
        self.store = store
        self._owns_directory = owns_directory  # another database may refer to the attachments there
        self.ingest = ingest

    @property
    def index(self) -> SearchIndex:
        """The index of the words in the store."""
        return self.store.index

    def index_words(self, *, seconds: float | None = None) -> int:
        """Bring the index up to the store; how many spans are left out when the time is over."""
        return catch_up(self.store.index, self.store, seconds=seconds).behind

    def rebuild_index(self) -> int:
        """Write the index anew; how many spans are in it."""
        return rebuild(self.store.index, self.store).spans

    def version(self) -> int:
        """A number that grows with each change of what is stored."""
        return self.store.version

    def fold(self) -> list[str]:
        """Take in what the journals hold by now; sentences about what could not be read."""
        return self.ingest.fold().notices

    def sql(self, query: str, parameters: Parameters = (), *, limit: int | None = None) -> Result:
        """Answer one statement; see `tracekit.store.Store.sql`."""
        return self.store.sql(query, parameters, limit=limit)

    def ask(self, query: str, *, limit: int, seconds: float) -> Result:
        """Answer one statement of a person within a time; see `tracekit.store.Store.ask`."""
        return self.store.ask(query, limit=limit, seconds=seconds)

    def reindex(self, after: Position, *, dialect: str | None = None) -> Rederived:
        """Read the next stored spans anew; see `tracekit.collector.rederive.Rederiver.reindex`."""
        return self.ingest.reindex(after, dialect=dialect)

    def compact(self, policy: Retention) -> tuple[Forgotten, Compacted]:
        """Forget what `policy` does not keep, with its attachments, and write the database anew.

        See `tracekit.store.Store.compact` and `tracekit.store.attachments.Attachments.sweep`.
        """
        forgotten = self.ingest.forget(policy)
        if self._owns_directory:
            self.ingest.attachments.sweep(lambda: attachments(self))
        return forgotten, self.store.compact()

    def close(self) -> None:
        """Let the database go."""
        self.ingest.close()
        self.store.close()

    def interrupt(self) -> None:
        """End every question that is under way; see `tracekit.store.Store.interrupt`."""
        self.store.interrupt()


class RemoteSource(_Closing):
    """The store of a running `tracekit up`, with what the journals hold by the first question."""

    def __init__(self, up: Running) -> None:
        self._up = up
        self._folded = False
        self.index = SearchIndex(beside(Path(up.database)), writable=False)

    def index_words(self, *, seconds: float | None = None) -> int | None:
        """Leave it to that `up`, which does it all the time."""

    def rebuild_index(self) -> int:
        """Have the index written anew; how many spans are in it.

        Raises:
            StoreBusyError: `tracekit up` went away meanwhile.
        """
        return int(json.loads(self._ask("/api/index", {}))["spans"])

    def sql(self, query: str, parameters: Parameters = (), *, limit: int | None = None) -> Result:
        """Answer one statement; see `tracekit.store.Store.sql`.

        Raises:
            StoreBusyError: `tracekit up` went away meanwhile.
        """
        question = {"query": query, "parameters": wire.pack(parameters), "limit": limit, "fold": not self._folded}
        answer = wire.load(self._ask("/api/sql", question))
        self._folded = True
        return answer

    def reindex(self, after: Position, *, dialect: str | None = None) -> Rederived:
        """Have the next stored spans read anew; see `tracekit.collector.rederive.Rederiver.reindex`.

        Raises:
            StoreBusyError: `tracekit up` went away meanwhile.
        """
        return wire.load_rederived(self._ask("/api/reindex", {"after": asdict(after), "dialect": dialect}))

    def compact(self, policy: Retention) -> tuple[Forgotten, Compacted]:
        """Have what `policy` does not keep forgotten, and the database written anew.

        Raises:
            StoreBusyError: `tracekit up` went away meanwhile.
        """
        question = {"seconds": policy.seconds, "projects": dict(policy.projects), "max_bytes": policy.max_bytes}
        done = json.loads(self._ask("/api/compact", question))
        return Forgotten(**done["forgotten"]), Compacted(**done["compacted"])

    def _ask(self, path: str, question: Mapping[str, Any]) -> bytes:
        """The answer to a question.

        Raises:
            StoreBusyError: nobody answers.
            TracekitError: what the other side raised.
        """
        body = json.dumps(question)
        headers = {"Authorization": f"Bearer {self._up.key}", "Content-Type": "application/json"}
        connection = http.client.HTTPConnection(*self._up.address())
        try:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            who = f"tracekit up (process {self._up.pid}, {self._up.url})"
            raise StoreBusyError(f"{who} does not answer any more: {error}. Try again.") from error
        finally:
            connection.close()
        if answer.status == http.client.OK:
            return content
        raise _error(content)


def attachments(source: Queryable) -> set[str]:
    """The SHA-256 of each attachment that a row refers to. It reads every row."""
    return {row[0] for row in source.sql(statement(QUERIES, "attachments")).rows}


def open_source(
    directory: Path | None = None, *, db: Path | None = None, tell: Callable[[str], None] | None = None
) -> RemoteSource | StoreSource:
    """Find or open the store of a data directory, with what its journals hold folded in.

    Args:
        directory: the data directory; by default as the settings say.
        db: the database file; by default the directory's own.
        tell: takes sentences about journals that could not be read whole.

    Raises:
        StoreBusyError: another process holds the database, and does not let go.
        StoreError: there is no data directory, or the database cannot be used.
        UsageError: the `server` extra is not installed.
    """
    require_server()
    directory = config.directory(directory)
    database = config.database(directory, db)
    if not directory.is_dir():
        raise StoreError(
            f"{directory}: no such data directory. Record with `tracekit run`, or name another with --dir."
        )
    found = _patiently(directory, database, lambda: _remote(directory, database))
    if isinstance(found, StoreSource):
        with contextlib.ExitStack() as unless_folded:
            unless_folded.callback(found.close)
            for notice in found.fold():
                if tell is not None:
                    tell(notice)
            unless_folded.pop_all()
    return found


def prepare(directory: Path) -> None:
    """Make a data directory if there is none, closed to other users.

    Raises:
        StoreError: it cannot be made or written.
    """
    try:
        for folder in (directory, directory / config.JOURNAL):
            folder.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
        probe = directory / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise StoreError(
            f"{directory} cannot be used as data directory ({error.strerror or error}). Choose another with --dir."
        ) from error


def hold(directory: Path, database: Path) -> StoreSource:
    """Open the store to keep it, as `tracekit up` does; short commands that have it are waited for.

    Raises:
        StoreBusyError: a `tracekit up`, or another process that does not let go, has it.
        StoreError: the database cannot be used.
    """

    def refuse_a_second() -> None:
        up = _running(directory, database)
        if up is not None:
            raise StoreBusyError(f"tracekit up already runs for {directory}: process {up.pid}, {up.url}.")

    return _patiently(directory, database, refuse_a_second, apart=True)


def _patiently(
    directory: Path, database: Path, meanwhile: Callable[[], R | None], *, apart: bool = False
) -> StoreSource | R:
    """Open the store, or take what `meanwhile`, asked before each try, has found.

    `apart` is whether journals are decoded in another process.
    """
    deadline = time.monotonic() + BUSY_SECONDS
    wait = _FIRST_WAIT
    while True:
        found = meanwhile()
        if found is not None:
            return found
        # A query over HTTP needs neither database nor prices in this process.
        from tracekit.collector.ingest import Ingest  # noqa: PLC0415
        from tracekit.store.duckdb import open_store  # noqa: PLC0415

        try:
            store = open_store(database)
        except StoreBusyError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(wait)
            wait = min(2 * wait, _LONGEST_WAIT)
        else:
            prices = config.setting("prices").value
            journals, file = directory / config.JOURNAL, Path(prices) if prices else None
            with contextlib.ExitStack() as unless_ready:
                unless_ready.callback(store.close)
                ingest = Ingest(journals, store, prices=file, apart=apart)
                unless_ready.pop_all()
            return StoreSource(store, ingest, owns_directory=database == config.database(directory))


def _running(directory: Path, database: Path) -> Running | None:
    up = running.find(directory)
    return up if up is not None and Path(up.database).resolve() == database.resolve() else None


def _remote(directory: Path, database: Path) -> RemoteSource | None:
    up = _running(directory, database)
    return None if up is None else RemoteSource(up)


def _error(content: bytes) -> errors.TracekitError:
    """The error that the other side raised."""
    try:
        data = json.loads(content)
        kind = getattr(errors, str(data["error"]), None)
        message = str(data["message"])
    except (ValueError, KeyError, TypeError):
        return StoreError(f"tracekit up answered with something that is no answer: {content[:200]!r}")
    if isinstance(kind, type) and issubclass(kind, errors.TracekitError):
        return kind(message)
    return StoreError(message)
