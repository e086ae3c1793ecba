"""What a journal's writer asks of the system for the files it holds open. Knows nothing of records."""

from __future__ import annotations

import contextlib
import os

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

_LARGE = 64 << 10
"""Bytes from which two pieces in one write cost less than a copy."""
_MANY = 1024
"""Descriptors beyond which a higher limit makes no higher number: the kernel's table grows with the number."""


def aside(fd: int) -> int:
    """The same file under a high number.

    A program that closes all descriptors and then opens files of its own gets the lowest ones. Under such a number, our
    next record would land in one of its files.
    """
    if fcntl is None:
        return fd
    try:
        high = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, min(os.sysconf("SC_OPEN_MAX"), _MANY) * 7 // 8)
    except OSError:  # none is free up there
        return fd
    os.close(fd)
    return high


def write(fd: int, head: bytes, payload: bytes) -> tuple[int, int]:
    """Write both at once, a large payload without a copy of it; how large they are, and how much was written.

    Raises:
        OSError: the system refused.
    """
    size = len(head) + len(payload)
    if len(payload) >= _LARGE and hasattr(os, "writev"):
        return size, os.writev(fd, (head, payload))
    return size, os.write(fd, head + payload)


def is_removed(fd: int) -> bool:
    """Whether nobody can find the file under any name any more."""
    try:
        return os.fstat(fd).st_nlink == 0
    except OSError:  # the program has closed it: the next write finds that out, and opens another
        return False


def close(fd: int | None) -> None:
    """Let a file go, where there is one."""
    if fd is not None:
        with contextlib.suppress(OSError):  # the program has closed it already
            os.close(fd)


def datasync(fd: int) -> None:
    """Wait until what has been written is on the disk.

    Raises:
        OSError: the disk refused.
    """
    (os.fdatasync if hasattr(os, "fdatasync") else os.fsync)(fd)
