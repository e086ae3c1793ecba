"""An integration in place: its patches, what they make of calls, and what has been seen of them. Knows no other one."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, LiteralString, NamedTuple, cast

import wrapt
from opentelemetry import context as otel
from opentelemetry.context import Context
from typing_extensions import deprecated

from tracekit.model import Call
from tracekit.sdk import adopted, guard, propagation
from tracekit.sdk.context import INSIDE, RECORDING, SAME, Activation, beneath
from tracekit.sdk.integration import Arguments, Integration, Method, Target, Wrapper
from tracekit.sdk.lasting import lasting
from tracekit.sdk.patching import (
    CellPatch,
    Patch,
    PatchPointMissingError,
    family,
    resolve,
    when_imported,
    when_subclassed,
)
from tracekit.sdk.recording import LiveRecording
from tracekit.sdk.runtime import runtime


@dataclass(slots=True)
class Health:
    """What is known of one integration in this process.

    `calls` are those recorded, by the method that made them; `requests` those that left the process meanwhile, tries
    included. `unseen` are requests that left it outside of any call recorded, by the client's function.
    """

    patched: list[str] = field(default_factory=list[str])
    missing: list[str] = field(default_factory=list[str])
    calls: Counter[str] = field(default_factory=Counter[str])
    requests: int = 0
    unseen: Counter[str] = field(default_factory=Counter[str])

    def forget(self) -> None:
        """Begin to count anew."""
        self.requests = 0
        self.calls.clear()
        self.unseen.clear()


class _Point(NamedTuple):
    """A place in a module, what to put around it, whether every supported version has it, and subclasses too."""

    attribute: str
    wrap: Callable[[Any], Any]
    everywhere: bool = True
    family: bool = False
    itself: bool = True
    patch: type[Patch | CellPatch] = Patch
    hook: Wrapper | None = None


class _Opened(NamedTuple):
    """A call that is recorded: its method, its recording, the activation, entered, and what it is to be made with."""

    method: Method
    recording: LiveRecording
    activation: Activation
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


class Installed:
    """An integration in place. Modules that are not imported yet are patched when they are."""

    def __init__(self, integration: Integration) -> None:
        self.integration = integration
        self.health = Health()
        self.active = True
        self._patches: list[Patch | CellPatch] = []
        self._hooked: list[tuple[Any, str, Wrapper]] = []
        by_module: dict[str, list[_Point]] = {}
        for target in integration.targets:
            patch = CellPatch if target.beneath else Patch
            point = _Point(target.attribute, self._wrap(target), target.everywhere, family=target.family, patch=patch)
            by_module.setdefault(target.module, []).append(point)
        for hook in integration.hooks:
            wrap = functools.partial(wrapt.FunctionWrapper, wrapper=self._inert(hook.wrapper))
            point = _Point(hook.attribute, wrap, hook.everywhere, family=hook.kin, itself=False, hook=hook.wrapper)
            by_module.setdefault(hook.module, []).append(point)
        for stand_in in integration.stand_ins:
            point = _Point(stand_in.attribute, stand_in.make, everywhere=False)
            by_module.setdefault(stand_in.module, []).append(point)
        for answer in integration.adoption.answers:
            wrap = adopted.answering(answer, integration.name, lambda: self.active)
            by_module.setdefault(answer.module, []).append(_Point(answer.attribute, wrap, answer.everywhere))
        adopted.know(integration, taken=True)
        if integration.runs is not None:
            integration.runs.calls = self.health.calls
        for module, points in by_module.items():
            when_imported(module, lambda m=module, p=points: self._patch(m, p))

    @property
    def found(self) -> bool:
        """Whether the client has been imported: its points were looked for."""
        return bool(self.health.patched or self.health.missing)

    def uninstall(self) -> None:
        """Put everything back; a wrapper that cannot be taken out, because another lies over it, lets calls through."""
        self.active = False
        adopted.know(self.integration, taken=False)
        if self.integration.runs is not None:
            self.integration.runs.calls = None
        for patch in reversed(self._patches):
            patch.undo()
        self._patches.clear()

    def _patch(self, module: str, points: list[_Point]) -> None:
        if not self.active:
            return
        for point in points:
            place = f"{module}.{point.attribute}"
            try:
                owner, name = resolve(module, point.attribute)
                if point.family:
                    self._patch_family(owner, name, point)
                elif self._first(owner, name, point.hook):
                    self._patches.append(point.patch.apply(owner, name, point.wrap))
            except PatchPointMissingError:
                if point.everywhere:
                    self.health.missing.append(place)
            else:
                self.health.patched.append(place)

    def _first(self, owner: Any, name: str, hook: Wrapper | None) -> bool:
        """Whether the hook is not on this yet: a version may have one class in several of the places known."""
        if hook is None:
            return True
        mine = (owner, name, hook)
        if mine in self._hooked:
            return False
        self._hooked.append(mine)
        return True

    def _patch_family(self, owner: type[Any], name: str, point: _Point) -> None:
        """Patch the method in each class of a family that has its own, those to come included."""

        def one(cls: type[Any]) -> None:
            method = vars(cls).get(name)
            if self.active and callable(method) and not getattr(method, "__isabstractmethod__", False):
                self._patches.append(Patch.apply(cls, name, point.wrap))

        for cls in family(owner):
            if cls is not owner or point.itself:
                one(cls)
        where = f"{self.integration.name} subclass"
        self._patches.append(when_subclassed(owner, lambda cls: guard.call(where, one, cls)))

    def _inert(self, wrapper: Callable[..., Any]) -> Callable[..., Any]:
        def hook(wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            return wrapper(wrapped, instance, args, kwargs) if self.active else wrapped(*args, **kwargs)

        return hook

    def _wrap(self, target: Target) -> Callable[[Any], Any]:
        wrapper = self._async_wrapper(target) if target.is_async else self._sync_wrapper(target)
        return lambda original: _beneath_deprecation(original, wrapper)

    def _sync_wrapper(self, target: Target) -> Callable[..., Any]:
        def call(wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            opened = self._open(target, instance, args, kwargs)
            if opened is None:
                return wrapped(*args, **kwargs)
            args, kwargs = opened.args, opened.kwargs
            made_on = self._made_on(opened, wrapped, instance)
            try:
                result = made_on(*args, **kwargs)
            except BaseException as error:
                opened.activation.leave()
                opened.recording.fail(error)
                raise
            opened.activation.leave()
            return self._settle(opened, instance, result, watched=made_on is not wrapped)

        return call

    def _async_wrapper(self, target: Target) -> Callable[..., Any]:
        async def call(
            wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
        ) -> Any:
            opened = self._open(target, instance, args, kwargs)
            if opened is None:
                return await wrapped(*args, **kwargs)
            args, kwargs = opened.args, opened.kwargs
            made_on = self._made_on(opened, wrapped, instance)
            try:
                result = await made_on(*args, **kwargs)
            except BaseException as error:
                opened.activation.leave()
                opened.recording.fail(error)
                raise
            opened.activation.leave()
            return self._settle(opened, instance, result, watched=made_on is not wrapped)

        return call

    def _open(self, target: Target, instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> _Opened | None:
        """What is open of a call, entered; None for a call that is not to be recorded."""
        current = otel.get_current()
        inside = current.get(INSIDE)
        if not self.active or runtime.disabled or inside is self.integration:
            return None
        if inside is not None and self.integration.generic:
            return None
        same = current.get(SAME)
        if isinstance(same, tuple) and same[0] is instance and same[1] is target.method:
            return None
        entered = perf_counter()
        where = f"{self.integration.name} {target.attribute}"
        call = Call(instance=instance, args=args, kwargs=kwargs)
        method = target.method if isinstance(target.method, Method) else guard.call(where, target.method, call)
        if method is None:
            return None
        if method.carrier is not None:
            current = guard.call(where, _sent_context, method.carrier, call) or current
        recording = guard.call(where, LiveRecording.begin, runtime, method, call, self.integration.name, current)
        if recording is None:
            return None
        self.health.calls[target.attribute] += 1
        outer = current.get(RECORDING)
        if isinstance(outer, LiveRecording):
            outer.measured_beneath()
        within = {SAME: (instance, method)} if method.nests else {INSIDE: self.integration}
        activation = Activation(beneath(recording.span, current, **{RECORDING: recording}, **within))
        recording.activation = activation
        activation.enter()
        if method.carry is not None:
            args, kwargs = guard.call(where, _carrying, method.carry, call) or (args, kwargs)
        recording.own = perf_counter() - entered
        return _Opened(method, recording, activation, args, kwargs)

    def _made_on(self, opened: _Opened, wrapped: Callable[..., Any], instance: Any) -> Any:
        """The method as it is, or of what stands in for its object while a stream is read."""
        if opened.method.stand_in is None or not opened.recording.streams:
            return wrapped
        where = f"{self.integration.name} stand-in"
        stand_in = guard.call(where, opened.method.stand_in, instance, opened.recording)
        return wrapped if stand_in is None else functools.partial(cast("Any", wrapped).__func__, stand_in)

    def _settle(self, opened: _Opened, instance: Any, result: Any, *, watched: bool) -> Any:
        """Leave the end of the recording to the stream, or end it here. Gives what the caller gets."""
        method, recording, activation = opened[:3]
        if watched:
            recording.defer()
            return result
        if method.lasts:
            going_on = guard.call(f"{self.integration.name} lasting", lasting, result, recording, activation)
            if going_on is not None:
                recording.defer()
                return going_on
        if method.tap is not None:
            tapped = guard.call(f"{self.integration.name} tap", method.tap, result, recording)
            if tapped is not None:
                recording.defer()
                return tapped
        if guard.call(f"{self.integration.name} adapt", self.integration.adapt, result, recording):
            recording.defer()
        else:
            recording.finish(reply=instance if method.fills else result)
        return result


def _sent_context(carrier: Callable[[Call], Mapping[str, Any] | None], call: Call) -> Context:
    return propagation.incoming(carrier(call))


def _carrying(carry: Callable[[Call, Mapping[str, str]], Arguments], call: Call) -> Arguments:
    return carry(call, propagation.outgoing())


def replied(reply: Callable[..., Any]) -> Wrapper:
    """A hook around a function that the reply goes through while the call is being made, which ends the recording.

    Args:
        reply: finds the reply in the function's arguments.
    """

    def hook(wrapped: Callable[..., Any], _instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        recording = otel.get_current().get(RECORDING)
        if isinstance(recording, LiveRecording):
            recording.finish(reply=guard.call("reply", reply, *args, **kwargs))
        return wrapped(*args, **kwargs)

    return hook


def _beneath_deprecation(original: Any, wrapper: Callable[..., Any]) -> Any:
    """The function wrapped; one that is marked deprecated is wrapped beneath the mark.

    The mark warns at its caller's line. With us between, that line would be ours, and a script would see no warning.
    """
    message, function = getattr(original, "__deprecated__", None), getattr(original, "__wrapped__", None)
    if isinstance(message, str) and function is not None:
        return deprecated(cast("LiteralString", message))(wrapt.FunctionWrapper(function, wrapper))
    return wrapt.FunctionWrapper(original, wrapper)
