"""How the processes of `tracekit up` get memory: pages that have been theirs serve again.

Ingest fills and frees tens of megabytes several times a second. Each page that goes back to the system in between has
to be cleared anew, which took a fifth of all CPU time of ingest: Arrow's own allocator gives pages back within
milliseconds, and glibc maps every large block by itself. So Arrow allocates by the C library, and that keeps what is
freed, until `release` gives it back when there is nothing to do.
"""

from __future__ import annotations

import ctypes
import os

_KEPT = 64 << 20
"""Free bytes at the end of the heap that are kept, and the size from which a block is mapped by itself."""
_ARENAS = 1
"""Heaps of a process: each keeps for itself what was freed in it."""
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
"""Numbers of `mallopt`, from glibc's malloc.h."""


def settle() -> None:
    """Set it all for this process and those that it starts; to be called before anything loads pyarrow.

    Where the C library is not glibc, its own settings stay.
    """
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if os.name == "posix" else None
    if mallopt is not None:
        for option, value in ((_MMAP_THRESHOLD, _KEPT), (_TRIM_THRESHOLD, _KEPT), (_ARENA_MAX, _ARENAS)):
            mallopt(option, value)


def release() -> None:
    """Give back what is free: Arrow has the C library do that, whose memory it takes."""
    import pyarrow as pa  # noqa: PLC0415 - not before `settle`

    pa.default_memory_pool().release_unused()
