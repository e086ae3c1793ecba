"""What process trees cost, from Linux's /proc: CPU time and memory. How busy the machine is."""

from __future__ import annotations

import contextlib
import http.client
import os
import platform
import subprocess
import sys
import time
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(slots=True, frozen=True, kw_only=True)
class Up:
    """A `tracekit up` that answers: process id, host and port, and the seconds from its start to its first 200."""

    pid: int
    address: str
    started: float


@contextlib.contextmanager
def up(directory: Path) -> Generator[Up]:
    """A `tracekit up` of this data directory on a port of its own."""
    command = [sys.executable, "-m", "tracekit", "up", "--port", "0", "--no-browser", "--dir", str(directory)]
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            said = process.stdout.readline().strip()
            if not said:
                sys.exit(f"tracekit up --dir {directory} ended with code {process.wait()}; run it to see why.")
            address = urlsplit(said).netloc
            _first_answer(address)
            yield Up(pid=process.pid, address=address, started=time.perf_counter() - began)
        finally:
            process.terminate()


def _first_answer(address: str) -> None:
    with contextlib.closing(http.client.HTTPConnection(address)) as connection:
        connection.request("GET", "/health")
        status = connection.getresponse().status
    if status != http.client.OK:
        sys.exit(f"GET /health was answered by {status}.")


def tree(pid: int) -> list[int]:
    """A process and those it has started."""
    found = [pid]
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # one that has just ended
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text(encoding="ascii").split():
                found += tree(int(child))
    return found


def cpu_seconds(pid: int) -> float:
    """CPU time of a process tree; what has ended counts once its parent has waited for it."""
    total = 0
    for one in tree(pid):
        fields = Path(f"/proc/{one}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        total += sum(map(int, fields[11:15]))
    return total / _TICKS


def rest(pid: int, *, seconds: float = 60.0) -> None:
    """Wait until a process tree does nothing for a while, at most so many seconds."""
    deadline, before = time.monotonic() + seconds, cpu_seconds(pid)
    while time.monotonic() < deadline:
        time.sleep(0.2)
        now = cpu_seconds(pid)
        if now - before <= 1 / _TICKS:
            return
        before = now


def megabytes(pid: int, *, peak: bool = False) -> float:
    """Resident memory of a process tree, or the sum of the most that each of its processes has had."""
    field = "VmHWM:" if peak else "VmRSS:"
    total = 0
    for one in tree(pid):
        status = Path(f"/proc/{one}/status").read_text(encoding="ascii")
        total += int(status.partition(field)[2].split()[0])
    return round(total / 1024)


def machine() -> dict[str, Any]:
    """What figures were measured on, and how busy it was (load average of the last minute)."""
    return {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "system": platform.system(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
    }
