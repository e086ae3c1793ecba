"""Faults put into our own code, one line at a time, while it runs in a program's call."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any, NamedTuple


class Place(NamedTuple):
    """A line of a file."""

    file: str
    line: int


class InjectedError(Exception):
    """The fault."""


def passed(folder: Path, run: Callable[[], Any]) -> tuple[Any, set[Place]]:
    """What `run` gives, and the lines of a folder's files that it passes on this thread."""
    seen: set[Place] = set()
    return _traced(folder, run, seen.add), seen


def with_fault_at(place: Place, run: Callable[[], Any]) -> Any:
    """What `run` gives when an `InjectedError` is raised the first time that this line is reached on this thread."""
    reached = False

    def visit(passing: Place) -> None:
        nonlocal reached
        if passing == place and not reached:
            reached = True
            raise InjectedError(f"{Path(place.file).name}:{place.line}")

    return _traced(Path(place.file).parent, run, visit)


def _traced(folder: Path, run: Callable[[], Any], visit: Callable[[Place], None]) -> Any:
    inside = f"{folder}/"

    def on_line(frame: FrameType, event: str, _: Any) -> Any:
        if event == "line":
            visit(Place(frame.f_code.co_filename, frame.f_lineno))
        return on_line

    def on_call(frame: FrameType, _event: str, _: Any) -> Any:
        return on_line if frame.f_code.co_filename.startswith(inside) else None

    before = sys.gettrace()
    sys.settrace(on_call)
    try:
        return run()
    finally:
        sys.settrace(before)


def lines_of(module: ModuleType) -> set[Place]:
    """The lines of a module's functions that something can happen on; what runs at its import is not among them."""
    path = str(module.__file__)
    whole = compile(Path(path).read_text(encoding="utf-8"), path, "exec")
    return {Place(path, line) for code in _functions(whole) for line in _lines(code)}


def _functions(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            if constant.co_flags & 0x02:  # its locals are its own: a function, not a class's body
                yield constant
            yield from _functions(constant)


def _lines(code: CodeType) -> set[int]:
    numbers = {line for _, _, line in code.co_lines() if line is not None}
    return numbers if code.co_name == "<lambda>" else numbers - {code.co_firstlineno}
