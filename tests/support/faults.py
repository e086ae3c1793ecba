"""Faults put into our own code, one line at a time, while it runs in a program's call: the program must not notice."""

from __future__ import annotations

import contextvars
import sys
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, NamedTuple, TypeVar

import tracekit
from tests.support import torture
from tests.support.recorded import journaled
from tracekit.sdk import guard
from tracekit.sdk.runtime import runtime

T = TypeVar("T")
STEP = 1 if torture.LONG else 5
"""Each of so many lines breaks; all of them with `make torture`."""


class Place(NamedTuple):
    """A line of a file."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{Path(self.file).name}:{self.line} {self.text}"

    @property
    def text(self) -> str:
        return Path(self.file).read_text(encoding="utf-8").splitlines()[self.line - 1].strip()


class InjectedError(Exception):
    """The fault."""


def passed(files: Collection[Path], run: Callable[[], T]) -> tuple[T, list[Place]]:
    """What `run` gives, and the lines of functions of these files that it passes on any thread, in order, each once.

    What runs while a module or a class is made is left out: it runs at import, under a guard of its own.
    """
    seen: dict[Place, None] = {}
    with _visiting({str(file) for file in files}, seen.setdefault):
        return run(), list(seen)


def with_fault_at(place: Place, run: Callable[[], T], *, always: bool = False) -> T:
    """What `run` gives when an `InjectedError` is raised the first time that this line is reached, or each time."""
    reached = False

    def visit(passing: Place) -> None:
        nonlocal reached
        if passing == place and (always or not reached):
            reached = True
            raise InjectedError(str(place))

    with _visiting({place.file}, visit):
        return contextvars.copy_context().run(run)  # a fault where we leave a context must not outlive the run


def lines_of(file: Path) -> set[Place]:
    """The lines of a file's functions that something can happen on."""
    whole = compile(file.read_text(encoding="utf-8"), str(file), "exec")
    return {Place(str(file), line) for code in _functions(whole) for line in _lines(code)}


def faults() -> int:
    """How many faults of ours have been counted in this process."""
    return sum(count for count, _ in guard.faults().values())


def harm(
    files: Collection[Path], program: Callable[[], Any], directory: Path, *, at_import: Collection[str] = ()
) -> list[str]:
    """What a fault at each line of an integration's files does to a program, in words; nothing, as it should be.

    The program gives all that it sees, comparable: types, values, errors caught. It is run untraced, then under
    `autolog()`, then with each line broken: the first time that it is passed, and each time.

    Args:
        files: the integration's own modules. Lines of their functions that the program does not pass are named too.
        directory: for the journals. A span that has begun and not ended is named.
        at_import: beginnings of lines of functions that run when the integration is imported, under a guard of its own.
    """
    expected = program()
    tracekit.autolog(directory=directory)
    try:
        found, places = passed(files, program)
        wrong = [] if found == expected else [f"traced, the program sees {found!r}"]
        missed = set().union(*map(lines_of, files)).difference(places)
        wrong += [f"{place}: is not passed" for place in sorted(missed) if not place.text.startswith(tuple(at_import))]
        for place in places[::STEP]:
            for always in (False, True):
                before = faults()
                seen = with_fault_at(place, program, always=always)
                wrong += [] if seen == expected else [f"{place}: the program sees {seen!r}"]
                wrong += [] if faults() > before else [f"{place}: nothing was counted"]
        runtime.abandon_unread()
    finally:
        tracekit.uninstrument()
    journal = journaled(directory)
    left = {span.span_id for span in journal.started} - {span.span_id for span in journal.ended}
    return wrong + [f"span {span.name} is left open" for span in journal.started if span.span_id in left]


@contextmanager
def _visiting(files: set[str], visit: Callable[[Place], object]) -> Iterator[None]:
    def on_line(frame: FrameType, event: str, _: Any) -> Any:
        if event == "line":
            visit(Place(frame.f_code.co_filename, frame.f_lineno))
        return on_line

    def on_call(frame: FrameType, _event: str, _: Any) -> Any:
        code = frame.f_code
        return on_line if code.co_filename in files and code.co_flags & 0x02 and code.co_name != "<module>" else None

    before = sys.gettrace(), threading.gettrace()
    sys.settrace(on_call)
    threading.settrace(on_call)
    try:
        yield
    finally:
        sys.settrace(before[0])
        threading.settrace(before[1])  # type: ignore[arg-type]


def _functions(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            if constant.co_flags & 0x02:  # its locals are its own: a function, not a class's body
                yield constant
            yield from _functions(constant)


def _lines(code: CodeType) -> set[int]:
    numbers = {line for _, _, line in code.co_lines() if line is not None}
    return numbers if code.co_name == "<lambda>" else numbers - {code.co_firstlineno}
