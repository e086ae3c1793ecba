"""Carries what is current into threads: `ThreadPoolExecutor.submit` (and so `map` and `run_in_executor`) and `Thread`."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Thread
from typing import Any

import wrapt

from tracekit.sdk.context import Carried, anything_current
from tracekit.sdk.patching import Patch


def _submit(wrapped: Callable[..., Any], _instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    if args and anything_current():
        return wrapped(Carried(args[0]), *args[1:], **kwargs)
    return wrapped(*args, **kwargs)


def _start(wrapped: Callable[..., Any], instance: Thread, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    if anything_current() and "run" not in instance.__dict__:
        carried = Carried(instance.run)

        def run() -> None:
            instance.__dict__.pop(
                "run", None
            )  # what a subclass or a debugger sees on the thread is its own method again
            carried()

        instance.__dict__["run"] = run
    return wrapped(*args, **kwargs)


PATCHES: tuple[tuple[Any, str, Callable[..., Any]], ...] = (
    (ThreadPoolExecutor, "submit", _submit),
    (Thread, "start", _start),
)


def patch() -> list[Patch]:
    """Put the carriers in place."""
    return [
        Patch.apply(owner, name, lambda original, w=wrapper: wrapt.FunctionWrapper(original, w))
        for owner, name, wrapper in PATCHES
    ]
