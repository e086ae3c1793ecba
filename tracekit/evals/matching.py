"""Regular expressions with a time limit: matched by `re` in a process that is ended when it takes too long.

`re` cannot be stopped from outside, neither while it matches nor while it compiles; a process can. It is started with
the first match, kept for the next ones, and ends with this one.
"""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from typing import IO, Any, Literal

from tracekit.evals.metric import InvalidRowError

Mode = Literal["search", "match", "fullmatch"]
MODES = ("search", "match", "fullmatch")
STARTING = 20.0
"""Seconds that the process may take to start, which are not the pattern's."""

_PROGRAM = """
import json, re, sys
print("ready", flush=True)
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
    """The process, and what it says. One pattern at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._said: queue.SimpleQueue[str] = queue.SimpleQueue()

    def ask(self, question: Any, seconds: float) -> Any:
        with self._lock:
            process = self._running()
            assert process.stdin is not None
            process.stdin.write(json.dumps(question) + "\n")
            process.stdin.flush()
            return json.loads(self._answer(seconds))

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None or self._process.poll() is not None:
            self.end()
            self._process = subprocess.Popen(  # noqa: S603 - this interpreter, and a program that stands above
                [sys.executable, "-I", "-S", "-W", "ignore", "-c", _PROGRAM],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                encoding="ascii",
            )
            self._said = queue.SimpleQueue()
            threading.Thread(target=_listen, args=(self._process.stdout, self._said), daemon=True).start()
            self._answer(STARTING)
        return self._process

    def _answer(self, seconds: float) -> str:
        try:
            said = self._said.get(timeout=seconds)
        except queue.Empty:
            self.end()
            raise TimeoutError(f"the pattern was not decided within {seconds:g} s.") from None
        if not said:
            self.end()
            raise RuntimeError("the process that matches patterns has ended without an answer.")
        return said

    def end(self) -> None:
        """End the process, whatever it does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    _close(pipe)
            self._process = None


def _listen(pipe: IO[str] | None, said: queue.SimpleQueue[str]) -> None:
    assert pipe is not None
    for line in pipe:
        said.put(line)
    said.put("")


def _close(pipe: IO[str]) -> None:
    try:
        pipe.close()
    except OSError:  # what was to be written to it cannot be any more
        return


_matcher = _Matcher()


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
