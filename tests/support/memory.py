"""How much memory a process has held at most, as Linux counts it."""

from __future__ import annotations

import re
from pathlib import Path


def peak_mib(pid: int) -> int:
    """The largest resident set of a living process so far, in MiB."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(encoding="ascii"))
    assert found is not None
    return int(found[1]) // 1024
