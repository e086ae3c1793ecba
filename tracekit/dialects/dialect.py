"""What a dialect is: by what a span that speaks it is known, and how it is read. Pure; knows no dialect itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tracekit.model import RawSpan, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """A way to say things.

    Args:
        name: what stands in a span's `dialect`.
        read: reads the raw span onto a span that has what every dialect has (`base`). It may set fields in any order,
            must leave the raw span as it is, and may fail: the span is then kept raw, and the fault told on it.
        scopes: instrumentation scopes that speak it, each also with whatever follows it after a dot.
        markers: attributes that only this dialect has. They count where the scope says nothing.
        prefixes: beginnings of names that only its spans have. They count where the scope says nothing.
    """

    name: str
    read: Callable[[RawSpan, Span], None]
    scopes: tuple[str, ...] = ()
    markers: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()

    def has_scope(self, scope: str) -> bool:
        """Whether a scope of this name speaks it."""
        return any(scope == own or scope.startswith(f"{own}.") for own in self.scopes)
