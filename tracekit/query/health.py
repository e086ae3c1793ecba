"""What state a data directory is in: directory, database, journals. Facts, and sentences about what is wrong.

It refuses to mend anything.
"""

from __future__ import annotations

import contextlib
import shutil
import stat
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tracekit.collector import packed
from tracekit.collector.quarantine import Quarantine
from tracekit.collector.sequences import Range, missing
from tracekit.collector.tail import Tail
from tracekit.dialects import DERIVATION
from tracekit.errors import StoreError, TracekitError
from tracekit.journal import reader
from tracekit.query import running
from tracekit.query.resolve import QUERIES
from tracekit.query.source import attachments, open_source
from tracekit.query.tracing import Tracing, tracing
from tracekit.store import JournalState
from tracekit.store.attachments import Attachments, Swept
from tracekit.store.search import following
from tracekit.store.search.following import Queryable
from tracekit.store.search.index import DamagedIndexError, SearchIndex, beside
from tracekit.store.sqlfiles import statement

LOW_BYTES = 200 << 20
"""Less free space than this is said to be wrong."""

NAMED_RANGES = 5
"""Ranges of missing records that are named; the view `gaps` has all of them."""

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(slots=True, kw_only=True)
class Journals:
    """The journal files of a directory, summed up. `troubled` says of each that lacks something what it is."""

    files: int = 0
    packed: int = 0
    bytes: int = 0
    live: int = 0
    unread_bytes: int = 0
    faults: int = 0
    skipped_bytes: int = 0
    missing_records: int = 0
    dropped_records: int = 0
    received: Counter[str] = field(default_factory=Counter[str])
    troubled: dict[str, list[str]] = field(default_factory=dict[str, list[str]])


@dataclass(slots=True, kw_only=True)
class Health:
    """A data directory as it is. None is what could not be found out; `problems` says why."""

    directory: str
    database: str
    mode: str | None = None
    free_bytes: int | None = None
    database_bytes: int | None = None
    database_mode: str | None = None
    log_bytes: int | None = None
    """What the database has yet to write into its file."""
    index_bytes: int | None = None
    """The index of the words, which can be written anew."""
    unindexed_spans: int | None = None
    """Spans that are not in it yet: a search reads them one by one."""
    schema_version: int | None = None
    spans: int | None = None
    traces: int | None = None
    outdated_spans: int | None = None
    """Spans that an older version of the dialects has read."""
    quarantined: int = 0
    attachments: Swept = field(default_factory=Swept)
    missing_attachments: int = 0
    """Contents that rows refer to and that are not in `attachments/`."""
    up: dict[str, Any] | None = None
    journals: Journals = field(default_factory=Journals)
    tracing: Tracing = field(default_factory=Tracing)
    problems: list[str] = field(default_factory=list[str])

    def as_dict(self) -> dict[str, Any]:
        """This as JSON values."""
        said = asdict(self)
        said["journals"]["received"] = dict(self.journals.received)  # asdict counts a Counter's pairs
        return said


def examine(directory: Path, database: Path) -> Health:
    """Look at a data directory, what its journals hold folded in first."""
    health = Health(directory=str(directory), database=str(database))
    if not directory.exists():
        return health  # nothing has been recorded yet, which is no trouble
    up = running.find(directory)
    if up is not None:
        health.up = {"url": up.url, "pid": up.pid, "grpc": up.grpc}
    tails: Mapping[str, Tail] = {}
    try:
        with open_source(directory, db=database) as source:
            tails = _ask(health, source)
            health.outdated_spans = outdated_spans(source)
            _look_at_attachments(health, Attachments(directory), source)
    except TracekitError as error:
        health.problems.append(str(error))
    _look_around(health, directory, database, tails)
    return health


def glance(source: Queryable, directory: Path, database: Path) -> Health:
    """The same of a store that is open, as often as a page wants it: without a look at every span and attachment."""
    health = Health(directory=str(directory), database=str(database))
    _look_around(health, directory, database, _ask(health, source))
    health.attachments = Attachments(directory).totals()
    return health


def _ask(health: Health, source: Queryable) -> Mapping[str, Tail]:
    """What the store knows; how far it has read each journal."""
    facts = source.sql(statement(QUERIES, "store_facts")).dicts()[0]
    health.schema_version, health.spans, health.traces = facts.values()
    health.tracing = tracing(source)
    health.unindexed_spans = _unindexed(source, Path(health.database))
    return _tails(source)


def _unindexed(source: Queryable, database: Path) -> int | None:
    stored = following.facts(source)
    try:
        with contextlib.closing(SearchIndex(beside(database), writable=False)) as index:
            covered = index.covers(stored)
    except DamagedIndexError:
        return None  # whoever searches next has it written anew
    return max(stored.last - max(covered, following.first_number(source) - 1), 0)


def _look_around(health: Health, directory: Path, database: Path, tails: Mapping[str, Tail]) -> None:
    """What the files say."""
    _look_at_directory(health, directory)
    _look_at_database(health, database)
    _look_at_quarantine(health, Quarantine(directory))
    _look_at_journals(health, directory / "journal", tails)
    health.problems += health.tracing.problems()


def _look_at_directory(health: Health, directory: Path) -> None:
    mode = stat.S_IMODE(directory.stat().st_mode)
    health.mode = f"{mode:04o}"
    health.free_bytes = shutil.disk_usage(directory).free
    if mode & _OTHERS:
        health.problems.append(f"{directory} is open to other users (mode {mode:04o}). Close it: chmod 700 {directory}")
    if health.free_bytes < LOW_BYTES:
        left = health.free_bytes >> 20
        health.problems.append(
            f"{directory} has {left} MiB left. Make room: records are dropped when the disk is full."
        )


def _look_at_database(health: Health, database: Path) -> None:
    if not database.exists():
        return
    found = database.stat()
    health.database_bytes, health.database_mode = found.st_size, f"{stat.S_IMODE(found.st_mode):04o}"
    if found.st_mode & _OTHERS:
        health.problems.append(f"{database} is open to other users. Close it: chmod 600 {database}")
    health.log_bytes = _bytes(database.with_name(f"{database.name}.wal"))
    health.index_bytes = _bytes(*beside(database).glob("*"))


def _bytes(*paths: Path) -> int:
    """The size of some files; one that is gone by now has none."""
    found = 0
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            found += path.stat().st_size
    return found


def outdated_spans(source: Queryable) -> int:
    """How many stored spans an older version of the dialects has read."""
    return source.sql(statement(QUERIES, "outdated_spans"), {"derivation": DERIVATION}).rows[0][0]


def _look_at_attachments(health: Health, kept: Attachments, source: Queryable) -> None:
    missing = [sha256 for sha256 in attachments(source) if not kept.has(sha256)]
    health.attachments = kept.totals()
    health.missing_attachments = len(missing)
    if missing:
        health.problems.append(
            f"{len(missing)} attachments are not in {kept.folder} (one of them: {missing[0]}): their spans are whole "
            "but for them. Put the files back, or import a bundle that has them."
        )


def _look_at_quarantine(health: Health, quarantine: Quarantine) -> None:
    reasons = quarantine.reasons()
    health.quarantined = len(reasons)
    if reasons:
        health.problems.append(
            f"{len(reasons)} records are set aside in {quarantine.folder} (the last: {reasons[-1]}). "
            "`tracekit reindex --quarantine` tries them again."
        )


def _look_at_journals(health: Health, folder: Path, tails: Mapping[str, Tail]) -> None:
    journals = health.journals
    try:
        paths = packed.journals(folder)
    except StoreError as error:
        if str(error) not in health.problems:
            health.problems.append(str(error))
        return
    for path in paths:
        journals.files += 1
        try:
            size = path.stat().st_size
            journals.packed += packed.is_packed(path)
            journals.live += not packed.is_packed(path) and reader.is_alive(path)
        except OSError as error:
            journals.troubled[path.name] = [f"cannot be read: {error.strerror or error}"]
            continue
        journals.bytes += size
        tail = tails.get(packed.journal_name(path))
        if tail is None:
            journals.unread_bytes += size
            continue
        journals.unread_bytes += 0 if tail.ended and packed.is_packed(path) else max(size - tail.offset, 0)
        _add(journals, tail)
    for name, lost in _lost(tails).items():
        journals.missing_records += sum(last - first + 1 for first, last in lost)
        journals.troubled.setdefault(name, []).append(_never_came(lost))
    health.problems += [f"journal {name}: {'; '.join(said)}." for name, said in journals.troubled.items()]


def _add(journals: Journals, tail: Tail) -> None:
    journals.faults += tail.faults
    journals.skipped_bytes += tail.skipped_bytes
    journals.dropped_records += tail.dropped
    journals.received.update(tail.received)
    said: list[str] = []
    if tail.foreign:
        said.append(f"no journal: {tail.skipped_bytes} bytes without a record, left alone")
    elif tail.faults:
        why = "; ".join(tail.reasons)
        said.append(f"{tail.faults} records could not be read ({tail.skipped_bytes} bytes damaged): {why}")
    if tail.dropped:
        said.append(f"its writer could not write {tail.dropped} records")
    if said:
        journals.troubled[tail.name] = said


def _lost(tails: Mapping[str, Tail]) -> dict[str, list[Range]]:
    """Numbers of records that never came, by the last file of the process that gave them."""
    families: dict[str, list[Tail]] = {}
    for tail in sorted(tails.values(), key=lambda tail: tail.name):
        families.setdefault(tail.family, []).append(tail)
    found = {family[-1].name: missing(tail.sequences for tail in family) for family in families.values()}
    return {name: lost for name, lost in found.items() if lost}


def _never_came(lost: list[Range]) -> str:
    named = [str(first) if first == last else f"{first} to {last}" for first, last in lost[:NAMED_RANGES]]
    if len(lost) > NAMED_RANGES:
        named.append("more (see the view gaps)")
    count = sum(last - first + 1 for first, last in lost)
    return f"{count} records never came: numbers {', '.join(named)}"


def _tails(source: Queryable) -> dict[str, Tail]:
    rows = source.sql(statement(QUERIES, "journal_states")).dicts()
    return {row["name"]: Tail.resume(JournalState(**row)) for row in rows}
