"""Replies that were read, by the hash of what was asked: one file of SQLite in the data directory.

Only replies that gave a verdict are kept; errors never. The file holds what judges wrote, and is the user's alone.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, Literal

from tracekit.errors import UsageError
from tracekit.evals.judges.question import Reply, Token
from tracekit.model import Usage
from tracekit.store.sqlfiles import statement

FILE = "judge-cache.sqlite"
Mode = Literal["use", "off", "only"]

_SQL = Path(__file__).parent / "sql"
_WAIT_SECONDS = 10.0


class ReplyCache:
    """The kept replies. Safe in any thread; several processes may use one file.

    Args:
        file: made where it is not there.
        mode: `use`; `off` neither reads nor writes; `only` never lets a judge be asked.

    Raises:
        UsageError: the file cannot be used.
    """

    def __init__(self, file: Path, *, mode: Mode = "use") -> None:
        self.mode: Mode = mode
        self.file = file
        self.hits = 0
        self.unkept = 0
        """Replies that could not be written; they are asked for again next time."""
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def get(self, key: str) -> tuple[Reply, bool] | None:
        """The reply to a question, and whether it was repaired; None where none is kept."""
        if self.mode == "off":
            return None
        with self._lock:
            connection = self._open()
            try:
                row = connection.execute(statement(_SQL, "get_reply"), {"key": key}).fetchone()
            except sqlite3.Error as error:
                raise self._unusable(error) from error
        if row is None:
            return None
        try:
            found = _decoded(json.loads(row[0]))
        except (ValueError, TypeError, KeyError):  # of another version, or damaged: it is asked for anew
            return None
        self.hits += 1
        return found

    def put(self, key: str, reply: Reply, *, repaired: bool) -> None:
        """Keep a reply that gave a verdict."""
        if self.mode == "off":
            return
        try:
            text = json.dumps({**_encoded(reply), "repaired": repaired})
            with self._lock:
                self._open().execute(statement(_SQL, "put_reply"), {"key": key, "reply": text})
        except (
            TypeError,
            ValueError,
            sqlite3.Error,
        ):  # what JSON cannot hold, a full disk: the verdict stands all the same
            self.unkept += 1

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _open(self) -> sqlite3.Connection:
        if self._connection is not None:
            return self._connection
        try:
            self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(self.file, os.O_CREAT | os.O_RDWR, 0o600))
            opened = sqlite3.connect(self.file, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False)
        except (OSError, sqlite3.Error) as error:
            raise UsageError(f"the cache of judges' replies {self.file} cannot be opened: {error}.") from error
        try:
            opened.executescript(statement(_SQL, "open_cache"))
        except sqlite3.Error as error:
            opened.close()
            raise self._unusable(error) from error
        self._connection = opened
        return opened

    def _unusable(self, error: sqlite3.Error) -> UsageError:
        return UsageError(
            f"the cache of judges' replies {self.file} cannot be used: {error}. Remove it, or pass --no-cache."
        )


def _encoded(reply: Reply) -> dict[str, Any]:
    told = {name: value for name in _FIELDS if (value := getattr(reply, name)) is not None}
    if reply.usage is not None:
        told["usage"] = asdict(reply.usage)
    if reply.logprobs is not None:
        told["logprobs"] = [
            [token.data.hex(), token.logprob, [[data.hex(), share] for data, share in token.top]]
            for token in reply.logprobs
        ]
    return told


_FIELDS = tuple(item.name for item in fields(Reply) if item.name not in {"usage", "logprobs"})


def _decoded(told: Mapping[str, Any]) -> tuple[Reply, bool]:
    given = {name: value for name, value in told.items() if name != "repaired"}
    if "usage" in given:
        given["usage"] = Usage(**given["usage"])
    if "logprobs" in given:
        given["logprobs"] = tuple(
            Token(
                data=bytes.fromhex(data),
                logprob=logprob,
                top=tuple((bytes.fromhex(other), share) for other, share in top),
            )
            for data, logprob, top in given["logprobs"]
        )
    return Reply(**given), bool(told["repaired"])
