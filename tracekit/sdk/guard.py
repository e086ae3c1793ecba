"""The one place where any exception is caught: a fault of ours is counted and named, and the host program goes on.

Nothing else in the project catches broadly. `faults` gives what was counted here.
"""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

from tracekit.errors import tell

P = ParamSpec("P")
T = TypeVar("T")

_counts: Counter[str] = Counter()
_last: dict[str, str] = {}


def call(where: str, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T | None:
    """Call `function`; on any exception of it, count a fault at `where` and return None."""
    try:
        return function(*args, **kwargs)
    except Exception as error:
        note(where, error)
        return None


def showing(where: str, act: Callable[[Any], object]) -> Callable[..., Any]:
    """A wrapper that shows `act` what a function returned."""

    def wrapper(wrapped: Callable[..., Any], _instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        result = wrapped(*args, **kwargs)
        call(where, act, result)
        return result

    return wrapper


@contextmanager
def guarded(where: str) -> Generator[None]:
    """Like `call`, around a block."""
    try:
        yield
    except Exception as error:
        note(where, error)


def note(where: str, error: BaseException) -> None:
    """Count a fault; the first of each place is told once on stderr, in one line."""
    first = where not in _counts
    _counts[where] += 1
    summary = "".join(traceback.format_exception_only(error)).strip()
    frames = traceback.extract_tb(error.__traceback__)
    _last[where] = f"{summary} ({frames[-1].filename}:{frames[-1].lineno})" if frames else summary
    if first:
        tell(
            f"a fault of tracekit's own in {where}: {_last[where]}. Your call was not touched; what was being recorded "
            "may be incomplete. Further faults there are only counted."
        )


def faults() -> dict[str, tuple[int, str]]:
    """Faults so far by place: how many, and the last one in a line."""
    return {where: (count, _last[where]) for where, count in _counts.items()}
