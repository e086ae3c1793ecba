"""Putting a wrapper in the place of a function, and the function back, exactly. Knows nothing of spans."""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from types import CellType
from typing import Any

import wrapt

_ABSENT = object()


class PatchPointMissingError(Exception):
    """The client has no such method: another version than those known."""


@dataclass(slots=True, kw_only=True)
class Patch:
    """One wrapper in place, and what stood there: `_ABSENT` where the owner had inherited it."""

    owner: Any
    name: str
    original: Any
    wrapper: Any

    @classmethod
    def apply(cls, owner: Any, name: str, wrap: Callable[[Any], Any]) -> Patch:
        """Replace `owner.name` by `wrap(it)`.

        Raises:
            PatchPointMissingError: there is no such attribute.
        """
        original = vars(owner).get(name, _ABSENT)
        # static lookup: a descriptor (staticmethod, functools.cached_property) is wrapped as it stands, not its value
        target = inspect.getattr_static(owner, name, _ABSENT) if original is _ABSENT else original
        if target is _ABSENT:
            raise PatchPointMissingError(f"{getattr(owner, '__qualname__', owner)!s} has no {name!r}")
        wrapper = wrap(target)
        setattr(owner, name, wrapper)
        return cls(owner=owner, name=name, original=original, wrapper=wrapper)

    def undo(self) -> bool:
        """Put back what stood there. False when someone wrapped it since: theirs stays, ours must let calls through."""
        if vars(self.owner).get(self.name, _ABSENT) is not self.wrapper:
            return False
        if self.original is _ABSENT:
            delattr(self.owner, self.name)
        else:
            setattr(self.owner, self.name, self.original)
        return True


@dataclass(slots=True, kw_only=True)
class CellPatch:
    """One wrapper beneath a decorator: in the cell in which that holds the function that it decorates.

    The decorated function stays the same object, so that a name which the program imported long before is patched too.
    """

    cell: CellType
    original: Any
    wrapper: Any

    @classmethod
    def apply(cls, owner: Any, name: str, wrap: Callable[[Any], Any]) -> CellPatch:
        """Replace what `owner.name` decorates by `wrap(it)`.

        Raises:
            PatchPointMissingError: there is no such attribute, or it decorates nothing.
        """
        cell = _decorated(getattr(owner, name, None))
        if cell is None:
            raise PatchPointMissingError(f"{getattr(owner, '__name__', owner)!s} has no decorated {name!r}")
        original = cell.cell_contents
        wrapper = cell.cell_contents = wrap(original)
        return cls(cell=cell, original=original, wrapper=wrapper)

    def undo(self) -> bool:
        """Put back what stood there. False when someone wrapped it since."""
        if self.cell.cell_contents is not self.wrapper:
            return False
        self.cell.cell_contents = self.original
        return True


def _decorated(function: Any) -> CellType | None:
    """The cell that holds the function beneath the outermost decorator made by `functools.wraps`, which names it."""
    while (beneath := getattr(function, "__wrapped__", None)) is not None:
        cells: tuple[CellType, ...] = getattr(function, "__closure__", None) or ()
        found = next((cell for cell in cells if cell.cell_contents is beneath), None)
        if found is not None:
            return found
        function = beneath
    return None


def resolve(module: str, attribute: str) -> tuple[Any, str]:
    """The object that holds `Class.method` (or a function) of a module, and the name in it.

    Raises:
        PatchPointMissingError: the module or the class is not there.
    """
    *path, name = attribute.split(".")
    try:
        owner: Any = sys.modules.get(module) or importlib.import_module(module)
        for step in path:
            owner = getattr(owner, step)
    except (ImportError, AttributeError) as error:
        raise PatchPointMissingError(f"{module}: no {attribute} ({error})") from error
    return owner, name


def family(owner: type[Any]) -> list[type[Any]]:
    """A class and all that are made of it, each once."""
    found: dict[type[Any], None] = {owner: None}
    for each in owner.__subclasses__():
        found.update(dict.fromkeys(family(each)))
    return list(found)


def when_subclassed(owner: type[Any], action: Callable[[type[Any]], object]) -> Patch:
    """Run `action` with every class that is made of this one from now on, until the patch is undone."""
    own = vars(owner).get("__init_subclass__")

    def made(cls: type[Any], **options: Any) -> None:
        if own is None:
            super(owner, cls).__init_subclass__(**options)
        else:
            own.__get__(None, cls)(**options)
        action(cls)

    return Patch.apply(owner, "__init_subclass__", lambda _: classmethod(made))


def when_imported(package: str, action: Callable[[], None]) -> None:
    """Run `action` now if the package is imported already, else right after its import."""
    if package in sys.modules:
        action()
    else:
        wrapt.register_post_import_hook(lambda _module: action(), package)
