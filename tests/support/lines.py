"""Faults of our own, put in at one line of source after the other: the host program must not notice any of them."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, TypeVar

T = TypeVar("T")

Place = tuple[str, int]
"""A file and a line of it."""


class InjectedError(Exception):
    """A fault that a test put in."""


@contextmanager
def _tracing(trace: Callable[[FrameType, str, Any], Any]) -> Iterator[None]:
    before = sys.gettrace()
    sys.settrace(trace)
    threading.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(before)
        threading.settrace(before)  # type: ignore[arg-type]


def run_through(files: set[Path], run: Callable[[], object]) -> list[Place]:
    """The lines of these files that `run` runs through, in order, each once.

    What runs while a module or a class is made is left out: it runs at import, under a guard of its own.
    """
    names = {str(file) for file in files}
    seen: dict[Place, None] = {}

    def trace(frame: FrameType, event: str, _argument: Any) -> Any:
        if frame.f_code.co_filename not in names or _makes_definitions(frame):
            return None
        if event == "line":
            seen[frame.f_code.co_filename, frame.f_lineno] = None
        return trace

    with _tracing(trace):
        run()
    return list(seen)


def broken_at(place: Place, run: Callable[[], T]) -> T:
    """What `run` gives while this line raises, each time."""

    def trace(frame: FrameType, event: str, _argument: Any) -> Any:
        if frame.f_code.co_filename != place[0] or _makes_definitions(frame):
            return None
        if event == "line" and frame.f_lineno == place[1]:
            raise InjectedError(f"{place[0]}:{place[1]}")
        return trace

    with _tracing(trace):
        return run()


def _makes_definitions(frame: FrameType) -> bool:
    return frame.f_code.co_name == "<module>" or not frame.f_code.co_flags & 0x2  # no locals of its own: a class


def lines_of(file: Path) -> set[Place]:
    """The lines of a file's functions that something can happen on."""
    whole = compile(file.read_text(encoding="utf-8"), str(file), "exec")
    return {(str(file), line) for code in _functions(whole) for line in _lines(code)}


def _functions(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            if constant.co_flags & 0x2:
                yield constant
            yield from _functions(constant)


def _lines(code: CodeType) -> set[int]:
    numbers = {line for _, _, line in code.co_lines() if line is not None}
    return numbers if code.co_name == "<lambda>" else numbers - {code.co_firstlineno}
