"""The `tracekit up` of a data directory: how it makes itself known in `up.json`, and whether it is there.

The file is mode 0600 and holds the key with which other processes of this user may query. One that its process left
behind is removed.
"""

from __future__ import annotations

import http.client
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tracekit.errors import StoreError

FILE = "up.json"
_TIMEOUT = 5.0


@dataclass(slots=True, frozen=True, kw_only=True)
class Running:
    """A running `tracekit up`: where, which process, the key to query it, and the word by which it is known again.

    `grpc` is where it answers OTLP/gRPC, as `host:port`; None where it does not.
    """

    url: str
    pid: int
    key: str
    instance: str
    database: str
    grpc: str | None = None

    def address(self) -> tuple[str, int]:
        """Host and port of the URL."""
        parts = urlsplit(self.url)
        return parts.hostname or "127.0.0.1", parts.port or 80


def announce(directory: Path, running: Running) -> None:
    """Write `up.json`, whole or not at all.

    Raises:
        StoreError: the directory takes no file.
    """
    draft = directory / f".{FILE}.{running.pid}"
    try:
        fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(fd, "w", encoding="utf-8") as file:
            json.dump(asdict(running), file)
        draft.replace(directory / FILE)
    except OSError as error:
        raise StoreError(
            f"{directory / FILE} cannot be written ({error.strerror or error}), and no command would find this one."
        ) from error


def withdraw(directory: Path, instance: str) -> None:
    """Remove `up.json` if it is this instance's own."""
    found = _read(directory)
    if found is not None and found.instance == instance:
        (directory / FILE).unlink(missing_ok=True)


def find(directory: Path) -> Running | None:
    """The `tracekit up` of this directory, if it answers; what a dead one left behind is removed."""
    found = _read(directory)
    if found is None:
        return None
    if _instance(found) == found.instance:
        return found
    if not _exists(found.pid):
        withdraw(directory, found.instance)
    return None


def _read(directory: Path) -> Running | None:
    try:
        return Running(**json.loads((directory / FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):  # not there, or not what a tracekit of this version wrote
        return None


def _instance(running: Running) -> str | None:
    """The word that answers at the URL; None when nobody does."""
    connection = http.client.HTTPConnection(*running.address(), timeout=_TIMEOUT)
    try:
        connection.request("GET", "/health")
        data = json.loads(connection.getresponse().read(4096))
        return data.get("instance") if isinstance(data, dict) else None
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
