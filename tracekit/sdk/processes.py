"""Carries what is current into other processes: those of `multiprocessing`, of its pools and executors, of celery.

What crosses is a W3C trace context and the values that `context()` has put in force: plain data, that a process without
tracekit's tracing takes no notice of. A worker that serves many tasks belongs to none: each task brings its own.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from threading import local
from typing import Any, NamedTuple

import wrapt
from opentelemetry.context import Context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from tracekit.sdk import guard
from tracekit.sdk.context import Activation, Carried, anything_current, content_wanted, in_force, values
from tracekit.sdk.patching import Patch, resolve, when_imported

_W3C = TraceContextTextMapPropagator()
_HELD = "_tracekit_parcel"
_HEADER = "tracekit"
_submitting = local()


class Parcel(NamedTuple):
    """What is current, as plain data."""

    headers: Mapping[str, str]
    attributes: Mapping[str, Any]
    content: bool

    @classmethod
    def packed(cls) -> Parcel:
        """Of here and now."""
        headers: dict[str, str] = {}
        _W3C.inject(headers)
        return cls(headers, dict(values()), content_wanted())

    @contextmanager
    def opened(self) -> Generator[None]:
        """Make it current here, in place of whatever is."""
        with in_force(self.attributes, content=self.content):
            activation = Activation(_W3C.extract(self.headers, Context()))
            activation.enter()
            try:
                yield
            finally:
                activation.leave()


NOTHING = Parcel({}, {}, content=True)


class Sent:
    """A function that runs, in whatever process, beneath what was current where it was sent off."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.parcel = Parcel.packed()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run it."""
        with self.parcel.opened():
            return self.function(*args, **kwargs)


def _start(wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    is_worker = getattr(_submitting, "now", False) or "PoolWorker" in instance.name
    if is_worker or anything_current():
        instance.__dict__[_HELD] = NOTHING if is_worker else Parcel.packed()
    try:
        return wrapped(*args, **kwargs)
    finally:
        instance.__dict__.pop(_HELD, None)


def _bootstrap(wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What a new process runs first, around the program's own `run`."""
    parcel = instance.__dict__.pop(_HELD, None)
    if not isinstance(parcel, Parcel):
        return wrapped(*args, **kwargs)
    with parcel.opened():
        return wrapped(*args, **kwargs)


def _submit(wrapped: Callable[..., Any], _instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    _submitting.now = True
    try:
        sends = args and anything_current()
        return wrapped(Sent(args[0]), *args[1:], **kwargs) if sends else wrapped(*args, **kwargs)
    finally:
        _submitting.now = False


def _pooled(wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A pool's methods: each has the function first, or calls it `func`."""
    if not anything_current():
        return wrapped(*args, **kwargs)
    carry = Carried if isinstance(instance, sys.modules["multiprocessing.pool"].ThreadPool) else Sent
    if args:
        return wrapped(carry(args[0]), *args[1:], **kwargs)
    return wrapped(**{**kwargs, "func": carry(kwargs["func"])}) if "func" in kwargs else wrapped(**kwargs)


_PATCHES: dict[str, dict[str, Callable[..., Any]]] = {
    "multiprocessing.process": {"BaseProcess.start": _start, "BaseProcess._bootstrap": _bootstrap},
    "multiprocessing.pool": dict.fromkeys(
        ("Pool.apply_async", "Pool._map_async", "Pool.imap", "Pool.imap_unordered"), _pooled
    ),
    "concurrent.futures.process": {"ProcessPoolExecutor.submit": _submit},
}


class Carriers:
    """The carriers in place; of a module that is not imported yet, when it is."""

    def __init__(self) -> None:
        self._active = True
        self._undo: list[Callable[[], object]] = []
        for module, points in _PATCHES.items():
            when_imported(module, functools.partial(self._patch, module, points))
        when_imported("celery.signals", self._listen)

    def undo(self) -> None:
        """Take them out again."""
        self._active = False
        while self._undo:
            self._undo.pop()()

    def _patch(self, module: str, points: Mapping[str, Callable[..., Any]]) -> None:
        for attribute, wrapper in points.items() if self._active else ():
            with guard.guarded(f"carry {attribute}"):
                owner, name = resolve(module, attribute)
                wrap = functools.partial(wrapt.FunctionWrapper, wrapper=wrapper)
                self._undo.append(Patch.apply(owner, name, wrap).undo)

    def _listen(self) -> None:
        """Celery's own signals: before a task is published, and around its run in a worker."""
        if not self._active:
            return
        signals = sys.modules["celery.signals"]
        running: dict[str, ExitStack] = {}

        def publish(headers: Any = None, **_: Any) -> None:
            if anything_current() and isinstance(headers, dict):
                headers[_HEADER] = Parcel.packed()._asdict()

        def begin(task_id: str = "", task: Any = None, **_: Any) -> None:
            said = getattr(getattr(task, "request", None), _HEADER, None)
            if isinstance(said, dict):
                running[task_id] = ExitStack()
                running[task_id].enter_context(Parcel(**said).opened())

        def end(task_id: str = "", **_: Any) -> None:
            if task_id in running:
                running.pop(task_id).close()

        for signal, receiver in (
            (signals.before_task_publish, publish),
            (signals.task_prerun, begin),
            (signals.task_postrun, end),
        ):
            guarded = functools.partial(_guarded, receiver)
            signal.connect(guarded, weak=False)
            self._undo.append(functools.partial(signal.disconnect, guarded))


def _guarded(receiver: Callable[..., None], **said: Any) -> None:
    guard.call("carry celery", receiver, **said)
