"""What people keep under a name: views of the list of traces, and queries. Files of the data directory, each whole.

    saved/views/<digest>.json       {"name": ..., "asks": {"q": ..., "sort": ...}, "saved_at": ...}
    saved/queries/<digest>.json

A file is named by a digest of the name, so that no name leads out of its folder, and each is replaced in one step, so
that two who save at the same time both keep what they saved. Refuses names and texts without end.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tracekit.errors import StoreError, UsageError
from tracekit.text import line

FOLDER = "saved"
"""Its name in the data directory."""
VIEWS, QUERIES = "views", "queries"
KINDS: dict[str, tuple[str, ...]] = {VIEWS: ("q", "sort", "columns", "limit"), QUERIES: ("q", "show", "limit")}
"""What is kept, each with the parameters that it may ask with."""
MOST = 200
"""Of one kind: they are read for each page that lists them."""
LONGEST_NAME = 80
LONGEST = 100_000
"""Characters of what is asked."""
_FILE_MODE, _DIRECTORY_MODE = 0o600, 0o700
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """One of them: its name, and the parameters of the address that asks it."""

    name: str
    asks: Mapping[str, str]
    saved_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """All of one kind, by name; `unreadable` names files among them that are none."""

    items: list[Saved] = field(default_factory=list[Saved])
    unreadable: list[str] = field(default_factory=list[str])


class Shelf:
    """What is kept in a data directory.

    Args:
        directory: the data directory; nothing in it need be there yet.

    Example:
        >>> import tempfile
        >>> shelf = Shelf(Path(tempfile.mkdtemp()))
        >>> saved = shelf.save(VIEWS, "failed tools", {"q": "failed:tool"})
        >>> [(each.name, dict(each.asks)) for each in shelf.kept(VIEWS).items]
        [('failed tools', {'q': 'failed:tool'})]
    """

    def __init__(self, directory: Path) -> None:
        self._folder = directory / FOLDER

    def kept(self, kind: str) -> Kept:
        """All of a kind."""
        found: list[Saved] = []
        unreadable: list[str] = []
        for path in sorted((self._folder / kind).glob("*.json")):
            saved = _read(path)
            if saved is None:
                unreadable.append(str(path))
            else:
                found.append(saved)
        return Kept(items=sorted(found, key=lambda one: (one.name.casefold(), one.name)), unreadable=unreadable)

    def find(self, kind: str, name: str) -> Saved:
        """The one of this name.

        Raises:
            UsageError: there is none; it says which there are.
        """
        found = _read(self._path(kind, name))
        if found is not None:
            return found
        names = ", ".join(line(one.name, LONGEST_NAME) for one in self.kept(kind).items)
        raise UsageError(f"none of the saved {kind} is called {name!r:.100}; there are {names or 'none yet'}.")

    def save(self, kind: str, name: str, asks: Mapping[str, str]) -> Saved:
        """Keep something under a name, in place of what has that name already. It is on the disk by then.

        Args:
            kind: `VIEWS` or `QUERIES`.
            name: 1 to 80 characters.
            asks: the parameters of the address; those that a kind does not have are left out, and empty ones.

        Raises:
            UsageError: the name or the text is too long or empty, or there are too many.
            StoreError: the disk does not take it.
        """
        kept = {key: asks[key] for key in KINDS[kind] if asks.get(key)}
        size = sum(map(len, kept.values()))
        if not 1 <= len(name) <= LONGEST_NAME:
            raise UsageError(f"a name of something saved has 1 to {LONGEST_NAME} characters; this one has {len(name)}.")
        if size > LONGEST:
            raise UsageError(f"{name!r}: what is asked has {size:,} characters; {LONGEST:,} can be saved.")
        path = self._path(kind, name)
        if not path.exists() and len(list(path.parent.glob("*.json"))) >= MOST:
            raise UsageError(f"{name!r}: {MOST} {kind} are saved already; remove one that is not needed.")
        saved = Saved(name=name, asks=kept, saved_at=datetime.now(UTC).isoformat(timespec="seconds"))
        _write(path, json.dumps(asdict(saved), indent=1))
        return saved

    def remove(self, kind: str, name: str) -> None:
        """Keep it no longer.

        Raises:
            UsageError: there is none of this name.
            StoreError: the disk does not let it go.
        """
        path = self._path(kind, name)
        try:
            path.unlink()
        except FileNotFoundError:
            self.find(kind, name)
        except OSError as error:
            raise StoreError(f"{path} cannot be removed: {error.strerror or error}.") from error

    def _path(self, kind: str, name: str) -> Path:
        digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
        return self._folder / kind / f"{digest[:16]}.json"


def _read(path: Path) -> Saved | None:
    """What a file holds; None where there is none, or it is of another make."""
    try:
        data: Any = json.loads(path.read_text(encoding="utf-8"))
        name, asks, saved_at = data["name"], data["asks"], data["saved_at"]
    except (OSError, ValueError, TypeError, KeyError):
        return None
    texts = [name, saved_at, *asks.keys(), *asks.values()] if isinstance(asks, dict) else [None]
    if not all(isinstance(text, str) for text in texts):
        return None
    return Saved(name=name, asks=asks, saved_at=saved_at)


def _write(path: Path, text: str) -> None:
    """A file, whole at once, and on the disk.

    Raises:
        StoreError: the disk does not take it.
    """
    draft = path.with_name(f".{secrets.token_hex(8)}")
    try:
        path.parent.mkdir(mode=_DIRECTORY_MODE, parents=True, exist_ok=True)
        try:
            with os.fdopen(os.open(draft, _NEW, _FILE_MODE), "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)  # else a loss of power may take the new name back
            finally:
                os.close(folder)
        finally:
            with contextlib.suppress(OSError):
                draft.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(f"{path} cannot be written ({error.strerror or error}), so nothing is saved.") from error
