"""Carries what is current into threads: those of `ThreadPoolExecutor` (so `run_in_executor` too), and plain ones."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Thread, local
from typing import Any

import wrapt

from tracekit.sdk.context import Carried, anything_current
from tracekit.sdk.integration import Hook
from tracekit.sdk.patching import Patch

_submitting = local()
"""Whether this thread is inside `submit`: a worker that it starts serves many tasks and belongs to none of them."""


def _submit(wrapped: Callable[..., Any], _instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    if not args or not anything_current():
        return wrapped(*args, **kwargs)
    _submitting.now = True
    try:
        return wrapped(Carried(args[0]), *args[1:], **kwargs)
    finally:
        _submitting.now = False


def _start(wrapped: Callable[..., Any], instance: Thread, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    if anything_current() and "run" not in instance.__dict__ and not getattr(_submitting, "now", False):
        carried = Carried(instance.run)

        def run() -> None:
            instance.__dict__.pop(
                "run", None
            )  # what a subclass or a debugger sees on the thread is its own method again
            carried()

        instance.__dict__["run"] = run
    return wrapped(*args, **kwargs)


def carried(module: str, attribute: str, position: int) -> Hook:
    """The hook on a client's function that is given another, at this position, to run in a context of its own."""

    def carry(wrapped: Callable[..., Any], _instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return wrapped(*args[:position], *map(Carried, args[position : position + 1]), *args[position + 1 :], **kwargs)

    return Hook(module=module, attribute=attribute, wrapper=carry)


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
