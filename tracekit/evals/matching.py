"""Regular expressions with a time limit: matched by `re` in a process that is ended when it takes too long.

`re` cannot be stopped from outside, neither while it matches nor while it compiles; a process can. It is started with
the first match, kept for the next ones, and ends with this one.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import subprocess
import sys
import threading
import time
from typing import Any, Literal

from tracekit.evals.metric import InvalidRowError

Mode = Literal["search", "match", "fullmatch"]
MODES = ("search", "match", "fullmatch")
STARTING = 20.0
"""Seconds that the process may take to start, which are not the pattern's."""

_CHUNK = 65_536
_PROGRAM = """
import json, re, sys
print("null", flush=True)
for line in sys.stdin:
    pattern, text, mode, flags = json.loads(line)
    try:
        found = getattr(re.compile(pattern, flags), mode)(text)
        said = None if found is None else list(found.span())
    except (re.error, OverflowError, RecursionError, MemoryError, ValueError) as error:
        said = f"{type(error).__name__}: {error}"
    print(json.dumps(said), flush=True)
"""


class _Matcher:
    """The process, and what it says. One pattern at a time.

    Its pipes have no buffers and so no locks: a fork of this process can let go of them at any moment.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = os.getpid()

    def ask(self, question: Any, seconds: float) -> Any:
        with self._lock:
            process = self._running()
            _write(process, json.dumps(question).encode() + b"\n")
            return json.loads(self._answer(process, seconds))

    def _running(self) -> subprocess.Popen[bytes]:
        if self._owner != os.getpid():  # forked: the process is the parent's, and its answers are too
            self._forget()
        if self._process is None or self._process.poll() is not None:
            self.end()
            self._process = subprocess.Popen(  # noqa: S603 - this interpreter, and a program that stands above
                [sys.executable, "-I", "-S", "-W", "ignore", "-c", _PROGRAM],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=0,
            )
            self._answer(self._process, STARTING)
        return self._process

    def _answer(self, process: subprocess.Popen[bytes], seconds: float) -> bytes:
        assert process.stdout is not None
        poller = select.poll()
        poller.register(process.stdout, select.POLLIN)
        deadline, said = time.monotonic() + seconds, b""
        while not said.endswith(b"\n"):
            if not poller.poll(max(deadline - time.monotonic(), 0) * 1e3):
                self.end()
                raise TimeoutError(f"the pattern was not decided within {seconds:g} s.")
            part = os.read(process.stdout.fileno(), _CHUNK)
            if not part:
                self.end()
                raise RuntimeError("the process that matches patterns has ended without an answer.")
            said += part
        return said

    def end(self) -> None:
        """End the process, whatever it does; in a fork of this one leave it alone."""
        if self._process is not None and self._owner == os.getpid():
            self._process.kill()
            self._process.wait()
            self._close()

    def _forget(self) -> None:
        self._owner = os.getpid()
        if self._process is not None:
            self._process.returncode = 0  # not ours to wait for
            self._close()

    def _close(self) -> None:
        assert self._process is not None
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()
        self._process = None


def _write(process: subprocess.Popen[bytes], question: bytes) -> None:
    assert process.stdin is not None
    left = memoryview(question)
    while left:
        left = left[os.write(process.stdin.fileno(), left) :]


_matcher = _Matcher()
atexit.register(_matcher.end)


def span(
    pattern: str, text: str, *, mode: Mode = "search", flags: int = 0, seconds: float = 1.0
) -> tuple[int, int] | None:
    """Where a pattern of Python's `re` is found in a text; None where it is not.

    Args:
        pattern: the pattern.
        text: the text.
        mode: anywhere, at the beginning, or the whole text.
        flags: of `re`.
        seconds: the most that compiling and matching may take.

    Raises:
        InvalidRowError: it is no pattern.
        TimeoutError: it was not decided in time.
    """
    said = _matcher.ask([pattern, text, mode, flags], seconds)
    if isinstance(said, str):
        raise InvalidRowError(f"pattern {pattern!r:.80} is no regular expression: {said}.")
    return None if said is None else (said[0], said[1])
